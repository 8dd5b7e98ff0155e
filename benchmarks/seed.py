"""The rows that the measures need, made straight in the tables: partners that no limit stops, cards, history."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from cards.models import Card, IssuedCard
from customers.models import Customer
from ledger.models import PointsBalance
from loyalty.models import User
from partners.models import ApiCredential, ApiSecret, Partner, Plan, Shop, StaffMember
from partners.rules import secrets

CARDS = 1_000
HISTORY = 10_000
EMAIL, PASSWORD = "bench@example.test", "correct horse battery"


@dataclass(frozen=True)
class Till:
    """What a till needs to sell: headers, a shop, and customers who hold one card each, with ids in a row."""

    partner_id: int
    shop_id: int
    credential_id: int
    headers: dict[str, str]
    first_customer: int
    first_card: int
    cards: int

    @property
    def variables(self) -> dict[str, int]:
        """What the scripts of pgbench name."""
        return {
            "partner": self.partner_id,
            "shop": self.shop_id,
            "credential": self.credential_id,
            "first_customer": self.first_customer,
            "first_card": self.first_card,
            "cards": self.cards,
        }


@cache
def plan() -> Plan:
    most = 2_000_000_000
    limits = {f"{who}_per_{span}": most for who in ("staff", "credential") for span in ("hour", "minute")}
    return Plan.objects.create(code="benchmark", name="Benchmark", **limits)


def tills(names: list[str], *, cards: int) -> list[Till]:
    """One partner a name, each with a shop, a key and `cards` customers."""
    now = timezone.now()
    partners = Partner.objects.bulk_create(
        [Partner(name=name, contact_email="bench@example.test", status="active", plan=plan()) for name in names]
    )
    shops = Shop.objects.bulk_create([Shop(partner=partner, name="Till") for partner in partners])
    programmes = Card.objects.bulk_create(
        [Card(partner=partner, title={"en": "Card"}, points_expiration_days=365) for partner in partners]
    )
    credentials = ApiCredential.objects.bulk_create(
        [ApiCredential(partner=p, name="till", key=secrets.new_key(), kind=settings.ENVIRONMENT) for p in partners]
    )
    plain = [secrets.new_secret() for _ in partners]
    version, pepper = list(settings.CREDENTIAL_PEPPERS.items())[-1]
    ApiSecret.objects.bulk_create(
        ApiSecret(
            credential=credential,
            digest=secrets.digest(secret, pepper),
            pepper_version=version,
            last_four=secret[-4:],
            created_at=now,
        )
        for credential, secret in zip(credentials, plain, strict=True)
    )
    made = []
    for index, partner in enumerate(partners):
        customer, card = _issue(partner, programmes[index], cards, now)
        headers = {"X-API-Key": credentials[index].key, "X-API-Secret": plain[index]}
        made.append(Till(partner.pk, shops[index].pk, credentials[index].pk, headers, customer, card, cards))
    return made


def _issue(partner: Partner, programme: Card, count: int, now: datetime) -> tuple[int, int]:
    """Customers with a card each; answers the first id of both."""
    customers = Customer.objects.bulk_create(
        [Customer(partner=partner, name=f"Customer {n}", external_id=str(n), joined_at=now) for n in range(count)]
    )
    issued = IssuedCard.objects.bulk_create(
        [
            IssuedCard(partner=partner, card=programme, customer=customer, number=_number(n), issued_at=now)
            for n, customer in enumerate(customers)
        ]
    )
    PointsBalance.objects.bulk_create(
        [PointsBalance(issued_card=card, partner=partner, customer_id=card.customer_id) for card in issued]
    )
    assert issued[-1].pk - issued[0].pk == customers[-1].pk - customers[0].pk == count - 1
    return customers[0].pk, issued[0].pk


def _number(n: int) -> str:
    return f"{n // 1_000_000:03}-{n // 1_000 % 1_000:03}-{n % 1_000:03}"


@cache
def till() -> Till:
    """One partner with 1,000 cards."""
    made = tills(["One partner"], cards=CARDS)[0]
    settle()
    return made


@cache
def many_tills() -> list[Till]:
    """1,000 partners with one card each."""
    made = tills([f"Partner {n}" for n in range(CARDS)], cards=1)
    settle()
    return made


_SALES = """
INSERT INTO ledger_transaction (
    partner_id, type, status, source, order_id, shop_id, customer_id, issued_card_id, order_total, amount,
    points_discount_amount, currency, points_awarded, points_redeemed, points_balance, points_debt, category,
    items_count, description, meta_data, occurred_at, local_on, recorded_at, fingerprint
) SELECT %(partner)s, 'purchase', 'completed', 'till', 'H' || n, %(shop)s, %(customer)s + n %% %(cards)s,
         %(card)s + n %% %(cards)s, 10 + n %% 90, 10 + n %% 90, 0, 'EUR', 10 + n %% 90, 0, 0, 0, '', 0, '', '{}',
         moment, moment::date, moment, sha256(n::text::bytea)
FROM generate_series(1, %(count)s) n, LATERAL (SELECT now() - make_interval(secs => (%(count)s - n) * 30.0) AS moment) m
ORDER BY n
"""
_POINTS = """
WITH entry AS (
    INSERT INTO ledger_pointsentry (
        partner_id, issued_card_id, transaction_id, shop_id, kind, points, business_key, actor_kind, reason, occurred_at
    ) SELECT partner_id, issued_card_id, id, shop_id, 'earn', points_awarded, 'sale:' || id || ':earn', 'system', '',
             occurred_at
    FROM ledger_transaction WHERE partner_id = %(partner)s ORDER BY id
    RETURNING id, partner_id, issued_card_id, shop_id, points, occurred_at
), lot AS (
    INSERT INTO ledger_pointslot (
        partner_id, issued_card_id, entry_id, issuing_shop_id, points, remaining, earned_at, expires_at
    ) SELECT partner_id, issued_card_id, id, shop_id, points, points, occurred_at, occurred_at + interval '365 days'
    FROM entry RETURNING issued_card_id, points, expires_at
)
UPDATE ledger_pointsbalance b SET balance = s.points, earned = s.points, next_expiry_at = s.expires_at
FROM (SELECT issued_card_id, sum(points) AS points, min(expires_at) AS expires_at FROM lot GROUP BY 1) s
WHERE b.issued_card_id = s.issued_card_id
"""


@cache
def long_histories() -> Till:
    """Cards with 10,000 earlier sales each."""
    made = tills(["Long histories"], cards=10)[0]
    _sell_before(made, HISTORY * made.cards, with_points=True)
    settle()
    return made


@cache
def new_cards(count: int) -> Till:
    """Cards that nothing was sold on yet."""
    made = tills(["New cards"], cards=count)[0]
    settle()
    return made


@cache
def million(count: int) -> Till:
    """One partner with so many transactions, and an owner who can log in."""
    made = tills(["A million"], cards=CARDS)[0]
    _sell_before(made, count, with_points=False)
    user = User.objects.create_user(email=EMAIL, password=PASSWORD, name="Owner")
    StaffMember.objects.create(partner_id=made.partner_id, user=user, role="owner")
    settle()
    return made


def _sell_before(till: Till, count: int, *, with_points: bool) -> None:
    values: dict[str, Any] = {
        "partner": till.partner_id,
        "shop": till.shop_id,
        "customer": till.first_customer,
        "card": till.first_card,
        "cards": till.cards,
        "count": count,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SALES, values)
        if with_points:
            cursor.execute(_POINTS, values)


def settle() -> None:
    """Statistics as they would be, and nothing left to write from what was just made."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
