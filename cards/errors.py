"""Refusals that speak of cards."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import LoyaltyError


class CardBlocked(LoyaltyError):
    code = "BUSINESS_CARD_BLOCKED"
    status = 400
    template = _("This card is blocked or was replaced. Ask the customer for the new one.")
