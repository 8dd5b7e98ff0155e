"""A platform as the statistics meet it: one large chain with half of the sales, and many small partners."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from benchmarks import seed
from partners.models import Partner, Plan

SMALL = 199
CHAIN_CUSTOMERS, SMALL_CUSTOMERS = 20_000, 150
ZONES = ("Europe/Vilnius", "Europe/Warsaw", "America/New_York", "Pacific/Auckland")
_SALES = """
INSERT INTO ledger_transaction (
    partner_id, type, status, source, order_id, shop_id, customer_id, issued_card_id, order_total, amount,
    points_discount_amount, currency, points_awarded, points_redeemed, points_balance, points_debt, category,
    items_count, description, meta_data, occurred_at, local_on, recorded_at, fingerprint
) SELECT p.id, 'purchase', 'completed', 'till', 'S' || n, place.shop, place.customer + k, place.card + k,
         10 + n %% 90, 10 + n %% 90, 0, p.currency, 10 + n %% 90, 0, 0, 0, '', 0, '', '{}',
         moment, (moment AT TIME ZONE p.time_zone)::date, moment, sha256(n::text::bytea)
FROM generate_series(1, %(count)s) AS n
JOIN unnest(%(numbers)s::int[], %(partners)s::bigint[], %(shops)s::bigint[], %(customers)s::bigint[],
            %(cards)s::bigint[], %(sizes)s::int[]) AS place(number, partner, shop, customer, card, size)
    ON place.number = CASE WHEN n %% 2 = 0 THEN 0 ELSE 1 + (n / 2) %% %(small)s END
JOIN partners_partner p ON p.id = place.partner,
LATERAL (SELECT (n::bigint * 7919) %% place.size AS k,
                now() - interval '370 days' * (%(count)s - n) / %(count)s AS moment) AS m
ORDER BY n
"""
_POINTS = """
INSERT INTO ledger_pointsentry (
    partner_id, issued_card_id, transaction_id, shop_id, kind, points, business_key, actor_kind, reason, occurred_at
) SELECT partner_id, issued_card_id, id, shop_id, 'earn', points_awarded, 'sale:' || id || ':earn', 'system', '',
         occurred_at
FROM ledger_transaction WHERE partner_id = ANY(%(partners)s) ORDER BY id
"""


@dataclass(frozen=True)
class Platform:
    """The chain, everybody, and a network that half of the small ones belong to."""

    chain: int
    partners: list[int]
    network: int


def platform(count: int) -> Platform:
    """So many sales of a year, with their points."""
    tills = seed.tills(["Chain"], cards=CHAIN_CUSTOMERS)
    tills += seed.tills([f"Small {n}" for n in range(SMALL)], cards=SMALL_CUSTOMERS)
    ids = [till.partner_id for till in tills]
    network = _describe(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            _SALES,
            {
                "count": count,
                "small": SMALL,
                "numbers": list(range(len(tills))),
                "partners": ids,
                "shops": [till.shop_id for till in tills],
                "customers": [till.first_customer for till in tills],
                "cards": [till.first_card for till in tills],
                "sizes": [till.cards for till in tills],
            },
        )
        cursor.execute(_POINTS, {"partners": ids})
    return Platform(ids[0], ids, network)


def _describe(ids: list[int]) -> int:
    """Zones, currencies, plans, states, countries and a network, so that every filter finds some of them."""
    plan = Plan.objects.exclude(code="benchmark").order_by("pk").first()
    network = Partner.objects.create(name="Network", contact_email="n@example.test", kind="network", plan=seed.plan())
    for number, partner in enumerate(Partner.objects.filter(pk__in=ids).order_by("pk")):
        partner.time_zone = ZONES[number % len(ZONES)]
        partner.currency = "PLN" if number % 5 == 4 else "EUR"
        partner.country = ("LT", "LV", "EE")[number % 3]
        partner.status = "suspended" if number % 10 == 9 else "active"
        partner.parent = network if number % 2 else None
        partner.plan = plan if plan and number % 4 == 3 else partner.plan
        partner.save()
    return network.pk


def a_year_until(today: date) -> str:
    """The parameters of 365 days that end today."""
    return f"date_from={date.fromordinal(today.toordinal() - 364)}&date_to={today}"
