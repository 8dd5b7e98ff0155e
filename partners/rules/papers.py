"""Which files are taken as papers: scans and photos, and what offices write."""

ALLOWED = frozenset({"pdf", "jpg", "png", "webp", "docx"})
MOST_BYTES = 10_000_000
