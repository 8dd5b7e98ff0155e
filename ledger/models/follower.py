from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class FollowedPartner(models.Model):
    """A partner whose sales concern an app above the ledger: they are recorded together with what that app does.

    A row only ever says "ask": whoever follows looks for itself whether there is something to do. Database triggers of
    those apps name their cause and take it back (`ledger_follow`, `ledger_unfollow`); without one there is no row.
    """

    partner = models.OneToOneField(
        "partners.Partner",
        models.PROTECT,
        db_constraint=False,
        primary_key=True,
        related_name="+",
        verbose_name=_("partner"),
    )
    causes = ArrayField(models.CharField(max_length=20), db_default=[], verbose_name=_("why"))

    class Meta:
        verbose_name = _("followed partner")
        verbose_name_plural = _("followed partners")

    def __str__(self) -> str:
        return str(self.partner_id)
