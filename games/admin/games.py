"""Games as staff set them up; every write goes through the same services as the partner's own."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import CharField, QuerySet, URLField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter
from unfold.enums import ActionVariant

from games.admin.cells import lists, reward_cell, text_of
from games.admin.forms import GameForm, PrizeForm, PrizeFormSet
from games.admin.game_cells import ConfigurationCells
from games.choices import GameType
from games.models import Game, Prize
from games.rules.config import WITH_PRIZES, is_ready
from games.rules.stamp_settings import TEXTS as STAMP_TEXTS
from games.selectors.games import count_sessions
from games.services.games import create_game, delete_game, update_game
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import NOTHING, change_url, display, link
from loyalty.backoffice.panels import Panel

BASICS = (None, {"fields": ("partner", "game_type", "name", "description", "reward_description", "is_active")})
WHERE = (_("When and where"), {"fields": ("starts_at", "ends_at", "played_in")})
REWARD = (
    _("Reward"),
    {
        "fields": (
            "reward_type",
            ("reward_value", "maximum_discount"),
            ("reward_points", "reward_product_name"),
            "minimum_purchase",
            "offered",
        )
    },
)
COUPONS = (
    _("Coupons"),
    {"fields": ("allow_multiple_active_coupons", ("coupon_validity", "coupon_validity_days"))},
)
PLAYS = (
    _("Plays"),
    {"fields": (("points_cost", "session_minutes"), ("plays_per_day", "plays_per_customer"))},
)
LOOK = (_("Look"), {"fields": ("look",)})
TIMES = (_("Times"), {"fields": ("created_at", "updated_at", "deleted_at")})
CONFIGURATION: dict[str, tuple[Any, dict[str, Any]]] = {
    GameType.STAMPS: (
        _("Stamp card"),
        {
            "fields": (
                ("stamps_required", "stamp_expiration_days"),
                "reset_on_complete",
                ("overflow", "auto_stamp"),
                "stamp_look",
                *STAMP_TEXTS,
            )
        },
    ),
    GameType.QUIZ: (_("Quiz"), {"fields": ("questions", ("pass_score", "seconds_per_question"))}),
    GameType.MEMORY: (_("Memory"), {"fields": ("pairs", ("max_moves", "max_seconds"))}),
    GameType.COLLECTION: (_("Collection"), {"fields": ("items", "reset_on_complete")}),
    GameType.SCRATCH: (_("Scratch card"), {"fields": ("scratch_fields",)}),
}


class PrizeInline(StackedInline):
    """What can be won; a prize is switched off, never deleted."""

    model = Prize
    form = PrizeForm
    formset = PrizeFormSet
    extra = 0
    can_delete = False
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    ordering = ("-is_active", "position", "id")
    readonly_fields = ("awarded",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    ("weight", "position"),
                    ("stock", "awarded"),
                    ("per_customer", "per_day"),
                    ("reward_type", "reward_value"),
                    ("reward_points", "reward_product_name"),
                    ("minimum_purchase", "maximum_discount"),
                    ("color", "image_url"),
                    "is_active",
                )
            },
        ),
    )


@admin.register(Game)
class GameAdmin(ConfigurationCells, RecordAdmin):
    """What partners let their customers play."""

    form = GameForm
    list_display = ("title_text", "partner_link", "type_label", "state", "reward", "starts_at", "ends_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("game_type", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("name",)
    autocomplete_fields = ("partner",)
    readonly_fields = ("created_at", "updated_at", "deleted_at")
    personal_fields = frozenset()
    add_fieldsets = (BASICS, WHERE, COUPONS, LOOK)
    inlines = (PrizeInline,)
    actions_detail = ("end_game",)

    # --- what is shown

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        parts = [BASICS, *([CONFIGURATION[obj.game_type]] if obj.game_type in CONFIGURATION else []), WHERE]
        if obj.game_type not in WITH_PRIZES:
            parts.append(REWARD)
        else:
            parts.append((_("Products"), {"fields": ("offered",)}))
        parts += [COUPONS, *([] if obj.game_type == GameType.STAMPS else [PLAYS]), LOOK, TIMES]
        if self.has_change_permission(request, obj):
            parts.append((None, {"fields": ("audit_reason",)}))
        return parts

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "game_type"] if obj is not None else fixed

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None and obj.game_type in WITH_PRIZES else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and getattr(obj, "deleted_at", None) is None

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[Any, bool]:
        """Names are JSON: a plain text, or one for each language."""
        term = search_term.strip()
        if not term:
            return queryset, False
        written = Cast("name", CharField())
        return queryset.annotate(written=written).filter(written__icontains=term), False

    def panels(self, request: HttpRequest, obj: Game) -> list[Panel]:
        sessions = count_sessions(partner=obj.partner, game=obj, at=timezone.now())
        prizes = Prize.objects.filter(game=obj, is_active=True, weight__gt=0).exists()
        ready = is_ready(obj.game_type, obj.config, has_prizes=prizes)
        figures = [[sessions.total_players, sessions.active, sessions.completed, _("yes") if ready else _("no")]]
        only = {"game__id__exact": obj.pk}
        links = lists(
            ("games.coupon", _("Coupons of this game"), only),
            ("games.play", _("Plays of this game"), only),
            ("games.stampprogress", _("Stamp cards of this game"), only),
        )
        headers = [_("players"), _("going on"), _("completed"), _("can be played")]
        return [Panel(_("Figures"), headers, figures), Panel(_("See also"), links=links)]

    def facts(self, subject: Game) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject.partner),
            (_("game"), text_of(subject.name, subject.partner)),
            (_("type"), subject.get_game_type_display()),
        ]

    # --- what is written

    def save_model(self, request: HttpRequest, obj: Game, form: Any, change: bool) -> None:
        data = form.changes()
        actor, at = actor_of(request), timezone.now()
        if not change:
            detail = create_game(actor=actor, partner=obj.partner, data=data, reach=None, at=at)
            obj.pk = detail.game.pk
        elif data:
            reason = form.cleaned_data.get("audit_reason", "")
            update_game(actor=actor, partner=obj.partner, game_id=obj.pk, data=data, reach=None, at=at, reason=reason)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Prizes; shops and products were written with the game."""
        for formset in formsets:
            if isinstance(formset, PrizeFormSet) and formset.has_changed():
                update_game(
                    actor=actor_of(request),
                    partner=form.instance.partner,
                    game_id=form.instance.pk,
                    data={"prizes": formset.rows()},
                    reach=None,
                    at=timezone.now(),
                    reason=form.cleaned_data.get("audit_reason", ""),
                )

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        """The audit log has it already."""
        return []

    def response_add(self, request: HttpRequest, obj: Game, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, _("The game was made. Now set it up: what only its type has is on this page."))
        return redirect(change_url("games.game", obj.pk))

    @reason_action(
        title=_("Delete"),
        question=_("Nobody will play it any more. Coupons that were won keep their worth."),
        permission="games.delete_game",
        icon="delete",
        variant=ActionVariant.DANGER,
        when=lambda game: game.deleted_at is None,
    )
    def end_game(self, request: HttpRequest, subject: Game, data: dict[str, Any]) -> Any:
        delete_game(
            actor=actor_of(request),
            partner=subject.partner,
            game_id=subject.pk,
            reach=None,
            at=timezone.now(),
            reason=data["reason"],
        )
        return _("The game was deleted. Customers keep their coupons.")

    # --- cells of the list

    @display(description=_("name"))
    def title_text(self, obj: Game) -> str:
        return text_of(obj.name, obj.partner)

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Game) -> Any:
        return link(obj.partner)

    @display(description=_("type"), ordering="game_type", label=True)
    def type_label(self, obj: Game) -> Any:
        return obj.get_game_type_display()

    @display(description=_("state"), label={"runs": "success", "off": "warning", "deleted": "danger"})
    def state(self, obj: Game) -> tuple[str, Any]:
        if obj.deleted_at:
            return "deleted", _("deleted")
        return ("runs", _("active")) if obj.is_active else ("off", _("inactive"))

    @display(description=_("reward"))
    def reward(self, obj: Game) -> Any:
        return _("prizes") if obj.game_type in WITH_PRIZES else reward_cell(obj, obj.partner.currency)

    # --- for those who may only look

    @display(description=_("Shops"))
    def played_in(self, obj: Game) -> str:
        return ", ".join(str(shop) for shop in obj.shops.all()) or NOTHING

    @display(description=_("Products"))
    def offered(self, obj: Game) -> str:
        return ", ".join(str(product) for product in obj.products.all()) or NOTHING
