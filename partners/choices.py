"""Closed lists of values, as the wire spells them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PartnerKind(models.TextChoices):
    PARTNER = "partner", _("Partner")
    NETWORK = "network", _("Franchise network")
    AGENCY = "agency", _("Agency")


class PartnerStatus(models.TextChoices):
    PENDING_REVIEW = "pending_review", _("Pending review")
    APPROVED = "approved", _("Approved")
    DOCUMENTS_SIGNED = "documents_signed", _("Documents signed")
    ACTIVE = "active", _("Active")
    REJECTED = "rejected", _("Rejected")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


class ReviewStatus(models.TextChoices):
    """State of a check of the business: its registration, its compliance."""

    NOT_STARTED = "not_started", _("Not started")
    PENDING = "pending", _("Pending")
    VERIFIED = "verified", _("Verified")
    FAILED = "failed", _("Failed")


class PaperKind(models.TextChoices):
    """What a partner hands in so that the platform may trust it."""

    BUSINESS_REGISTRATION = "business_registration", _("Business registration")
    AGREEMENT = "agreement", _("Signed agreement")
    REPRESENTATION = "representation", _("Right to represent the business")
    BANK_ACCOUNT = "bank_account", _("Proof of the bank account")
    TAX_REGISTRATION = "tax_registration", _("Tax registration")
    OTHER = "other", _("Other")


class EarnBasis(models.TextChoices):
    """What a till's `order_total` is when points pay a part of it (contract 16.20)."""

    GROSS = "gross", _("Order total before the points discount")
    NET = "net", _("Order total after the points discount")


class StaffRole(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    CASHIER = "cashier", _("Cashier")
    ANALYST = "analyst", _("Analyst")


class CredentialKind(models.TextChoices):
    PRODUCTION = "production", _("Production")
    STAGING = "staging", _("Staging")


class CredentialScope(models.TextChoices):
    READ = "read", _("Read")
    WRITE = "write", _("Write")


class Availability(models.TextChoices):
    """Whether a good can be had (contract 8)."""

    IN_STOCK = "in_stock", _("In stock")
    OUT_OF_STOCK = "out_of_stock", _("Out of stock")
    LIMITED_STOCK = "limited_stock", _("Few left")


class OfferKind(models.TextChoices):
    """What an offer gives; the wire calls it `type`."""

    DISCOUNT = "discount", _("Discount")
    POINTS_MULTIPLIER = "points_multiplier", _("Points multiplier")
    FREE_ITEM = "free_item", _("Free good")
    CASHBACK = "cashback", _("Cashback")


class DiscountType(models.TextChoices):
    PERCENTAGE = "percentage", _("Percent")
    FIXED_AMOUNT = "fixed_amount", _("Amount")
