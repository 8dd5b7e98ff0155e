"""Forms of coupons in the back office."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from games.choices import RewardType
from games.models import CouponBatch
from games.rules.rewards import Reward, reward_faults
from games.services.batches import MOST
from loyalty.backoffice.forms import RecordForm
from partners.admin.catalog import many_to_choose
from partners.models import Shop


class BatchForm(RecordForm):
    """What to make; the reward needs the figure of its type."""

    valid_in = many_to_choose(
        CouponBatch, "shops", Shop, _("Shops"), _("Where its codes are valid; none means everywhere.")
    )

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or self.cleaned_data)
        reward = Reward(
            type=data.get("reward_type") or RewardType.NONE,
            value=data.get("reward_value"),
            points=data.get("reward_points"),
            product_name=data.get("reward_product_name") or "",
        )
        for name, text in reward_faults(reward).items():
            self.add_error(name, ValidationError(str(text)))
        if reward.type == RewardType.NONE:
            self.add_error("reward_type", ValidationError(_("Choose what the codes give.")))
        quantity = data.get("quantity")
        if quantity is not None and not 1 <= quantity <= MOST:
            self.add_error("quantity", ValidationError(_("Between 1 and 1,000,000.")))
        if data.get("expires_at") is not None and data["expires_at"] <= timezone.now():
            self.add_error("expires_at", ValidationError(_("Must be in the future.")))
        return data
