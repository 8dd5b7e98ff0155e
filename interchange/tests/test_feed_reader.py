"""Feeds are read in a child process: what a hostile one does to memory or time ends there (promise G2)."""

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from interchange.rules.feed_reading import FeedBrokenError, read_items
from interchange.services import feed_reader
from interchange.services.feed_reader import read_in_child
from interchange.tests.feeds import feed, opened, product

MEGABYTE = 1_000_000


@contextmanager
def stored(*pieces: bytes) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        for piece in pieces:
            file.write(piece)
        yield file


def processes() -> list[Path]:
    """The children of this process that read feeds."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            is_mine = entry.name.isdigit() and (entry / "stat").read_text().rpartition(")")[2].split()[1] == str(
                os.getpid()
            )
            if is_mine and "feed_child" in (entry / "cmdline").read_text():
                found.append(entry)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def limits_of_children() -> list[dict[str, str]]:
    """The soft limits of each, by name."""
    pages = [(entry / "limits").read_text().splitlines()[1:] for entry in processes()]
    return [{line[:26].strip(): line[26:].split()[0] for line in page} for page in pages]


def reason_of(file: IO[bytes], **bounds: Any) -> str:
    with pytest.raises(FeedBrokenError) as refused:
        for _ in read_in_child(file, **bounds):
            pass
    assert processes() == []
    return refused.value.reason


def test_a_child_tells_the_same_as_reading_here() -> None:
    content = feed(
        product("A-1", "Žalioji arbata 🍵", category=["Arbata", "Žolės"], note='"\n\\'),
        "<product id='7'><name>x</name><categories><category>1</category></categories></product>",
    )
    with stored(content) as file:
        for _ in range(2):
            assert list(read_in_child(file)) == list(read_items(opened(content)))


def test_a_fault_keeps_its_reason_and_line_and_what_came_before() -> None:
    with stored(b"<products>\n<product><id>1</id></product>\n", b"x" * 70_000, b"\n<product></wrong>") as file:
        found = []
        with pytest.raises(FeedBrokenError) as refused:
            found.extend(read_in_child(file))
    assert (refused.value.reason, refused.value.line) == ("not_xml", 4)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def test_a_billion_laughs_are_refused_before_the_first() -> None:
    with stored(f'<!DOCTYPE p [<!ENTITY l0 "ha">{LAUGHS}]><p><product>&l9;</product></p>'.encode()) as file:
        before = time.monotonic()
        assert reason_of(file) == "document_type"
        assert time.monotonic() - before < 10


def test_a_huge_token_ends_the_child_and_not_the_server() -> None:
    with stored(feed(product(1))) as file:
        assert len(list(read_in_child(file, memory=80 * MEGABYTE))) == 1
    mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with stored(b"<products><product id='", *([b"a" * MEGABYTE] * 60), b"'/></products>") as file:
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        assert reason_of(file, memory=80 * MEGABYTE) == "too_heavy"
        # It was memory that ended it, not time.
        assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - used < 30
    # Kilobytes: what the server itself needed besides.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - mine < 50_000


def test_the_bounds_of_a_child_are_those_that_are_promised() -> None:
    many = (product(number, "x" * 100) for number in range(5_000))
    with stored(feed(*many)) as file:
        items = read_in_child(file)
        next(items)
        (limits,) = limits_of_children()
    items.close()  # type: ignore[attr-defined]
    assert limits["Max address space"] == str(512 * 1024 * 1024)
    assert limits["Max cpu time"] == "60"
    assert limits["Max file size"] == limits["Max core file size"] == "0"


def test_a_feed_that_takes_too_long_is_stopped_by_the_processor_it_used() -> None:
    many = b"<product><id>1</id><a/><b/><c/></product>" * 20_000
    with stored(b"<products>", *([b"<x>" + b"<y/>" * 250_000 + b"</x>"] * 60), many, b"</products>") as file:
        assert reason_of(file, cpu_seconds=1) == "too_heavy"


def test_a_child_that_says_nothing_is_killed() -> None:
    with stored(b"<products>", *([b"<x>" + b"<y/>" * 250_000 + b"</x>"] * 60), b"</products>") as file:
        before = time.monotonic()
        assert reason_of(file, silence=0.05) == "too_heavy"
        assert time.monotonic() - before < 10


def test_nobody_is_left_behind_when_the_reader_goes_away() -> None:
    with stored(feed(*(product(number, "x" * 100) for number in range(5_000)))) as file:
        items = read_in_child(file)
        assert next(items).number == 1
        assert len(processes()) == 1
        items.close()  # type: ignore[attr-defined]
        assert processes() == []


def test_a_child_knows_none_of_the_servers_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    start = feed_reader.subprocess.Popen

    def watched(*arguments: Any, **options: Any) -> Any:
        child = start(*arguments, **options)
        seen["environment"] = Path(f"/proc/{child.pid}/environ").read_text().split("\0")
        return child

    monkeypatch.setenv("SECRET_KEY", "very-secret")
    monkeypatch.setattr(feed_reader.subprocess, "Popen", watched)
    with stored(feed(product(1))) as file:
        assert len(list(read_in_child(file))) == 1
    assert not any("very-secret" in line for line in seen["environment"])
