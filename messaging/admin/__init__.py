"""Back office pages of what we send, one module per noun."""

from messaging.admin import consents, emails, messages, outgoing, sms, sms_accounts, sms_templates, templates, webhooks

__all__ = [
    "consents",
    "emails",
    "messages",
    "outgoing",
    "sms",
    "sms_accounts",
    "sms_templates",
    "templates",
    "webhooks",
]
