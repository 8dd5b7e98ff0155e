from django.db import models
from django.utils.translation import gettext_lazy as _


class Shop(models.Model):
    """One location of a partner (or its web shop: `is_virtual`)."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="shops", verbose_name=_("partner"))
    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    address = models.CharField(_("address"), max_length=255, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.URLField(_("website"), blank=True)
    working_hours = models.JSONField(
        _("working hours"), default=dict, blank=True, help_text=_('For example {"monday": "08:00-20:00"}')
    )
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_virtual = models.BooleanField(_("web shop"), default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        constraints = [
            models.UniqueConstraint(fields=["partner", "name"], name="shop_name_unique"),
            models.CheckConstraint(
                condition=models.Q(latitude=None) | models.Q(latitude__gte=-90, latitude__lte=90), name="shop_latitude"
            ),
            models.CheckConstraint(
                condition=models.Q(longitude=None) | models.Q(longitude__gte=-180, longitude__lte=180),
                name="shop_longitude",
            ),
        ]

    def __str__(self) -> str:
        return self.name
