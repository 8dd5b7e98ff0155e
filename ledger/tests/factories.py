"""A partner's till for tests: it knows its key and secret and talks to the real addresses."""

import hashlib
import itertools
import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from cards.models import Card, IssuedCard
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from ledger.models import PointsBalance
from ledger.selectors.integrity import find_drift
from ledger.services.adjustments import adjust_points
from loyalty.services.audit import SYSTEM
from partners.models import Shop
from partners.services.credentials import issue_credential
from partners.tests.factories import PartnerFactory, ShopFactory

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
# Everything that a sale, a refund or a correction may change.
TABLES = (
    "ledger_transaction",
    "ledger_transactionline",
    "ledger_pointsentry",
    "ledger_pointslot",
    "ledger_pointsbalance",
    "cards_issuedcard",
    "customers_customer",
    "loyalty_auditevent",
    "loyalty_idempotencyrecord",
)
_orders = itertools.count(1)
_threads = threading.local()


@dataclass(frozen=True)
class Answer:
    """What came over the wire."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]
    raw: bytes

    @property
    def data(self) -> dict[str, Any]:
        return self.body["data"]

    @property
    def code(self) -> Any:
        return self.body["code"]

    @property
    def errors(self) -> dict[str, list[str]]:
        return self.body.get("errors", {})

    @property
    def is_replay(self) -> bool:
        return self.headers.get("Idempotency-Replayed") == "true"

    def ok(self) -> dict[str, Any]:
        """The data of an accepted call."""
        assert self.status == 200, (self.status, self.body)
        assert (self.body["success"], self.body["code"]) == (True, 200)
        return self.data

    def refused(self, status: int, code: str, *fields: str) -> "Answer":
        """The call was refused so, complaining of exactly these fields."""
        assert (self.status, self.code) == (status, code), (self.status, self.body)
        assert self.body["success"] is False
        assert self.body["message"]
        if fields:
            assert sorted(self.errors) == sorted(fields)
        return self


class Till:
    """A partner with one shop and the first card of decision 32: 1 point per 1.00, 100 points are worth 1.00.

    `card` are fields of the programme; give `shop_bound=True` for a key that reaches only this shop.
    """

    def __init__(self, *, shop_bound: bool = False, partner: dict[str, Any] | None = None, **card: Any) -> None:
        self.partner = PartnerFactory(**(partner or {}))
        self.shop: Shop = ShopFactory(partner=self.partner)
        rules = {"points_redemption_enabled": True, "min_points_for_redemption": 100, **card}
        self.card: Card = CardFactory(partner=self.partner, **rules)
        self.use_key(shop=self.shop if shop_bound else None)

    def use_key(self, **options: Any) -> "Till":
        """Sell with a new pair of key and secret from now on."""
        issued = issue_credential(actor=SYSTEM, partner=self.partner, name="till", at=timezone.now(), **options)
        self.credential = issued.credential
        self.headers = {"X-API-Key": issued.credential.key, "X-API-Secret": issued.secret}
        return self

    def customer(self, points: int = 0, **fields: Any) -> Customer:
        """A customer who holds this programme's card with so many points."""
        customer = CustomerFactory(partner=self.partner, **fields)
        issued = issue_card(actor=SYSTEM, partner=self.partner, card=self.card, customer=customer, at=timezone.now())
        if points:
            self.adjust(issued, points)
        return customer

    def adjust(self, issued: IssuedCard, points: int, at: datetime | None = None) -> PointsBalance:
        """Give (or take) points as staff."""
        return adjust_points(
            actor=SYSTEM,
            partner=self.partner,
            issued_card=issued,
            points=points,
            reason="for a test",
            at=at or timezone.now(),
        )

    def sale(self, order_id: str | None = None, **body: Any) -> Answer:
        """Register a purchase; pass `type`, `refund_id` … for other things, `headers` and `locale` for the call."""
        order = order_id or f"ORDER-{next(_orders)}"
        return self.post({"order_id": order, **body})

    def refund(self, order_id: str, **body: Any) -> Answer:
        return self.sale(order_id, type="refund", **body)

    def post(self, body: Any, *, path: str = "transactions/create", locale: str = "en") -> Answer:
        """Send anything; `headers` and `locale` in a dict body are taken out."""
        headers: dict[str, str] = {}
        if isinstance(body, dict):
            body = dict(body)
            headers, locale = body.pop("headers", {}), body.pop("locale", locale)
        content = body if isinstance(body, bytes) else json.dumps(body, default=_number).encode()
        return self.send("POST", f"/{locale}/shop/{path}", content, headers)

    def get(self, path: str, **query: Any) -> Answer:
        return _answer(_client().get(f"/en/shop/{path}", query, headers=self.headers))

    def send(
        self, method: str, path: str, content: bytes, headers: dict[str, str], content_type: str = "application/json"
    ) -> Answer:
        sent = {**self.headers, **headers}
        return _answer(_client().generic(method, path, content, content_type=content_type, headers=sent))


def _client() -> Client:
    """One client a thread: making one costs as much as a call."""
    if not hasattr(_threads, "client"):
        _threads.client = Client(raise_request_exception=False)
    return _threads.client


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def _answer(response: Any) -> Answer:
    return Answer(response.status_code, json.loads(response.content), dict(response.headers), response.content)


def issued_card_of(customer: Customer) -> IssuedCard:
    """The only card of a customer."""
    return IssuedCard.objects.select_related("card").get(customer=customer)


def balance_of(customer: Customer) -> tuple[int, int]:
    """Balance and debt on the customer's only card."""
    row = PointsBalance.objects.get(customer=customer)
    return row.balance, row.debt


def ledger_state() -> str:
    """A checksum over every row that a sale could change: equal before and after means nothing happened."""
    total = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
            )
            total.update(repr(cursor.fetchone()).encode())
    return total.hexdigest()


def assert_sound() -> None:
    """The whole ledger adds up."""
    assert {name: rows for name, rows in find_drift().items() if rows} == {}
