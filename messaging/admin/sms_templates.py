"""SMS texts in place of the built-in ones."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from loyalty.backoffice.base import RecordAdmin
from loyalty.backoffice.display import display
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.forms import RecordForm
from loyalty.backoffice.panels import Panel
from messaging.models import SmsTemplate
from messaging.rules.sms import count_parts, is_gsm
from messaging.rules.sms_templates import VARIABLES, sms_template_faults, variables_of
from messaging.services.sms_templates import fill_sms


class SmsTemplateForm(RecordForm):
    """A text whose variables are checked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "code" in self.fields:
            told = _("%(codes)s stand in for the built-in texts; a text under any other code is sent by /sms/send.")
            self.fields["code"].help_text = told % {"codes": ", ".join(VARIABLES)}
        if "text" in self.fields:
            self.fields["text"].help_text = _("Variables are written {{ name }}.")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for fault in sms_template_faults(self.cleaned_data.get("code", ""), self.cleaned_data.get("text") or ""):
            self.add_error("text", fault)
        return cleaned


@admin.register(SmsTemplate)
class SmsTemplateAdmin(RecordAdmin):
    """What codes and links say, by partner and language."""

    form = SmsTemplateForm
    list_display = ("code", "language", "partner", "text", "parts", "is_active")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("code", ExactFilter),
        ("language", ExactFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("code", "text", "partner__name")
    search_help_text = _("A part of the code, of the text or of the partner's name.")
    autocomplete_fields = ("partner",)
    fields = ("partner", "code", "language", "text", "is_active")

    def panels(self, request: HttpRequest, obj: SmsTemplate) -> list[Panel]:
        shown = fill_sms(obj.text, {name: f"[{name}]" for name in variables_of(obj.text)})
        alphabet = "GSM-7" if is_gsm(shown) else _("Unicode, 70 letters in a part")
        rows: list[list[Any]] = [[_("text"), shown], [_("parts"), count_parts(shown)], [_("alphabet"), alphabet]]
        known = [[f"{{{{ {name} }}}}"] for name in VARIABLES.get(obj.code, variables_of(obj.text))]
        return [
            Panel(_("Preview"), ("", ""), rows),
            Panel(_("Variables"), ("",), known, "", _("This text names none.")),
        ]

    @display(description=_("parts"))
    def parts(self, obj: SmsTemplate) -> int:
        return count_parts(obj.text)
