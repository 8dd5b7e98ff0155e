from messaging.models.consent import Consent
from messaging.models.delivery import Delivery
from messaging.models.email_message import EmailMessage
from messaging.models.message import Message, MessageAttachment
from messaging.models.message_template import MessageTemplate
from messaging.models.sent_email import SentEmail
from messaging.models.sms_account import SmsAccount, SmsTopUp
from messaging.models.sms_message import SmsMessage
from messaging.models.sms_receipt import SmsReceipt
from messaging.models.sms_template import SmsTemplate
from messaging.models.webhook_endpoint import WebhookEndpoint

__all__ = [
    "Consent",
    "Delivery",
    "EmailMessage",
    "Message",
    "MessageAttachment",
    "MessageTemplate",
    "SentEmail",
    "SmsAccount",
    "SmsMessage",
    "SmsReceipt",
    "SmsTemplate",
    "SmsTopUp",
    "WebhookEndpoint",
]
