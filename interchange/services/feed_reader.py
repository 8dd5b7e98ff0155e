"""A feed read in a child process with a bound on its memory and time (promise G2)."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from interchange.rules.feed_reading import FeedBrokenError, FeedItem
from loyalty.errors import UnavailableError

MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 60
# Without a word for so long it is killed: a child that waits for a processor is given more time than it may use.
SILENCE = 90.0
CHUNK = 1 << 16
TOP = Path(__file__).resolve().parents[2]


def read_in_child(
    file: IO[bytes], *, memory: int = MEMORY, cpu_seconds: int = CPU_SECONDS, silence: float = SILENCE
) -> Iterator[FeedItem]:
    """The items of a feed from its beginning, in their order; `file` is one of the file system.

    Raises FeedBrokenError, also `too_heavy` where reading took more than its bounds.
    """
    with _child(file, memory, cpu_seconds) as child:
        for line in _lines(child, silence):
            told = json.loads(line)
            if told[0] == "end":
                return
            if told[0] == "broken":
                raise FeedBrokenError(told[1], told[2])
            number, at, tag, path, texts, nested = told
            yield FeedItem(number, at, tag, path, texts, set(nested))
    raise FeedBrokenError("too_heavy")


@contextmanager
def _child(file: IO[bytes], memory: int, cpu_seconds: int) -> Iterator["subprocess.Popen[bytes]"]:
    file.flush()
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    command = [sys.executable, "-m", "interchange.rules.feed_child", str(memory), str(cpu_seconds)]
    try:
        child = subprocess.Popen(  # noqa: S603 - our own module, and nothing of the feed's
            command,
            stdin=file.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=TOP,
            # None of the server's secrets are in a process that strangers' bytes run through.
            env={"PYTHONPATH": str(TOP), "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"},
        )
    except OSError as error:
        raise UnavailableError from error
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        _pipe(child).close()


def _lines(child: "subprocess.Popen[bytes]", silence: float) -> Iterator[bytes]:
    """Whole lines; they end when the child does, or is killed for its silence."""
    pipe: Any = _pipe(child)
    parts: list[bytes] = []
    # Not select(): a server with more than a thousand open sockets could not ask it.
    poll = select.poll()
    poll.register(pipe, select.POLLIN | select.POLLHUP)
    while poll.poll(silence * 1_000):
        piece = os.read(pipe.fileno(), CHUNK)
        if not piece:
            return
        first, *rest = piece.split(b"\n")
        parts.append(first)
        for part in rest:
            yield b"".join(parts)
            parts = [part]


def _pipe(child: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert child.stdout is not None, "it was asked for"
    return child.stdout
