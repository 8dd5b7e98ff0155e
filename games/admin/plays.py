"""Plays and their draws. Nobody changes them, and the secret of a play that is going on stays secret here too."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter

from games.admin.cells import STATUS_COLORS, actor_cell, text_of
from games.choices import PlayStatus
from games.models import Play
from ledger.admin.points import PointsAdmin
from loyalty.backoffice.display import NOTHING, display, instant, link, listed
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.panels import Panel

# What a draw leaves behind, and what it is called.
RESULTS = {"drawn": _("Drawn"), "counter": _("Draw number"), "fields": _("Fields"), "board": _("Board")}


@admin.register(Play)
class PlayAdmin(PointsAdmin):
    """Every turn that customers took."""

    list_display = (
        *(
            "shown_at",
            "game_link",
            "partner_link",
            "card_link",
            "status_label",
            "prize_text",
            "coupon_link",
            "points_won",
        ),
    )
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("game", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
        ("issued_card", ExactFilter),
        ("customer", ExactFilter),
        ("started_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner", "issued_card", "game__partner", "prize", "coupon")
    fieldsets = (
        (
            None,
            {"fields": ("session_key", "partner", "game", "customer", "issued_card", "shop", "status_label", "who")},
        ),
        (
            _("What came of the play"),
            {"fields": ("prize_text", "coupon", "score", "points_spent", "points_won")},
        ),
        (_("Fairness"), {"fields": ("seed_hash", "revealed_seed", "client_seed", "shown_result")}),
        (_("Times"), {"fields": ("local_on", "started_at", "expires_at", "completed_at", "claimed_at")}),
    )
    readonly_fields = ("status_label", "prize_text", "revealed_seed", "shown_result", "who")

    def panels(self, request: HttpRequest, obj: Play) -> list[Panel]:
        # A quiz keeps the order of its questions here, and nothing of that is drawn by weight.
        odds = [row for row in obj.odds if "weight" in row]
        total = sum(row["weight"] for row in odds)
        rows = [
            [row["key"], text_of(row.get("name"), obj.partner), row["weight"], f"{row['weight'] / total:.2%}"]
            for row in odds
            if total
        ]
        headers = [_("key"), _("name"), _("weight"), _("chance")]
        return [Panel(_("Published odds"), headers, rows, "", _("Nothing is drawn in this game."))]

    @display(description=_("started at"))
    def shown_at(self, obj: Play) -> str:
        return instant(obj.started_at)

    @display(description=_("game"))
    def game_link(self, obj: Play) -> Any:
        return link(obj.game, text_of(obj.game.name, obj.game.partner))

    @display(description=_("status"), label=STATUS_COLORS)
    def status_label(self, obj: Play) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    @display(description=_("prize"))
    def prize_text(self, obj: Play) -> str:
        return text_of(obj.prize.name, obj.partner) if obj.prize else NOTHING

    @display(description=_("coupon"))
    def coupon_link(self, obj: Play) -> Any:
        return link(obj.coupon)

    @display(description=_("who"))
    def who(self, obj: Play) -> Any:
        return actor_cell(obj.actor_kind, obj.actor_id)

    @display(description=_("server seed"))
    def revealed_seed(self, obj: Play) -> Any:
        return _("hidden until the play is over") if obj.status == PlayStatus.ACTIVE else obj.server_seed

    @display(description=_("result"))
    def shown_result(self, obj: Play) -> Any:
        if obj.status == PlayStatus.ACTIVE:
            return _("hidden until the play is over")
        parts = {name: obj.result[key] for key, name in RESULTS.items() if key in obj.result}
        return "; ".join(f"{name}: {listed(value)}" for name, value in parts.items()) or NOTHING
