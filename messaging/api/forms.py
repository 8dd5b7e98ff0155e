"""What is sent to write a message, as JSON or as a form with files."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from loyalty.api.multipart import uploads_of
from loyalty.files.uploads import Checked, FileRefusedError, check_upload
from messaging.choices import MessageTopic, MessageType
from messaging.rules.attachments import (
    MOST_BYTES,
    MOST_FILE_BYTES,
    MOST_FILES,
    MOST_SUBJECT,
    MOST_TEXT,
    is_one_line,
    is_plain,
)
from messaging.services.messages import Draft

MessageForm = uploads_of(MOST_BYTES)


def plain_text(value: str) -> None:
    """A text without characters that no reader sees. Raises a serializer's ValidationError."""
    if not is_plain(value):
        raise serializers.ValidationError(_("Must not contain control characters."))


def one_line(value: str) -> None:
    """A subject. Raises a serializer's ValidationError."""
    plain_text(value)
    if not is_one_line(value):
        raise serializers.ValidationError(_("The subject is one line."))


@extend_schema_field({"type": "string", "format": "binary"})
class AttachmentField(serializers.Field):
    """One file of the form, judged by its content."""

    def to_internal_value(self, data: Any) -> Checked:
        if not isinstance(data, UploadedFile):
            raise serializers.ValidationError(_("Send a file."))
        try:
            return check_upload(data, at_most=MOST_FILE_BYTES)
        except FileRefusedError as error:
            raise serializers.ValidationError(error.text) from error


class EmptyForm(serializers.Serializer):
    """Nothing is to be said."""


class ReplyForm(serializers.Serializer):
    """An answer: subject and topic are those of the conversation."""

    message = serializers.CharField(max_length=MOST_TEXT, validators=[plain_text])
    attachments: serializers.ListSerializer = serializers.ListSerializer(
        child=AttachmentField(), required=False, max_length=MOST_FILES
    )

    def validate_attachments(self, value: list[Checked]) -> list[Checked]:
        if sum(file.size for file in value) > MOST_BYTES:
            raise serializers.ValidationError(_("The files are larger than 25 MB together."))
        return value


class WriteForm(ReplyForm):
    """A partner's message."""

    subject = serializers.CharField(max_length=MOST_SUBJECT, required=False, allow_blank=True, validators=[one_line])
    topic = serializers.ChoiceField(choices=MessageTopic.choices, required=False)


class AdminWriteForm(WriteForm):
    """The platform's message."""

    message_type = serializers.ChoiceField(choices=MessageType.choices, required=False)
    is_internal = serializers.BooleanField(required=False)
    send_email = serializers.BooleanField(required=False)
    thread_id = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**63 - 1, help_text="Any message of the conversation."
    )


def read_draft(form: dict[str, Any]) -> Draft:
    """The body in the service's words."""
    return Draft(
        text=form["message"],
        subject=form.get("subject", ""),
        topic=form.get("topic"),
        message_type=form.get("message_type", MessageType.MESSAGE),
        is_internal=form.get("is_internal", False),
        by_email=form.get("send_email", False),
        answers_id=form.get("thread_id"),
        files=form.get("attachments", ()),
    )
