"""What messages say, in place of the built-in texts."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import list_url
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.forms import RecordForm
from loyalty.backoffice.panels import Panel
from messaging.admin import built_in
from messaging.admin.frames import as_written, framed
from messaging.models import MessageTemplate
from messaging.models.own_text import CODE
from messaging.rules.built_in import BUILT_IN
from messaging.rules.templates import known_variables, template_faults
from messaging.services.templates import delete_template, preview_letter


class MessageTemplateForm(RecordForm):
    """Variables are checked by name before anything is stored."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        code = values.get("code") or self.instance.code
        try:
            CODE(code)
        except ValidationError:
            return cleaned  # the field says so itself, and which variables there are depends on it
        texts = {name: values.get(name) or "" for name in ("subject", "body", "button")}
        for field, faults in template_faults(code, texts).items():
            for fault in faults:
                self.add_error(field, fault)
        return cleaned


@admin.register(MessageTemplate)
class MessageTemplateAdmin(RecordAdmin):
    """Texts by code and language; what is not here is sent as it is built in."""

    form = MessageTemplateForm
    list_display = ("code", "language", "partner", "subject", "is_active", "updated_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("language", ExactFilter),
        ("is_active", BooleanRadioFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("code", "subject")
    search_help_text = _("A part of the code or of the subject.")
    autocomplete_fields = ("partner",)
    personal_fields = frozenset()
    fields = ("code", "language", "partner", "subject", "body", "button", "is_active")
    actions_detail = ("restore",)

    def get_urls(self) -> list[Any]:
        return [*built_in.urls(), *super().get_urls()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new text in place of a built-in one begins with it."""
        given = super().get_changeform_initial_data(request)
        code, language = str(given.get("code", "")), str(given.get("language", ""))
        return {**built_in.initial_texts(code, language), **given}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "code", "language"] if obj is not None else fixed

    def panels(self, request: HttpRequest, obj: MessageTemplate) -> list[Panel]:
        letter = preview_letter(template=obj)
        words = [[f"{{{{ {name} }}}}", meaning] for name, meaning in known_variables(obj.code).items()]
        shown = [
            [_("subject"), letter.subject],
            [_("text"), as_written(letter.text)],
            [_("text with layout"), framed(letter.html)],
        ]
        return [Panel(_("Preview"), ["", ""], shown), Panel(_("Variables"), ["", ""], words)]

    @reason_action(
        title=_("Restore the built-in text"),
        question=_("This text is taken away and the built-in one is sent again."),
        permission="messaging.change_messagetemplate",
        icon="history",
        when=lambda template: template.code in BUILT_IN,
    )
    def restore(self, request: HttpRequest, template: MessageTemplate, data: dict[str, Any]) -> Any:
        delete_template(actor=actor_of(request), template=template, reason=data["reason"], at=timezone.now())
        return redirect(list_url("messaging.messagetemplate"))
