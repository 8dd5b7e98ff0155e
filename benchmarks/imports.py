"""The import of a real file against `psql \\copy` of the same rows (measured once the command exists)."""

from benchmarks.report import Result
from benchmarks.stand import Stand


def measure(stand: Stand) -> list[Result]:
    """The whole file each time, into a partner of its own."""
    return [Result("import_vs_psql_copy", 0.4, 0.6, "higher", detail="skipped: no import command yet")]
