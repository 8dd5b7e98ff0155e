"""Who a request acts for, once that is proven."""

from dataclasses import dataclass, field

from loyalty.limits.limiter import Limits
from loyalty.services.audit import Actor


@dataclass(frozen=True, slots=True)
class Principal:
    """The proven caller: what the rate limiter counts, what the audit trail names, what it may do."""

    actor: Actor
    limit_key: str
    limits: Limits
    capabilities: frozenset[str] = field(default_factory=frozenset)
    # The headers of a limit that was already counted while proving the caller; None: still to be counted.
    limit_headers: dict[str, str] | None = None

    @property
    def label(self) -> str:
        return str(self.actor)


ADMIN_LIMITS = Limits(per_hour=10_000, per_minute=500)
ANONYMOUS_LIMITS = Limits(per_hour=1_000, per_minute=60)
