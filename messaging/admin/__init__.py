"""Back office pages of what we send, one module per noun."""

from messaging.admin import consents, emails, messages, outgoing, sms, templates, webhooks

__all__ = ["consents", "emails", "messages", "outgoing", "sms", "templates", "webhooks"]
from messaging.admin import consents, emails, sms, sms_accounts, sms_templates

__all__ = ["consents", "emails", "sms", "sms_accounts", "sms_templates"]
