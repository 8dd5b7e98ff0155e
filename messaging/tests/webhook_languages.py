"""Runs the verifiers of docs/webhooks.md as they stand there, each in its own language."""

import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

TEXT = (settings.BASE_DIR / "docs" / "webhooks.md").read_text(encoding="utf-8")
LIBRARY = "standardwebhooks@1.1.1"


@dataclass(frozen=True, slots=True)
class Call:
    """What a receiver has in hand, and whether it ought to believe it."""

    name: str
    secret: str
    headers: dict[str, str]
    body: bytes
    is_ours: bool

    @property
    def parts(self) -> tuple[str, str, str, str]:
        told = {name.lower(): value for name, value in self.headers.items()}
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        return (self.secret, *(told.get(name, "") for name in names))  # type: ignore[return-value]


def example(name: str) -> str:
    """The code block whose first line names this file."""
    (block,) = (
        block for block in re.findall(r"```\w+\n(.*?)```", TEXT, re.DOTALL) if block.split("\n")[0].endswith(f" {name}")
    )
    return str(block)


def run(
    command: Sequence[str], *, feed: bytes, folder: Path, seconds: float = 60
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=feed, cwd=folder, capture_output=True, timeout=seconds, check=False)


def _lines(calls: Sequence[Call]) -> bytes:
    """One call a line: secret, id, time, signatures and body in base64."""
    rows = ([part.encode() for part in call.parts] + [call.body] for call in calls)
    return b"".join(b" ".join(b64encode(part) for part in row) + b"\n" for row in rows)


def _believed(command: Sequence[str], calls: Sequence[Call], folder: Path) -> list[bool]:
    ended = run(command, feed=_lines(calls), folder=folder)
    assert ended.returncode == 0, ended.stderr.decode()
    return [line == "1" for line in ended.stdout.decode().split()]


def needed(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"there is no {program} here")
    return path


# What comes after the example: it reads the lines and says 1 or 0 for each.
_NODE = """
import { readFileSync } from "node:fs";
for (const line of readFileSync(0, "utf8").split("\\n").slice(0, -1)) {
  const [secret, id, time, signatures, body] = line.split(" ").map((part) => Buffer.from(part, "base64"));
  const headers = { "webhook-id": `${id}`, "webhook-timestamp": `${time}`, "webhook-signature": `${signatures}` };
  let answer = 0;
  try {
    answer = readEvent(`${secret}`, headers, body).type === "points.awarded" ? 1 : 2;
  } catch {}
  console.log(answer);
}
"""
_JAVA = """class Run {
    public static void main(String[] none) throws Exception {
        var lines = new java.io.BufferedReader(new java.io.InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] said = line.split(" ", -1);
            byte[][] parts = new byte[5][];
            for (int at = 0; at < 5; at++) parts[at] = Base64.getDecoder().decode(said[at]);
            System.out.println(Verify.isOurs(new String(parts[0]), new String(parts[1]), new String(parts[2]),
                new String(parts[3]), parts[4]) ? 1 : 0);
        }
    }
}

"""
_PERL = """
while (my $line = <STDIN>) {
    chomp $line;
    print is_ours(map { decode_base64($_) } split(/ /, $line, -1)) ? "1\\n" : "0\\n";
}
"""
_PHP = """
while (($line = fgets(STDIN)) !== false) {
    echo is_ours(...array_map('base64_decode', explode(' ', rtrim($line, "\\n")))) ? "1\\n" : "0\\n";
}
"""


def _node(folder: Path, file: str, calls: Sequence[Call]) -> list[bool]:
    program = needed("node")
    (folder / file).write_text(example(file) + _NODE, encoding="utf-8")
    return _believed([program, file], calls, folder)


def by_node(folder: Path, calls: Sequence[Call]) -> list[bool]:
    return _node(folder, "verify.mjs", calls)


def by_node_library(folder: Path, calls: Sequence[Call]) -> list[bool]:
    """With the official library, fetched once into var/."""
    needed("node")
    store = Path(settings.BASE_DIR) / "var" / "node-webhooks"
    if not (store / "node_modules" / "standardwebhooks" / "package.json").exists():
        _install(store)
    (folder / "node_modules").symlink_to(store / "node_modules")
    return _node(folder, "library.mjs", calls)


def _install(store: Path) -> None:
    store.mkdir(parents=True, exist_ok=True)
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--fetch-retries=0", "--fetch-timeout=20000"]
    command = [needed("npm"), "install", "--prefix", str(store), *options, LIBRARY]
    try:
        ended = run(command, feed=b"", folder=store, seconds=90)
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry does not answer")
    if ended.returncode:
        pytest.skip(f"npm cannot fetch {LIBRARY}: {ended.stderr.decode()[-200:]}")


def by_java(folder: Path, calls: Sequence[Call]) -> list[bool]:
    program = needed("java")
    needed("javac")
    head, _class, rest = example("Verify.java").partition("public class Verify")
    (folder / "Run.java").write_text(f"{head}{_JAVA}{_class}{rest}", encoding="utf-8")
    return _believed([program, "-XX:TieredStopAtLevel=1", "Run.java"], calls, folder)


def by_perl(folder: Path, calls: Sequence[Call]) -> list[bool]:
    program = needed("perl")
    (folder / "verify.pl").write_text(example("verify.pl") + _PERL, encoding="utf-8")
    return _believed([program, "verify.pl"], calls, folder)


def by_php(folder: Path, calls: Sequence[Call]) -> list[bool]:
    program = needed("php")
    (folder / "verify.php").write_text(example("verify.php") + _PHP, encoding="utf-8")
    return _believed([program, "verify.php"], calls, folder)


def by_shell(folder: Path, calls: Sequence[Call]) -> list[bool]:
    """Never skipped: a machine without `sh` and `openssl` fails here."""
    (folder / "verify.sh").write_text(example("verify.sh"), encoding="utf-8")
    ended = [run(["sh", "verify.sh", *call.parts], feed=call.body, folder=folder) for call in calls]
    assert {one.returncode for one in ended} <= {0, 1}, [one.stderr for one in ended]
    assert not any(one.stderr for one in ended)
    return [one.returncode == 0 for one in ended]


WAYS: dict[str, Callable[[Path, Sequence[Call]], list[bool]]] = {
    "node and the library": by_node_library,
    "node": by_node,
    "java": by_java,
    "perl": by_perl,
    "php": by_php,
    "sh and openssl": by_shell,
}
