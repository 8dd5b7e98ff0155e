"""Coupons, found by code as somebody typed it; they are used by tills, never edited here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.enums import ActionVariant

from games.choices import LIVE_COUPON, CouponStatus, RewardType
from games.models import Coupon
from games.rules.codes import normalize
from games.selectors.coupons import qr_value_of, status_of
from games.services.coupons import cancel_coupon
from ledger.selectors import backoffice
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display, instant, link, money, points
from loyalty.backoffice.filters import ExactFilter

CODE_LENGTHS = range(8, 21)
COLORS = {
    CouponStatus.ACTIVE: "success",
    CouponStatus.PENDING: "info",
    CouponStatus.REDEEMED: "primary",
    CouponStatus.EXPIRED: "warning",
    CouponStatus.CANCELLED: "danger",
}


def worth(row: Any) -> str:
    """What a coupon or a batch gives, for people."""
    match row.reward_type:
        case RewardType.PERCENTAGE:
            return f"{row.reward_value} %"
        case RewardType.FIXED:
            return money(row.reward_value, row.partner.currency)
        case RewardType.POINTS:
            return points(row.reward_points or 0)
    return row.reward_product_name or str(row.get_reward_type_display())


@admin.register(Coupon)
class CouponAdmin(ReadOnlyAdmin):
    """Every coupon, whatever it came from."""

    list_display = ("code", "state", "reward", "partner_link", "customer_link", "source", "issued", "expires", "used")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
        ("reward_type", ChoicesDropdownFilter),
        ("game", ExactFilter),
        ("batch", ExactFilter),
        ("customer", ExactFilter),
        ("issued_at", RangeDateTimeFilter),
        ("expires_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner", "customer", "game", "offer", "batch")
    search_fields = ("code",)
    search_help_text = _("Code as typed, QR value, or the customer's card number, name, e-mail or phone.")
    fieldsets = (
        (None, {"fields": ("code", "qr_value", "state", "reward", "minimum_purchase", "maximum_discount")}),
        (_("Whose"), {"fields": ("partner_link", "customer_link", "card_link")}),
        (_("Where from"), {"fields": ("source", "earned", "issued_at", "expires_at", "points_spent")}),
        (
            _("What became of it"),
            {
                "fields": (
                    *("pending_at", "pending_shop", "selected_product", "redeemed_at", "redeemed_shop"),
                    *("purchase", "user", "redemption_reference", "notes", "ended_at"),
                )
            },
        ),
    )
    actions_detail = ("cancel",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        related = (
            *self.list_select_related,
            "issued_card",
            "earned_by",
            "redeemed_by",
            "redeemed_shop",
            "pending_shop",
            "selected_product",
        )
        return super().get_queryset(request).select_related(*related)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        qr_value = qr_value_of(term)
        if qr_value is not None:
            return queryset.filter(qr_value=qr_value), False
        code = normalize(term)
        if len(code) in CODE_LENGTHS and Coupon.objects.filter(code=code).exists():
            return queryset.filter(code=code), False
        return queryset.filter(customer_id__in=backoffice.list_customer_ids_matching_across_partners(term)), False

    def facts(self, subject: Coupon) -> list[tuple[Any, Any]]:
        return [
            (_("code"), subject.code),
            (_("partner"), subject.partner),
            (_("customer"), subject.customer or NOTHING),
            (_("reward"), worth(subject)),
            (_("status"), subject.get_status_display()),
        ]

    # --- cells

    @display(description=_("status"), label=COLORS)
    def state(self, coupon: Coupon) -> tuple[str, Any]:
        status = CouponStatus(status_of(coupon, timezone.now()))
        return status, status.label

    @display(description=_("reward"))
    def reward(self, coupon: Coupon) -> str:
        return worth(coupon)

    @display(description=_("partner"))
    def partner_link(self, coupon: Coupon) -> Any:
        return link(coupon.partner)

    @display(description=_("customer"))
    def customer_link(self, coupon: Coupon) -> Any:
        return link(coupon.customer)

    @display(description=_("issued card"))
    def card_link(self, coupon: Coupon) -> Any:
        return link(coupon.issued_card)

    @display(description=_("came from"))
    def source(self, coupon: Coupon) -> Any:
        return link(coupon.game or coupon.offer or coupon.batch)

    @display(description=_("earned by"))
    def earned(self, coupon: Coupon) -> Any:
        return link(coupon.earned_by)

    @display(description=_("redeeming purchase"))
    def purchase(self, coupon: Coupon) -> Any:
        return link(coupon.redeemed_by)

    @display(description=_("redeemed by"))
    def user(self, coupon: Coupon) -> str:
        if not coupon.redeemed_actor_kind:
            return NOTHING
        return f"{coupon.redeemed_actor_kind} {coupon.redeemed_actor_id or ''}".strip()

    @display(description=_("issued at"), ordering="issued_at")
    def issued(self, coupon: Coupon) -> str:
        return instant(coupon.issued_at)

    @display(description=_("expires at"), ordering="expires_at")
    def expires(self, coupon: Coupon) -> str:
        return instant(coupon.expires_at)

    @display(description=_("redeemed at"), ordering="redeemed_at")
    def used(self, coupon: Coupon) -> str:
        return instant(coupon.redeemed_at)

    # --- actions

    @reason_action(
        title=_("Cancel the coupon"),
        question=_("Nobody can use it any more. This cannot be taken back."),
        permission="games.change_coupon",
        icon="block",
        variant=ActionVariant.DANGER,
        when=lambda coupon: coupon.status in LIVE_COUPON,
    )
    def cancel(self, request: HttpRequest, subject: Coupon, data: dict[str, Any]) -> Any:
        cancel_coupon(
            actor=actor_of(request),
            partner=subject.partner,
            coupon=subject,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The coupon is cancelled.")
