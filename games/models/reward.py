from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from games.choices import RewardType


class RewardFields(models.Model):
    """What somebody gets. `reward_value` is a percentage or an amount in the partner's currency, by `reward_type`."""

    reward_type = models.CharField(_("reward"), max_length=20, choices=RewardType, default=RewardType.FREE_PRODUCT)
    reward_value = models.DecimalField(
        _("percentage or amount"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    reward_points = models.PositiveIntegerField(_("points"), null=True, blank=True)
    reward_product_name = models.CharField(_("free product"), max_length=255, blank=True)
    minimum_purchase = models.DecimalField(
        _("least purchase"), max_digits=12, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    maximum_discount = models.DecimalField(
        _("most discount"), max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )

    class Meta:
        abstract = True


def reward_constraints(name: str) -> list[models.CheckConstraint]:
    """A reward has the figure that its type needs. A check that comes to NULL passes, so each says that it is there."""
    return [
        models.CheckConstraint(
            condition=~models.Q(reward_type="percentage")
            | models.Q(reward_value__isnull=False, reward_value__gt=0, reward_value__lte=100),
            name=f"{name}_percentage_range",
        ),
        models.CheckConstraint(
            condition=~models.Q(reward_type="fixed") | models.Q(reward_value__isnull=False, reward_value__gt=0),
            name=f"{name}_amount_positive",
        ),
        models.CheckConstraint(
            condition=~models.Q(reward_type="points") | models.Q(reward_points__isnull=False, reward_points__gt=0),
            name=f"{name}_points_positive",
        ),
        models.CheckConstraint(
            condition=models.Q(minimum_purchase__gte=0)
            & (models.Q(maximum_discount=None) | models.Q(maximum_discount__gt=0)),
            name=f"{name}_limits_positive",
        ),
    ]
