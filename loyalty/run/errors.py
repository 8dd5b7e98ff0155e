"""What stops a run with one sentence instead of a traceback."""


class RunError(Exception):
    """Something the person at the keyboard can put right; the text says what and how."""
