"""What a till is told of stamps: plain values that can be kept beside the event and told again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Won:
    """The reward of one filled card: a coupon, or points that were credited at once."""

    type: str
    reward_type: str
    product_name: str
    coupon_id: int | None = None
    coupon_code: str | None = None
    coupon_status: str | None = None
    expires_at: str | None = None
    points: int | None = None
    # Not made now: the one that the game allows.
    is_earlier: bool = False


@dataclass(frozen=True, slots=True)
class Stamped:
    """A stamp card after a call. Of a card that was filled the steps are those of the full one; `carried_over` stamps
    are on the next.
    """

    step: int
    required: int
    is_completed: bool
    was_completed: bool = False
    carried_over: int = 0
    rewards: tuple[Won, ...] = ()
    is_replay: bool = False

    def kept(self) -> dict[str, Any]:
        """As it is stored."""
        return {"carried_over": self.carried_over, "rewards": [asdict(one) for one in self.rewards]}


def stamped_again(*, kept: Mapping[str, Any] | None, step: int, filled: int, required: int) -> Stamped:
    """The answer that was given before."""
    if not filled:
        return Stamped(step, required, is_completed=False, is_replay=True)
    rewards = tuple(Won(**one) for one in (kept or {}).get("rewards", ()))
    carried = (kept or {}).get("carried_over", 0)
    return Stamped(required, required, is_completed=True, carried_over=carried, rewards=rewards, is_replay=True)


def told(moment: datetime | None) -> str | None:
    """An instant as it is kept in an answer: UTC, in whole seconds."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
