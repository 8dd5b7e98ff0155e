"""Handing attachments out."""

from django.http import FileResponse

from loyalty.errors import ResourceNotFound
from loyalty.files.answers import file_answer
from messaging.models import MessageAttachment

# What the documentation calls it; every file says its own type.
DOWNLOAD = "*/*"


def attachment_answer(attachment: MessageAttachment) -> FileResponse:
    """The file. Raises ResourceNotFound where the row is left and the file is gone."""
    try:
        opened = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise ResourceNotFound from error
    return file_answer(opened, name=attachment.name, content_type=attachment.content_type)
