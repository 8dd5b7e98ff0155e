"""Who may be written to."""

from messaging.choices import Purpose


def is_allowed(purpose: str, answer: bool | None) -> bool:
    """Whether a message of this purpose may go out, by the newest answer of its address (None: never asked).

    What serves somebody needs no consent; an advertisement needs a yes that was not taken back.
    """
    return purpose != Purpose.MARKETING or answer is True
