"""Back office pages of what we send, one module per noun."""

from messaging.admin import consents, emails, sms, sms_accounts, sms_templates

__all__ = ["consents", "emails", "sms", "sms_accounts", "sms_templates"]
