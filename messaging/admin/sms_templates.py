"""SMS texts in place of the built-in ones."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from loyalty.backoffice.base import RecordAdmin
from loyalty.backoffice.forms import RecordForm
from messaging.models import SmsTemplate
from messaging.rules.sms import count_parts
from messaging.rules.sms_templates import sms_template_faults


class SmsTemplateForm(RecordForm):
    """A text whose variables are checked."""

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
        ("code", ChoicesDropdownFilter),
        ("language", ChoicesDropdownFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("text", "partner__name")
    search_help_text = _("A part of the text or of the partner's name.")
    autocomplete_fields = ("partner",)
    fields = ("partner", "code", "language", "text", "is_active")

    @display(description=_("parts"))
    def parts(self, obj: SmsTemplate) -> int:
        return count_parts(obj.text)
