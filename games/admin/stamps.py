"""Stamp cards with what happened on them; stamps are given at tills."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, RangeDateTimeFilter

from games.admin.cells import EVENT_HEADERS, event_rows, text_of
from games.models import StampProgress
from games.selectors.backoffice import list_last_stamp_events
from ledger.admin.points import PointsAdmin
from loyalty.backoffice.display import display, link
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.panels import Panel


@admin.register(StampProgress)
class StampProgressAdmin(PointsAdmin):
    """How far customers have come."""

    list_display = ("card_link", "game_link", "partner_link", "stamps", "is_completed", "rounds", "updated_at")
    list_display_links = ("stamps",)
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("game", AutocompleteSelectFilter),
        ("issued_card", ExactFilter),
        ("is_completed", BooleanRadioFilter),
        ("updated_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner", "issued_card", "game__partner")
    fields = (
        *("partner", "game", "issued_card", "customer", "stamps", "is_completed", "completed_at", "rounds"),
        *("coupon", "started_at", "updated_at"),
    )
    readonly_fields = ("customer", "stamps")

    def panels(self, request: HttpRequest, obj: StampProgress) -> list[Panel]:
        rows = event_rows(list_last_stamp_events(progress=obj))
        return [Panel(_("What happened"), EVENT_HEADERS, rows, "", _("Nothing has happened yet."))]

    @display(description=_("game"))
    def game_link(self, obj: StampProgress) -> Any:
        return link(obj.game, text_of(obj.game.name, obj.game.partner))

    @display(description=_("customer"))
    def customer(self, obj: StampProgress) -> Any:
        return link(obj.issued_card.customer)

    @display(description=_("stamps"))
    def stamps(self, obj: StampProgress) -> str:
        return f"{obj.current_step} / {obj.game.stamps_required}"
