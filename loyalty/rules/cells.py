"""Cells of a file that a spreadsheet will open (promise G4)."""

# A spreadsheet takes what begins so for a formula; the last four are the full-width forms of the first ones.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> str:
    """A text as a cell: never a formula. Numbers, given as such, stay numbers."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text
