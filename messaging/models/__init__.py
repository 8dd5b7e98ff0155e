from messaging.models.consent import Consent
from messaging.models.sent_email import SentEmail

__all__ = ["Consent", "SentEmail"]
