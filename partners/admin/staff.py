"""Who works for which partner, and in which shops."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import change_url, display, link
from loyalty.backoffice.forms import RecordForm
from loyalty.selectors.accounts import find_user
from partners.models import Shop, StaffMember
from partners.selectors.staff import is_on_staff
from partners.services.staff import invite_again, invite_staff


class StaffForm(RecordForm):
    """A job: who, where, as what."""

    links = {"works_in": "shops"}
    works_in = forms.ModelMultipleChoiceField(
        label=_("Shops"),
        queryset=Shop.objects.select_related("partner"),
        required=False,
        widget=AutocompleteSelectMultiple(StaffMember._meta.get_field("shops"), admin.site),
        help_text=_("Where a manager or cashier works; none means everywhere. Owners and analysts are never limited."),
    )


class InvitationForm(RecordForm):
    """Whom to give a job: an address is enough, an account is made where there is none."""

    links = {"works_in": "shops"}
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=widgets.UnfoldAdminEmailInputWidget(),
        help_text=_("Is invited by e-mail. Who has no account yet chooses a password first."),
    )
    name = forms.CharField(label=_("Name"), max_length=150, required=False, widget=widgets.UnfoldAdminTextInputWidget())
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("That of the partner")), *settings.LANGUAGES],
        required=False,
        widget=widgets.UnfoldAdminSelectWidget(),
        help_text=_("Name and language count for a new account only."),
    )
    works_in = forms.ModelMultipleChoiceField(
        label=_("Shops"),
        queryset=Shop.objects.select_related("partner"),
        required=False,
        widget=AutocompleteSelectMultiple(StaffMember._meta.get_field("shops"), admin.site),
        help_text=_("Where a manager or cashier works; none means everywhere. Owners and analysts are never limited."),
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        user = find_user(values["email"]) if values.get("email") else None
        if user is not None and not user.is_active:
            self.add_error("email", _("This person's account is switched off."))
        elif user is not None and values.get("partner") and is_on_staff(partner=values["partner"], user=user):
            self.add_error("email", _("This person works for the partner already."))
        return cleaned


@admin.register(StaffMember)
class StaffMemberAdmin(RecordAdmin):
    """Staff of partners; who has left is switched off and locked out at once."""

    form = StaffForm
    list_display = ("user_link", "partner_link", "role_label", "is_active", "created_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("role", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
    )
    list_select_related = ("user", "partner")
    search_fields = ("user__email", "user__name")
    autocomplete_fields = ("partner", "user")
    readonly_fields = ("created_at",)
    fieldsets = ((None, {"fields": ("partner", "user", "role", "works_in", "is_active", "created_at")}),)
    add_fieldsets = ((None, {"fields": ("partner", "email", "name", "language", "role", "works_in")}),)
    actions_detail = ("invite_again",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = InvitationForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: StaffMember, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        values = form.cleaned_data
        made = invite_staff(
            actor=actor_of(request),
            partner=values["partner"],
            role=values["role"],
            email=values["email"],
            name=values["name"],
            language=values["language"],
            shops=list(values["works_in"]),
            at=timezone.now(),
        )
        obj.pk, obj.user = made.pk, made.user

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change:
            super().save_related(request, form, formsets, change)

    def response_add(self, request: HttpRequest, obj: StaffMember, post_url_continue: str | None = None) -> Any:
        messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": obj.user.email})
        return redirect(change_url("partners.staffmember", obj.pk))

    @reason_action(
        title=_("Invite again"),
        question=_("The invitation is sent once more. Whoever has no password yet chooses one by it."),
        permission="partners.change_staffmember",
        icon="forward_to_inbox",
        when=lambda staff: staff.is_active and staff.user.is_active,
    )
    def invite_again(self, request: HttpRequest, subject: StaffMember, data: dict[str, Any]) -> Any:
        invited = invite_again(actor=actor_of(request), staff=subject, reason=data["reason"], at=timezone.now())
        return _("An invitation is on its way to %(email)s.") % {"email": invited.user.email}

    def facts(self, subject: StaffMember) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject.partner),
            (_("user"), subject.user.email),
            (_("role"), subject.get_role_display()),
            (_("password"), _("chosen") if subject.user.has_usable_password() else _("not chosen yet")),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "user"] if obj is not None else fixed

    @display(description=_("Shops"))
    def works_in(self, obj: StaffMember) -> str:
        """For those who may only look."""
        return ", ".join(str(shop) for shop in obj.shops.all())

    @display(description=_("user"), ordering="user__email")
    def user_link(self, obj: StaffMember) -> str:
        return obj.user.email

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: StaffMember) -> Any:
        return link(obj.partner)

    @display(description=_("role"), ordering="role", label={"owner": "primary", "manager": "info"})
    def role_label(self, obj: StaffMember) -> tuple[str, Any]:
        return obj.role, obj.get_role_display()
