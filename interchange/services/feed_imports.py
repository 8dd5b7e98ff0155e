"""Importing a partner's XML feed: fetched or uploaded, read through once to know that it is whole, then stored."""

import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import IO, Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from interchange.choices import FeedSource, ImportStatus
from interchange.errors import ImportRunning, XmlFileTooLarge, XmlImportFailed, XmlNotValid
from interchange.models import FeedFile, FeedImport
from interchange.rules.feed_reading import FeedBrokenError, FeedItem, sample_fields
from interchange.rules.feed_texts import FEED_REASONS
from interchange.rules.feed_values import read_item
from interchange.services.feed_reader import read_in_child
from interchange.services.feed_store import FeedStore
from loyalty.errors import LoyaltyError, ResourceNotFound, UnavailableError
from loyalty.outbound.fetching import fetch, unpacked
from loyalty.outbound.targets import NO_ALLOWANCE, Allowance, OutboundRefusedError
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.jobs import start_after_commit
from partners.models import Partner

# So many items are stored while the caller waits (the SDK waits 30 s); more are left to a worker.
INLINE_ITEMS = 3_000
MOST_FILE_BYTES = 10_000_000
MOST_UNPACKED_BYTES = 50_000_000
MOST_URL_MEGABYTES = 20
SHOWN_FAULTS = 100
ACCEPT = "application/xml, text/xml, application/gzip;q=0.9, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class FeedOrder:
    """Which feed and how: a `url`, or an uploaded `file` with its `file_name`."""

    url: str = ""
    file: Any = None
    file_name: str = ""
    auto_publish: bool = True
    deactivate_missing: bool = False

    @property
    def feed(self) -> str:
        """A name for what is imported again and again: the address, or the name of the file."""
        text = f"url:{self.url}" if self.url else f"file:{self.file_name.strip().lower()}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(slots=True)
class Survey:
    """What a feed is like, read through without storing anything."""

    count: int
    first: FeedItem | None
    faults: list[tuple[FeedItem, str, str]]

    @property
    def structure(self) -> dict[str, Any]:
        """Where the items are and what the first one has; empty where there are none."""
        if self.first is None:
            return {}
        return {"detected_path": self.first.path, "sample_fields": sample_fields(self.first)}


def validate_feed(*, partner: Partner, order: FeedOrder, allowance: Allowance = NO_ALLOWANCE) -> Survey:
    """Read a feed and say what is in it. Raises XmlImportFailed, XmlNotValid, XmlFileTooLarge, ImportRunning."""
    with _opened(partner, order, allowance) as file:
        return _survey(partner, file)


def import_feed(
    *, actor: Actor, partner: Partner, order: FeedOrder, at: datetime, allowance: Allowance = NO_ALLOWANCE
) -> FeedImport:
    """Import a feed; a large one is left to a worker and answered as `queued`. Failures stand in the history too.

    Raises XmlImportFailed, XmlNotValid, XmlFileTooLarge, ImportRunning; then nothing of the catalogue has changed.
    """
    run = FeedImport(
        partner=partner,
        source=FeedSource.URL if order.url else FeedSource.FILE,
        url=order.url[:2_000],
        file_name=order.file_name[:255],
        feed=order.feed,
        auto_publish=order.auto_publish,
        deactivate_missing=order.deactivate_missing,
        actor_kind=actor.kind,
        actor_id=actor.id,
        created_at=at,
    )
    try:
        with _opened(partner, order, allowance) as file:
            survey = _survey(partner, file)
            if survey.count == 0:
                raise XmlImportFailed(reason=FEED_REASONS["nothing"], cause="nothing")
            file.seek(0)
            if survey.count > INLINE_ITEMS:
                return _queue(run, file, survey.count)
            with _lock(_feed_of(run), wait=False):
                run.started_at = at
                run.save(force_insert=True)
                _store(run, partner, actor, file, at)
    except LoyaltyError as refusal:
        if not isinstance(refusal, ImportRunning):
            _fail(run, refusal, at)
        raise
    return run


def run_queued_import(*, feed_import_id: int, at: datetime) -> None:
    """Store a feed that waits; called again after a crash it goes through all of it again, which changes nothing."""
    run = FeedImport.objects.select_related("partner").filter(pk=feed_import_id).first()
    if run is None or run.status not in {ImportStatus.QUEUED, ImportStatus.RUNNING}:
        return
    with _lock(_feed_of(run), wait=True):
        run.refresh_from_db()
        waiting = FeedFile.objects.filter(pk=run.pk).first()
        if waiting is None or run.status not in {ImportStatus.QUEUED, ImportStatus.RUNNING}:
            return
        run.status, run.started_at = ImportStatus.RUNNING, at
        run.save(update_fields=["status", "started_at"])
        run.row_errors.all().delete()
        try:
            with tempfile.TemporaryFile() as file:
                file.write(gzip.decompress(waiting.content))
                file.seek(0)
                _store(run, run.partner, Actor(run.actor_kind, run.actor_id), file, at)
        except (UnavailableError, OperationalError, InterfaceError):
            raise
        except Exception:
            # The same feed would fail the same way each time that it is taken up again.
            _give_up(run, at)
            raise


@transaction.atomic
def delete_import(*, actor: Actor, partner: Partner, import_id: int, at: datetime) -> None:
    """Take an import out of the history; what it imported stays. Raises ResourceNotFound, ImportRunning."""
    rows = FeedImport.objects.select_for_update().filter(partner=partner, pk=import_id, deleted_at=None)
    run = rows.first()
    if run is None:
        raise ResourceNotFound
    if run.finished_at is None:
        raise ImportRunning
    run.deleted_at = at
    run.save(update_fields=["deleted_at"])
    audit.record(
        actor=actor,
        action="feed_import.deleted",
        target=run,
        partner_id=partner.pk,
        changes={"deleted_at": (None, at)},
        at=at,
    )


# --- getting and reading


@contextmanager
def _opened(partner: Partner, order: FeedOrder, allowance: Allowance) -> Iterator[IO[bytes]]:
    """The feed as a file, unpacked. Whatever is wrong with it is said in our own words."""
    try:
        if order.url:
            with ExitStack() as held:
                # A slow host holds whoever asks for 25 seconds: one of our few threads for a partner, not all of them.
                with _lock(f"fetch:{partner.pk}", wait=False):
                    file = held.enter_context(fetch(order.url, allowance=allowance, accept=ACCEPT))
                yield file
            return
        if order.file.size > MOST_FILE_BYTES:
            raise XmlFileTooLarge(most=MOST_FILE_BYTES // 1_000_000)
        with tempfile.TemporaryFile() as file:
            for piece in unpacked(order.file.chunks(), most=MOST_UNPACKED_BYTES):
                file.write(piece)
            file.seek(0)
            yield file
    except OutboundRefusedError as error:
        if error.reason == "too_large":
            raise XmlFileTooLarge(most=MOST_URL_MEGABYTES) from error
        raise XmlImportFailed(reason=FEED_REASONS[error.reason], cause=error.reason) from error
    except FeedBrokenError as error:
        raise XmlNotValid(line=error.line, reason=FEED_REASONS[error.reason], cause=error.reason) from error


def _survey(partner: Partner, file: IO[bytes]) -> Survey:
    survey = Survey(0, None, [])
    for item in read_in_child(file):
        survey.count += 1
        survey.first = survey.first or item
        if len(survey.faults) < SHOWN_FAULTS:
            read = read_item(item, language=partner.default_language, zone=partner.time_zone)
            survey.faults += [(item, name, reason) for name, reason in read.faults]
    return survey


# --- storing


def _queue(run: FeedImport, file: IO[bytes], count: int) -> FeedImport:
    run.status, run.items = ImportStatus.QUEUED, count
    with tempfile.TemporaryFile() as packed:
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=3) as squeezed:
            shutil.copyfileobj(file, squeezed)
        packed.seek(0)
        content = packed.read()
    with transaction.atomic():
        run.save(force_insert=True)
        FeedFile.objects.create(feed_import=run, content=content)
        start_after_commit("interchange.import_feed", feed_import_id=run.pk)
    return run


def _store(run: FeedImport, partner: Partner, actor: Actor, file: IO[bytes], at: datetime) -> None:
    store = FeedStore(run=run, partner=partner, actor=actor, at=at)
    for item in read_in_child(file):
        store.take(read_item(item, language=partner.default_language, zone=partner.time_zone))
    store.flush()
    with transaction.atomic():
        if run.deactivate_missing:
            store.switch_off_missing()
        counts = asdict(store.counts)
        for name, value in counts.items():
            setattr(run, name, value)
        run.status, run.finished_at = ImportStatus.COMPLETED, max(at, timezone.now())
        run.save()
        FeedFile.objects.filter(pk=run.pk).delete()
        audit.record(
            actor=actor,
            action="catalog.imported",
            target=run,
            partner_id=partner.pk,
            changes={name: (None, value) for name, value in counts.items() if value},
            at=at,
        )


def _fail(run: FeedImport, refusal: LoyaltyError, at: datetime) -> None:
    run.status, run.finished_at = ImportStatus.FAILED, at
    run.error_code, run.error_reason = refusal.code, str(refusal.details.get("cause", ""))
    run.save()


def _feed_of(run: FeedImport) -> str:
    return f"{run.partner_id}:{run.feed}"


@transaction.atomic
def _give_up(run: FeedImport, at: datetime) -> None:
    FeedFile.objects.filter(pk=run.pk).delete()
    run.status, run.finished_at = ImportStatus.FAILED, max(at, timezone.now())
    run.error_code, run.error_reason = XmlImportFailed.code, "interrupted"
    run.save(update_fields=["status", "finished_at", "error_code", "error_reason"])


@contextmanager
def _lock(name: str, *, wait: bool) -> Iterator[None]:
    """Nobody else does the same meanwhile. The lock is the connection's and goes with it."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s)", [key])
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
            if not cursor.fetchone()[0]:
                raise ImportRunning
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
