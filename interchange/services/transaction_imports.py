"""Taking a partner's file of sold goods into the ledger: all of it, or nothing."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q

from cards.errors import CardNotIssued
from cards.models import Card
from cards.selectors.cards import cards_of, get_card
from customers.services.bulk_enrolment import Joining, enrol_customers
from interchange.errors import ImportRefused
from interchange.rules.lines import Reader
from interchange.rules.orders import Order, OrderBook
from interchange.rules.profiles import Profile, ProfileError
from interchange.rules.summary import ImportSummary
from interchange.selectors.recorded_orders import find_recorded_orders
from interchange.services import staging
from interchange.services.histories import Place, Programme, hold_cards, replay_orders
from interchange.services.reject_file import RejectFile
from interchange.services.source_file import SourceFile
from ledger.models import Transaction
from ledger.services.bulk_load import draw_ids, load_points, load_transactions
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.errors import PartnerNotFound
from partners.models import Partner, Product
from partners.services.shops import open_shops

# What is going on, how much of it is done (0 to 1), and how many lines that is.
Progress = Callable[[str, float, int], None]


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file, how to read it, and where its refused lines go. No `card_id`: the programme that new customers get."""

    path: Path
    profile: Profile
    rejects: Path
    card_id: int | None = None
    encoding: str | None = None


@dataclass(slots=True)
class _Run:
    """One import under way."""

    actor: Actor
    partner: Partner
    programme: Programme | None
    source: ImportFile
    at: datetime
    progress: Progress
    summary: ImportSummary


def import_transactions(
    *, actor: Actor, partner_id: int, source: ImportFile, at: datetime, progress: Progress = lambda *_: None
) -> ImportSummary:
    """Import a file of invoice lines, once: invoices that the ledger has already are left alone.

    One transaction. Imports of one partner wait for each other. Raises PartnerNotFound, ResourceNotFound (the card),
    CardNotIssued, ImportRefused; IntegrityError where somebody writes the same at the same time.
    """
    started = time.monotonic()
    if source.rejects.resolve() == source.path.resolve():
        raise ImportRefused(reason="the refused lines would be written over it.")
    # COPY speaks past Django, so its errors are made Django's here.
    with transaction.atomic(), connection.wrap_database_errors:
        partner = _lock_partner(partner_id)
        _check_currency(partner, source.profile)
        summary = ImportSummary(currency=partner.currency, rejects_file=str(source.rejects))
        run = _Run(actor, partner, _programme(partner, source.card_id), source, at, progress, summary)
        staging.open_staging()
        with (
            SourceFile(source.path, delimiter=source.profile.delimiter, encoding=source.encoding) as file,
            RejectFile(source.rejects, heading=file.heading, delimiter=source.profile.delimiter) as rejects,
        ):
            fresh = _new_orders(run, _read(run, file, rejects))
            if fresh:
                _write(run, fresh)
                _note(run)
            staging.close_staging()
            # Whatever the end of the transaction would refuse is refused here, before the rejects get their name.
            connection.check_constraints()
    summary.seconds = time.monotonic() - started
    return summary


def _lock_partner(partner_id: int) -> Partner:
    """One import a partner at a time: the other one waits here, and then finds what this one has written."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('import_transactions', %s))", [partner_id])
    partner = Partner.objects.filter(pk=partner_id).first()
    if partner is None:
        raise PartnerNotFound
    return partner


def _check_currency(partner: Partner, profile: Profile) -> None:
    if profile.currency and profile.currency != partner.currency:
        raise ImportRefused(reason=f"its amounts are in {profile.currency}, this partner sells in {partner.currency}.")


def _programme(partner: Partner, card_id: int | None) -> Programme | None:
    card: Card | None
    if card_id is not None:
        card = get_card(partner=partner, card_id=card_id)
        if not card.is_usable:
            raise CardNotIssued
    else:
        card = cards_of(partner).filter(is_active=True, auto_assign=True).order_by("pk").first()
    return None if card is None else Programme.of(card)


def _read(run: _Run, file: SourceFile, rejects: RejectFile) -> list[Order]:
    """The file's invoices in time order, so that ids rise with time; the file's order decides between equals."""
    profile = run.source.profile
    reader = Reader(profile, ZoneInfo(run.partner.time_zone), run.at)
    excluded = _excluded_products(run.partner)
    try:
        book = OrderBook(
            heading=file.heading,
            profile=profile,
            reader=reader,
            excluded=excluded,
            offered=run.programme.offers_by_article() if run.programme else {},
        )
    except ProfileError as error:
        raise ImportRefused(reason=str(error)) from error
    run.summary.lines = staging.stage_lines(
        source=file, book=book, rejects=rejects, progress=lambda part, lines: run.progress("reading", part, lines)
    )
    run.summary.rejected = rejects.counts
    return sorted(book.orders.values(), key=lambda order: (order.occurred_at, order.number))


def _excluded_products(partner: Partner) -> frozenset[str]:
    out = Product.objects.filter(Q(earns_points=False) | Q(category__earns_points=False), partner=partner)
    return frozenset(out.values_list("external_id", flat=True))


def _new_orders(run: _Run, orders: list[Order]) -> list[Order]:
    recorded = find_recorded_orders(partner=run.partner, orders=orders)
    fresh = [order for order in orders if order.number not in recorded]
    run.summary.already_present = len(recorded)
    run.summary.count(fresh)
    return fresh


def _write(run: _Run, fresh: list[Order]) -> None:
    """Shops, customers, cards, transactions, points, lines: everything after what it refers to.

    What the server can count by itself it counts while points are computed here.
    """
    run.progress("points", 0.0, 0)
    place = _place(run, fresh)
    numbers = [order.number for order in fresh]
    ids = dict(zip(numbers, draw_ids(model=Transaction, count=len(fresh)), strict=True))
    staging.store_transactions(transactions=ids)
    members = hold_cards(place=place, programme=run.programme, orders=fresh)
    with ThreadPoolExecutor(1) as beside:
        counting = staging.start_counting_equal_lines(beside)
        rows, cards, run.summary.points = replay_orders(
            place=place, programme=run.programme, members=members, orders=fresh, ids=ids
        )
        run.summary.duplicate_lines = counting.result()
    run.progress("points", 0.5, 0)
    load_transactions(rows=rows)
    load_points(partner_id=run.partner.pk, cards=cards, at=run.at, actor=run.actor)
    run.progress("points", 1.0, 0)
    staging.write_lines(partner_id=run.partner.pk, progress=lambda part, lines: run.progress("writing", part, lines))


def _place(run: _Run, fresh: list[Order]) -> Place:
    """Shops and customers, those that are missing made."""
    names = {order.shop for order in fresh if order.shop}
    shops, run.summary.shops = open_shops(actor=run.actor, partner=run.partner, names=names, at=run.at)
    joining: dict[str, Joining] = {}
    for order in fresh:
        if order.customer:
            joining.setdefault(order.customer, Joining(order.customer, order.occurred_at, shops.get(order.shop)))
    customers, run.summary.customers = enrol_customers(partner=run.partner, joining=joining.values(), at=run.at)
    return Place(run.partner, shops, customers, run.at)


def _note(run: _Run) -> None:
    """One line in the audit trail for the whole file."""
    figures = run.summary.as_dict()
    changes = {name: (None, figures[name]) for name in ("sales", "returns", "points", "customers", "shops")}
    audit.record(
        actor=run.actor,
        action="transactions.imported",
        target=run.partner,
        partner_id=run.partner.pk,
        changes=changes,
        reason=run.source.path.name,
        at=run.at,
    )
