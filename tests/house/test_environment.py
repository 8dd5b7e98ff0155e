"""`.env.example` names every variable that the code reads, and no other."""

import re

from django.conf import settings

READERS = [
    re.compile(r"""\benv\.\w+\(\s*"([A-Z][A-Z0-9_]+)\""""),
    re.compile(r"""\bos\.environ(?:\.get|\.setdefault)?[\[(]\s*"([A-Z][A-Z0-9_]+)\""""),
    re.compile(r"""\bos\.getenv\(\s*"([A-Z][A-Z0-9_]+)\""""),
    re.compile(r"""\benv(?:\.get|\.setdefault)?[\[(]\s*"([A-Z][A-Z0-9_]+)\""""),
]
# Read, but not ours: set by Python, the shell, test tools, or by our own starter for its children.
FOREIGN = {
    *("PATH", "HOME", "DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR", "USER"),
    *("TERM", "NO_COLOR", "COLUMNS", "XDG_RUNTIME_DIR", "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "OWN_BROKER"),
}
# Read by compose.yaml alone.
ELSEWHERE = {"POSTGRES_PASSWORD"}


def _read() -> set[str]:
    names: set[str] = set()
    for path in settings.BASE_DIR.glob("**/*.py"):
        parts = path.relative_to(settings.BASE_DIR).parts
        if parts[0] in {".venv", "var", "tests", "benchmarks"} or "tests" in parts or path.name == "conftest.py":
            continue
        text = path.read_text()
        names |= {name for reader in READERS for name in reader.findall(text)}
    return names - FOREIGN


def _listed() -> list[str]:
    text = (settings.BASE_DIR / ".env.example").read_text()
    return re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE)


def test_every_variable_is_listed_once() -> None:
    listed = _listed()
    assert sorted(_read() - set(listed)) == []
    assert sorted(name for name in set(listed) if listed.count(name) > 1) == []


def test_no_variable_is_listed_that_nobody_reads() -> None:
    assert sorted(set(_listed()) - _read() - ELSEWHERE) == []
