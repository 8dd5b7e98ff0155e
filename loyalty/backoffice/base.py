"""What every page of the back office has in common: audited writes, no deletion, no page that counts a million rows."""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.utils import unquote
from django.db import IntegrityError, OperationalError
from django.db.models import ManyToManyField, Model, URLField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.dataclasses import UnfoldAction
from unfold.views import ChangeList

from loyalty.backoffice.display import list_url
from loyalty.backoffice.forms import RecordForm
from loyalty.backoffice.paginator import CappedPaginator
from loyalty.backoffice.panels import Panel
from loyalty.errors import LoyaltyError
from loyalty.services import audit, records
from loyalty.services.audit import Actor


def actor_of(request: HttpRequest) -> Actor:
    """The platform staff member at the screen."""
    return Actor("admin", request.user.pk)


class OpenEndedList(ChangeList):
    """A list that knows only what its pages need: without it the header offers to "show all" of nothing narrowed."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class BackOfficeAdmin(ModelAdmin):
    """Base of all pages. Nothing is deleted here, and Django's own LogEntry is replaced by the audit log."""

    actions = None
    # Unfold's own checks look permissions up in the database, which is not there yet when `migrate` first runs.
    checks_class = ModelAdminChecks
    show_full_result_count = False
    paginator = CappedPaginator
    list_per_page = 50
    list_filter_submit = True
    list_select_related: ClassVar[Any] = ()
    ordering: tuple[str, ...] = ("-id",)
    compressed_fields = True
    change_form_outer_after_template = "loyalty/backoffice/panels.html"
    personal_fields = audit.PERSONAL
    formfield_overrides = {URLField: {"assume_scheme": "https"}}

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OpenEndedList

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None: ...

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None: ...

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """An object's history is what the audit log says of it."""
        return redirect(
            list_url(
                "loyalty.auditevent",
                target_type__exact=self.model._meta.label_lower,
                target_id__exact=unquote(object_id),
            )
        )

    def search_label(self, obj: Model) -> str:
        """How an object is named in autocomplete lists."""
        partner = getattr(obj, "partner", None)
        return f"{obj} · {partner}" if partner is not None else str(obj)

    def facts(self, subject: Any) -> list[tuple[Any, Any]]:
        """What a confirmation page says of the object, so that nobody acts on the wrong one."""
        return [(self.opts.verbose_name, subject)]

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """Short lists from other tables under an object's form."""
        return []

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        allowed = super().get_actions_detail(request, object_id)
        subject = self.get_object(request, unquote(str(object_id))) if allowed else None
        if subject is None:
            return []
        return [one for one in allowed if getattr(one.method, "when", lambda _subject: True)(subject)]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        context["panels"] = self.panels(request, obj) if obj is not None and obj.pk else []
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            response = super().changelist_view(request, extra_context)
            return response.render() if hasattr(response, "render") else response
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != "57014" or not request.GET:
                raise
            messages.warning(request, _("That search took too long. Narrow it by partner or by day."))
            return redirect(request.path)


class ReadOnlyAdmin(BackOfficeAdmin):
    """What is only ever written by the platform itself."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class RecordAdmin(BackOfficeAdmin):
    """What staff make and change; every write goes through loyalty.services.records."""

    form = RecordForm

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is not None and self.has_change_permission(request, obj):
            fieldsets.append((None, {"fields": ["audit_reason"]}))
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fixed = list(super().get_readonly_fields(request, obj))
        # A record never moves from one partner to another.
        if obj is not None and hasattr(obj, "partner_id") and "partner" not in fixed:
            fixed.append("partner")
        return fixed

    def partner_id_of(self, obj: Any) -> int | None:
        """Whose audit trail a change of this object belongs to."""
        return getattr(obj, "partner_id", None)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        shared: dict[str, Any] = {
            "actor": actor_of(request),
            "record": obj,
            "at": timezone.now(),
            "personal": self.personal_fields,
            "reason": form.cleaned_data.get("audit_reason", ""),
            "partner_of": self.partner_id_of,
        }
        if not change:
            records.create_record(**shared)
            return
        stored = {field.name for field in obj._meta.concrete_fields}
        fields = [name for name in form.changed_data if name in stored]
        records.change_record(**shared, fields=fields)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        links = {field.name: field.name for field in self.opts.many_to_many} | getattr(form, "links", {})
        for name, field in links.items():
            if name in form.cleaned_data and isinstance(self.opts.get_field(field), ManyToManyField):
                records.set_links(
                    actor=actor_of(request),
                    record=form.instance,
                    field=field,
                    targets=form.cleaned_data[name],
                    at=timezone.now(),
                    partner_of=self.partner_id_of,
                    reason=form.cleaned_data.get("audit_reason", ""),
                )

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except LoyaltyError as refusal:
            messages.error(request, refusal.message)
        except IntegrityError:
            messages.error(request, _("Somebody else saved something that contradicts this. Look again."))
        return redirect(request.get_full_path())


class ReadOnlyInline(TabularInline):
    """Rows of another table that belong to the object; shown, never edited."""

    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True
    per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
