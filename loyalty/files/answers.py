"""Handing a stored file out."""

from django.core.files.base import File
from django.http import FileResponse


def file_answer(file: File, *, name: str, content_type: str) -> FileResponse:
    """The file as a download, streamed: no browser shows it, guesses what it is, or keeps it for the next user."""
    response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response
