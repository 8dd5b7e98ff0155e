"""Forms of the back office."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from unfold import widgets


class ReasonForm(forms.Form):
    """What an action asks: why. Subclasses ask more; `subject` is what the action is about."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=widgets.UnfoldAdminTextareaWidget({"rows": 3}), strip=True
    )

    def __init__(self, *args: Any, subject: Model, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])


class RecordForm(forms.ModelForm):
    """A record's form: asks for a reason, and refuses to tie one partner's record to another partner's.

    `links` names form fields that stand for many-to-many fields of the model (`{"valid_in": "shops"}`).
    """

    links: ClassVar[dict[str, str]] = {}
    audit_reason = forms.CharField(
        label=_("Reason for the change"),
        max_length=500,
        required=False,
        help_text=_("Kept in the audit log."),
        widget=widgets.UnfoldAdminTextInputWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name, field in self.links.items():
                self.initial[name] = list(getattr(self.instance, field).values_list("pk", flat=True))

    def _get_validation_exclusions(self) -> set[str]:
        # What must be unique within a partner is checked although the partner itself is not up for change.
        excluded = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"partner"} if getattr(self.instance, "partner_id", None) else excluded

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data if cleaned is None else cleaned
        partner = values.get("partner") or getattr(self.instance, "partner_id", None)
        partner_id = getattr(partner, "pk", partner)
        if partner_id is None:
            return cleaned
        for name, value in list(values.items()):
            if name == "partner" or value is None or isinstance(value, str | dict):
                continue
            many = value if isinstance(value, list | tuple) or hasattr(value, "values_list") else [value]
            if any(getattr(one, "partner_id", partner_id) != partner_id for one in many):
                self.add_error(name, _("This belongs to another partner."))
        return cleaned
