"""How messages and e-mails are shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from messaging.choices import EmailStatus, MessageTopic, MessageType
from messaging.models import EmailMessage, Message, MessageAttachment


class AttachmentAnswer(serializers.ModelSerializer):
    """A file that came with a message."""

    url = serializers.SerializerMethodField(help_text="Where it is downloaded, by whoever may read the message.")

    class Meta:
        model = MessageAttachment
        fields = ("id", "name", "content_type", "size", "url")

    def get_url(self, row: MessageAttachment) -> str:
        return f"{self.context['messages_url']}/{row.message_id}/attachment/{row.pk}"


class MessageAnswer(serializers.ModelSerializer):
    """One message as a partner sees it."""

    thread_id = serializers.IntegerField(source="thread_root_id", help_text="The first message of the conversation.")
    message_type = serializers.ChoiceField(choices=MessageType.choices)
    topic = serializers.ChoiceField(choices=MessageTopic.choices)
    message = serializers.CharField(source="text")
    sender = serializers.SerializerMethodField()
    author_name = serializers.SerializerMethodField()
    is_read = serializers.SerializerMethodField(help_text="Whether the other side has read it.")
    attachments = AttachmentAnswer(many=True)
    created_at = serializers.DateTimeField(source="sent_at")

    class Meta:
        model = Message
        fields: tuple[str, ...] = (
            *("id", "thread_id", "message_type", "topic", "subject", "message", "sender", "author_name"),
            *("is_read", "read_at", "attachments", "created_at"),
        )

    @extend_schema_field(serializers.ChoiceField(choices=["platform", "partner"]))
    def get_sender(self, row: Message) -> str:
        return "platform" if row.is_from_platform else "partner"

    def get_author_name(self, row: Message) -> str:
        # A name that is not set must not become an e-mail address.
        return "" if row.author is None else row.author.name

    def get_is_read(self, row: Message) -> bool:
        return row.read_at is not None


class EmailStateAnswer(serializers.ModelSerializer):
    """What became of an e-mail."""

    status = serializers.ChoiceField(choices=EmailStatus.choices)

    class Meta:
        model = EmailMessage
        fields = ("id", "status")


class AdminMessageAnswer(MessageAnswer):
    """One message as the platform sees it."""

    email = EmailStateAnswer(allow_null=True)

    class Meta(MessageAnswer.Meta):
        fields = (*MessageAnswer.Meta.fields, "is_internal", "email")


class EmailAnswer(EmailStateAnswer):
    """An e-mail with its state."""

    template_type = serializers.CharField(source="template")

    class Meta:
        model = EmailMessage
        fields = (
            *("id", "status", "to", "subject", "template_type", "language", "purpose", "attempts", "error"),
            *("queued_at", "sent_at"),
        )


class UnreadAnswer(serializers.Serializer):
    unread = serializers.IntegerField()


def present(rows: Any, kind: type[MessageAnswer], messages_url: str, *, many: bool = False) -> Any:
    """Messages as they are answered; files are found below `messages_url`."""
    return kind(rows, many=many, context={"messages_url": messages_url}).data
