"""Back office pages of what we send, one module per noun."""

from messaging.admin import consents, emails, outgoing, sms, webhooks

__all__ = ["consents", "emails", "outgoing", "sms", "webhooks"]
