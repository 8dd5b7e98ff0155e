"""Card programmes and replaced numbers. Issued cards are a page of the ledger, because their rows carry points."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter

from cards.choices import QrCardStatus
from cards.models import Card, QrCardSession, RetiredCardNumber
from cards.services.cards import announce_card
from loyalty.backoffice.base import ReadOnlyAdmin, RecordAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display, instant, link, list_url, to
from loyalty.backoffice.fields import LocalizedField, ObjectField
from loyalty.backoffice.forms import RecordForm
from loyalty.backoffice.panels import Panel
from partners.models import Shop

COLORS = {
    "background_color": (_("Background"), "#1f4e79"),
    "text_color": (_("Text"), "#ffffff"),
    "text_color_labels": (_("Labels"), "#d0e2f2"),
    "qr_background_color": (_("QR background"), "#ffffff"),
    "qr_color": (_("QR squares"), "#000000"),
}


DESIGN_KEYS = frozenset(COLORS) | {"background_color_opacity"}


def _color(initial: str) -> forms.CharField:
    pattern = forms.RegexField(r"^#[0-9a-fA-F]{6}$", initial=initial, required=False)
    pattern.widget = widgets.UnfoldAdminColorInputWidget()
    return pattern


def _opacity() -> forms.FloatField:
    widget = widgets.UnfoldAdminDecimalFieldWidget({"step": "0.05", "min": "0", "max": "1"})
    return forms.FloatField(min_value=0, max_value=1, required=False, widget=widget)


class CardForm(RecordForm):
    """A programme's form: texts in both languages, colors to pick, pictures kept as they are."""

    links = {"valid_in": "shops"}
    title = LocalizedField(label=_("Title"), max_length=255)
    description = LocalizedField(label=_("Description"), required=False, rows=3)
    terms_conditions = LocalizedField(label=_("Terms and conditions"), required=False, rows=6)
    card_design = ObjectField(
        {key: (label, _color(initial)) for key, (label, initial) in COLORS.items()}
        | {"background_color_opacity": (_("Opacity of the background, 0 to 1"), _opacity())},
        label=_("Colors"),
        required=False,
        columns=True,
        initial={key: initial for key, (_label, initial) in COLORS.items()},
    )
    valid_in = forms.ModelMultipleChoiceField(
        label=_("Shops"),
        queryset=Shop.objects.select_related("partner"),
        required=False,
        widget=AutocompleteSelectMultiple(Card._meta.get_field("shops"), admin.site),
        help_text=_("Where the card is valid; none means everywhere."),
    )

    def clean_card_design(self) -> dict[str, Any]:
        present = self.instance.card_design or {}
        untouched = {key: value for key, value in present.items() if key not in DESIGN_KEYS}
        return {**untouched, **self.cleaned_data["card_design"]}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for most, least in (
            ("max_points_per_purchase", "min_points_per_purchase"),
            ("max_points_per_redemption", "min_points_for_redemption"),
        ):
            upper, lower = self.cleaned_data.get(most), self.cleaned_data.get(least)
            if upper is not None and lower is not None and upper < lower:
                self.add_error(most, _("This must not be below the least."))
        for rate in ("points_per_currency", "currency_amount"):
            for name in (rate, f"{rate}_redemption"):
                value = self.cleaned_data.get(name)
                if value is not None and value <= 0:
                    self.add_error(name, _("This must be more than 0."))
        return cleaned


@admin.register(Card)
class CardAdmin(RecordAdmin):
    """Card programmes: how points are earned, spent and lost."""

    form = CardForm
    list_display = ("title_text", "partner_link", "state", "earning", "spending", "auto_assign", "created_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("is_active", BooleanRadioFilter),
        ("auto_assign", BooleanRadioFilter),
        ("points_redemption_enabled", BooleanRadioFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("title__en", "title__lt")
    autocomplete_fields = ("partner",)
    readonly_fields = ("preview", "created_at", "updated_at", "deleted_at")
    personal_fields = frozenset()
    fieldsets = (
        (None, {"fields": ("partner", "title", "description", "terms_conditions")}),
        (_("Use"), {"fields": ("is_active", "auto_assign", "valid_in")}),
        (
            _("Earning points"),
            {
                "fields": (
                    "points_enabled",
                    ("points_per_currency", "currency_amount"),
                    "round_points_up",
                    ("min_points_per_purchase", "max_points_per_purchase"),
                    ("points_per_visit", "initial_bonus_points"),
                    "points_expiration_days",
                )
            },
        ),
        (
            _("Spending points"),
            {
                "fields": (
                    "points_redemption_enabled",
                    ("points_per_currency_redemption", "currency_amount_redemption"),
                    ("min_points_for_redemption", "max_points_per_redemption"),
                )
            },
        ),
        (_("Coupons of games"), {"fields": ("default_coupon_validity_days",)}),
        (_("Look"), {"fields": ("card_design", "preview")}),
        (_("Times"), {"fields": ("created_at", "updated_at", "deleted_at")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and getattr(obj, "deleted_at", None) is None

    def save_model(self, request: HttpRequest, obj: Card, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            announce_card(actor=actor_of(request), card=obj, at=timezone.now())

    def panels(self, request: HttpRequest, obj: Card) -> list[Panel]:
        url = list_url("cards.issuedcard", card__id__exact=obj.pk)
        return [Panel(_("See also"), links=[to(url, _("Cards issued of this programme"))])]

    @display(description=_("Shops"))
    def valid_in(self, obj: Card) -> str:
        """For those who may only look."""
        return ", ".join(str(shop) for shop in obj.shops.all())

    @display(description=_("title"))
    def title_text(self, obj: Card) -> str:
        return str(obj)

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Card) -> Any:
        return link(obj.partner)

    @display(description=_("state"), label={"runs": "success", "off": "warning", "deleted": "danger"})
    def state(self, obj: Card) -> tuple[str, Any]:
        if obj.deleted_at:
            return "deleted", _("deleted")
        return ("runs", _("active")) if obj.is_active else ("off", _("inactive"))

    @display(description=_("earning"))
    def earning(self, obj: Card) -> str:
        if not obj.points_enabled:
            return NOTHING
        return _rate(obj.points_per_currency, obj.currency_amount, obj.partner.currency)

    @display(description=_("spending"))
    def spending(self, obj: Card) -> str:
        if not obj.points_redemption_enabled:
            return NOTHING
        return _rate(obj.points_per_currency_redemption, obj.currency_amount_redemption, obj.partner.currency)

    @display(description=_("Preview"))
    def preview(self, obj: Card) -> Any:
        design = {key: initial for key, (_label, initial) in COLORS.items()} | {
            key: value
            for key, value in (obj.card_design or {}).items()
            if key in COLORS and isinstance(value, str) and value.startswith("#") and value[1:].isalnum()
        }
        title = str(obj) if obj.pk else "Loyalty"
        return format_html(
            '<div style="background:{};color:{};border-radius:12px;height:150px;padding:16px;width:260px;'
            'display:flex;flex-direction:column;justify-content:space-between">'
            '<strong>{}</strong><div style="display:flex;justify-content:space-between;align-items:flex-end">'
            '<div><span style="color:{}">{}</span><br>123-456-789</div>'
            '<span style="background:{};color:{};padding:6px 8px;border-radius:6px">▦</span></div></div>',
            design["background_color"],
            design["text_color"],
            title,
            design["text_color_labels"],
            _("number"),
            design["qr_background_color"],
            design["qr_color"],
        )


def _rate(points: Any, amount: Any, currency: str) -> str:
    return _("%(points)s pt. / %(amount)s %(currency)s") % {
        "points": f"{points.normalize():f}",
        "amount": amount,
        "currency": currency,
    }


@admin.register(RetiredCardNumber)
class RetiredCardNumberAdmin(ReadOnlyAdmin):
    """Numbers of lost cards, never issued again."""

    list_display = ("number", "partner", "issued_card_link", "reason", "retired_at")
    list_filter = (("partner", AutocompleteSelectFilter),)
    list_select_related = ("partner", "issued_card")
    search_fields = ("number__exact",)
    fields = ("partner", "number", "qr_value", "issued_card", "reason", "retired_at")

    @display(description=_("present number"))
    def issued_card_link(self, obj: RetiredCardNumber) -> Any:
        return link(obj.issued_card)


@admin.register(QrCardSession)
class QrCardSessionAdmin(ReadOnlyAdmin):
    """QR codes that tills showed in the last hour, and whose card came of them. The tills' secret is not shown."""

    list_display = ("pairing_id", "state", "partner_link", "shop_link", "device_name", "card_link", "created_text")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("shop", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
    )
    list_select_related = ("partner", "shop", "issued_card")
    search_fields = ("pairing_id__exact", "device_name__icontains", "issued_card__number__exact")
    fields = (
        *("partner", "shop", "credential", "device_name", "pairing_id", "status", "issued_card", "person"),
        *("created_at", "expires_at", "scanned_at"),
    )

    @display(description=_("state"), label={"pending": "info", "completed": "success", "expired": "warning"})
    def state(self, obj: QrCardSession) -> tuple[str, Any]:
        status = obj.status_at(timezone.now())
        return status, QrCardStatus(status).label

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: QrCardSession) -> Any:
        return link(obj.partner)

    @display(description=_("shop"), ordering="shop__name")
    def shop_link(self, obj: QrCardSession) -> Any:
        return link(obj.shop)

    @display(description=_("issued card"))
    def card_link(self, obj: QrCardSession) -> Any:
        return link(obj.issued_card)

    @display(description=_("created at"), ordering="created_at")
    def created_text(self, obj: QrCardSession) -> str:
        return instant(obj.created_at)
