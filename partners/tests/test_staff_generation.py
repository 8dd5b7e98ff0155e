"""A proven staff token is remembered for a second, and a service that changes what stands behind it is heard at once.

Where the memory lasts for an hour here, it is the generation alone that makes a change bite.
"""

import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from pytest_django import DjangoCaptureOnCommitCallbacks

from loyalty.errors import InvalidToken, QuotaExceeded
from loyalty.limits import limiter
from loyalty.limits.breaker import Breaker
from loyalty.limits.limiter import Limiter
from loyalty.models import LoginSession, User
from loyalty.services import accounts, passwords, records, sessions, tokens
from loyalty.services.audit import SYSTEM
from loyalty.services.tokens import PARTNER_REALM, AccessClaims, TokenPair, open_session, read_access
from partners.api import staff as memory
from partners.api.staff import ProvenStaff, prove_staff
from partners.errors import PartnerNotActive
from partners.models import Plan, StaffMember
from partners.services.profile import update_profile
from partners.tests.factories import ShopFactory, StaffFactory

pytestmark = pytest.mark.django_db
# Read before any test changes it.
SECONDS = memory.REMEMBERED_SECONDS
HOUR = 3_600.0


class Known(NamedTuple):
    """A staff member whose token this process remembers."""

    staff: StaffMember
    pair: TokenPair
    claims: AccessClaims


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    monkeypatch.setattr(memory, "REMEMBERED_SECONDS", HOUR)
    return _known(StaffFactory(role="manager"))


def _known(staff: StaffMember) -> Known:
    pair = open_session(user=staff.user, realm=PARTNER_REALM, partner_id=staff.partner_id, at=timezone.now())
    claims = read_access(pair.access, PARTNER_REALM)
    for _ in range(2):
        prove_staff(claims)
    assert _queries(claims) == 0
    return Known(staff, pair, claims)


def _queries(claims: AccessClaims) -> int:
    with CaptureQueriesContext(connection) as captured:
        prove_staff(claims)
    return len(captured)


def _change(record: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(record, name, value)
    records.change_record(actor=SYSTEM, record=record, fields=values, at=timezone.now())


def _limit_to_a_shop(known: Known) -> None:
    shop = ShopFactory(partner=known.staff.partner)
    records.set_links(actor=SYSTEM, record=known.staff, field="shops", targets=[shop], at=timezone.now())


SHOWN: dict[str, tuple[Callable[[Known], object], Callable[[ProvenStaff], object], object]] = {
    "role": (lambda k: _change(k.staff, role="analyst"), lambda now: now.access.staff.role, "analyst"),
    "shops": (_limit_to_a_shop, lambda now: len(now.access.shop_ids or ()), 1),
    "name": (lambda k: _change(k.staff.user, name="Renamed"), lambda now: now.access.staff.user.name, "Renamed"),
    "plan": (lambda k: _change(k.staff.partner.plan, staff_per_hour=7), lambda now: now.access.limits.per_hour, 7),
    "another plan": (
        lambda k: _change(k.staff.partner, plan=Plan.objects.create(code="own", name="Own", staff_per_hour=9)),
        lambda now: now.headers["X-RateLimit-Limit"],
        "9",
    ),
    "profile": (
        lambda k: update_profile(actor=SYSTEM, partner=k.staff.partner, data={"currency": "GBP"}, at=timezone.now()),
        lambda now: now.access.partner.currency,
        "GBP",
    ),
}


@pytest.mark.parametrize("service", SHOWN)
def test_what_a_service_changes_is_seen_by_the_next_call(
    service: str, known: Known, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    run, read, expected = SHOWN[service]
    with django_capture_on_commit_callbacks(execute=True):
        run(known)
    assert read(prove_staff(known.claims)) == expected
    assert _queries(known.claims) == 0


def _use_a_link(known: Known) -> None:
    user = User.objects.get(pk=known.staff.user_id)
    uid, token = urlsafe_base64_encode(force_bytes(user.pk)), passwords.tokens.make_token(user)
    passwords.reset_password(uid=uid, token=token, password="quite another one", at=timezone.now())


def _reuse_a_refresh_token(known: Known) -> None:
    token, at = known.pair.refresh, timezone.now()
    for _ in range(2):
        token = tokens.refresh_session(token=token, realm=PARTNER_REALM, at=at).refresh
    with pytest.raises(InvalidToken):
        tokens.refresh_session(token=known.pair.refresh, realm=PARTNER_REALM, at=at)


def _log_out(**by: str | None) -> None:
    accounts.log_out(**{"access": None, "refresh": None, **by}, realm=PARTNER_REALM, at=timezone.now())


ENDS: dict[str, Callable[[Known], object]] = {
    "log-out by access token": lambda k: _log_out(access=k.pair.access),
    "log-out by refresh token": lambda k: _log_out(refresh=k.pair.refresh),
    "a used refresh token": _reuse_a_refresh_token,
    "session revoked": lambda k: sessions.revoke_session(
        actor=SYSTEM, session=LoginSession.objects.get(user=k.staff.user), at=timezone.now(), reason="lost"
    ),
    "new password": lambda k: accounts.set_password(
        actor=SYSTEM, user=k.staff.user, password="quite another one", at=timezone.now()
    ),
    "forgotten password": _use_a_link,
    "log-out everywhere": lambda k: accounts.end_every_session(actor=SYSTEM, user=k.staff.user, at=timezone.now()),
    "disabled user": lambda k: _change(k.staff.user, is_active=False),
    "end of the job": lambda k: _change(k.staff, is_active=False),
    "partner suspended": lambda k: _change(k.staff.partner, status="suspended"),
}


@pytest.mark.parametrize("service", ENDS)
def test_what_a_service_ends_is_refused_by_the_next_call(
    service: str, known: Known, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ENDS[service](known)
    for _ in range(2):
        with pytest.raises(PartnerNotActive if service == "partner suspended" else InvalidToken):
            prove_staff(known.claims)


def test_the_back_office_is_heard_by_the_next_request(
    known: Known, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    office, path = Client(), f"/en/partners/{known.staff.partner_id}"
    office.force_login(User.objects.create_superuser("root@office.test", "a long one"))
    till = Client(headers={"Authorization": f"Bearer {known.pair.access}"})
    assert till.get(path).status_code == 200
    page = f"/admin/partners/staffmember/{known.staff.pk}/change/"
    with django_capture_on_commit_callbacks(execute=True):
        assert office.post(page, {"role": "cashier", "is_active": "on", "audit_reason": "moved"}).status_code == 302
    answer = till.get(path)
    assert (answer.status_code, answer.json()["code"]) == (403, "INSUFFICIENT_PARTNER_PERMISSIONS")


def test_a_change_behind_the_services_backs_bites_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SECONDS <= 1.0
    monkeypatch.setattr(memory, "REMEMBERED_SECONDS", SECONDS)
    clock = [1_000.0]
    monkeypatch.setattr(memory.time, "monotonic", lambda: clock[0])
    known = _known(StaffFactory(role="manager"))
    StaffMember.objects.filter(pk=known.staff.pk).update(role="analyst")
    clock[0] += 0.99
    assert _queries(known.claims) == 0
    assert prove_staff(known.claims).access.staff.role == "manager"
    clock[0] += 0.01
    assert prove_staff(known.claims).access.staff.role == "analyst"


def test_a_second_is_counted_from_the_question_not_from_the_last_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "REMEMBERED_SECONDS", SECONDS)
    clock = [1_000.0]
    monkeypatch.setattr(memory.time, "monotonic", lambda: clock[0])
    known = _known(StaffFactory())
    asked = []
    for _ in range(10):
        clock[0] += 0.25
        asked.append(_queries(known.claims))
    assert asked == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0]


def test_a_write_asks_in_full_whatever_is_remembered(known: Known) -> None:
    till = Client(headers={"Authorization": f"Bearer {known.pair.access}"})
    assert till.get("/en/partners/cards").status_code == 200
    StaffMember.objects.filter(pk=known.staff.pk).update(is_active=False)
    answer = till.post("/en/partners/cards", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")


def test_without_redis_the_database_is_asked_every_time(known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Limiter("redis://127.0.0.1:1/0", breaker=Breaker(rest=HOUR))
    monkeypatch.setattr(limiter, "default_limiter", lambda: away)
    assert [_queries(known.claims) for _ in range(3)] == [1, 1, 1]
    StaffMember.objects.filter(pk=known.staff.pk).update(is_active=False)
    with pytest.raises(InvalidToken):
        prove_staff(known.claims)


def test_a_redis_that_forgot_everything_makes_nobody_trust_an_old_answer(known: Known) -> None:
    limiter.default_limiter().link.client.flushdb()
    limiter.bump(memory.GENERATION)
    assert [_queries(known.claims) for _ in range(2)] == [1, 0]


def test_a_change_between_the_answer_and_the_count_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """The generation that comes with the count is newer than what was read: it must not vouch for it."""
    monkeypatch.setattr(memory, "REMEMBERED_SECONDS", HOUR)
    staff = StaffFactory(role="manager")
    pair = open_session(user=staff.user, realm=PARTNER_REALM, partner_id=staff.partner_id, at=timezone.now())
    claims = read_access(pair.access, PARTNER_REALM)
    count = memory._count

    def count_late(*args: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            _change(staff, role="analyst")
        return count(*args)

    monkeypatch.setattr(memory, "_count", count_late)
    assert prove_staff(claims).access.staff.role == "manager"
    monkeypatch.setattr(memory, "_count", count)
    assert prove_staff(claims).access.staff.role == "analyst"


def test_a_change_that_is_rolled_back_raises_nothing(
    known: Known, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        _change(known.staff, role="analyst")
        transaction.set_rollback(True)
    assert _queries(known.claims) == 0
    assert prove_staff(known.claims).access.staff.role == "manager"


def test_new_limits_count_the_very_call_that_finds_them(
    known: Known, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    for limit in (1, 3):
        with django_capture_on_commit_callbacks(execute=True):
            _change(Plan.objects.get(pk=known.staff.partner.plan_id), staff_per_minute=limit)
        with pytest.raises(QuotaExceeded):
            prove_staff(known.claims)
    with django_capture_on_commit_callbacks(execute=True):
        _change(Plan.objects.get(pk=known.staff.partner.plan_id), staff_per_minute=200)
    assert prove_staff(known.claims).access.limits.per_minute == 200


def test_customers_who_log_out_make_nobody_ask_again(known: Known) -> None:
    before = limiter.default_limiter().check("nobody", memory.limiter.Limits(9, 9), watch=memory.GENERATION)
    pair = tokens.open_person_session(person_id=1, token_version=1, at=timezone.now())
    accounts.log_out(realm=tokens.CUSTOMER_REALM, access=pair.access, refresh=None, at=timezone.now())
    after = limiter.default_limiter().check("nobody", memory.limiter.Limits(9, 9), watch=memory.GENERATION)
    assert before.generation == after.generation


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "REMEMBERED_TOKENS", 2)
    memory._remembered.clear()
    for _ in range(3):
        staff = StaffFactory()
        pair = open_session(user=staff.user, realm=PARTNER_REALM, partner_id=staff.partner_id, at=timezone.now())
        prove_staff(read_access(pair.access, PARTNER_REALM))
    assert len(memory._remembered) == 1


OTHER_PROCESS = """
import sys
import django
django.setup()
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from loyalty.errors import LoyaltyError
from loyalty.services.tokens import PARTNER_REALM, read_access
from partners.api import staff
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = sys.argv[1]
settings.REDIS_URL = sys.argv[2]
staff.REMEMBERED_SECONDS = 3600.0
claims = read_access(sys.argv[3], PARTNER_REALM)
for _line in sys.stdin:
    with CaptureQueriesContext(connection) as captured:
        try:
            said = staff.prove_staff(claims).access.staff.role
        except LoyaltyError as refusal:
            said = refusal.code
    print(said, len(captured), flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_another_process_hears_of_a_change_on_its_next_call(known: Known) -> None:
    command = [sys.executable, "-c", OTHER_PROCESS]
    command += [connection.settings_dict["NAME"], settings.REDIS_URL, known.pair.access]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(command, cwd=settings.BASE_DIR, **pipes) as other:
        assert other.stdin is not None
        assert other.stdout is not None

        def ask() -> str:
            other.stdin.write("\n")
            return other.stdout.readline().strip()

        assert [ask() for _ in range(3)] == ["manager 1", "manager 1", "manager 0"]
        _change(known.staff, role="analyst")
        assert [ask(), ask()] == ["analyst 2", "analyst 0"]
        _change(known.staff, is_active=False)
        assert ask() == "INVALID_TOKEN 2"
        other.stdin.close()
        assert other.wait(60) == 0
