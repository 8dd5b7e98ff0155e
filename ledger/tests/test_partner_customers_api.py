"""Customers over the Partner API (contract 3.3)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cards.models import CardShop, IssuedCard, RetiredCardNumber
from cards.tests.factories import CardFactory, IssuedCardFactory
from customers import events as customer_events
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from ledger.api.partner.customer_serializers import CustomerDetailSerializer
from ledger.models import PointsBalance, PointsEntry
from ledger.tests.test_partner_transactions_api import refund, sale
from loyalty import events
from loyalty.models import AuditEvent
from messaging.models import Consent
from partners.models import Partner
from partners.tests.callers import credential_caller, staff_caller
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db
PEOPLE = "/en/partners/customers"
ONA = {"name": "Ona Kazlauskaitė", "email": "Ona@Example.com", "phone": "8 612 34567", "external_id": "CRM-17"}


def days_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def holding(customer: Customer, balance: int = 0, earned: int = 0, debt: int = 0) -> IssuedCard:
    """Give a customer a card with this balance."""
    issued = IssuedCardFactory(partner=customer.partner, customer=customer)
    PointsBalance.objects.create(
        issued_card=issued, partner=customer.partner, customer=customer, balance=balance, earned=earned, debt=debt
    )
    return issued


def ids(caller: Any, **query: Any) -> list[int]:
    answer = caller.get(PEOPLE, **query)
    found = [row["id"] for row in answer["data"]]
    assert answer["meta"]["total"] == len(found)
    return found


def test_a_customer_is_registered_with_card_and_bonus() -> None:
    partner = PartnerFactory()
    card = CardFactory(partner=partner, initial_bonus_points=100)
    CardFactory(partner=partner, auto_assign=False)
    owner = staff_caller(partner)
    heard: list[customer_events.CustomerRegistered] = []
    events.subscribe(customer_events.CustomerRegistered, heard.append)
    try:
        body = {**ONA, "language": "en", "consents": {"email": {"marketing": True}, "sms": {"marketing": False}}}
        data = owner.post(PEOPLE, body)["data"]
    finally:
        events._subscribers[customer_events.CustomerRegistered].remove(heard.append)
    customer, issued = Customer.objects.get(), IssuedCard.objects.get()
    assert (issued.card_id, issued.customer_id) == (card.pk, customer.pk)
    updated_at, issued_at = data.pop("updated_at"), data["cards"][0].pop("issued_at")
    assert updated_at.endswith("Z")
    assert issued_at.endswith("Z")
    assert data == {
        "id": customer.pk,
        "name": "Ona Kazlauskaitė",
        "email": "ona@example.com",
        "phone": "+37061234567",
        "external_id": "CRM-17",
        "member_since": data["member_since"],
        "total_purchases": 0,
        "total_points": 100,
        "points_debt": 0,
        "points_earned": 100,
        "loyalty_level": "Bronze",
        "segment": "prospect",
        "last_purchase_at": None,
        "cards_count": 1,
        "is_active": True,
        "language": "en",
        "shop_id": None,
        "consents": {"email": {"marketing": True, "service": None}, "sms": {"marketing": False, "service": None}},
        "shops": [],
        "cards": [
            {
                "id": issued.pk,
                "card_number": issued.number,
                "qr_code": str(issued.qr_value),
                "status": "active",
                "card_id": card.pk,
                "title": card.title,
                "points_balance": 100,
                "points_debt": 0,
            }
        ],
        "transaction_history": [],
    }
    assert set(CustomerDetailSerializer().fields) == {*data, "updated_at"}
    assert [(event.customer_id, event.shop_id) for event in heard] == [(customer.pk, None)]
    assert (customer.source, PointsEntry.objects.get().kind) == ("staff", "bonus")
    event = AuditEvent.objects.get(action="customer.created")
    assert event.changes["consents.email.marketing"] == [None, True]
    assert "ona@example.com" not in str(event.changes)
    assert {(row.channel, row.address, row.is_given) for row in Consent.objects.all()} == {
        ("email", "ona@example.com", True),
        ("sms", "+37061234567", False),
    }


def test_one_identifier_is_enough_and_none_is_too_few() -> None:
    owner = staff_caller(PartnerFactory())
    for body in ({"name": "Ona"}, {"email": "a@b.lt"}, {"phone": "+37061234567"}, {"external_id": "7"}):
        data = owner.post(PEOPLE, body)["data"]
        assert (data["language"], data["cards"]) == ("lt", [])
    for body in ({}, {"name": "  "}, {"email": None}, {"language": "lt"}):
        assert list(owner.post(PEOPLE, body, status=422)["errors"]) == ["name"]
    assert Customer.objects.count() == 4


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "ona at home"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"language": "xx"}, "language"),
        ({"name": "x" * 256}, "name"),
        ({"external_id": "x" * 101}, "external_id"),
        ({"consents": {"email": {"marketing": "yes"}}}, "consents.email.marketing"),
        ({"consents": {"pigeon": {"marketing": True}}}, "consents.pigeon"),
        ({"consents": {"email": {"fun": True}}}, "consents.email.fun"),
        ({"phone": None, "consents": {"sms": {"marketing": True}}}, "consents.sms"),
        ({"points": 1000}, "points"),
        ({"shop_id": "x"}, "shop_id"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(change: dict[str, Any], field: str) -> None:
    owner = staff_caller(PartnerFactory())
    CardFactory(partner=owner.staff.partner)
    answer = owner.post(PEOPLE, {**ONA, **change}, status=422)
    assert list(answer["errors"]) == [field]
    assert (Customer.objects.count(), IssuedCard.objects.count(), Consent.objects.count()) == (0, 0, 0)
    assert not AuditEvent.objects.filter(action="customer.created").exists()


def test_an_identifier_in_use_is_named_and_another_partners_is_free() -> None:
    owner = staff_caller(PartnerFactory())
    owner.post(PEOPLE, ONA)
    body = {"email": "ONA@example.COM", "phone": "+370 612 34567", "external_id": "CRM-18"}
    answer = owner.post(PEOPLE, body, status=409)
    assert (answer["code"], sorted(answer["errors"])) == ("RESOURCE_ALREADY_EXISTS", ["email", "phone"])
    second = owner.post(PEOPLE, {"external_id": "CRM-18"})["data"]
    refused = owner.put(f"{PEOPLE}/{second['id']}", {"external_id": "CRM-17", "name": "Eva"}, status=409)
    assert list(refused["errors"]) == ["external_id"]
    assert Customer.objects.get(pk=second["id"]).name == ""
    staff_caller(PartnerFactory()).post(PEOPLE, ONA)
    assert Customer.objects.count() == 3


def test_a_change_keeps_what_it_does_not_name_and_null_forgets() -> None:
    owner = staff_caller(PartnerFactory())
    made = owner.post(PEOPLE, {**ONA, "consents": {"email": {"marketing": True}}})["data"]
    path = f"{PEOPLE}/{made['id']}"
    data = owner.put(path, {"phone": None, "consents": {"email": {"marketing": False}}})["data"]
    assert (data["email"], data["phone"], data["name"]) == ("ona@example.com", None, "Ona Kazlauskaitė")
    assert data["consents"]["email"] == {"marketing": False, "service": None}
    changes = AuditEvent.objects.get(action="customer.updated").changes
    assert sorted(changes) == ["consents.email.marketing", "phone"]
    assert changes["consents.email.marketing"] == [True, False]
    owner.put(path, {"consents": {"email": {"marketing": False}}, "name": ONA["name"]})
    assert (Consent.objects.count(), AuditEvent.objects.filter(action="customer.updated").count()) == (2, 1)
    only = owner.post(PEOPLE, {"external_id": "9"})["data"]
    assert list(owner.put(f"{PEOPLE}/{only['id']}", {"external_id": None}, status=422)["errors"]) == ["name"]
    assert Customer.objects.get(pk=only["id"]).external_id == "9"
    assert list(owner.put(path, {"shop_id": 1}, status=422)["errors"]) == ["shop_id"]


def test_where_a_customer_joins_is_within_reach() -> None:
    partner = PartnerFactory()
    mine, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    card = CardFactory(partner=partner)
    CardShop.objects.create(card=card, shop=mine)
    for number, caller in enumerate((staff_caller(partner, "cashier", [mine]), credential_caller(partner, mine))):
        denied = caller.post(PEOPLE, {"name": "A", "shop_id": other.pk}, status=403)
        assert (denied["code"], list(denied["errors"])) == ("STORE_ACCESS_DENIED", ["shop_id"])
        absent = caller.post(PEOPLE, {"name": "A", "shop_id": ShopFactory().pk}, status=404)
        assert list(absent["errors"]) == ["shop_id"]
        assert Customer.objects.count() == number
        data = caller.post(PEOPLE, {"name": "A"})["data"]
        assert (data["shop_id"], len(data["cards"])) == (mine.pk, 1)
    assert sorted(Customer.objects.values_list("source", flat=True)) == ["api", "staff"]
    owner = staff_caller(partner)
    assert owner.post(PEOPLE, {"name": "B", "shop_id": other.pk})["data"]["cards"] == []


def test_a_list_row_tells_what_was_bought_and_is_held() -> None:
    owner = staff_caller(PartnerFactory())
    partner = owner.staff.partner
    ona = CustomerFactory(partner=partner, joined_at=datetime(2026, 1, 4, 22, 30, tzinfo=UTC), external_id="7")
    holding(ona, balance=150, earned=4_000)
    holding(ona, debt=20, earned=1_000)
    last = days_ago(1).replace(microsecond=0)
    bought = sale(partner, customer=ona, occurred_at=days_ago(200))
    sale(partner, customer=ona, occurred_at=last)
    sale(partner, customer=ona, occurred_at=days_ago(0.5), status="cancelled")
    refund(bought, customer=ona, occurred_at=days_ago(0.1))
    answer = owner.get(PEOPLE)
    assert answer["data"] == [
        {
            "id": ona.pk,
            "name": ona.name,
            "email": ona.email,
            "phone": ona.phone,
            "external_id": "7",
            "member_since": "2026-01-05",
            "total_purchases": 2,
            "total_points": 150,
            "points_debt": 20,
            "points_earned": 5_000,
            "loyalty_level": "Gold",
            "segment": "active",
            "last_purchase_at": last.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "cards_count": 2,
            "is_active": True,
        }
    ]
    assert answer["meta"] == {"current_page": 1, "last_page": 1, "per_page": 15, "total": 1, "from": 1, "to": 1}


def test_a_detail_tells_shops_cards_and_the_newest_twenty() -> None:
    partner = PartnerFactory()
    here, there = ShopFactory(partner=partner), ShopFactory(partner=partner)
    ona = CustomerFactory(partner=partner)
    issued = holding(ona, balance=30, earned=30)
    for index in range(21):
        sale(partner, customer=ona, shop=here, points_awarded=index, occurred_at=days_ago(30 - index))
    latest = sale(
        partner, customer=ona, shop=there, amount=Decimal("12.50"), points_awarded=12, occurred_at=days_ago(2)
    )
    back = refund(latest, customer=ona, amount=Decimal("2.50"), points_awarded=2, occurred_at=days_ago(1))
    data = staff_caller(partner).get(f"{PEOPLE}/{ona.pk}")["data"]
    assert [(row["id"], row["visits"]) for row in data["shops"]] == [(there.pk, 1), (here.pk, 21)]
    assert [(row["id"], row["points_balance"]) for row in data["cards"]] == [(issued.pk, 30)]
    assert len(data["transaction_history"]) == 20
    newest = data["transaction_history"][0]
    assert (newest["id"], newest["type"], newest["amount"], newest["points_earned"], newest["status"]) == (
        *(back.pk, "refund", 2.5, -2),
        "completed",
    )
    assert (data["transaction_history"][1]["id"], data["transaction_history"][1]["points_earned"]) == (latest.pk, 12)

    limited = staff_caller(partner, "cashier", [there]).get(f"{PEOPLE}/{ona.pk}")["data"]
    assert [row["id"] for row in limited["shops"]] == [there.pk]
    assert [row["id"] for row in limited["transaction_history"]] == [back.pk, latest.pk]
    assert limited["total_purchases"] == 22


def test_search_finds_by_part_of_name_mail_phone_and_card() -> None:
    partner = PartnerFactory()
    ona = CustomerFactory(partner=partner, name="Ona Žukauskaitė", email="ona@shop.test", phone="+37061234567")
    jonas = CustomerFactory(partner=partner, name="Jonas 100%_", email=None, phone=None)
    card = IssuedCardFactory(partner=partner, customer=ona, number="123-456-789")
    RetiredCardNumber.objects.create(
        partner=partner,
        issued_card=card,
        number="987-654-321",
        qr_value=card.qr_value,
        reason="",
        retired_at=days_ago(1),
    )
    CustomerFactory(name="Ona Žukauskaitė")
    owner = staff_caller(partner)
    texts = ("žukausk", "ŽUKAUSKAITĖ", "ona@SHOP", "shop.test", "1234567", "+370 612 34567", "861234567")
    for text in (*texts, "123-456-789", "123456789", "123-4", "987-654-321"):
        assert ids(owner, search=text) == [ona.pk], text
    assert ids(owner, search="100%_") == ids(owner, search="jona") == [jonas.pk]
    beyond = owner.get(PEOPLE, search="ona@shop", page=2)
    assert (beyond["data"], beyond["meta"]["total"], beyond["meta"]["last_page"]) == ([], 1, 1)
    assert ids(owner, search="1%") == ids(owner, search="nobody") == ids(owner, search="456-789") == []


def test_filters_by_shop_activity_and_days_of_joining() -> None:
    partner = PartnerFactory()
    here, there = ShopFactory(partner=partner), ShopFactory(partner=partner)
    joined = CustomerFactory(partner=partner, shop=here, joined_at=datetime(2026, 3, 9, 21, 30, tzinfo=UTC))
    buyer = CustomerFactory(partner=partner, shop=there, joined_at=datetime(2026, 3, 9, 22, 30, tzinfo=UTC))
    sale(partner, customer=buyer, shop=here, occurred_at=days_ago(10))
    owner = staff_caller(partner)
    assert ids(owner, shop_id=here.pk) == ids(owner, store_location=here.pk) == [buyer.pk, joined.pk]
    assert ids(owner, shop_id=there.pk) == [buyer.pk]
    assert ids(owner, store_location="all") == [buyer.pk, joined.pk]
    assert ids(owner, active_within_days=11) == [buyer.pk]
    assert ids(owner, active_within_days=9) == []
    assert ids(owner, inactive_for_days=9) == [buyer.pk, joined.pk]
    assert ids(owner, inactive_for_days=11) == [joined.pk]
    assert ids(owner, joined_to="2026-03-09") == [joined.pk]
    assert ids(owner, joined_from="2026-03-10") == [buyer.pk]
    assert ids(owner, joined_from="2026-03-09", joined_to="2026-03-10", search="customer") == [buyer.pk, joined.pk]
    assert ids(owner, joined_from="0001-01-01", joined_to="9999-12-31") == [buyer.pk, joined.pk]


@pytest.mark.parametrize(
    ("purchases", "segment"),
    [
        ((), "prospect"),
        ((89.9,), "new"),
        ((89.9, 300), "active"),
        ((1, 2, 3), "active"),
        ((90.1,), "at_risk"),
        ((179.9, 400), "at_risk"),
        ((180.1,), "lapsed"),
        ((181, 200), "lapsed"),
    ],
)
def test_the_filter_and_the_rule_agree_on_segments(purchases: tuple[float, ...], segment: str) -> None:
    owner = staff_caller(PartnerFactory())
    partner = owner.staff.partner
    customer = CustomerFactory(partner=partner)
    sale(partner, customer=customer, status="cancelled", occurred_at=days_ago(1))
    for days in purchases:
        sale(partner, customer=customer, occurred_at=days_ago(days))
    assert owner.get(PEOPLE)["data"][0]["segment"] == segment
    for name in ("prospect", "new", "active", "at_risk", "lapsed"):
        assert ids(owner, segment=name) == ([customer.pk] if name == segment else [])


@pytest.mark.parametrize(("earned", "level"), [(0, "Bronze"), (999, "Bronze"), (1_000, "Silver"), (20_000, "Platinum")])
def test_the_filter_and_the_rule_agree_on_levels(earned: int, level: str) -> None:
    owner = staff_caller(PartnerFactory())
    customer = CustomerFactory(partner=owner.staff.partner)
    if earned:
        holding(customer, earned=earned)
    assert owner.get(PEOPLE)["data"][0]["loyalty_level"] == level
    for name in ("Bronze", "silver", "Gold", "PLATINUM"):
        assert ids(owner, level=name) == ([customer.pk] if name.casefold() == level.casefold() else [])


def test_nonsense_is_refused_by_field() -> None:
    owner = staff_caller(PartnerFactory())
    for name, value in {
        "segment": "vip",
        "level": "Diamond",
        "active_within_days": "0",
        "inactive_for_days": "x",
        "joined_from": "2026-13-01",
        "joined_to": "yesterday",
        "shop_id": "-1",
        "store_location": "x",
    }.items():
        answer = owner.get(PEOPLE, 422, **{name: value})
        assert (answer["code"], list(answer["errors"])) == ("VALIDATION_ERROR", [name])
    assert owner.get(PEOPLE, 400, password="x")["code"] == "UNKNOWN_PARAMETER"


def test_another_partners_customer_is_as_good_as_absent() -> None:
    owner = staff_caller(PartnerFactory())
    stranger = CustomerFactory()
    before = Customer.objects.values().get(pk=stranger.pk)
    for pk in (stranger.pk, 987654321, 10**30):
        assert owner.get(f"{PEOPLE}/{pk}", 404)["code"] == "RESOURCE_NOT_FOUND"
        assert owner.put(f"{PEOPLE}/{pk}", {"name": "Mine"}, status=404)["code"] == "RESOURCE_NOT_FOUND"
    assert list(owner.get(PEOPLE, 404, shop_id=ShopFactory().pk)["errors"]) == ["shop_id"]
    assert Customer.objects.values().get(pk=stranger.pk) == before
    assert owner.get(PEOPLE)["data"] == []


def test_somebody_limited_to_shops_serves_every_customer_but_asks_only_for_their_shops() -> None:
    partner = PartnerFactory()
    mine, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    customer = CustomerFactory(partner=partner, shop=other)
    cashier = staff_caller(partner, "cashier", [mine])
    assert ids(cashier) == [customer.pk]
    assert ids(cashier, shop_id=mine.pk) == []
    assert cashier.get(PEOPLE, 403, shop_id=other.pk)["code"] == "STORE_ACCESS_DENIED"
    cashier.put(f"{PEOPLE}/{customer.pk}", {"name": "Served"})


def test_an_analyst_only_looks() -> None:
    analyst = staff_caller(PartnerFactory(), "analyst")
    customer = CustomerFactory(partner=analyst.staff.partner)
    assert analyst.post(PEOPLE, ONA, status=403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert analyst.put(f"{PEOPLE}/{customer.pk}", ONA, status=403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert analyst.get(f"{PEOPLE}/{customer.pk}")["data"]["name"] == customer.name
    assert Customer.objects.count() == 1


def _fill(partner: Partner, number: int) -> None:
    for _ in range(number):
        customer = CustomerFactory(partner=partner)
        holding(customer, balance=5, earned=5)
        sale(partner, customer=customer, shop=ShopFactory(partner=partner))


@pytest.mark.parametrize("query", [{}, {"search": "customer"}, {"segment": "lapsed", "level": "Bronze"}])
def test_the_list_takes_as_many_queries_for_twenty_customers_as_for_two(query: dict[str, str]) -> None:
    owner = staff_caller(PartnerFactory())
    counts = []
    for number in (2, 18):
        _fill(owner.staff.partner, number)
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(PEOPLE, per_page=50, **query)["meta"]["total"] in {0, 2, 20}
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 5


def test_a_detail_takes_as_many_queries_for_twenty_sales_as_for_two() -> None:
    owner = staff_caller(PartnerFactory())
    partner = owner.staff.partner
    customer = CustomerFactory(partner=partner)
    counts = []
    for number in (2, 18):
        for _ in range(number):
            holding(customer, balance=1, earned=1)
            sale(partner, customer=customer, shop=ShopFactory(partner=partner))
        with CaptureQueriesContext(connection) as queries:
            owner.get(f"{PEOPLE}/{customer.pk}")
        counts.append(len(queries))
    assert counts == [10, 10]
