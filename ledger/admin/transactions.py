"""Sales and refunds: read, and a forgotten receipt given to its customer."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter

from ledger.admin.cells import KIND_COLORS, TYPE_COLORS, points_of, total
from ledger.admin.forms import ReceiptForm
from ledger.choices import TransactionType
from ledger.models import PointsEntry, Transaction, TransactionLine
from ledger.selectors import backoffice
from ledger.services import receipts
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, ReadOnlyInline, actor_of
from loyalty.backoffice.display import NOTHING, display, instant, link, money, points
from loyalty.backoffice.filters import ExactFilter


class LineInline(ReadOnlyInline):
    """The cart, as the till sent it."""

    model = TransactionLine
    ordering = ("number",)
    fields = ("number", "product_id", "product_name", "sku", "category", "quantity", "price", "total", "earns_points")
    readonly_fields = ("price", "total")

    @display(description=_("unit price"))
    def price(self, obj: TransactionLine) -> str:
        return NOTHING if obj.unit_price is None else f"{obj.unit_price.normalize():f}"

    @display(description=_("total"))
    def total(self, obj: TransactionLine) -> str:
        return money(obj.total_price, obj.transaction.currency)


class EntryInline(ReadOnlyInline):
    """What the transaction did to the points ledger."""

    model = PointsEntry
    ordering = ("id",)
    verbose_name_plural = _("points ledger")
    fields = ("entry_link", "kind", "moved", "business_key", "occurred_at", "reason")
    readonly_fields = ("entry_link", "moved")

    @display(description=_("entry"))
    def entry_link(self, obj: PointsEntry) -> Any:
        return link(obj, str(obj.pk))

    @display(description=_("points"), label=KIND_COLORS)
    def moved(self, obj: PointsEntry) -> str:
        return points(obj.points)


class ReversalInline(ReadOnlyInline):
    """Refunds and cancellations of a purchase."""

    model = Transaction
    fk_name = "original"
    ordering = ("id",)
    verbose_name_plural = _("refunds and cancellations")
    fields = ("reversal_link", "type", "refund_id", "money_total", "moved", "occurred_at")
    readonly_fields = ("reversal_link", "money_total", "moved")

    @display(description=_("transaction"))
    def reversal_link(self, obj: Transaction) -> Any:
        return link(obj, str(obj.pk))

    @display(description=_("order total"))
    def money_total(self, obj: Transaction) -> str:
        return total(obj)

    @display(description=_("points"))
    def moved(self, obj: Transaction) -> str:
        return points_of(obj)


def _is_anonymous_sale(sale: Transaction) -> bool:
    return sale.customer_id is None and sale.type == TransactionType.PURCHASE


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    """Till events, the newest first; of one partner, shop or customer in the order they happened."""

    list_display = (
        "shown_at",
        "type_label",
        "order_id",
        "partner_link",
        "shop",
        "customer_link",
        "money_total",
        "moved",
    )
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("shop", AutocompleteSelectFilter),
        ("type", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("occurred_at", RangeDateTimeFilter),
        ("customer", ExactFilter),
    )
    list_select_related = ("partner", "shop", "customer")
    search_fields = ("order_id",)
    search_help_text = _("Order, transaction id, card number or e-mail address.")
    fieldsets = (
        (None, {"fields": ("type", "status", "source", "order_id", "refund_id", "original")}),
        (_("Who and where"), {"fields": ("partner", "shop", "customer", "issued_card", "staff", "credential")}),
        (_("Money"), {"fields": ("money_total", "paid_with_points", "paid", "category", "items_count")}),
        (_("Points"), {"fields": ("moved", "by_offers", "points_balance", "points_debt")}),
        (_("Times"), {"fields": ("occurred_at", "local_on", "recorded_at")}),
        (_("More"), {"fields": ("description", "meta_data", "idempotency_key")}),
    )
    inlines = (LineInline, EntryInline, ReversalInline)
    actions_detail = ("attach_receipt",)

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        has_reversals = obj is not None and obj.reversals.exists()
        return [one for one in self.inlines if one is not ReversalInline or has_reversals]

    def get_queryset(self, request: HttpRequest) -> Any:
        # The database's own transaction id is of no use to people, and no Python type.
        return super().get_queryset(request).defer("xid", "fingerprint")

    def get_ordering(self, request: HttpRequest) -> Any:
        anchored = ("partner__id__exact", "shop__id__exact", "customer__id__exact")
        return ("-occurred_at", "-id") if any(request.GET.get(name) for name in anchored) else ("-id",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(backoffice.transactions_matching_across_partners(term)) if term else queryset), False

    def facts(self, subject: Transaction) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject.partner),
            (_("order"), subject.order_id),
            (_("shop"), subject.shop or NOTHING),
            (_("order total"), total(subject)),
            (_("occurred at"), instant(subject.occurred_at)),
        ]

    @reason_action(
        title=_("Attach to a customer"),
        question=_(
            "A forgotten receipt: the customer gets the points that this sale would have earned. This works once."
        ),
        permission="ledger.change_transaction",
        form=ReceiptForm,
        icon="person_add",
        when=_is_anonymous_sale,
    )
    def attach_receipt(self, request: HttpRequest, subject: Transaction, data: dict[str, Any]) -> Any:
        sale = receipts.attach_receipt(
            actor=actor_of(request),
            partner=subject.partner,
            transaction=subject,
            customer=data["customer"],
            at=timezone.now(),
            reason=data["reason"],
        )
        return _("The customer got %(points)s points.") % {"points": sale.points_awarded}

    @display(description=_("occurred at"), ordering="occurred_at")
    def shown_at(self, obj: Transaction) -> str:
        return instant(obj.occurred_at)

    @display(description=_("type"), label=TYPE_COLORS)
    def type_label(self, obj: Transaction) -> tuple[str, Any]:
        return obj.type, obj.get_type_display()

    @display(description=_("partner"))
    def partner_link(self, obj: Transaction) -> Any:
        return link(obj.partner)

    @display(description=_("customer"))
    def customer_link(self, obj: Transaction) -> Any:
        return link(obj.customer) if obj.customer_id else _("anonymous")

    @display(description=_("order total"))
    def money_total(self, obj: Transaction) -> str:
        return total(obj)

    @display(description=_("paid with points"))
    def paid_with_points(self, obj: Transaction) -> str:
        return money(obj.points_discount_amount, obj.currency)

    @display(description=_("amount"))
    def paid(self, obj: Transaction) -> str:
        return money(obj.amount, obj.currency)

    @display(description=_("points"))
    def moved(self, obj: Transaction) -> str:
        return points_of(obj)

    @display(description=_("of which by offers"))
    def by_offers(self, obj: Transaction) -> Any:
        given = ((obj.bonus_points, obj.bonus_offer), (obj.cashback_points, obj.cashback_offer))
        found = [(link(offer), points) for points, offer in given if offer is not None]
        return format_html_join(", ", "{}: {}", found) if found else NOTHING
