"""`manage.py demo`: what it leaves behind, once, twice, and after a kill."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from cards.models import Card, CardShop, IssuedCard
from customers.models import Customer
from ledger.demo.handover import write_handover
from ledger.models import PointsBalance, PointsEntry, Transaction
from ledger.selectors.integrity import find_drift
from ledger.services.demo import load_demo
from loyalty.models import User
from loyalty.services.accounts import set_password
from loyalty.services.audit import SYSTEM
from partners.models import ApiCredential, ApiSecret, Partner, Shop, StaffMember, StaffShop
from partners.selectors.access import check_credential, get_credential

ROLES = ("owner", "manager", "cashier", "analyst")
ACCOUNT = {"email", "password"}
COUNTED = (
    Partner,
    Shop,
    Card,
    Customer,
    IssuedCard,
    Transaction,
    PointsEntry,
    User,
    StaffMember,
    ApiCredential,
    ApiSecret,
)


def _counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in COUNTED}


def _works(content: dict[str, Any]) -> bool:
    logins = [content["admin"], *(partner[role] for partner in content["partners"] for role in ROLES)]
    for partner in content["partners"]:
        access = get_credential(partner["api_key"])
        check_credential(access, secret=partner["api_secret"], address=None, at=timezone.now())
        assert access.partner.pk == partner["id"]
    return all(User.objects.get(email=login["email"]).check_password(login["password"]) for login in logins)


@pytest.fixture
def path(tmp_path: Path, settings: Any) -> Path:
    settings.VAR_DIR = tmp_path
    settings.BASE_URL = "http://127.0.0.1:8123"
    return tmp_path / "demo.json"


def _run(scale: float = 0.01) -> None:
    call_command("demo", force=True, scale=scale)


@pytest.mark.django_db
def test_the_demo_is_a_sound_ledger_and_a_file_that_opens_it(path: Path) -> None:
    _run(scale=0.05)

    content = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(content) == {"base_url", "admin", "partners"}
    assert content["base_url"] == "http://127.0.0.1:8123"
    assert set(content["admin"]) == ACCOUNT
    assert [partner["name"] for partner in content["partners"]] == [
        "Kavos namai",
        "Paper Lantern Books",
        "Wren & Kettle",
    ]
    keys = {"id", "name", *ROLES, "api_key", "api_secret", "shops", "cards", "customers", "offers", "games", "coupons"}
    for partner in content["partners"]:
        assert set(partner) == keys
        assert [set(partner[role]) for role in ROLES] == [ACCOUNT] * 4
        assert min(len(partner[role]["password"]) for role in ROLES) >= 12
        _check_lists(partner)
    assert [len(partner["shops"]) for partner in content["partners"]] == [52, 3, 3]
    assert [len(partner["cards"]) for partner in content["partners"]] == [2, 1, 1]
    assert _works(content)
    assert User.objects.get(email=content["admin"]["email"]).is_superuser
    assert {name: rows for name, rows in find_drift().items() if rows} == {}


def _check_lists(partner: dict[str, Any]) -> None:
    assert partner["shops"] == list(
        Shop.objects.filter(partner=partner["id"], is_active=True).order_by("pk").values_list("pk", flat=True)
    )
    first = Card.objects.get(pk=partner["cards"][0], partner=partner["id"])
    assert (first.points_per_currency, first.currency_amount, first.points_per_visit) == (1, 1, 0)
    assert (first.points_redemption_enabled, first.points_per_currency_redemption) == (True, 100)
    assert (first.currency_amount_redemption, first.min_points_for_redemption) == (1, 100)
    assert (first.max_points_per_redemption, first.initial_bonus_points, first.auto_assign) == (None, 0, True)
    assert set(partner["customers"][0]) == {"id", "email", "phone", "issued_card_id", "card_number"}
    assert len(partner["customers"]) >= 14
    held = IssuedCard.objects.in_bulk([customer["issued_card_id"] for customer in partner["customers"]])
    for customer in partner["customers"]:
        issued = held[customer["issued_card_id"]]
        assert (issued.card_id, issued.customer_id, issued.status) == (first.pk, customer["id"], "active")
        assert (issued.number, issued.customer.email) == (customer["card_number"], customer["email"])
    balances = PointsBalance.objects.filter(pk__in=held, balance__gte=500)
    assert balances.filter(pk=partner["customers"][0]["issued_card_id"]).exists()
    assert balances.count() >= 5


@pytest.mark.django_db
def test_the_history_has_what_a_ledger_can_have(path: Path) -> None:
    _run(scale=0.05)
    kinds = set(PointsEntry.objects.values_list("kind", flat=True))
    assert kinds >= {"earn", "bonus", "redeem", "expire", "take_back"}
    assert set(Transaction.objects.values_list("type", flat=True)) == {"purchase", "refund", "cancellation"}
    assert PointsBalance.objects.filter(debt__gt=0).count() == 3
    assert IssuedCard.objects.filter(status="blocked").count() == 6
    assert 0.2 < Transaction.objects.filter(customer=None).count() / Transaction.objects.count() < 0.5
    assert not Transaction.objects.filter(occurred_at__gt=timezone.now()).exists()


@pytest.mark.django_db
def test_staff_of_the_chain_are_limited_to_shops_that_include_the_first(path: Path) -> None:
    _run()
    content = json.loads(path.read_text())
    reach = {
        staff.user.email: set(StaffShop.objects.filter(staff=staff).values_list("shop_id", flat=True))
        for staff in StaffMember.objects.select_related("user")
    }
    chain, bookshop, _ = content["partners"]
    assert [len(reach[chain[role]["email"]]) for role in ROLES] == [0, 12, 3, 0]
    assert chain["shops"][0] in reach[chain["cashier"]["email"]] & reach[chain["manager"]["email"]]
    assert [len(reach[bookshop[role]["email"]]) for role in ROLES] == [0, 0, 0, 0]
    assert CardShop.objects.filter(card=chain["cards"][1]).count() == 9


@pytest.mark.django_db
def test_a_second_run_adds_nothing_and_leaves_the_file_alone(path: Path) -> None:
    _run()
    before, written = _counts(), (path.read_bytes(), path.stat().st_mtime_ns)
    _run()
    assert _counts() == before
    assert (path.read_bytes(), path.stat().st_mtime_ns) == written


@pytest.mark.django_db
def test_a_lost_file_is_written_again_with_new_passwords_and_secrets(path: Path) -> None:
    _run()
    before, old = _counts(), json.loads(path.read_text())
    path.unlink()
    _run()
    new = json.loads(path.read_text())
    assert _works(new)
    assert new["admin"]["password"] != old["admin"]["password"]
    assert _counts() == {**before, "ApiSecret": before["ApiSecret"] + 3}
    for was, now in zip(old["partners"], new["partners"], strict=True):
        same = ("id", "api_key", "shops", "cards", "customers")
        assert [was[key] for key in same] == [now[key] for key in same]
        assert was["api_secret"] != now["api_secret"]


@pytest.mark.django_db
def test_a_changed_password_a_revoked_key_and_a_new_port_are_put_right(path: Path, settings: Any) -> None:
    _run()
    old = json.loads(path.read_text())
    owner = old["partners"][0]["owner"]
    user = User.objects.get(email=owner["email"])
    set_password(actor=SYSTEM, user=user, password="something else 1", at=timezone.now())
    ApiCredential.objects.filter(key=old["partners"][1]["api_key"]).update(revoked_at=timezone.now())
    settings.BASE_URL = "http://127.0.0.1:9000"

    _run()

    new = json.loads(path.read_text())
    assert _works(new)
    assert new["partners"][0]["owner"] == owner
    assert new["partners"][1]["api_key"] != old["partners"][1]["api_key"]
    assert new["base_url"] == "http://127.0.0.1:9000"


@pytest.mark.django_db
def test_a_run_that_is_killed_half_way_is_completed_by_the_next(path: Path) -> None:
    def die_at_the_second_partner(text: str) -> None:
        if text.startswith("Paper Lantern"):
            raise KeyboardInterrupt

    values: dict[str, Any] = {"path": path, "base_url": "http://127.0.0.1:8123", "scale": 0.01, "at": timezone.now()}
    with pytest.raises(KeyboardInterrupt):
        load_demo(**values, say=die_at_the_second_partner)
    assert list(Partner.objects.values_list("name", flat=True)) == ["Kavos namai"]
    assert not path.exists()
    sales = Transaction.objects.count()

    _run()

    assert Partner.objects.count() == 3
    chain = Partner.objects.get(name="Kavos namai")
    assert Transaction.objects.filter(partner=chain).count() == sales
    assert _works(json.loads(path.read_text()))
    assert {name: rows for name, rows in find_drift().items() if rows} == {}


@pytest.mark.django_db
def test_a_real_database_gets_no_invented_partners_by_accident(path: Path, settings: Any) -> None:
    settings.DEBUG = settings.DEMO = False
    with pytest.raises(CommandError, match="--force"):
        call_command("demo")
    assert Partner.objects.count() == 0
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"partners": 3}', '{"partners": [7], "admin": []}'])
def test_a_torn_file_is_replaced_whole(tmp_path: Path, text: str) -> None:
    path = tmp_path / "demo.json"
    path.write_text(text)
    assert write_handover(path, {"base_url": "here"}) is True
    assert json.loads(path.read_text()) == {"base_url": "here"}
    assert [found.name for found in tmp_path.iterdir()] == ["demo.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
