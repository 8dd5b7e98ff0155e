"""The provider that moves no money: what a demo and a development machine use. It says so in every number it gives."""

import hashlib

from commissions.providers.base import Answer, Order, Outcome

REFUSES = "refuse"
WAITS = "wait"


class SandboxProvider:
    """Pays at once; a counterpart that begins with `refuse` is refused, one with `wait` stays pending at first."""

    name = "sandbox"
    is_sandbox = True

    def send(self, order: Order) -> Answer:
        if order.counterpart.startswith(REFUSES):
            return Answer(Outcome.REFUSED, reason="sandbox: this counterpart refuses everything")
        outcome = Outcome.PENDING if order.counterpart.startswith(WAITS) else Outcome.PAID
        return Answer(outcome, f"sandbox_{hashlib.sha256(order.key.encode()).hexdigest()[:16]}")

    def find(self, order: Order) -> Answer | None:
        return None  # it has no memory, and the same order gets the same answer

    def look(self, order: Order, external_id: str) -> Answer:
        return Answer(Outcome.PAID, external_id)
