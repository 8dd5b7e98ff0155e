"""How a transaction's points came about, in words."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def explain_points(
    *,
    kind: str,
    is_anonymous: bool,
    has_card: bool,
    amount: Decimal,
    discount: Decimal,
    currency: str,
    awarded: int,
    redeemed: int,
) -> str:
    """One or two sentences for staff; figures are those of the transaction, unsigned."""
    if is_anonymous:
        return _("No points: the sale names no customer.")
    if not has_card:
        return _("No points: the customer holds no card of a running programme.")
    paid = f"{amount:.2f} {currency}"
    sentences = []
    if kind == "purchase":
        text = ngettext("{paid} paid: {points} point awarded.", "{paid} paid: {points} points awarded.", awarded)
        sentences.append(text.format(paid=paid, points=awarded))
        if redeemed:
            text = ngettext("{points} point paid {discount}.", "{points} points paid {discount}.", redeemed)
            sentences.append(text.format(points=redeemed, discount=f"{discount:.2f} {currency}"))
    else:
        text = ngettext(
            "{paid} given back: {points} point taken back.", "{paid} given back: {points} points taken back.", awarded
        )
        sentences.append(text.format(paid=paid, points=awarded))
        if redeemed:
            text = ngettext("{points} spent point returned.", "{points} spent points returned.", redeemed)
            sentences.append(text.format(points=redeemed))
    return " ".join(sentences)
