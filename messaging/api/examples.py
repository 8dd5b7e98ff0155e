"""Examples in the API's documentation."""

from typing import Any

FILE = {
    "id": 31,
    "name": "Sutartis.pdf",
    "content_type": "application/pdf",
    "size": 48211,
    "url": "/en/partners/messages/1204/attachment/31",
}
MESSAGE: dict[str, Any] = {
    "id": 1204,
    "thread_id": 1198,
    "message_type": "document_request",
    "topic": "documents",
    "subject": "Agreement for 2027",
    "message": "Please sign the attached agreement and send it back here.",
    "sender": "platform",
    "author_name": "Rasa",
    "is_read": False,
    "read_at": None,
    "attachments": [FILE],
    "created_at": "2026-11-24T09:15:00Z",
}
ADMIN_MESSAGE = {
    **MESSAGE,
    "attachments": [{**FILE, "url": "/en/admin/partners/7/messages/1204/attachment/31"}],
    "is_internal": False,
    "email": {"id": 551, "status": "queued"},
}
WRITE = {"message": "When is the next payout?", "subject": "Payout", "topic": "commission"}
REPLY = {"message": "Signed, see the attached file."}
ADMIN_WRITE = {
    "message": "Please sign the attached agreement and send it back here.",
    "subject": "Agreement for 2027",
    "message_type": "document_request",
    "topic": "documents",
    "is_internal": False,
    "send_email": True,
}
EMAIL = {
    "id": 551,
    "status": "queued",
    "to": "info@kavosnamai.example",
    "subject": "Your agreement",
    "template_type": "custom",
    "language": "lt",
    "purpose": "service",
    "attempts": 0,
    "error": "",
    "queued_at": "2026-11-24T09:15:00Z",
    "sent_at": None,
}
SEND_EMAIL = {"subject": "Your agreement", "message": "The agreement for 2027 is ready.", "template_type": "custom"}
