"""Where files lie that only some may see: apart from MEDIA_ROOT, and at no address of their own."""

import secrets
from typing import NoReturn

from django.core.files.storage import FileSystemStorage, Storage, storages


class PrivateStorage(FileSystemStorage):
    """A folder that no web server serves; files leave it through a view that knows who asks."""

    def url(self, name: str | None) -> NoReturn:
        raise ValueError("a private file has no address")


def private_storage() -> Storage:
    """The storage of private files, for a FileField."""
    return storages["private"]


def unguessable_name(folder: str, suffix: str) -> str:
    """A path that tells nothing of the file, and that nobody finds by trying."""
    return f"{folder}/{secrets.token_urlsafe(24)}.{suffix}"
