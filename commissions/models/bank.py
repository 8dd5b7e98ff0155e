from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commissions.rules.bank import masked


class BankDetails(models.Model):
    """Where a partner's money goes: its bank account, and what a payment provider calls it. Written by its service."""

    partner = models.OneToOneField(
        "partners.Partner", models.PROTECT, primary_key=True, related_name="+", verbose_name=_("partner")
    )
    account_holder = models.CharField(_("account holder"), max_length=70)
    iban = models.CharField(_("IBAN"), max_length=34)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    provider_account = models.CharField(
        _("account at the payment provider"), max_length=64, blank=True, help_text=_("Payouts go there.")
    )
    provider_customer = models.CharField(
        _("customer at the payment provider"), max_length=64, blank=True, help_text=_("Invoices are charged there.")
    )
    updated_at = models.DateTimeField(_("updated at"))
    updated_by = models.CharField(_("updated by"), max_length=40)

    class Meta:
        verbose_name = _("bank details")
        verbose_name_plural = _("bank details")
        constraints = [
            models.CheckConstraint(condition=Q(iban__regex=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"), name="bank_iban"),
            models.CheckConstraint(
                condition=Q(bic="") | Q(bic__regex=r"^[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?$"), name="bank_bic"
            ),
            models.CheckConstraint(condition=~Q(account_holder=""), name="bank_holder"),
        ]

    def __str__(self) -> str:
        return masked(self.iban)
