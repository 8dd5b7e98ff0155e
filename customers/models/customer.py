from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.choices import CustomerSource


class Customer(models.Model):
    """What one partner knows of one buyer; another partner's knowledge of the same person is another row.

    Ids come from the sequence `customers_identity`, shared with persons, so that a mix-up is a 404 and never somebody
    else (decision 10).
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    person = models.ForeignKey(
        "customers.Person", models.PROTECT, null=True, blank=True, related_name="customers", verbose_name=_("person")
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=255, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, null=True, blank=True)
    phone = models.CharField(
        _("phone"), max_length=20, null=True, blank=True, help_text=_("E.164, for example +37060000001")
    )
    external_id = models.CharField(_("external id"), max_length=100, null=True, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    source = models.CharField(_("source"), max_length=20, choices=CustomerSource, default=CustomerSource.STAFF)
    shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("joined at")
    )
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(_("member since"))
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint("partner", Lower("email"), name="customer_email_unique"),
            models.UniqueConstraint(fields=["partner", "phone"], name="customer_phone_unique"),
            models.UniqueConstraint(fields=["partner", "external_id"], name="customer_external_id_unique"),
            models.UniqueConstraint(
                fields=["partner", "person"],
                name="customer_person_unique",
                condition=models.Q(person__isnull=False),
            ),
        ]
        indexes = [
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="customer_name_trigram"),
            GinIndex(fields=["email"], opclasses=["gin_trgm_ops"], name="customer_email_trigram"),
            GinIndex(fields=["phone"], opclasses=["gin_trgm_ops"], name="customer_phone_trigram"),
            models.Index(fields=["partner", "-id"], name="customer_partner"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone or self.external_id or str(self.pk)
