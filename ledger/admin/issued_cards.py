"""Issued cards with their balance, and what is done about lost cards and wrong points."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.enums import ActionVariant

from cards.choices import IssuedCardStatus
from cards.models import IssuedCard
from cards.services import issued_cards
from ledger.admin.cells import TRANSACTION_HEADERS, transaction_row
from ledger.admin.forms import AdjustForm, TransferForm
from ledger.models import PointsBalance
from ledger.selectors import backoffice
from ledger.services import adjustments
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display, instant, link, list_url, points
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.panels import Panel


def _is_active(card: IssuedCard) -> bool:
    return card.status == IssuedCardStatus.ACTIVE


@admin.register(IssuedCard)
class IssuedCardAdmin(RecordAdmin):
    """Customers' cards. They are issued, blocked and replaced by their services, never edited."""

    list_display = ("number", "customer_link", "card_link", "partner_link", "state", "balance", "issued_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("card", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
        ("customer", ExactFilter),
        ("issued_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner", "card", "customer")
    search_fields = ("number",)
    search_help_text = _("Card number, or the customer's name, e-mail or phone.")
    autocomplete_fields = ("partner", "card", "customer")
    add_fieldsets = ((None, {"fields": ("partner", "card", "customer")}),)
    fieldsets = (
        (None, {"fields": ("number", "qr_value", "status")}),
        (_("Whose"), {"fields": ("partner", "card", "customer", "issued_at")}),
        (_("Points"), {"fields": ("balance", "debt", "earned", "redeemed", "expired", "next_expiry_at")}),
    )
    readonly_fields = ("balance", "debt", "earned", "redeemed", "expired", "next_expiry_at")
    actions_detail = (
        "adjust_points",
        "transfer_points",
        {"title": _("Card"), "icon": "credit_card", "items": ["replace", "block", "unblock"]},
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        held = PointsBalance.objects.filter(issued_card=OuterRef("pk"))
        names = ("balance", "debt", "earned", "redeemed", "expired", "next_expiry_at")
        return super().get_queryset(request).annotate(**{f"held_{name}": Subquery(held.values(name)) for name in names})

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        number = backoffice.card_number_of(term)
        if number is not None:
            return queryset.filter(number=number), False
        return queryset.filter(customer_id__in=backoffice.list_customer_ids_matching_across_partners(term)), False

    def save_model(self, request: HttpRequest, obj: IssuedCard, form: Any, change: bool) -> None:
        issued = issued_cards.issue_card(
            actor=actor_of(request), partner=obj.partner, card=obj.card, customer=obj.customer, at=timezone.now()
        )
        obj.pk, obj.number = issued.pk, issued.number

    def panels(self, request: HttpRequest, obj: IssuedCard) -> list[Panel]:
        entries = [
            [
                link(entry, instant(entry.occurred_at)),
                entry.get_kind_display(),
                points(entry.points),
                link(entry.transaction, entry.transaction.order_id) if entry.transaction else NOTHING,
                entry.reason or NOTHING,
            ]
            for entry in backoffice.list_last_entries(issued_card=obj)
        ]
        sales = [transaction_row(sale) for sale in backoffice.list_last_transactions(customer=obj.customer)]
        return [
            Panel(
                _("Last movements of points"),
                [_("occurred at"), _("kind"), _("points"), _("order"), _("reason")],
                entries,
                list_url("ledger.pointsentry", issued_card__id__exact=obj.pk),
                _("No points have moved yet."),
            ),
            Panel(
                _("The customer's last transactions"),
                TRANSACTION_HEADERS,
                sales,
                list_url("ledger.transaction", customer__id__exact=obj.customer_id),
                _("This customer has not bought anything yet."),
            ),
        ]

    def facts(self, subject: IssuedCard) -> list[tuple[Any, Any]]:
        held = backoffice.get_balance(subject)
        return [
            (_("partner"), subject.partner),
            (_("customer"), subject.customer),
            (_("card programme"), subject.card),
            (_("number"), subject.number),
            (_("status"), subject.get_status_display()),
            (_("balance"), NOTHING if held is None else held.balance),
        ]

    # --- actions

    @reason_action(
        title=_("Adjust points"),
        question=_("The correction becomes a line of the points ledger and stays there."),
        permission="ledger.add_pointsentry",
        form=AdjustForm,
        icon="exposure",
        variant=ActionVariant.PRIMARY,
    )
    def adjust_points(self, request: HttpRequest, subject: IssuedCard, data: dict[str, Any]) -> Any:
        held = adjustments.adjust_points(
            actor=actor_of(request),
            partner=subject.partner,
            issued_card=subject,
            points=data["points"],
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("Done: the balance is now %(balance)s.") % {"balance": held.balance}

    @reason_action(
        title=_("Transfer points"),
        question=_("The points move to another card of the same partner and keep the day they expire."),
        permission="ledger.add_pointsentry",
        form=TransferForm,
        icon="swap_horiz",
    )
    def transfer_points(self, request: HttpRequest, subject: IssuedCard, data: dict[str, Any]) -> Any:
        held, _target = adjustments.transfer_points(
            actor=actor_of(request),
            partner=subject.partner,
            source=subject,
            target=data["number"],
            points=data["points"],
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("Done: the balance is now %(balance)s.") % {"balance": held.balance}

    @reason_action(
        title=_("Replace a lost card"),
        question=_(
            "The card gets a new number and QR code. Its points and its history stay; the old number never works again."
        ),
        permission="cards.change_issuedcard",
        icon="credit_card",
    )
    def replace(self, request: HttpRequest, subject: IssuedCard, data: dict[str, Any]) -> Any:
        replaced = issued_cards.replace_card(
            actor=actor_of(request),
            partner=subject.partner,
            issued_card=subject,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The new number is %(number)s.") % {"number": replaced.number}

    @reason_action(
        title=_("Block"),
        question=_("Tills refuse the card from now on. Its points stay."),
        permission="cards.change_issuedcard",
        icon="block",
        variant=ActionVariant.DANGER,
        when=_is_active,
    )
    def block(self, request: HttpRequest, subject: IssuedCard, data: dict[str, Any]) -> Any:
        issued_cards.block_card(
            actor=actor_of(request),
            partner=subject.partner,
            issued_card=subject,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The card is blocked.")

    @reason_action(
        title=_("Unblock"),
        question=_("The card works again, with the same number."),
        permission="cards.change_issuedcard",
        icon="lock_open",
        when=lambda card: not _is_active(card),
    )
    def unblock(self, request: HttpRequest, subject: IssuedCard, data: dict[str, Any]) -> Any:
        issued_cards.unblock_card(
            actor=actor_of(request),
            partner=subject.partner,
            issued_card=subject,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The card works again.")

    # --- columns

    @display(description=_("customer"))
    def customer_link(self, obj: IssuedCard) -> Any:
        return link(obj.customer)

    @display(description=_("card programme"))
    def card_link(self, obj: IssuedCard) -> Any:
        return link(obj.card)

    @display(description=_("partner"))
    def partner_link(self, obj: IssuedCard) -> Any:
        return link(obj.partner)

    @display(description=_("status"), label={"active": "success", "blocked": "danger"})
    def state(self, obj: IssuedCard) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    @display(description=_("balance"))
    def balance(self, obj: Any) -> Any:
        return NOTHING if obj.held_balance is None else obj.held_balance

    @display(description=_("debt"))
    def debt(self, obj: Any) -> Any:
        return obj.held_debt or 0

    @display(description=_("earned ever"))
    def earned(self, obj: Any) -> Any:
        return obj.held_earned or 0

    @display(description=_("redeemed ever"))
    def redeemed(self, obj: Any) -> Any:
        return obj.held_redeemed or 0

    @display(description=_("expired ever"))
    def expired(self, obj: Any) -> Any:
        return obj.held_expired or 0

    @display(description=_("next expiry"))
    def next_expiry_at(self, obj: Any) -> str:
        return instant(obj.held_next_expiry_at)
