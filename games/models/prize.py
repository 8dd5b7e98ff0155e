from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from games.models.reward import RewardFields, reward_constraints


class Prize(RewardFields):
    """What a wheel or a scratch card can stop at. Its chance is its weight among the weights of all active prizes.

    `awarded` counts what was given away; with a `stock` it never passes it, because it moves in the draw's transaction.
    """

    game = models.ForeignKey("games.Game", models.PROTECT, related_name="prizes", verbose_name=_("game"))
    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.JSONField(_("name"))
    color = models.CharField(_("color"), max_length=7, blank=True)
    image_url = models.URLField(_("picture address"), max_length=500, blank=True)
    weight = models.PositiveIntegerField(_("weight"), help_text=_("Its chance among the weights of all prizes."))
    stock = models.PositiveIntegerField(_("stock"), null=True, blank=True, help_text=_("Empty: any number."))
    awarded = models.PositiveIntegerField(_("awarded"), default=0, editable=False)
    per_customer = models.PositiveIntegerField(_("most a customer"), null=True, blank=True)
    per_day = models.PositiveIntegerField(_("most a day"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("prize")
        verbose_name_plural = _("prizes")
        constraints = [
            *reward_constraints("prize"),
            models.CheckConstraint(condition=Q(weight__lte=1_000_000), name="prize_weight_range"),
            models.CheckConstraint(condition=Q(stock=None) | Q(awarded__lte=F("stock")), name="prize_within_stock"),
            models.UniqueConstraint(
                fields=["game", "position"], condition=Q(is_active=True), name="prize_position_unique"
            ),
        ]

    def __str__(self) -> str:
        if isinstance(self.name, dict):
            return str(self.name.get("en") or self.name.get("lt") or self.pk)
        return str(self.name)
