from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Person(models.Model):
    """Somebody who buys and can log in: one verified phone, linked to what each partner knows of them (Customer).

    An e-mail address is their word until a link that was mailed to it is opened (`email_verified_at`); until then it is
    shown to them and used for nothing. What a person says of themselves stays here; no partner reads it, and a person
    never learns what another partner was told. Ids come from the sequence `customers_identity`, shared with customers
    (decision 10). An erased person keeps an empty row, so that nothing that names it points nowhere.
    """

    phone = models.CharField(
        _("phone"), max_length=20, null=True, unique=True, help_text=_("E.164, for example +37060000001")
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=255, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, null=True, blank=True)
    email_verified_at = models.DateTimeField(_("e-mail verified at"), null=True, editable=False)
    language = models.CharField(_("language"), max_length=5, default="lt")
    preferences = models.JSONField(_("preferences"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    # Raised whenever every token of this person must stop working: blocking, "log out everywhere", erasure.
    token_version = models.PositiveIntegerField(_("token version"), default=1, editable=False)
    phone_verified_at = models.DateTimeField(_("phone verified at"), null=True)
    last_login_at = models.DateTimeField(_("last log-in"), null=True)
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    erased_at = models.DateTimeField(_("erased at"), null=True)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(erased_at=None, phone__isnull=False)
                | models.Q(erased_at__isnull=False, phone=None, email=None, name="", is_active=False),
                name="person_has_phone_until_erased",
            ),
            models.CheckConstraint(
                condition=models.Q(email_verified_at=None) | models.Q(email__isnull=False),
                name="person_verified_email_is_there",
            ),
        ]
        indexes = [
            models.Index(Lower("email"), name="person_email"),
            GinIndex(fields=["phone"], opclasses=["gin_trgm_ops"], name="person_phone_trigram"),
        ]

    def __str__(self) -> str:
        return self.name or self.phone or str(self.pk)
