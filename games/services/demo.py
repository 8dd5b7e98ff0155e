"""The games of a demo partner, as if they had been played for a while; the same ones all day long."""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from cards.choices import IssuedCardStatus
from cards.models import IssuedCard
from customers.choices import CustomerSource
from games.choices import CouponStatus
from games.demo.blueprints import QUIZ, SCRATCH, SEED, STAMPS, WHEEL, games_for
from games.demo.offers import offers_for
from games.models import Coupon, Game, Play, Prize, StampEvent, StampProgress
from games.services.demo_past import Past
from games.services.games import create_game
from ledger.choices import TransactionStatus, TransactionType
from ledger.models import Transaction
from loyalty.services.audit import SYSTEM
from partners.models import Offer, Partner
from partners.services.offers import create_offer

PLAYERS = 120
DAYS = 60
LISTED_COUPONS = 20


class GamesDemo:
    """What games add to the demo."""

    def load(self, *, partner: Partner, key: str, at: datetime, say: Callable[[str], None]) -> None:
        """Offers, and games with their plays, stamps and coupons, unless the partner has games already."""
        if Game.objects.filter(partner=partner).exists():
            return
        with transaction.atomic():
            for offer in offers_for(key):
                create_offer(actor=SYSTEM, partner=partner, data=offer, reach=None, at=at)
            games = [
                create_game(actor=SYSTEM, partner=partner, data=data, reach=None, at=at).game for data in games_for(key)
            ]
            past = Past(partner, random.Random(f"{SEED} {key}"), at)  # noqa: S311 - made-up play, no secrets
            players = _players(partner)
            visits = _visits(partner, players, at)
            past.stamp(games[STAMPS], players, visits)
            past.spin(games[WHEEL], players)
            past.scratch(games[SCRATCH], players[: PLAYERS // 2])
            past.ask(games[QUIZ], players[: PLAYERS // 3])
            past.use_coupons(visits)
            past.write()
        _analyze()
        say(f"{partner.name}: {len(games)} games, {len(past.plays)} plays, {len(past.coupons)} coupons")

    def handover(self, *, partner: Partner, at: datetime) -> dict[str, Any]:
        """The ids of offers and games, and codes of coupons that can be redeemed now."""
        games = Game.objects.filter(partner=partner, deleted_at=None).order_by("pk")
        live = Coupon.objects.filter(partner=partner, status=CouponStatus.ACTIVE, issued_card__status="active")
        good = live.exclude(expires_at__lte=at).order_by("pk")
        offers = Offer.objects.filter(partner=partner, deleted_at=None).order_by("pk")
        return {
            "offers": list(offers.values_list("pk", flat=True)),
            "games": list(games.values_list("pk", flat=True)),
            "coupons": list(good.values_list("code", flat=True)[:LISTED_COUPONS]),
        }


def _players(partner: Partner) -> list[IssuedCard]:
    """The first customers of the demo with their first card."""
    held = IssuedCard.objects.select_related("card", "customer").filter(
        partner=partner, status=IssuedCardStatus.ACTIVE, customer__source=CustomerSource.DEMO
    )
    first: dict[int, IssuedCard] = {}
    for issued in held.order_by("customer_id", "pk")[: 2 * PLAYERS]:
        first.setdefault(issued.customer_id, issued)
    return list(first.values())[:PLAYERS]


def _visits(partner: Partner, players: list[IssuedCard], at: datetime) -> dict[int, list[Transaction]]:
    """The purchases of the last weeks by card, the oldest first."""
    bought = Transaction.objects.defer("xid").filter(
        partner=partner,
        type=TransactionType.PURCHASE,
        status=TransactionStatus.COMPLETED,
        issued_card__in=players,
        occurred_at__gte=at - timedelta(days=DAYS),
        occurred_at__lte=at,
    )
    visits: dict[int, list[Transaction]] = defaultdict(list)
    for sale in bought.order_by("occurred_at", "pk"):
        visits[sale.issued_card_id or 0].append(sale)
    return visits


def _analyze() -> None:
    tables = ", ".join(model._meta.db_table for model in (Play, Coupon, StampProgress, StampEvent, Prize))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")
