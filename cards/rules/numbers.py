"""How card numbers look."""

import secrets


def new_number() -> str:
    """A random number `XXX-XXX-XXX`: not guessable from another customer's."""
    digits = f"{secrets.randbelow(1_000_000_000):09}"
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
