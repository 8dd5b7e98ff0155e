"""Back office pages of what we send, one module per noun."""

from messaging.admin import consents, emails, messages, sms, templates

__all__ = ["consents", "emails", "messages", "sms", "templates"]
