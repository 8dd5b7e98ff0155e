"""Cells that several pages of games share."""

from collections.abc import Iterable
from typing import Any

from django.urls import NoReverseMatch
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from games.choices import RewardType
from games.models import StampEvent
from games.rules.texts import in_language
from loyalty.backoffice.display import NOTHING, instant, link, list_url, money, to
from loyalty.backoffice.targets import target_link

ACTORS = {"admin": "loyalty.user", "staff": "partners.staffmember", "credential": "partners.apicredential"}
STATUS_COLORS = {"active": "info", "completed": "success", "expired": "warning", "cancelled": "danger"}
EVENT_HEADERS = [_("occurred at"), _("what happened"), _("stamps"), _("shop"), _("transaction"), _("who")]


def text_of(value: Any, partner: Any) -> str:
    """A text that the partner wrote, in the partner's own language."""
    return in_language(value, language=partner.default_language, default_language=partner.default_language)


def reward_cell(row: Any, currency: str) -> str:
    """What somebody gets, in a few words."""
    match row.reward_type:
        case RewardType.PERCENTAGE:
            return f"{number_format(row.reward_value.normalize())} %"
        case RewardType.FIXED:
            return money(row.reward_value, currency)
        case RewardType.POINTS:
            return _("%d pt.") % row.reward_points
        case RewardType.FREE_PRODUCT:
            return row.reward_product_name or row.get_reward_type_display()
    return NOTHING


def lists(*pages: tuple[str, Any, dict[str, Any]]) -> list[Any]:
    """Links to filtered lists, as far as they have a page."""
    return [to(url, title) for label, title, filters in pages if (url := _url(label, filters))]


def _url(label: str, filters: dict[str, Any]) -> str:
    try:
        return list_url(label, **filters)
    except NoReverseMatch:
        return ""


def actor_cell(kind: str, pk: int | None) -> Any:
    """Who did something."""
    if pk is None or kind not in ACTORS:
        return kind or NOTHING
    return target_link(ACTORS[kind], str(pk), f"{kind} {pk}")


def event_rows(events: Iterable[StampEvent]) -> list[list[Any]]:
    """What happened on a stamp card, in a panel."""
    return [
        [
            instant(event.occurred_at),
            event.get_action_display(),
            f"{event.value:+d}",
            event.shop or NOTHING,
            link(event.transaction, event.transaction.order_id) if event.transaction else NOTHING,
            actor_cell(event.actor_kind, event.actor_id),
        ]
        for event in events
    ]
