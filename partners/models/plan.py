from django.db import models
from django.utils.translation import gettext_lazy as _


class Plan(models.Model):
    """What a partner pays for; on the wire its code is the partner's `tier`. Requests per hour and per minute."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    staff_per_hour = models.PositiveIntegerField(_("staff requests an hour"), default=5_000)
    staff_per_minute = models.PositiveIntegerField(_("staff requests a minute"), default=200)
    credential_per_hour = models.PositiveIntegerField(_("API credential requests an hour"), default=8_000)
    credential_per_minute = models.PositiveIntegerField(_("API credential requests a minute"), default=300)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")

    def __str__(self) -> str:
        return self.name
