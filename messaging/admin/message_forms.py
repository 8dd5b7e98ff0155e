"""Forms of conversations: what API calls are checked for, people at a screen are checked for too."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from loyalty.backoffice.forms import RecordForm
from loyalty.errors import LoyaltyError
from loyalty.files.uploads import Checked, FileRefusedError, check_upload
from messaging.choices import MessageType
from messaging.models import Message
from messaging.rules.attachments import MOST_BYTES, MOST_FILE_BYTES, MOST_FILES, MOST_TEXT, is_one_line, is_plain
from messaging.services.messages import Draft


class FilesInput(forms.FileInput):
    """Several files at once."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__({"multiple": True, "class": " ".join(widgets.INPUT_CLASSES)})


class FilesField(forms.FileField):
    """Attachments, judged by content."""

    def __init__(self) -> None:
        text = _("Up to 5 files: PDF, JPEG, PNG, WebP, text, CSV, DOCX, XLSX, each at most 10 MB and 25 MB together.")
        super().__init__(label=_("Attachments"), required=False, widget=FilesInput(), help_text=text)

    def clean(self, data: Any, initial: Any = None) -> list[Checked]:
        files = [file for file in data or [] if file]
        if len(files) > MOST_FILES:
            raise ValidationError(_("At most %(most)s files."), params={"most": MOST_FILES})
        if sum(file.size or 0 for file in files) > MOST_BYTES:
            raise ValidationError(_("The files are larger than 25 MB together."))
        return [self._checked(super(FilesField, self).clean(file, initial)) for file in files]

    @staticmethod
    def _checked(file: Any) -> Checked:
        try:
            return check_upload(file, at_most=MOST_FILE_BYTES)
        except FileRefusedError as refusal:
            raise ValidationError(f"{file.name}: {refusal.text}") from refusal


def plain(value: str) -> None:
    """No characters that no reader sees."""
    if not is_plain(value):
        raise ValidationError(_("Must not contain control characters."))


def heading(value: str) -> None:
    """One line of visible characters."""
    plain(value)
    if not is_one_line(value):
        raise ValidationError(_("The subject is one line."))


def note_field() -> forms.BooleanField:
    """Whether it stays inside."""
    return forms.BooleanField(
        label=_("Internal note"),
        required=False,
        widget=widgets.UnfoldBooleanSwitchWidget(),
        help_text=_("Partners never see it."),
    )


def email_field() -> forms.BooleanField:
    """Whether the partner's contact gets it by e-mail too."""
    return forms.BooleanField(
        label=_("Send it by e-mail too"),
        required=False,
        widget=widgets.UnfoldBooleanSwitchWidget(),
        help_text=_("To the partner's contact address. Files stay here: the mail names them."),
    )


class AnswerForm(forms.Form):
    """An answer in a conversation, or a note in it; `seen` is the newest message on the screen."""

    text = forms.CharField(
        label=_("Text"),
        max_length=MOST_TEXT,
        validators=[plain],
        widget=widgets.UnfoldAdminTextareaWidget({"rows": 5}),
    )
    message_type = forms.ChoiceField(
        label=_("Kind of message"),
        choices=MessageType.choices,
        initial=str(MessageType.MESSAGE),
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    is_internal = note_field()
    by_email = email_field()
    attachments = FilesField()
    seen = forms.IntegerField(widget=forms.HiddenInput(), min_value=1, max_value=2**63 - 1)

    def draft(self, root: Message) -> Draft:
        """What is to be written, in the service's words."""
        values = self.cleaned_data
        return Draft(
            text=values["text"],
            message_type=values["message_type"],
            is_internal=values["is_internal"],
            by_email=values["by_email"],
            answers_id=root.pk,
            seen_id=values["seen"],
            files=values["attachments"],
        )


class BeginForm(RecordForm):
    """The first message of a conversation, or a note about a partner."""

    text = forms.CharField(
        label=_("Text"), max_length=MOST_TEXT, validators=[plain], widget=widgets.UnfoldAdminTextareaWidget({"rows": 8})
    )
    is_internal = note_field()
    by_email = email_field()
    attachments = FilesField()

    def clean_subject(self) -> str:
        heading(self.cleaned_data["subject"])
        return self.cleaned_data["subject"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("is_internal") and self.cleaned_data.get("by_email"):
            self.add_error("by_email", _("An internal note is not sent to anybody."))
        return cleaned

    def draft(self) -> Draft:
        """What is to be written, in the service's words."""
        values = self.cleaned_data
        names = ("text", "subject", "topic", "message_type", "is_internal", "by_email")
        return Draft(**{name: values[name] for name in names}, files=values["attachments"])


def add_refusal(form: forms.Form, refusal: LoyaltyError) -> None:
    """Show a refusal at its fields, or above them."""
    for name, texts in refusal.errors.items():
        field = {"send_email": "by_email"}.get(name, name)
        shown: Sequence[str] = [str(text) for text in texts]
        form.add_error(field if field in form.fields else None, list(shown))
    if not refusal.errors:
        form.add_error(None, refusal.message)
