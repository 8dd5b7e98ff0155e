from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.files.storage import private_storage, unguessable_name
from messaging.choices import MessageTopic, MessageType


class Message(models.Model):
    """One message between a partner and the platform, or a note that only platform staff ever see.

    Answers hang on the first message of their thread. `read_at` is when the other side read it; a note has no other
    side.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    thread = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="answers", verbose_name=_("thread")
    )
    is_from_platform = models.BooleanField(_("from the platform"))
    author = models.ForeignKey(
        "loyalty.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    message_type = models.CharField(
        pgettext_lazy("message", "type"), max_length=20, choices=MessageType, default=MessageType.MESSAGE
    )
    topic = models.CharField(_("topic"), max_length=20, choices=MessageTopic, default=MessageTopic.GENERAL)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"))
    is_internal = models.BooleanField(_("internal note"), default=False, help_text=_("Partners never see it."))
    email = models.ForeignKey(
        "messaging.EmailMessage",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("e-mail message"),
    )
    sent_at = models.DateTimeField(_("sent at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    read_by = models.ForeignKey(
        "loyalty.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("read by")
    )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_internal=False) | Q(is_from_platform=True, email=None, read_at=None),
                name="message_note_stays_inside",
            ),
            models.CheckConstraint(
                condition=Q(read_by=None) | Q(read_at__isnull=False), name="message_reader_has_time"
            ),
            models.CheckConstraint(
                condition=Q(thread=None) | ~Q(thread=models.F("id")), name="message_not_its_own_thread"
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "-id"], name="message_partner"),
            models.Index(fields=["thread", "id"], name="message_thread"),
            models.Index(
                fields=["partner", "is_from_platform"],
                name="message_unread",
                condition=Q(read_at=None, is_internal=False),
            ),
        ]

    def __str__(self) -> str:
        return self.subject or f"#{self.pk}"

    @property
    def thread_root_id(self) -> int:
        """The first message of the thread."""
        return self.thread_id or self.pk


# The folder of the private storage that holds attachments and nothing else.
ATTACHMENTS = "attachments"


def attachment_path(attachment: "MessageAttachment", _name: str) -> str:
    """Where an attachment is stored: nothing of its name, so that nobody can guess it."""
    return unguessable_name(f"{ATTACHMENTS}/{attachment.partner_id}", attachment.name.rpartition(".")[2])


class MessageAttachment(models.Model):
    """A file that came with a message, checked and stored where only those who may read the message reach it."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    message = models.ForeignKey(Message, models.PROTECT, related_name="attachments", verbose_name=_("message"))
    file = models.FileField(_("file"), storage=private_storage, upload_to=attachment_path, max_length=200)
    name = models.CharField(_("file name"), max_length=150)
    content_type = models.CharField(_("kind of file"), max_length=100)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [models.Index(fields=["message", "id"], name="attachment_message")]

    def __str__(self) -> str:
        return self.name
