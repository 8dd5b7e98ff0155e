"""API credentials: a secret is shown once, on the page that answers its making."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.enums import ActionVariant

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import BackOfficeAdmin, ReadOnlyInline, RecordAdmin, actor_of
from loyalty.backoffice.display import change_url, display, link
from loyalty.backoffice.fields import NetworksField
from loyalty.backoffice.forms import RecordForm
from loyalty.limits import limiter
from partners.choices import CredentialScope
from partners.models import ApiCredential, ApiSecret
from partners.services import credentials
from partners.services.credentials import NewSecret


class CredentialForm(RecordForm):
    """What a key may do, and from where."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=CredentialScope.choices,
        initial=CredentialScope.values,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    allowed_addresses = NetworksField(
        label=_("Allowed addresses"),
        required=False,
        help_text=_("One IP address or network a line, such as 192.0.2.0/24; empty means anywhere."),
    )


class SecretInline(ReadOnlyInline):
    """Which secrets work, by their last four characters."""

    model = ApiSecret
    fields = ("last_four", "created_at", "expires_at", "pepper_version")
    ordering = ("-id",)


def _is_open(credential: ApiCredential) -> bool:
    return credential.revoked_at is None


def shown_once(
    page: BackOfficeAdmin, request: HttpRequest, made: NewSecret, title: Any, note: Any = ""
) -> HttpResponse:
    """The page that shows a secret, once."""
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "note": note,
        "opts": ApiCredential._meta,
        "secrets": [
            (_("Partner"), made.credential.partner),
            (_("X-API-Key"), made.credential.key),
            (_("X-API-Secret"), made.secret),
        ],
        "back_url": change_url("partners.apicredential", made.credential.pk),
    }
    response = TemplateResponse(request, "loyalty/backoffice/secret.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@admin.register(ApiCredential)
class ApiCredentialAdmin(RecordAdmin):
    """Keys of tills and web shops: issued, rotated and revoked by the credential services."""

    form = CredentialForm
    list_display = ("name", "key", "partner_link", "shop", "kind", "state", "created_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("kind", ChoicesDropdownFilter),
        ("created_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner", "shop")
    search_fields = ("name", "key")
    search_help_text = _("A part of the name or of the key.")
    autocomplete_fields = ("partner", "shop")
    readonly_fields = ("key", "created_at", "revoked_at")
    personal_fields = frozenset()
    fieldsets = (
        (None, {"fields": ("partner", "name", "key", "shop")}),
        (_("Rights"), {"fields": ("kind", "scopes", "allowed_addresses", "expires_at")}),
        (_("Times"), {"fields": ("created_at", "revoked_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("partner", "name", "shop")}),
        (_("Rights"), {"fields": ("kind", "scopes", "allowed_addresses", "expires_at")}),
    )
    inlines = (SecretInline,)
    actions_detail = ("rotate", "revoke")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "kind"] if obj is not None else fixed

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A revoked key stays as it was.
        allowed = super().has_change_permission(request, obj)
        return allowed and getattr(obj, "revoked_at", None) is None

    def save_model(self, request: HttpRequest, obj: ApiCredential, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            # Every process that remembers the key must forget it.
            transaction.on_commit(lambda: limiter.bump(credentials.generation_key(obj.key)))
            return
        made = credentials.issue_credential(
            actor=actor_of(request),
            partner=obj.partner,
            name=obj.name,
            shop=obj.shop,
            at=timezone.now(),
            kind=obj.kind,
            scopes=obj.scopes,
            allowed_addresses=obj.allowed_addresses,
            expires_at=obj.expires_at,
        )
        obj.pk, obj.key = made.credential.pk, made.credential.key
        request.made_secret = made  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiCredential, post_url_continue: Any = None) -> HttpResponse:
        return shown_once(self, request, request.made_secret, _("New API credential"))  # type: ignore[attr-defined]

    @reason_action(
        title=_("New secret"),
        question=_(
            "A new secret is made. The present ones go on working for 24 hours, so that no till fails meanwhile."
        ),
        permission="partners.change_apicredential",
        icon="autorenew",
        when=_is_open,
    )
    def rotate(self, request: HttpRequest, subject: ApiCredential, data: dict[str, Any]) -> Any:
        made = credentials.rotate_secret(
            actor=actor_of(request), credential=subject, at=timezone.now(), reason=data["reason"]
        )
        note = _("The earlier secrets work for another 24 hours.")
        return shown_once(self, request, made, _("New secret"), note)

    @reason_action(
        title=_("Revoke"),
        question=_("The key stops working at once and for good. Tills that use it cannot sell on points any more."),
        permission="partners.change_apicredential",
        icon="block",
        variant=ActionVariant.DANGER,
        when=_is_open,
    )
    def revoke(self, request: HttpRequest, subject: ApiCredential, data: dict[str, Any]) -> Any:
        credentials.revoke_credential(
            actor=actor_of(request), credential=subject, at=timezone.now(), reason=data["reason"]
        )
        return _("The key was revoked.")

    def facts(self, subject: ApiCredential) -> list[tuple[Any, Any]]:
        return [(_("partner"), subject.partner), (_("name"), subject.name), (_("key"), subject.key)]

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: ApiCredential) -> Any:
        return link(obj.partner)

    @display(description=_("state"), label={"open": "success", "revoked": "danger", "over": "warning"})
    def state(self, obj: ApiCredential) -> tuple[str, Any]:
        if obj.revoked_at:
            return "revoked", _("revoked")
        is_over = obj.expires_at is not None and obj.expires_at <= timezone.now()
        return ("over", _("expired")) if is_over else ("open", _("works"))
