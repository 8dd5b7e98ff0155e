"""What makes an offer whole, and in which state one is."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

MOST_TIMES = Decimal(100)
# Spelled as partners.choices.OfferKind does.
DISCOUNT, MULTIPLIER, FREE_ITEM, CASHBACK = "discount", "points_multiplier", "free_item", "cashback"
PERCENTAGE = "percentage"
AUTOMATIC = (MULTIPLIER, CASHBACK)
CLAIM_FIELDS = ("points_required", "minimum_level", "usage_limit", "user_limit")


def settled(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with what does not belong to their kind left out."""
    kept = dict(values)
    if kept["kind"] == CASHBACK and not kept["discount_type"]:
        kept["discount_type"] = PERCENTAGE
    if kept["kind"] not in {DISCOUNT, CASHBACK}:
        kept |= {"discount_type": "", "discount_value": None}
    if kept["kind"] != MULTIPLIER:
        kept["points_multiplier"] = None
    return kept


def offer_faults(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with an offer as a whole, by field; each field alone is right already."""
    faults: dict[str, list[str]] = {}
    if values["kind"] in {DISCOUNT, CASHBACK}:
        faults |= _discount_faults(values)
    if values["kind"] == MULTIPLIER:
        times = values["points_multiplier"]
        if times is None:
            faults["points_multiplier"] = [_("This field is required.")]
        elif not 1 < times <= MOST_TIMES:
            faults["points_multiplier"] = [_("Must be more than 1 and at most {most}.").format(most=MOST_TIMES)]
    if values["kind"] in AUTOMATIC:
        text = _("This offer applies by itself to every sale, so it has no price, level or limit.")
        faults |= {field: [text] for field in CLAIM_FIELDS if values[field]}
    starts, ends = values["valid_from"], values["valid_until"]
    if starts is not None and ends is not None and ends <= starts:
        faults["valid_until"] = [_("Must be after the start.")]
    if values["usage_limit"] is not None and values["usage_limit"] < values["usage_count"]:
        text = _("Customers have claimed it {count} times already.").format(count=values["usage_count"])
        faults.setdefault("usage_limit", [text])
    return faults


def _discount_faults(values: Mapping[str, Any]) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if not values["discount_type"]:
        faults["discount_type"] = [_("This field is required.")]
    elif values["kind"] == CASHBACK and values["discount_type"] != PERCENTAGE:
        faults["discount_type"] = [_("Cashback is a percentage.")]
    if values["discount_value"] is None:
        faults["discount_value"] = [_("This field is required.")]
    elif values["discount_value"] <= 0:
        faults["discount_value"] = [_("Must be more than 0.")]
    elif values["discount_type"] == PERCENTAGE and values["discount_value"] > 100:
        faults["discount_value"] = [_("Must be at most 100 percent.")]
    return faults


def status_of(
    *,
    is_active: bool,
    valid_from: datetime | None,
    valid_until: datetime | None,
    usage_limit: int | None,
    usage_count: int,
    at: datetime,
) -> str:
    """`inactive`, `expired`, `scheduled`, `used_up` or `active`: the first that holds."""
    if not is_active:
        return "inactive"
    if valid_until is not None and valid_until <= at:
        return "expired"
    if valid_from is not None and valid_from > at:
        return "scheduled"
    if usage_limit is not None and usage_count >= usage_limit:
        return "used_up"
    return "active"
