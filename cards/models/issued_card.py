import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from cards.choices import IssuedCardStatus


class IssuedCard(models.Model):
    """One customer's card of one programme: a number to type, a QR value to scan. Its points live in the ledger.

    A lost card is replaced by giving this row a new number and QR value; the old ones are kept in RetiredCardNumber, so
    that balance and history stay where they are.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    card = models.ForeignKey("cards.Card", models.PROTECT, related_name="+", verbose_name=_("card programme"))
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+", verbose_name=_("customer"))
    number = models.CharField(_("number"), max_length=11)
    qr_value = models.UUIDField(_("QR value"), default=uuid.uuid4)
    status = models.CharField(_("status"), max_length=20, choices=IssuedCardStatus, default=IssuedCardStatus.ACTIVE)
    issued_at = models.DateTimeField(_("issued at"))
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("issued card")
        verbose_name_plural = _("issued cards")
        constraints = [
            models.UniqueConstraint(fields=["partner", "number"], name="issued_card_number_unique"),
            models.UniqueConstraint(fields=["partner", "qr_value"], name="issued_card_qr_unique"),
            models.UniqueConstraint(fields=["customer", "card"], name="issued_card_once_per_programme"),
            models.CheckConstraint(
                condition=models.Q(number__regex=r"^\d{3}-\d{3}-\d{3}$"), name="issued_card_number_form"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RetiredCardNumber(models.Model):
    """A number that was replaced: it is never issued again and is refused at the till."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    issued_card = models.ForeignKey("cards.IssuedCard", models.PROTECT, related_name="+", verbose_name=_("issued card"))
    number = models.CharField(_("number"), max_length=11)
    qr_value = models.UUIDField(_("QR value"))
    reason = models.CharField(_("reason"), max_length=500)
    retired_at = models.DateTimeField(_("retired at"))

    class Meta:
        verbose_name = _("retired card number")
        verbose_name_plural = _("retired card numbers")
        constraints = [
            models.UniqueConstraint(fields=["partner", "number"], name="retired_number_unique"),
            models.UniqueConstraint(fields=["partner", "qr_value"], name="retired_qr_unique"),
        ]

    def __str__(self) -> str:
        return self.number
