"""A file becomes sales, returns, customers, shops and points, to the cent and to the point."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from cards.choices import IssuedCardStatus
from cards.errors import CardNotIssued
from cards.models import CardShop, IssuedCard
from cards.tests.factories import CardFactory, IssuedCardFactory
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from interchange.errors import ImportRefused
from interchange.rules.profiles import PROFILES
from interchange.services.transaction_imports import ImportFile, import_transactions
from interchange.tests.files import HEADING, NOW, Importer, line
from ledger.models import PointsBalance, PointsEntry, PointsLot, Transaction, TransactionLine
from ledger.tests.factories import Till, assert_sound, balance_of, issued_card_of, ledger_state
from loyalty.errors import ResourceNotFound
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from partners.errors import PartnerNotFound
from partners.models import Partner, Shop
from partners.tests.factories import CategoryFactory, PartnerFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db

WEEK = (
    line("1001", "3.335", "2", "2026-01-10 00:30:00"),
    line("1001", "3.335", "2", "2026-01-10 00:30:00"),
    line("1001", "10.00", "1", "2026-01-10 00:31:00", product="B2", name='"Plate, ""big"""'),
    line("C1002", "30.00", "-1", "2026-01-11 09:00:00"),
    line("1003", "100.00", "1", "2026-01-12 09:00:00", "", product="B2", shop="Latvia"),
    line("1004", "10.00", "1", "2026-01-13 09:00:00", product="B2", shop="Latvia"),
    line("1005", "0.00", "5", "2026-01-13 09:00:00", "8"),
)
WEEK_SUMMARY = {
    "lines": 7,
    "rejected": {"price": 1},
    "duplicate_lines": 1,
    "customers": 1,
    "shops": 2,
    "sales": {"count": 3, "amount": 133.34, "identified_count": 2, "identified_amount": 33.34},
    "returns": {"count": 1, "amount": 30.0},
    "points": {"awarded": 33, "taken_back": 30, "bonus": 0, "expired": 0},
    "already_present": 0,
    "currency": "EUR",
}


@pytest.fixture
def importer(tmp_path: Path) -> Importer:
    return Importer.new(tmp_path)


def test_a_week_of_sales_is_imported_to_the_cent_and_to_the_point(importer: Importer) -> None:
    assert importer.take(*WEEK) == {**WEEK_SUMMARY, "rejects_file": str(importer.rejects)}
    assert importer.entries() == [("earn", 23), ("take_back", -30), ("earn", 10)]
    assert importer.balance() == (3, 0)
    assert importer.refused() == ["8,price"]
    rows = Transaction.objects.order_by("pk")
    assert list(rows.values_list("order_id", "type", "amount", "points_awarded", "points_balance", "points_debt")) == [
        ("1001", "purchase", Decimal("23.34"), 23, 23, 0),
        ("C1002", "refund", Decimal("30.00"), 30, 0, 7),
        ("1003", "purchase", Decimal("100.00"), 0, 0, 0),
        ("1004", "purchase", Decimal("10.00"), 10, 3, 0),
    ]
    assert_sound()


def test_a_sale_stands_in_the_ledger_as_the_file_says(importer: Importer) -> None:
    importer.take(*WEEK)
    sale = Transaction.objects.get(order_id="1001")
    customer = Customer.objects.get(partner=importer.partner)
    # Half past midnight in Vilnius is still the day before in UTC.
    assert sale.occurred_at == datetime(2026, 1, 9, 22, 30, tzinfo=UTC)
    assert sale.local_on == date(2026, 1, 10)
    assert (sale.source, sale.status, sale.currency, sale.items_count) == ("import", "completed", "EUR", 3)
    assert (sale.shop.name, sale.customer, sale.issued_card.customer) == ("Lithuania", customer, customer)
    assert (sale.order_total, sale.amount, sale.points_discount_amount) == (Decimal("23.34"), Decimal("23.34"), 0)
    columns = ("number", "product_id", "product_name", "quantity", "unit_price", "total_price", "earns_points")
    assert list(TransactionLine.objects.filter(transaction=sale).order_by("number").values_list(*columns)) == [
        (1, "A1", "Mug", Decimal(2), Decimal("3.335"), Decimal("6.67"), True),
        (2, "A1", "Mug", Decimal(2), Decimal("3.335"), Decimal("6.67"), True),
        (3, "B2", 'Plate, "big"', Decimal(1), Decimal("10.00"), Decimal("10.00"), True),
    ]


def test_a_return_without_a_known_sale_is_a_refund_of_nothing(importer: Importer) -> None:
    importer.take(*WEEK)
    back = Transaction.objects.get(order_id="C1002")
    assert (back.type, back.original, back.refund_id, back.source) == ("refund", None, "C1002", "import")
    goods = TransactionLine.objects.get(transaction=back)
    assert (goods.quantity, goods.total_price) == (Decimal(1), Decimal("30.00"))


def test_a_customer_is_known_by_the_number_of_the_file_and_gets_a_card_with_the_first_sale(importer: Importer) -> None:
    importer.take(*WEEK)
    customer = Customer.objects.get(partner=importer.partner)
    assert (customer.external_id, customer.source, customer.email, customer.name) == ("7", "import", None, "")
    assert (customer.joined_at, customer.shop.name) == (datetime(2026, 1, 9, 22, 30, tzinfo=UTC), "Lithuania")
    card = issued_card_of(customer)
    assert (card.card, card.partner, card.status) == (importer.card, importer.partner, IssuedCardStatus.ACTIVE)
    assert card.issued_at == customer.joined_at


def test_a_second_run_adds_nothing(importer: Importer) -> None:
    importer.take(*WEEK)
    before = ledger_state()
    again = importer.take(*WEEK, at=NOW.replace(hour=11))
    assert again == {
        **WEEK_SUMMARY,
        "duplicate_lines": 0,
        "customers": 0,
        "shops": 0,
        "sales": {"count": 0, "amount": 0.0, "identified_count": 0, "identified_amount": 0.0},
        "returns": {"count": 0, "amount": 0.0},
        "points": {"awarded": 0, "taken_back": 0, "bonus": 0, "expired": 0},
        "already_present": 4,
        "rejects_file": str(importer.rejects),
    }
    assert ledger_state() == before


def test_only_the_new_invoices_of_a_longer_file_are_added(importer: Importer) -> None:
    importer.take(*WEEK)
    longer = importer.take(*WEEK, line("1006", "5.50"), line("1006", "5.50"))
    assert longer["sales"] == {"count": 1, "amount": 11.0, "identified_count": 1, "identified_amount": 11.0}
    assert (longer["already_present"], longer["customers"], longer["duplicate_lines"]) == (4, 0, 1)
    assert longer["points"]["awarded"] == 11
    assert importer.balance() == (14, 0)
    assert_sound()


def test_the_order_of_the_file_does_not_matter(importer: Importer, tmp_path: Path) -> None:
    other = Importer.new(tmp_path)
    assert importer.take(*WEEK) == other.take(*reversed(WEEK))
    assert importer.entries() == other.entries()
    assert importer.balance() == other.balance()


def test_points_expire_at_their_time_and_returns_after_it_are_a_debt(tmp_path: Path) -> None:
    importer = Importer.new(tmp_path, points_expiration_days=30)
    summary = importer.take(
        line("1", "100", date="2026-01-01 10:00:00"),
        line("C2", "40", "-1", date="2026-02-05 10:00:00"),
        line("3", "50", date="2026-02-20 10:00:00"),
        line("4", "7", date="2025-01-01 10:00:00"),
    )
    assert summary["points"] == {"awarded": 157, "taken_back": 40, "bonus": 0, "expired": 107}
    assert importer.entries() == [
        ("earn", 7),
        ("expire", -7),
        ("earn", 100),
        ("expire", -100),
        ("take_back", -40),
        ("earn", 50),
    ]
    assert importer.balance() == (10, 0)
    over = PointsEntry.objects.filter(kind="expire").order_by("pk").last()
    assert over is not None
    assert over.occurred_at == datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
    balance = PointsBalance.objects.get()
    assert balance.next_expiry_at == datetime(2026, 3, 22, 8, 0, tzinfo=UTC)
    assert (balance.earned, balance.expired) == (117, 107)
    assert_sound()


def test_what_has_expired_by_now_is_gone_without_a_later_sale(tmp_path: Path) -> None:
    importer = Importer.new(tmp_path, points_expiration_days=30)
    importer.take(line("1", "100", date="2025-01-01 10:00:00"))
    assert importer.balance() == (0, 0)
    assert_sound()


def test_the_card_s_own_rules_count(tmp_path: Path) -> None:
    importer = Importer.new(
        tmp_path,
        points_per_currency=Decimal("2.5"),
        currency_amount=Decimal(3),
        round_points_up=True,
        points_per_visit=4,
        max_points_per_purchase=50,
        initial_bonus_points=15,
    )
    summary = importer.take(line("1", "10"), line("2", "1000", date="2026-02-02 10:00:00"))
    # 10 / 3 x 2.5 = 8.3 is 9, and 4 for the visit; then 50 at most, and 4.
    assert importer.entries() == [("bonus", 15), ("earn", 13), ("earn", 54)]
    assert summary["points"] == {"awarded": 67, "taken_back": 0, "bonus": 15, "expired": 0}
    assert_sound()


def test_the_card_named_is_issued_and_not_the_default(importer: Importer) -> None:
    second = CardFactory(partner=importer.partner, points_per_currency=3, auto_assign=False)
    importer.take(line("1"), card_id=second.pk)
    assert IssuedCard.objects.get(partner=importer.partner).card == second
    assert importer.balance() == (30, 0)


def test_without_a_programme_for_new_customers_sales_are_kept_and_earn_nothing(tmp_path: Path) -> None:
    importer = Importer.new(tmp_path, auto_assign=False)
    summary = importer.take(line("1"), line("C2", quantity="-1"))
    assert summary["points"] == {"awarded": 0, "taken_back": 0, "bonus": 0, "expired": 0}
    assert (summary["sales"]["identified_count"], summary["customers"]) == (1, 1)
    assert not IssuedCard.objects.exists()
    assert_sound()


def test_a_card_of_some_shops_is_issued_and_earns_only_there(importer: Importer) -> None:
    CardShop.objects.create(card=importer.card, shop=ShopFactory(partner=importer.partner, name="Latvia"))
    importer.take(
        line("1", date="2026-02-01 10:00:00"),
        line("2", date="2026-02-02 10:00:00", shop="Latvia"),
        line("3", date="2026-02-03 10:00:00"),
        line("4", customer="8"),
    )
    assert importer.entries() == [("earn", 10)]
    cards = dict(Transaction.objects.values_list("order_id", "issued_card__customer__external_id"))
    assert cards == {"1": None, "2": "7", "3": "7", "4": None}
    assert IssuedCard.objects.get().issued_at == datetime(2026, 2, 2, 8, tzinfo=UTC)
    assert_sound()


def test_goods_that_earn_nothing_do_not(importer: Importer) -> None:
    ProductFactory(partner=importer.partner, external_id="WINE", earns_points=False)
    tobacco = CategoryFactory(partner=importer.partner, earns_points=False)
    ProductFactory(partner=importer.partner, external_id="CIGARS", category=tobacco)
    summary = importer.take(
        line("1", "10"), line("1", "4", product="WINE"), line("2", "20", product="CIGARS", date="2026-02-02 10:00:00")
    )
    assert importer.entries() == [("earn", 10)]
    assert summary["sales"]["amount"] == 34.0
    marks = dict(TransactionLine.objects.values_list("product_id", "earns_points"))
    assert marks == {"A1": True, "WINE": False, "CIGARS": False}


def test_a_customer_known_already_goes_on_from_the_points_they_have(tmp_path: Path) -> None:
    till = Till(points_expiration_days=60)
    customer = till.customer(external_id="7")
    till.adjust(issued_card_of(customer), 100, at=datetime(2026, 2, 20, tzinfo=UTC))
    importer = Importer(tmp_path, till.partner, till.card)
    summary = importer.take(
        line("1", "30", date="2026-02-10 10:00:00"),
        line("C2", "120", "-1", date="2026-02-12 10:00:00"),
        line("3", "5", date="2025-06-01 10:00:00"),
    )
    assert (summary["customers"], summary["points"]["expired"]) == (0, 5)
    assert balance_of(customer) == (10, 0)
    lots = PointsLot.objects.order_by("earned_at")
    assert list(lots.values_list("points", "remaining")) == [(5, 0), (30, 0), (100, 10)]
    assert PointsBalance.objects.get().earned == 30 - 120 + 5
    assert_sound()


def test_debt_from_before_is_paid_first(tmp_path: Path) -> None:
    importer = Importer.new(tmp_path)
    importer.take(line("C1", "40", "-1"))
    assert importer.balance() == (0, 40)
    importer.take(line("2", "50"))
    assert importer.balance() == (10, 0)
    assert_sound()


def test_a_blocked_card_neither_earns_nor_gives_back(importer: Importer) -> None:
    customer = CustomerFactory(partner=importer.partner, external_id="7")
    card = IssuedCardFactory(
        partner=importer.partner, card=importer.card, customer=customer, status=IssuedCardStatus.BLOCKED
    )
    PointsBalance.objects.create(issued_card=card, partner=importer.partner, customer=customer)
    importer.take(line("1"), line("C2", quantity="-1"))
    assert (importer.entries(), importer.balance()) == ([], (0, 0))
    assert_sound()


def test_a_sale_that_the_till_has_sent_already_is_left_alone(tmp_path: Path) -> None:
    till = Till()
    till.sale("1001", order_total=9).ok()
    importer = Importer(tmp_path, till.partner, till.card)
    summary = importer.take(line("1001"), line("1002"))
    assert (summary["already_present"], summary["sales"]["count"]) == (1, 1)
    assert Transaction.objects.get(order_id="1001").amount == Decimal("9.00")


def test_the_same_numbers_at_another_partner_are_other_sales(importer: Importer, tmp_path: Path) -> None:
    other = Importer.new(tmp_path)
    importer.take(*WEEK)
    assert other.take(*WEEK)["sales"]["count"] == 3
    assert Customer.objects.filter(external_id="7").count() == 2
    assert Shop.objects.filter(name="Latvia").count() == 2
    assert_sound()


def test_a_shop_that_is_there_is_used(importer: Importer) -> None:
    shop = ShopFactory(partner=importer.partner, name="Lithuania")
    assert importer.take(line("1"))["shops"] == 0
    assert Transaction.objects.get().shop == shop


def test_refused_lines_are_written_with_their_number_reason_and_content(importer: Importer) -> None:
    summary = importer.take(
        line("1", name='"two\nlines"'),
        line("A2", "-3"),
        line("3", date="soon"),
        line("4", quantity="-1"),
        line("5", name='"a ""b"""', price="0"),
        "6,only",
        line("1", customer="8"),
        line("C8"),
    )
    assert summary["rejected"] == {
        "adjustment": 1,
        "columns": 1,
        "date": 1,
        "other_customer": 1,
        "price": 1,
        "quantity": 1,
        "return_quantity": 1,
    }
    assert (summary["lines"], summary["sales"]["count"]) == (8, 1)
    assert importer.rejects.read_text() == (
        f"line,reason,{HEADING}\n"
        "4,adjustment,A2,A1,Mug,1,2026-02-01 10:00:00,-3,7,Lithuania\n"
        "5,date,3,A1,Mug,1,soon,10.00,7,Lithuania\n"
        "6,quantity,4,A1,Mug,-1,2026-02-01 10:00:00,10.00,7,Lithuania\n"
        '7,price,5,A1,"a ""b""",1,2026-02-01 10:00:00,0,7,Lithuania\n'
        "8,columns,6,only\n"
        "9,other_customer,1,A1,Mug,1,2026-02-01 10:00:00,10.00,8,Lithuania\n"
        "10,return_quantity,C8,A1,Mug,1,2026-02-01 10:00:00,10.00,7,Lithuania\n"
    )


def test_a_file_of_refused_lines_alone_changes_nothing(importer: Importer) -> None:
    before = ledger_state()
    assert importer.take(line("1", "0"), line("2", "0"))["rejected"] == {"price": 2}
    assert ledger_state() == before


def test_a_heading_without_lines_is_an_import_of_nothing(importer: Importer) -> None:
    summary = importer.take()
    assert (summary["lines"], summary["rejected"], summary["sales"]["count"]) == (0, {}, 0)
    assert importer.refused() == []


@pytest.mark.parametrize("name", ["sales.csv", "sales.csv.gz"])
def test_blank_lines_and_a_byte_order_mark_are_no_lines(importer: Importer, name: str) -> None:
    path = importer.write("", line("1"), "", line("2"), "", name=name, heading=f"\ufeff{HEADING}")
    summary = importer.take_file(path)
    assert (summary["lines"], summary["sales"]["count"]) == (2, 2)


def test_a_file_of_windows_is_read_and_a_tab_in_a_name_survives(importer: Importer) -> None:
    path = importer.write()
    path.write_bytes(path.read_bytes() + line("1", name="Caf\xe9\ta\\b \x80\x00").encode("latin-1") + b"\r\n")
    assert importer.take_file(path)["sales"]["count"] == 1
    assert TransactionLine.objects.get().product_name == "Café\ta\\b €\ufffd"


def test_an_encoding_that_is_named_is_taken_at_its_word(importer: Importer) -> None:
    path = importer.write()
    path.write_bytes((HEADING + "\n" + line("1", name="Žąsis") + "\n").encode("utf-16"))
    importer.take_file(path, encoding="utf-16")
    assert TransactionLine.objects.get().product_name == "Žąsis"
    with pytest.raises(ImportRefused, match="IMPORT_REFUSED") as refused:
        importer.take_file(path, encoding="utf-8")
    assert "not in utf-8" in refused.value.message
    with pytest.raises(ImportRefused) as refused:
        importer.take_file(path, encoding="klingon")
    assert "klingon" in refused.value.message


def test_a_name_that_is_too_long_is_cut_at_what_the_ledger_keeps(importer: Importer) -> None:
    importer.take(line("1", name="x" * 300))
    assert TransactionLine.objects.get().product_name == "x" * 255


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"InvoiceNo,Quantity\n", "The file has no columns InvoiceDate, UnitPrice, StockCode"),
        (b"\x1f\x8b\x08\x00broken", "the packed file is broken or cut off"),
        (HEADING.encode() + b"\n" + b"x" * 200_000, "line 2: field larger than field limit"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_changes_nothing(
    importer: Importer, content: bytes, reason: str
) -> None:
    before = ledger_state()
    path = importer.folder / "sales.csv"
    path.write_bytes(content)
    with pytest.raises(ImportRefused) as refused:
        importer.take_file(path)
    assert reason in refused.value.message
    assert ledger_state() == before
    assert not list(importer.folder.glob("refused*"))


def test_a_file_that_is_cut_off_half_way_leaves_nothing(importer: Importer) -> None:
    whole = importer.write(*(line(str(number)) for number in range(3_000)), name="sales.csv.gz")
    whole.write_bytes(whole.read_bytes()[:-2_000])
    before = ledger_state()
    with pytest.raises(ImportRefused):
        importer.take_file(whole)
    assert ledger_state() == before
    assert not Shop.objects.exists()


def test_a_file_that_is_not_there_is_refused(importer: Importer) -> None:
    with pytest.raises(ImportRefused) as refused:
        importer.take_file(importer.folder / "nowhere.csv")
    assert "No such file" in refused.value.message


def test_refused_lines_never_overwrite_the_file_or_a_folder(importer: Importer) -> None:
    path = importer.write(line("1"))
    before = path.read_bytes()
    for place, reason in ((path, "would be written over it"), (importer.folder, "is a folder")):
        source = ImportFile(path, PROFILES["uci-retail"], place)
        with pytest.raises(ImportRefused) as refused:
            import_transactions(actor=SYSTEM, partner_id=importer.partner.pk, source=source, at=NOW)
        assert reason in refused.value.message
    assert path.read_bytes() == before
    assert not Transaction.objects.exists()


def test_points_beyond_what_the_ledger_holds_import_nothing(importer: Importer) -> None:
    before = ledger_state()
    with pytest.raises(DatabaseError), transaction.atomic():
        importer.take(line("1", "9999999999.99", "50"))
    assert ledger_state() == before


def test_an_unknown_partner_and_another_partner_s_card_are_refused(importer: Importer) -> None:
    before = ledger_state()
    with pytest.raises(ResourceNotFound):
        importer.take(line("1"), card_id=CardFactory().pk)
    stranger = Importer(importer.folder, Partner(pk=importer.partner.pk + 1_000), importer.card)
    with pytest.raises(PartnerNotFound):
        stranger.take(line("1"))
    assert ledger_state() == before


def test_a_card_that_is_not_active_is_refused(importer: Importer) -> None:
    card = CardFactory(partner=importer.partner, is_active=False)
    with pytest.raises(CardNotIssued):
        importer.take(line("1"), card_id=card.pk)


def test_another_currency_than_the_partner_s_is_refused(importer: Importer) -> None:
    with pytest.raises(ImportRefused) as refused:
        importer.take(line("1"), profile=PROFILES["uci-retail"].changed(currency="gbp"))
    assert "in GBP, this partner sells in EUR" in refused.value.message
    assert importer.take(line("1"), profile=PROFILES["uci-retail"].changed(currency="eur"))["sales"]["count"] == 1


def test_the_import_is_noted_in_the_audit_trail_once(importer: Importer) -> None:
    importer.take(*WEEK)
    event = AuditEvent.objects.get(action="transactions.imported")
    assert (event.partner_id, event.actor_kind, event.reason) == (importer.partner.pk, SYSTEM.kind, "sales.csv")
    assert event.changes["sales"][1] == WEEK_SUMMARY["sales"]
    assert AuditEvent.objects.filter(action="shop.opened").count() == 2


def test_a_partner_of_another_time_zone_keeps_its_own_days(tmp_path: Path) -> None:
    partner = PartnerFactory(time_zone="America/New_York")
    importer = Importer(tmp_path, partner, CardFactory(partner=partner))
    importer.take(line("1", date="2026-02-01 23:30:00"))
    sale = Transaction.objects.get()
    assert (sale.occurred_at, sale.local_on) == (datetime(2026, 2, 2, 4, 30, tzinfo=UTC), date(2026, 2, 1))
