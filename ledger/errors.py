"""Refusals that speak of sales and points."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import InvalidError, LoyaltyError, ResourceNotFound


class InsufficientPoints(LoyaltyError):
    code = "INSUFFICIENT_POINTS"
    status = 400
    template = _("Not enough points: {wanted} wanted, {available} available.")


class RefundExceedsOriginal(LoyaltyError):
    code = "REFUND_EXCEEDS_ORIGINAL"
    status = 400
    template = _("Only {rest} of this order is left to be refunded.")


class ReceiptNotAttachable(InvalidError):
    code = "RECEIPT_NOT_ATTACHABLE"
    template = _("This receipt cannot be given to a customer: {reason}")


class TransferRefused(InvalidError):
    code = "TRANSFER_REFUSED"
    template = _("These points cannot be transferred: {reason}")


class WrongCouponCode(ResourceNotFound):
    """A coupon code that nobody has, or another partner: the same answer, and counted (promises D6, D8)."""
