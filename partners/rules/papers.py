"""Which files are taken as papers (scans and photos, and what offices write), and where they lie."""

ALLOWED = frozenset({"pdf", "jpg", "png", "webp", "docx"})
MOST_BYTES = 10_000_000

FOLDER = "partners"


def folder_of(partner_id: int) -> str:
    """Where a partner's papers lie in the private storage."""
    return f"{FOLDER}/{partner_id}/papers"


def is_paper(name: str) -> bool:
    """Whether a file below FOLDER lies where papers do."""
    _folder, _partner, kind, *_rest = (*name.split("/"), "", "")
    return kind == "papers"
