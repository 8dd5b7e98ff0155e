from messaging.models.consent import Consent
from messaging.models.sent_email import SentEmail
from messaging.models.sms_message import SmsMessage

__all__ = ["Consent", "SentEmail", "SmsMessage"]
