from messaging.models.consent import Consent
from messaging.models.sent_email import SentEmail
from messaging.models.sms_account import SmsAccount, SmsTopUp
from messaging.models.sms_message import SmsMessage
from messaging.models.sms_receipt import SmsReceipt

__all__ = ["Consent", "SentEmail", "SmsAccount", "SmsMessage", "SmsReceipt", "SmsTopUp"]
