from loyalty.models.audit import AuditEvent
from loyalty.models.failed_call import FailedCall
from loyalty.models.idempotency import IdempotencyRecord
from loyalty.models.outbox import OutboxEvent
from loyalty.models.session import LoginSession
from loyalty.models.user import User

__all__ = ["AuditEvent", "FailedCall", "IdempotencyRecord", "LoginSession", "OutboxEvent", "User"]
