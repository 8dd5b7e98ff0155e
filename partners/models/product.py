from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.Model):
    """A group of goods. `key` is the name as tills send it, trimmed and case-folded."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    key = models.CharField(_("key"), max_length=100)
    name = models.JSONField(_("name"), default=dict)
    earns_points = models.BooleanField(
        _("earns points"), default=True, help_text=_("Off for alcohol, tobacco, gift cards and the like.")
    )

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [models.UniqueConstraint(fields=["partner", "key"], name="category_key_unique")]

    def __str__(self) -> str:
        return self.key


class Product(models.Model):
    """One good, known by the till's own number for it."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    external_id = models.CharField(_("number at the till"), max_length=100)
    name = models.CharField(_("name"), max_length=255)
    category = models.ForeignKey(
        "partners.Category", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    earns_points = models.BooleanField(_("earns points"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [models.UniqueConstraint(fields=["partner", "external_id"], name="product_external_id_unique")]

    def __str__(self) -> str:
        return self.name
