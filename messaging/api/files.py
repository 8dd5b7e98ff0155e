"""Handing attachments out."""

from django.core.files import File
from django.http import FileResponse

from loyalty.files.answers import file_answer
from messaging.models import MessageAttachment

# What the documentation calls it; every file says its own type.
DOWNLOAD = "*/*"


def attachment_answer(opened: tuple[MessageAttachment, File]) -> FileResponse:
    """The file as a download."""
    attachment, file = opened
    return file_answer(file, name=attachment.name, content_type=attachment.content_type)
