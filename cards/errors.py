"""Refusals that speak of card programmes and issued cards."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import ConflictError, LoyaltyError, ResourceAlreadyExists, ResourceNotFound, UnavailableError


class CardBlocked(LoyaltyError):
    code = "BUSINESS_CARD_BLOCKED"
    status = 400
    template = _("This card is blocked or was replaced. Ask the customer for the new one.")


class LoyaltyCardNotFound(ResourceNotFound):
    """The same code as for everything that is not there, with the number that cards have (contract 5.6)."""

    number = 1200


class CardNotIssued(ConflictError):
    code = "CARD_PROGRAMME_INACTIVE"
    template = _("This card programme is not active: no cards are issued.")


class CardNumbersExhausted(UnavailableError):
    """Ten random numbers in a row were taken: the partner's number range is close to full."""

    code = "CARD_NUMBERS_EXHAUSTED"
    template = _("No free card number was found. Try again.")


class QrCardUsed(ResourceAlreadyExists):
    """The same code as for everything that is there already (contract 5.3), with a sentence for who holds the phone."""

    template = _("Somebody has scanned this QR code already. Ask for a new one.")


class WalletNotConfigured(UnavailableError):
    """The operator has not set up what signs passes of this wallet, or it cannot be read."""

    code = "WALLET_NOT_CONFIGURED"
    template = _("{wallet} is not set up on this platform.")
