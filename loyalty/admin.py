"""Users, groups, log-in sessions and the audit log."""

import json
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.enums import ActionVariant

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, RecordAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display, link, list_url, to
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.forms import ReasonForm, RecordForm
from loyalty.backoffice.panels import Panel
from loyalty.backoffice.targets import target_link
from loyalty.models import AuditEvent, LoginSession, User
from loyalty.services import accounts, audit, sessions

admin.site.unregister(Group)


class UserForm(RecordForm):
    """A user without the password, which has an action of its own."""

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip().lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Somebody with this e-mail address exists already."))
        return email


class NewUserForm(UserForm):
    """A new user; without a password they ask for a link by "forgotten password"."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=widgets.UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
        help_text=_("Leave empty: they choose one themselves by “forgotten password”."),
    )

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password


class PasswordForm(ReasonForm):
    """A new password for somebody."""

    password = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=widgets.UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"], cast("User", self.subject))
        return self.cleaned_data["password"]


@admin.register(User)
class UserAdmin(RecordAdmin):
    """People who log in. Only a superuser may touch a superuser or give rights away."""

    form = UserForm
    list_display = ("email", "name", "language", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", ("language", ChoicesDropdownFilter))
    search_fields = ("email", "name")
    ordering = ("-id",)
    filter_horizontal = ("groups", "user_permissions")
    readonly_fields = ("last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "language", "is_active")}),
        (_("Back office"), {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Times"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "language", "password")}),
        (_("Back office"), {"fields": ("is_staff",)}),
    )
    actions_detail = ("change_password", "log_out_everywhere")
    personal_fields = audit.PERSONAL

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({"form": NewUserForm} if obj is None else {}), **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return fixed
        return [*fixed, "is_staff", "is_superuser", "groups", "user_permissions"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not getattr(obj, "is_superuser", False))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            password = form.cleaned_data.get("password")
            obj.set_password(password or None)
        super().save_model(request, obj, form, change)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user_permissions":
            kwargs["queryset"] = Permission.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        sessions_url = list_url("loyalty.loginsession", user__id__exact=obj.pk)
        trail_url = list_url("loyalty.auditevent", actor_kind__exact="admin", actor_id__exact=obj.pk)
        links = [to(sessions_url, _("Log-in sessions")), to(trail_url, _("What this person changed here"))]
        return [Panel(_("See also"), links=links)]

    @reason_action(
        title=_("Set a new password"),
        question=_("The user is logged out everywhere and enters with the new password."),
        permission="loyalty.change_user",
        form=PasswordForm,
        icon="key",
    )
    def change_password(self, request: HttpRequest, subject: User, data: dict[str, Any]) -> Any:
        self._refuse_above(request, subject)
        accounts.set_password(
            actor=actor_of(request), user=subject, password=data["password"], at=timezone.now(), reason=data["reason"]
        )
        return _("The password was changed.")

    @reason_action(
        title=_("Log out everywhere"),
        question=_("Every session of this user ends at once, on every device."),
        permission="loyalty.change_user",
        icon="logout",
        variant=ActionVariant.DANGER,
    )
    def log_out_everywhere(self, request: HttpRequest, subject: User, data: dict[str, Any]) -> Any:
        self._refuse_above(request, subject)
        accounts.end_every_session(actor=actor_of(request), user=subject, at=timezone.now(), reason=data["reason"])
        return _("The user was logged out everywhere.")

    def _refuse_above(self, request: HttpRequest, subject: User) -> None:
        if not self.has_change_permission(request, subject):
            raise PermissionDenied


@admin.register(Group)
class GroupAdmin(RecordAdmin):
    """Rights that several platform staff share. Only superusers give rights."""

    list_display = ("name",)
    search_fields = ("name",)
    filter_horizontal = ("permissions",)
    fieldsets = ((None, {"fields": ("name", "permissions")}),)
    personal_fields = frozenset()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            kwargs["queryset"] = Permission.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(LoginSession)
class LoginSessionAdmin(ReadOnlyAdmin):
    """Who is logged in over the APIs, and a way to end it."""

    list_display = ("short_id", "owner", "realm", "partner_id", "created_at", "expires_at", "state")
    list_filter = (
        "realm",
        ("user", ExactFilter),
        ("person_id", ExactFilter),
        ("created_at", RangeDateTimeFilter),
    )
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    fields = ("id", "owner", "realm", "partner_id", "created_at", "rotated_at", "expires_at", "revoked_at")
    actions_detail = ("revoke",)

    @display(description=_("session"))
    def short_id(self, obj: LoginSession) -> str:
        return str(obj.pk)[:8]

    @display(description=_("who"), ordering="user__email")
    def owner(self, obj: LoginSession) -> Any:
        if obj.user is not None:
            return link(obj.user)
        return target_link("customers.person", str(obj.person_id))

    @display(description=_("state"), label={"open": "success", "ended": "danger", "over": "warning"})
    def state(self, obj: LoginSession) -> tuple[str, Any]:
        if obj.revoked_at:
            return "ended", _("ended")
        return ("open", _("open")) if obj.expires_at > timezone.now() else ("over", _("over"))

    @reason_action(
        title=_("End session"),
        question=_("Its tokens stop working at once; the user has to log in again."),
        permission="loyalty.change_loginsession",
        icon="logout",
        variant=ActionVariant.DANGER,
        when=lambda session: session.revoked_at is None,
    )
    def revoke(self, request: HttpRequest, subject: LoginSession, data: dict[str, Any]) -> Any:
        sessions.revoke_session(actor=actor_of(request), session=subject, at=timezone.now(), reason=data["reason"])
        return _("The session was ended.")

    def facts(self, subject: LoginSession) -> list[tuple[Any, Any]]:
        return [(_("who"), self.owner(subject)), (_("realm"), subject.realm), (_("created at"), subject.created_at)]


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who changed what, when and why."""

    list_display = ("at", "actor", "action", "target", "partner_id", "reason")
    list_filter = (
        ("actor_kind", ExactFilter),
        ("actor_id", ExactFilter),
        ("partner_id", ExactFilter),
        ("target_type", ExactFilter),
        ("target_id", ExactFilter),
        ("at", RangeDateTimeFilter),
    )
    search_fields = ("action",)
    search_help_text = _("An action, such as issued_card.replaced, or the id of an object.")
    fields = ("at", "actor", "action", "target", "partner_id", "reason", "request_id")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(Q(action=term) | Q(target_id=term)) if term else queryset), False

    def panels(self, request: HttpRequest, obj: AuditEvent) -> list[Panel]:
        rows = [[field, *(_shown(value) for value in pair)] for field, pair in obj.changes.items()]
        empty = _("No field changed.")
        return [Panel(_("Changes"), [_("field"), _("before"), _("after")], rows, empty=empty)]

    @display(description=_("who"))
    def actor(self, obj: AuditEvent) -> Any:
        if obj.actor_kind in {"admin", "user"} and obj.actor_id:
            return target_link("loyalty.user", str(obj.actor_id), f"{obj.actor_kind} {obj.actor_id}")
        if obj.actor_kind in {"person", "customer"} and obj.actor_id:
            return target_link(f"customers.{obj.actor_kind}", str(obj.actor_id), f"{obj.actor_kind} {obj.actor_id}")
        if obj.actor_kind == "staff" and obj.actor_id:
            return target_link("partners.staffmember", str(obj.actor_id), f"{obj.actor_kind} {obj.actor_id}")
        return f"{obj.actor_kind} {obj.actor_id or ''}"

    @display(description=_("what"))
    def target(self, obj: AuditEvent) -> Any:
        return target_link(obj.target_type, obj.target_id)


def _shown(value: Any) -> str:
    """A stored value; personal ones are fingerprints and begin with #."""
    if value in (None, "", [], {}):
        return NOTHING
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
