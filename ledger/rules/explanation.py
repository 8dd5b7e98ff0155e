"""How a transaction's points came about, in words."""

from collections.abc import Sequence
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
    offers: Sequence[tuple[int, str]] = (),
) -> str:
    """A few sentences for staff; figures are those of the transaction, unsigned. `offers` are points and the offer that
    added them.
    """
    if is_anonymous:
        return _("No points: the sale names no customer.")
    if not has_card:
        return _("No points: the customer holds no card of a running programme.")
    paid = f"{amount:.2f} {currency}"
    sentences = []
    if kind == "purchase":
        text = ngettext("{paid} paid: {points} point awarded.", "{paid} paid: {points} points awarded.", awarded)
        sentences.append(text.format(paid=paid, points=awarded))
        sentences += [_of_which(points, title) for points, title in offers if points]
        if redeemed:
            text = ngettext("{points} point paid {discount}.", "{points} points paid {discount}.", redeemed)
            sentences.append(text.format(points=redeemed, discount=f"{discount:.2f} {currency}"))
    else:
        text = ngettext(
            "{paid} given back: {points} point taken back.", "{paid} given back: {points} points taken back.", awarded
        )
        sentences.append(text.format(paid=paid, points=awarded))
        sentences += [_of_which(points, title) for points, title in offers if points]
        if redeemed:
            text = ngettext("{points} spent point returned.", "{points} spent points returned.", redeemed)
            sentences.append(text.format(points=redeemed))
    return " ".join(sentences)


def _of_which(points: int, title: str) -> str:
    text = ngettext("{points} of them by the offer “{title}”.", "{points} of them by the offer “{title}”.", points)
    return text.format(points=points, title=title)
