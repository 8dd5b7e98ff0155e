"""Refusals that speak of partners, their staff and their API credentials."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import AccessError, AuthenticationError, ConflictError, InvalidError, LoyaltyError, NotFoundError


class PartnerNotFound(NotFoundError):
    code = "PARTNER_NOT_FOUND"
    template = _("There is no such partner.")


class PartnerNotActive(AccessError):
    code = "PARTNER_NOT_ACTIVE"
    template = _("This partner's account is not active. Contact the platform.")


class StatusTransitionRefused(ConflictError):
    """`details` names where the partner is and where it may go."""

    code = "STATUS_TRANSITION_REFUSED"
    template = _("A partner that is '{before}' cannot become '{after}'. Possible: {allowed}.")


class StatusChanged(ConflictError):
    """Somebody else was quicker."""

    code = "STATUS_CHANGED"
    template = _("The partner is '{status}' by now, not '{expected}'. Look again.")


class PapersMissing(ConflictError):
    """`details` names the kinds of papers that nobody has verified yet."""

    code = "PAPERS_MISSING"
    template = _("These papers have to be verified first: {missing}.")


class ApplicationDecided(ConflictError):
    code = "APPLICATION_DECIDED"
    template = _("This application was already looked at. Ask the platform to change what it says.")


class TooManyPapers(ConflictError):
    code = "TOO_MANY_PAPERS"
    template = _("At most {most} papers are kept. Ask the platform before sending more.")


class PartnerHasOpenMoney(ConflictError):
    """`details` names what is open."""

    code = "PARTNER_HAS_OPEN_MONEY"
    template = _("Money is still open with this partner: {open}. Settle it first, or close with 'force'.")


class InsufficientPartnerPermissions(AccessError):
    code = "INSUFFICIENT_PARTNER_PERMISSIONS"
    template = _("Your role does not allow this. It needs the permission '{capability}'.")


class StoreAccessDenied(AccessError):
    code = "STORE_ACCESS_DENIED"
    template = _("You have no access to this shop.")


class CredentialsMissing(AuthenticationError):
    code = "CREDENTIALS_MISSING"
    # 1010 where credentials are validated (contract 2.2).
    number = 1004
    template = _("Send the headers X-API-Key and X-API-Secret.")


class ApiKeyMalformed(AuthenticationError):
    code = "API_KEY_MALFORMED"
    number = 1011
    template = _("The API key is malformed: it starts with 'lty_'.")


class ApiKeyUnknown(AuthenticationError):
    code = "API_KEY_UNKNOWN"
    number = 1012
    template = _("This API key is not known here.")


class ApiSecretWrong(AuthenticationError):
    code = "API_SECRET_WRONG"
    number = 1013
    template = _("The API secret does not belong to this key.")


class CredentialsExpired(AuthenticationError):
    code = "CREDENTIALS_EXPIRED"
    number = 1014
    template = _("These API credentials have expired.")


class AddressNotAllowed(AccessError):
    code = "IP_NOT_WHITELISTED"
    template = _("These API credentials may not be used from this address.")


class ScopeInsufficient(AccessError):
    code = "SCOPE_INSUFFICIENT"
    template = _("These API credentials lack the scope for this.")


class CurrencyFixed(InvalidError):
    code = "CURRENCY_FIXED"
    template = _("The currency cannot change once there are sales.")


class PartnerChoiceNeeded(LoyaltyError):
    code = "PARTNER_CHOICE_NEEDED"
    status = 422
    template = _("You work for several partners: add 'partner_id'.")


class CategoryInUse(ConflictError):
    code = "CATEGORY_IN_USE"
    template = _(
        "This category cannot be deleted: {children} categories hang below it and {products} products are in it."
    )


class OfferExpired(LoyaltyError):
    code = "OFFER_EXPIRED"
    status = 400
    template = _("This offer is over.")


class OfferNotAvailable(LoyaltyError):
    """It has not begun, is switched off, or applies by itself."""

    code = "OFFER_NOT_AVAILABLE"
    status = 400
    template = _("This offer cannot be claimed: {reason}")


class OfferUsedUp(ConflictError):
    code = "OFFER_USED_UP"
    template = _("Nothing is left of this offer.")


class OfferAlreadyClaimed(ConflictError):
    code = "OFFER_ALREADY_CLAIMED"
    template = _("This customer has claimed this offer as often as is allowed: {limit}.")


class TierRequirementNotMet(AccessError):
    code = "TIER_REQUIREMENT_NOT_MET"
    template = _("This offer is for customers of the level {level} and above.")
