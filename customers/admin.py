"""Persons who log in, and their log-ins at tills. Partners' customers are in ledger.admin: their pages show points."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.enums import ActionVariant

from customers.models import Person, QrLoginSession
from customers.selectors.persons import list_customers_of_person
from customers.services import erasure, persons
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.display import display, instant, link, list_url, to
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.panels import Panel

MOST_CUSTOMERS = 50


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    """Everybody who logs in with a phone. What they say of themselves is theirs to change; here they are only shut out,
    let in again, or forgotten."""

    list_display = ("shown_name", "phone", "email", "language", "state", "last_login_at", "created_at")
    list_filter = (
        ("is_active", BooleanRadioFilter),
        ("language", ChoicesDropdownFilter),
        ("created_at", RangeDateTimeFilter),
        ("last_login_at", RangeDateTimeFilter),
    )
    search_fields = ("phone",)
    search_help_text = _("A part of the phone number, the whole e-mail address, or the id.")
    fields = (
        *("id", "phone", "name", "email", "email_verified_at", "language", "state", "phone_verified_at"),
        *("last_login_at", "created_at", "updated_at", "erased_at"),
    )
    actions_detail = ("block", "unblock", "log_out_everywhere", "erase")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if "@" in term:
            return queryset.filter(email__iexact=term), False
        digits = "".join(char for char in term if char.isdigit())
        if not digits:
            return queryset.none(), False
        wanted = Q(phone__contains=digits.removeprefix("8") if len(digits) == 9 else digits)
        return queryset.filter(wanted | Q(pk=int(digits)) if len(digits) <= 18 else wanted), False

    @display(description=_("person"))
    def shown_name(self, obj: Person) -> str:
        return str(obj)

    @display(description=_("state"), label={"active": "success", "blocked": "danger", "erased": "warning"})
    def state(self, obj: Person) -> tuple[str, Any]:
        if obj.erased_at is not None:
            return "erased", _("erased")
        return ("active", _("active")) if obj.is_active else ("blocked", _("blocked"))

    def facts(self, subject: Person) -> list[tuple[Any, Any]]:
        return [(_("person"), subject), (_("phone"), subject.phone), (_("last log-in"), instant(subject.last_login_at))]

    def panels(self, request: HttpRequest, obj: Person) -> list[Panel]:
        rows = [
            [link(customer), link(customer.partner), customer.get_source_display(), instant(customer.joined_at)]
            for customer in list_customers_of_person(person=obj).order_by("pk")[:MOST_CUSTOMERS]
        ]
        links = [
            to(list_url("loyalty.loginsession", person_id__exact=obj.pk), _("Log-in sessions")),
            to(list_url("loyalty.auditevent", actor_kind__exact="person", actor_id__exact=obj.pk), _("Audit log")),
        ]
        headers = [_("customer"), _("partner"), _("source"), _("member since")]
        return [
            Panel(_("What partners know this person as"), headers, rows, empty=_("No partner knows this person.")),
            Panel(_("See also"), links=links),
        ]

    @reason_action(
        title=_("Block"),
        question=_("Every session of this person ends at once, and no code lets them in until they are unblocked."),
        permission="customers.change_person",
        icon="block",
        variant=ActionVariant.DANGER,
        when=lambda person: person.is_active,
    )
    def block(self, request: HttpRequest, subject: Person, data: dict[str, Any]) -> Any:
        persons.block_person(actor=actor_of(request), person=subject, reason=data["reason"], at=timezone.now())
        return _("The person was blocked.")

    @reason_action(
        title=_("Unblock"),
        question=_("The person can log in again."),
        permission="customers.change_person",
        icon="lock_open",
        when=lambda person: not person.is_active and person.erased_at is None,
    )
    def unblock(self, request: HttpRequest, subject: Person, data: dict[str, Any]) -> Any:
        persons.unblock_person(actor=actor_of(request), person=subject, reason=data["reason"], at=timezone.now())
        return _("The person was unblocked.")

    @reason_action(
        title=_("Log out everywhere"),
        question=_("Every session of this person ends at once, on every device and at every till."),
        permission="customers.change_person",
        icon="logout",
        variant=ActionVariant.DANGER,
        when=lambda person: person.is_active,
    )
    def log_out_everywhere(self, request: HttpRequest, subject: Person, data: dict[str, Any]) -> Any:
        persons.log_out_everywhere(actor=actor_of(request), person=subject, reason=data["reason"], at=timezone.now())
        return _("The person was logged out everywhere.")

    @reason_action(
        title=_("Erase"),
        question=_(
            "For good: name, phone, e-mail and cards of this person are forgotten here and at every partner. Sales and "
            "points stay in the books and lead to nobody."
        ),
        permission="customers.delete_person",
        icon="delete_forever",
        variant=ActionVariant.DANGER,
        when=lambda person: person.erased_at is None,
    )
    def erase(self, request: HttpRequest, subject: Person, data: dict[str, Any]) -> Any:
        erasure.erase_person(actor=actor_of(request), person=subject, reason=data["reason"], at=timezone.now())
        return _("The person was erased.")


@admin.register(QrLoginSession)
class QrLoginSessionAdmin(ReadOnlyAdmin):
    """Log-ins at tills by QR code. The till's secret and the token are not shown."""

    list_display = ("created_at", "partner", "shop", "device_name", "state", "customer_link", "ended_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("partner", AutocompleteSelectFilter),
        ("shop", AutocompleteSelectFilter),
        ("pairing_id", ExactFilter),
        ("created_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner", "shop", "customer")
    fields = (
        *("pairing_id", "partner", "shop", "credential", "device_name", "state", "customer_link"),
        *("created_at", "scanned_at", "ended_at", "delivered_at", "expires_at"),
    )

    @display(
        description=_("state"),
        ordering="status",
        label={
            "pending": "info",
            "scanned": "info",
            "authenticated": "success",
            "cancelled": "warning",
            "failed": "danger",
            "expired": "warning",
        },
    )
    def state(self, obj: QrLoginSession) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    @display(description=_("customer"))
    def customer_link(self, obj: QrLoginSession) -> Any:
        return link(obj.customer)
