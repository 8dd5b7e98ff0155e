"""Every figure of `GET /admin/partners/stats` against the oracle, which computes it from raw rows in plain Python."""

import contextlib
import hashlib
import itertools
import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model

from analytics.tests.oracle import Oracle, Question
from analytics.tests.worlds import Shops, assert_sound
from cards.models import IssuedCard
from commissions.errors import CommissionLocked
from commissions.models import CommissionEntry, CommissionRate
from commissions.services.manual import NewLine, add_line
from commissions.services.periods import lock_period
from commissions.services.sync import force_sync
from commissions.services.terms import set_terms
from commissions.tests.callers import admin_caller
from commissions.tests.factories import RateFactory, clock, instant
from customers.models import Customer
from ledger.choices import EntryKind, TransactionType
from ledger.errors import InsufficientPoints
from ledger.models import PointsEntry, Transaction
from ledger.selectors.sale import CustomerReference
from ledger.services.adjustments import transfer_points
from ledger.services.expiry import expire_partner_points
from ledger.services.points import Cause, post_points
from ledger.services.sales import Caller, Sale, record_sale
from ledger.tests.factories import issued_card_of
from loyalty.api import base
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from partners.models import Partner, Plan, Shop
from partners.tests import callers
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
PATH = "/en/admin/partners/stats"
BEGIN, END = instant("2026-02-20T00:00"), instant("2026-11-20T12:00")
# Moments where clocks change or where it is already, or still, another day.
TURNS = (
    *("2026-03-28T22:00:00", "2026-03-29T00:59:59", "2026-03-29T01:00:00", "2026-03-29T20:59:59"),
    *("2026-03-29T21:00:00", "2026-10-24T21:00:00", "2026-10-25T00:30:00", "2026-10-25T21:59:59"),
    *("2026-10-25T22:00:00", "2026-11-01T03:59:59", "2026-11-01T04:00:00", "2026-11-01T05:30:00"),
    *("2026-11-01T06:30:00", "2026-11-02T04:59:59", "2026-11-02T05:00:00", "2026-04-04T11:00:00"),
    *("2026-04-05T11:59:59", "2026-04-05T12:00:00", "2026-09-26T11:59:59", "2026-09-27T11:00:00"),
    *("2026-04-30T21:00:00", "2026-05-31T20:59:59", "2026-06-30T12:00:00", "2026-07-31T18:14:59"),
    *("2026-07-31T18:15:00", "2026-10-31T20:59:59", "2026-11-19T22:00:00", "2026-11-20T11:00:00"),
)
ZONES = ("Europe/Vilnius", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "Pacific/Pago_Pago")


class Platform:
    """Eight partners with everything that can happen to them, by a seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.orders = itertools.count(1)
        self.professional = Plan.objects.get_or_create(code="professional", defaults={"name": "Professional"})[0]
        self.network = PartnerFactory(kind="network", country="EE", name="Network")
        self.agency = PartnerFactory(kind="agency", country="LV", name="Agency", currency="PLN")
        RateFactory(percent=Decimal("4.5"), valid_from=clock("2025-01-01"))
        RateFactory(currency="PLN", percent=Decimal("7.25"), minimum=Decimal("0.99"), valid_from=clock("2025-01-01"))
        RateFactory(
            component="processing", percent=Decimal("2.9"), fixed=Decimal("0.30"), valid_from=clock("2025-01-01")
        )
        self.businesses = [Business(self, number) for number in range(8)]
        Partner.objects.filter(pk=self.network.pk).update(created_at=instant("2025-01-01T00:00"))

    def moment(self) -> str:
        """Some instant of the year, of those often one where days meet."""
        if self.dice.random() < 0.4:
            return self.dice.choice(TURNS)
        return self.instant().strftime("%Y-%m-%dT%H:%M:%S")

    def instant(self) -> datetime:
        return BEGIN + timedelta(seconds=self.dice.randrange(int((END - BEGIN).total_seconds())))

    def live(self, events: int) -> None:
        """So many things happen, to anybody."""
        for _ in range(events):
            self.dice.choice(self.businesses).act()

    def close_march(self) -> None:
        """What commission makes of a month that is closed: nothing in it changes, and the rest is posted later."""
        shops = self.businesses[0].shops
        partner = shops.partner
        said = {"minimum": Decimal(500)}
        set_terms(actor=SYSTEM, partner=partner, said=said, valid_from="2026-03", at=END)
        sale = shops.buy("40.00", "2026-03-29T20:59:59")
        shops.buy("9.99", "2026-03-30T10:00", goods=(("coffee", "9.99"),))
        # Nobody ever said a rate in SEK.
        self.businesses[3].shops.buy("11.00", "2026-03-29T01:00:00")
        self.follow()
        lock_period(actor=SYSTEM, partner=partner, month="2026-03", at=END)
        shops.buy("25.00", "2026-03-28T21:59:59")
        shops.undo(sale, "15.00", "2026-05-31T21:00")
        RateFactory(partner=partner, category="coffee", percent=1, valid_from=clock("2026-01-01"))
        force_sync(actor=SYSTEM, partner=partner, month=None, is_dry=False, at=END)

    def follow(self) -> None:
        """Commission is computed for everybody."""
        for business in self.businesses:
            business.shops.accrue()

    def assert_has_seen_it_all(self) -> None:
        """No kind of fact is missing: a world without refunds of points would prove nothing about them."""
        assert kinds(Transaction, "type") == set(TransactionType)
        assert kinds(PointsEntry, "kind") == set(EntryKind)
        assert kinds(CommissionEntry, "kind") >= {"accrual", "reversal", "late_accrual", "adjustment", "no_rate"}
        assert kinds(CommissionEntry, "kind") >= {"manual", "minimum_topup"}
        assert kinds(CommissionEntry, "currency") == {"EUR", "PLN", "SEK"}
        assert AuditEvent.objects.filter(action="receipt.attached").exists()

    def end(self) -> None:
        """What partners are called by now, which no past day knows."""
        states = ("active", "active", "suspended", "closed", "active", "pending_review", "active", "rejected")
        for business, status in zip(self.businesses, states, strict=True):
            made_at = self.instant()
            Partner.objects.filter(pk=business.shops.partner.pk).update(status=status, created_at=made_at)


def kinds(model: type[Model], field: str) -> set[str]:
    """The values that there are."""
    return set(model._default_manager.values_list(field, flat=True))


class Business:
    """One partner: two shops, three members, strangers."""

    def __init__(self, platform: Platform, number: int) -> None:
        self.dice, self.platform = platform.dice, platform
        fields: dict[str, Any] = {
            "time_zone": ZONES[number % len(ZONES)],
            "currency": ("EUR", "EUR", "PLN", "SEK")[number % 4],
        }
        fields |= {
            "country": ("LT", "LV", "EE")[number % 3],
            "parent": (platform.network, platform.agency, None)[number % 3],
        }
        if number % 2:
            fields["plan"] = platform.professional
        self.shops = Shops(partner=fields, points_expiration_days=45)
        self.places = [self.shops.shop, ShopFactory(partner=self.shops.partner)]
        self.members = [self.shops.customer() for _ in range(3)]
        for member, points in zip(self.members[1:], (300, 900), strict=True):
            self.shops.adjust(issued_card_of(member), points, END)
        self.sales: list[Transaction] = []

    def act(self) -> None:
        does = ("buy",) * 9 + ("undo",) * 4 + ("commission",) * 4
        does += ("cancel", "attach", "adjust", "bonus", "transfer", "expire")
        getattr(self, self.dice.choice(does))()

    def _member(self) -> Customer:
        return self.dice.choice(self.members)

    def _sale(self) -> Transaction | None:
        return Transaction.objects.get(pk=self.dice.choice(self.sales).pk) if self.sales else None

    def _card(self) -> IssuedCard:
        return issued_card_of(self._member())

    def buy(self) -> None:
        total = Decimal(self.dice.randrange(1, 20_000)) / 100
        customer = self._member() if self.dice.random() < 0.7 else None
        shop, at = self.dice.choice(self.places), self.platform.moment()
        if customer and self.dice.random() < 0.5:
            self._spend(customer, total, at, shop)
            return
        coffee = (total / 3).quantize(Decimal("0.01"))
        goods = (("coffee", str(coffee)), ("", str(total - coffee))) if self.dice.random() < 0.3 else ()
        self.sales.append(self.shops.buy(str(total), at, customer, goods=goods, shop=shop))

    def _spend(self, customer: Customer, total: Decimal, at: str, shop: Shop) -> None:
        """A purchase of which points pay a part, if there are enough."""
        order = f"P{next(self.platform.orders)}"
        sale = Sale(
            order_id=order,
            who=CustomerReference(customer_id=customer.pk),
            order_total=total + 10,
            occurred_at=instant(at),
            fingerprint=hashlib.sha256(order.encode()).digest(),
            shop_id=shop.pk,
            points_redeemed=self.dice.randrange(100, 200),
        )
        with contextlib.suppress(InsufficientPoints):
            done = record_sale(caller=Caller(SYSTEM), partner=self.shops.partner, sale=sale, at=instant(at))
            self.sales.append(Transaction.objects.get(pk=done.receipt.transaction_id))

    def undo(self) -> None:
        sale = self._sale()
        if sale is None:
            return
        left = sale.order_total - sum((row.order_total for row in sale.reversals.all()), Decimal(0))
        part = (left * self.dice.randrange(1, 101) / 100).quantize(Decimal("0.01"))
        if 0 < part <= left:
            self.shops.undo(sale, str(part), self.platform.moment())

    def cancel(self) -> None:
        sale = self._sale()
        if sale and not sale.reversals.exists():
            self.shops.undo(sale, None, self.platform.moment(), "cancellation")

    def attach(self) -> None:
        mine = Transaction.objects.filter(partner=self.shops.partner, type="purchase", customer=None)
        if free := list(mine.filter(reversals=None).order_by("pk")):
            sale = self.dice.choice(free)
            self.shops.attach(sale, self._member(), sale.occurred_at)

    def adjust(self) -> None:
        self.shops.adjust(self._card(), self.dice.randrange(1, 500), instant(self.platform.moment()))

    def bonus(self) -> None:
        at = instant(self.platform.moment())
        cause = Cause("bonus", f"bonus:{next(self.platform.orders)}", SYSTEM, occurred_at=at)
        post_points(issued_card_id=self._card().pk, points=self.dice.randrange(1, 50), cause=cause, at=at)

    def transfer(self) -> None:
        source, target = (issued_card_of(member) for member in self.members[1:])
        how: dict[str, Any] = {"points": 10, "reason": "for a test", "at": instant(self.platform.moment())}
        with contextlib.suppress(InsufficientPoints):
            transfer_points(actor=SYSTEM, partner=self.shops.partner, source=source, target=target, **how)

    def expire(self) -> None:
        expire_partner_points(partner=self.shops.partner, at=self.platform.instant())

    def commission(self) -> None:
        partner = self.shops.partner
        month = f"2026-{self.dice.randrange(3, 10):02}"
        with contextlib.suppress(CommissionLocked):
            match self.dice.choice(("accrue", "force", "rate", "lock", "manual", "terms")):
                case "accrue":
                    self.shops.accrue()
                case "force":
                    force_sync(actor=SYSTEM, partner=partner, month=None, is_dry=self.dice.random() < 0.3, at=END)
                case "rate":
                    self._rate(Decimal(self.dice.randrange(1, 900)) / 100)
                case "lock":
                    lock_period(actor=SYSTEM, partner=partner, month=month, at=END)
                case "manual":
                    new = NewLine("because", Decimal("-7.77"), month=month)
                    add_line(actor=SYSTEM, partner=partner, new=new, at=END)
                case "terms":
                    said = {"minimum": Decimal(self.dice.randrange(100))}
                    set_terms(actor=SYSTEM, partner=partner, said=said, valid_from=month, at=END)

    def _rate(self, percent: Decimal) -> None:
        if not CommissionRate.objects.filter(partner=self.shops.partner).exists():
            RateFactory(
                partner=self.shops.partner,
                currency=self.shops.partner.currency,
                percent=percent,
                valid_from=clock("2026-01-01"),
            )


def questions(platform: Platform, at: datetime) -> list[Question]:
    """Every way to ask."""
    days = (
        *("today", "yesterday", "last_7_days", "last_30_days", "last_90_days", "this_month", "last_month"),
        *("this_year", "last_year", "2026-02", "2026-03", "2026-10", None),
    )
    spans = (
        *(("2026-03-29", "2026-03-29"), ("2026-10-25", "2026-10-25"), ("2026-11-01", "2026-11-01")),
        *(("2026-04-02", "2026-06-29"), ("2026-01-01", "2026-12-31"), ("2025-11-21", "2026-11-20")),
        *(("2026-05-31", "2026-06-01"), ("2026-03-15", "2026-10-16"), ("2020-01-01", "2029-12-31")),
    )
    network, agency = platform.network.pk, platform.agency.pk
    filters: tuple[dict[str, Any], ...] = (
        *({"network": (network,)}, {"network": (network, agency)}, {"of_networks": True}, {"tier": ("starter",)}),
        *({"tier": ("professional", "starter")}, {"status": ("closed",)}, {"status": ("active", "suspended")}),
        *({"country": ("LT",)}, {"country": ("LV", "EE")}, {"country": ("XX",)}),
        {"network": (network,), "tier": ("professional",), "status": ("active", "rejected"), "country": ("LT",)},
    )
    return [
        *(Question(at, period) for period in days),
        *(Question(at, date_from=first, date_to=last) for first, last in spans),
        *(Question(at, "last_90_days", **one) for one in filters),
        *(Question(at, date_from="2026-03-29", date_to="2026-10-25", **one) for one in filters),
    ]


def plain(value: Any) -> Any:
    """As JSON says it."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value


class Clock:
    """The time of the API, while the rest of the process keeps its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = END
        monkeypatch.setattr(base, "timezone", self)

    def now(self) -> datetime:
        return self.at


def assert_answers(boss: callers.Caller, time: Clock, asked: list[Question]) -> None:
    oracle = Oracle()
    for question in asked:
        time.at = question.at
        said = boss.get(PATH, **question.query)["data"]
        wanted = plain(oracle.says(question))
        for part in ("period", "partners", "totals"):
            assert said[part] == wanted[part], question
        for ours, theirs in zip(said["currencies"], wanted["currencies"], strict=True):
            for member in theirs:
                assert ours[member] == theirs[member], (question, theirs["currency"], member)
            assert ours == theirs, question
        assert said == wanted, question


@pytest.mark.parametrize(
    "seed", [1, 2, pytest.param(3, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow)]
)
def test_every_figure_is_what_the_oracle_makes_of_the_rows(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform(seed)
    boss, time = admin_caller(), Clock(monkeypatch)
    platform.close_march()
    platform.live(200)
    platform.end()
    asked = questions(platform, END)
    platform.assert_has_seen_it_all()
    # Nothing is rolled up yet.
    assert_answers(boss, time, asked)
    # Some is: of each partner another part, and more happens on top: late sales, refunds of old ones, corrections.
    for number, business in enumerate(platform.businesses):
        if number % 4:
            business.shops.roll(chunk=10 * number)
    platform.live(80)
    assert_answers(boss, time, asked)
    for turn in ("2026-03-29T00:30:00", "2026-10-25T00:59:59", "2026-11-01T05:59:59", "2026-11-20T10:59:59"):
        assert_answers(boss, time, [question for question in questions(platform, instant(turn)) if question.period])
    # All is.
    platform.follow()
    for business in platform.businesses:
        business.shops.roll(chunk=17)
    assert_sound()
    assert_answers(boss, time, asked)
