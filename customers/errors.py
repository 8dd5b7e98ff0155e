"""Refusals that speak of persons, their one-time codes and their log-in at a till."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import AccessError, AuthenticationError, ConflictError, LoyaltyError, NotFoundError, QuotaError


class OtpInvalid(LoyaltyError):
    code = "OTP_INVALID"
    template = _("The code is wrong, or it was used before.")


class OtpExpired(LoyaltyError):
    code = "OTP_EXPIRED"
    template = _("The code has expired. Ask for a new one.")


class OtpMaxAttempts(QuotaError):
    code = "OTP_MAX_ATTEMPTS"
    template = _("Too many wrong codes. Ask for a new one.")


class UserNotFound(NotFoundError):
    code = "USER_NOT_FOUND"
    template = _("Nobody is registered with this phone number.")


class UserExists(ConflictError):
    code = "USER_EXISTS"
    template = _("Somebody is registered with this phone number already. Log in instead.")


class UserBlocked(AccessError):
    code = "USER_BLOCKED"
    template = _("This account is blocked. Contact the platform.")


class AuthForbidden(AccessError):
    code = "AUTH_FORBIDDEN"
    template = _("These API credentials are missing or not accepted here.")


class PartnerNotAuthenticated(AuthenticationError):
    code = "PARTNER_NOT_AUTHENTICATED"
    number = 1005
    template = _("The partner's API credentials are missing or wrong.")


class QrSessionNotFound(NotFoundError):
    code = "QR_SESSION_NOT_FOUND"
    template = _("There is no such QR code, or it was too long ago.")


class QrSessionUsed(ConflictError):
    code = "QR_SESSION_USED"
    template = _("This QR code was used, rejected or taken by another device already.")
