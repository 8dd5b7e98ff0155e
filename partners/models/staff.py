from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.choices import StaffRole


class StaffMember(models.Model):
    """A user's job at one partner. The same user may work for several partners, once for each."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="staff", verbose_name=_("partner"))
    user = models.ForeignKey("loyalty.User", models.PROTECT, related_name="+", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=20, choices=StaffRole)
    shops = models.ManyToManyField(
        "partners.Shop",
        through="partners.StaffShop",
        related_name="+",
        verbose_name=_("shops"),
        blank=True,
        help_text=_("Where a manager or cashier works; none means everywhere."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")
        constraints = [models.UniqueConstraint(fields=["user", "partner"], name="staff_once_per_partner")]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class StaffShop(models.Model):
    """One shop that a manager or cashier is limited to."""

    staff = models.ForeignKey("partners.StaffMember", models.CASCADE, related_name="+", verbose_name=_("staff member"))
    shop = models.ForeignKey("partners.Shop", models.CASCADE, related_name="+", verbose_name=_("shop"))

    class Meta:
        verbose_name = _("shop of a staff member")
        verbose_name_plural = _("shops of a staff member")
        constraints = [models.UniqueConstraint(fields=["staff", "shop"], name="staff_shop_once")]

    def __str__(self) -> str:
        return f"{self.staff_id}@{self.shop_id}"
