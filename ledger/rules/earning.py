"""How many points a sale earns and what points are worth, in exact decimal arithmetic (contract 7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)
# The fields of CardRules that are exact decimals.
RATES = (
    "points_per_currency",
    "currency_amount",
    "points_per_currency_redemption",
    "currency_amount_redemption",
)


@dataclass(frozen=True, slots=True)
class CardRules:
    """The rules of one card programme. Points are whole numbers, amounts are in the partner's currency."""

    points_enabled: bool = True
    points_per_currency: Decimal = Decimal(1)
    currency_amount: Decimal = Decimal(1)
    round_points_up: bool = False
    min_points_per_purchase: int = 0
    max_points_per_purchase: int | None = None
    points_per_visit: int = 0
    points_expiration_days: int | None = None
    points_redemption_enabled: bool = False
    points_per_currency_redemption: Decimal = Decimal(100)
    currency_amount_redemption: Decimal = Decimal(1)
    min_points_for_redemption: int = 0
    max_points_per_redemption: int | None = None

    def points_for(self, base: Decimal) -> int:
        """Points for goods worth `base`: clamp(round(base / currency_amount x points_per_currency), min, max) + visit.

        Rounded up or down as the card says, before the clamp; the visit's points come on top (contract 16.21).
        """
        if not self.points_enabled:
            return 0
        whole, rest = divmod(base * self.points_per_currency, self.currency_amount)
        points = int(whole) + (1 if rest and self.round_points_up else 0)
        points = max(points, self.min_points_per_purchase)
        if self.max_points_per_purchase is not None:
            points = min(points, self.max_points_per_purchase)
        return points + self.points_per_visit

    def expiry_of(self, earned_at: datetime) -> datetime | None:
        """When points earned then are over; None: never. 0 days means never too (contract 16.23)."""
        return earned_at + timedelta(days=self.points_expiration_days) if self.points_expiration_days else None

    def discount_for(self, points: int) -> Decimal:
        """What `points` pay, pro rata, to the cent: 1250 at 100 for 1.00 are 12.50."""
        worth = points * self.currency_amount_redemption / self.points_per_currency_redemption
        return worth.quantize(CENT, ROUND_HALF_UP)

    def points_worth(self, amount: Decimal) -> int:
        """The fewest points that pay `amount` in full: more than these cannot be spent on it."""
        exact = amount * self.points_per_currency_redemption / self.currency_amount_redemption
        return int(exact.to_integral_value(ROUND_CEILING))
