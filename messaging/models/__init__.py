from messaging.models.consent import Consent
from messaging.models.delivery import Delivery
from messaging.models.sent_email import SentEmail
from messaging.models.sms_message import SmsMessage
from messaging.models.webhook_endpoint import WebhookEndpoint

__all__ = ["Consent", "Delivery", "SentEmail", "SmsMessage", "WebhookEndpoint"]
