"""The points ledger, its lots and balances: all of it read-only."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter

from cards.models import IssuedCard
from ledger.admin.cells import KIND_COLORS
from ledger.models import PointsBalance, PointsEntry, PointsLot
from ledger.selectors import backoffice
from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.display import NOTHING, display, instant, link, points
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.targets import target_link


class PointsAdmin(ReadOnlyAdmin):
    """Pages whose rows belong to an issued card: found by its number."""

    search_fields = ("issued_card__number",)
    search_help_text = _("Card number, or the customer's name, e-mail or phone.")
    list_select_related: ClassVar[Any] = ("partner", "issued_card")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        number = backoffice.card_number_of(term)
        if number is not None:
            cards = IssuedCard.objects.filter(number=number)
        else:
            cards = IssuedCard.objects.filter(
                customer_id__in=backoffice.list_customer_ids_matching_across_partners(term)
            )
        ids = list(cards.values_list("pk", flat=True)[: backoffice.MOST_MATCHES])
        return queryset.filter(issued_card_id__in=ids), False

    @display(description=_("partner"))
    def partner_link(self, obj: Any) -> Any:
        return link(obj.partner)

    @display(description=_("issued card"))
    def card_link(self, obj: Any) -> Any:
        return link(obj.issued_card)


@admin.register(PointsEntry)
class PointsEntryAdmin(PointsAdmin):
    """Every movement of points that ever was."""

    list_display = ("shown_at", "partner_link", "card_link", "kind_label", "moved", "sale_link", "actor", "reason")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("kind", ChoicesDropdownFilter),
        ("issued_card", ExactFilter),
        ("transaction", ExactFilter),
        ("occurred_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner", "issued_card", "transaction")
    fields = (
        "kind",
        "moved",
        "partner",
        "issued_card",
        "transaction",
        "shop",
        "business_key",
        "actor",
        "reason",
        "occurred_at",
        "recorded_at",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("transaction__xid", "transaction__fingerprint")

    @display(description=_("occurred at"))
    def shown_at(self, obj: PointsEntry) -> str:
        return instant(obj.occurred_at)

    @display(description=_("kind"), label=KIND_COLORS)
    def kind_label(self, obj: PointsEntry) -> tuple[str, Any]:
        return obj.kind, obj.get_kind_display()

    @display(description=_("points"))
    def moved(self, obj: PointsEntry) -> str:
        return points(obj.points)

    @display(description=_("transaction"))
    def sale_link(self, obj: PointsEntry) -> Any:
        return link(obj.transaction, obj.transaction.order_id) if obj.transaction else NOTHING

    @display(description=_("who"))
    def actor(self, obj: PointsEntry) -> Any:
        pages = {"admin": "loyalty.user", "staff": "partners.staffmember", "credential": "partners.apicredential"}
        if obj.actor_id is None or obj.actor_kind not in pages:
            return obj.actor_kind
        return target_link(pages[obj.actor_kind], str(obj.actor_id), f"{obj.actor_kind} {obj.actor_id}")


@admin.register(PointsLot)
class PointsLotAdmin(PointsAdmin):
    """Points that expire together."""

    list_display = ("earned_at", "card_link", "partner_link", "points", "remaining", "expires_at")
    list_filter = (("issued_card", ExactFilter), ("expires_at", RangeDateTimeFilter))
    fields = (
        "partner",
        "issued_card",
        "entry",
        "issuing_shop",
        "points",
        "remaining",
        "earned_at",
        "available_at",
        "expires_at",
    )


@admin.register(PointsBalance)
class PointsBalanceAdmin(PointsAdmin):
    """What cards hold now."""

    list_display = ("card_link", "customer_link", "partner_link", "balance", "debt", "next_expiry_at", "updated_at")
    list_display_links = ("balance",)
    list_filter = (("partner", AutocompleteSelectFilter), ("customer", ExactFilter))
    list_select_related = ("partner", "issued_card", "customer")
    ordering = ("-issued_card",)
    fields = (
        "issued_card",
        "customer",
        "partner",
        "balance",
        "debt",
        "earned",
        "redeemed",
        "expired",
        "next_expiry_at",
        "updated_at",
    )

    @display(description=_("customer"))
    def customer_link(self, obj: PointsBalance) -> Any:
        return link(obj.customer)
