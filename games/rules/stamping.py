"""How stamps fill a card, and how they are taken back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advance:
    """What came of adding stamps: `filled` cards, `step` stamps on the card in hand, `counted` of those added."""

    filled: int
    step: int
    is_full: bool
    counted: int


def advance(*, step: int, count: int, required: int, is_reset: bool, is_carried: bool) -> Advance:
    """Add `count` stamps to a card that is not full.

    A card that starts again by itself carries what is beyond its last stamp to the next one, if the game says so, and
    may thereby be filled more than once. A card that stays full has no next one: the rest is lost. There may be more
    stamps on it than are needed any more; then none of the new ones counts, unless they are carried on.
    """
    total = step + count
    if total < required:
        return Advance(filled=0, step=total, is_full=False, counted=count)
    if not is_reset:
        return Advance(filled=1, step=required, is_full=True, counted=max(0, required - step))
    if not is_carried:
        return Advance(filled=1, step=0, is_full=False, counted=max(0, required - step))
    filled, left = divmod(total, required)
    return Advance(filled=filled, step=left, is_full=False, counted=count)


@dataclass(frozen=True, slots=True)
class Given:
    """Stamps that one purchase gave: how many, what was on the card after them, and the cards they filled.

    `reopened` of those are open again, because the coupon they earned was cancelled.
    """

    count: int
    step_after: int
    filled: int
    reopened: int
    # A card was filled or started again since.
    is_overtaken: bool


def take_back(*, given: Given, step: int, required: int) -> int:
    """How the stamps in hand change when the purchase is undone: never below none, never a used coupon's stamps.

    Above zero where a card is open again: what others gave to it is the customer's.
    """
    if given.filled and given.reopened == given.filled:
        # A card that stays full was not emptied by being filled.
        emptied = given.filled * required if given.step_after < required else 0
        return max(emptied - given.count, -step)
    if given.is_overtaken:
        return 0
    possible = given.step_after if given.filled else given.count
    return -min(step, given.count, possible)
