"""Back office pages of what we send, one module per noun."""

from messaging.admin import consents, emails, sms

__all__ = ["consents", "emails", "sms"]
