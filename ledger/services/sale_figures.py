"""What a sale comes to by the rules of its card: money, points and their expiry."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from ledger.rules.earning import ZERO
from ledger.rules.offers import NOTHING, Earned, earn
from ledger.selectors.sale import HeldCard
from ledger.services.reported import Sale
from loyalty.errors import ValidationFailed
from partners.choices import EarnBasis
from partners.models import Partner

MOST_AWARDED = 10_000_000


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one sale; `amount` is what is paid besides points."""

    discount: Decimal
    amount: Decimal
    earned: Earned
    expires_at: datetime | None

    @property
    def awarded(self) -> int:
        """All points, those that offers add included."""
        return self.earned.points


def figures_of(partner: Partner, sale: Sale, card: HeldCard | None) -> Figures:
    """Raises ValidationFailed for what the rules refuse."""
    is_net = partner.earn_basis == EarnBasis.NET
    discount = _discount(sale, card, is_net=is_net)
    net_total = sale.order_total if is_net else sale.order_total - discount
    earned, expires_at = NOTHING, None
    if card is not None and card.is_earning and not card.is_blocked and card.rules.points_enabled:
        expires_at = card.rules.expiry_of(sale.occurred_at)
        if sale.points is not None:
            earned = Earned(sale.points)  # the till's own word, which nothing is added to
        else:
            earned = earn(card.rules, card.offers, lines=sale.lines, order_total=sale.order_total, net_total=net_total)
    if earned.points > MOST_AWARDED:
        text = _("This would earn {points} points; one sale earns at most {most}.").format(
            points=earned.points, most=MOST_AWARDED
        )
        raise ValidationFailed(errors={"order_total": [text]})
    return Figures(discount, net_total, earned, expires_at)


def _discount(sale: Sale, card: HeldCard | None, *, is_net: bool) -> Decimal:
    """What the redeemed points pay, after the card's own limits and at most the order. Raises ValidationFailed."""
    points = sale.points_redeemed
    if points:
        _check_redemption(sale, card, is_net=is_net)
    worth = card.rules.discount_for(points) if points and card is not None else ZERO
    discount = worth if is_net else min(worth, sale.order_total)
    if sale.points_discount_amount not in {None, discount, worth}:
        text = _("{points} points are worth {amount}; send that, or leave it out.").format(
            points=points, amount=discount
        )
        raise ValidationFailed(errors={"points_discount_amount": [text]})
    return discount


def _check_redemption(sale: Sale, card: HeldCard | None, *, is_net: bool) -> None:
    points, texts = sale.points_redeemed, []
    if card is None or not card.rules.points_redemption_enabled:
        texts.append(_("Points of this card cannot be spent."))
    elif not card.is_valid_at_shop:
        texts.append(_("This card is not valid at this shop."))
    elif points < card.rules.min_points_for_redemption:
        texts.append(_("At least {least} points must be spent.").format(least=card.rules.min_points_for_redemption))
    elif card.rules.max_points_per_redemption is not None and points > card.rules.max_points_per_redemption:
        texts.append(_("At most {most} points may be spent.").format(most=card.rules.max_points_per_redemption))
    # A net total is what is left after the points: nothing to compare them with.
    elif not is_net and points > (most := card.rules.points_worth(sale.order_total)):
        texts.append(_("{most} points pay this order in full; no more can be spent on it.").format(most=most))
    if texts:
        raise ValidationFailed(errors={"points_redeemed": texts})
