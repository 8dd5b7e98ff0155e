"""Makes .venv ready and goes on in it: the only part that runs on the system's Python, with nothing but its library.

Use: `python3 loyalty/run/bootstrap.py [--dev] [command ...]`; the command's first word is looked up in .venv/bin.
This file must also parse on a Python that is too old, so that it can say so: its type hints stand in quotes.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
NEWER = ("python3.11", "python3.12", "python3.13")
ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
LOGS = ROOT / "var" / "log"
UNFINISHED = VENV / ".loyalty-unfinished"
RUN_FILES = ("requirements-embedded.txt", "requirements.txt")
SETS = {"run": RUN_FILES, "dev": (*RUN_FILES, "requirements-dev.txt")}


class BootstrapError(Exception):
    """What the person at the keyboard can put right."""


def main(arguments: "list[str]") -> int:
    use_a_new_enough_python()
    dev = arguments[:1] == ["--dev"]
    command = arguments[1:] if dev else arguments
    os.chdir(ROOT)
    try:
        prepare("dev" if dev else "run")
    except (OSError, BootstrapError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    if command:
        os.environ["VIRTUAL_ENV"] = str(VENV)
        os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        os.environ.pop("PYTHONHOME", None)
        program = str(VENV / "bin" / command[0])
        os.execv(program, [program, *command[1:]])  # noqa: S606 - no shell wanted
    return 0


def use_a_new_enough_python() -> None:
    if sys.version_info >= OLDEST:
        return
    for name in NEWER:
        found = shutil.which(name)
        works = found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0
        if found and works:
            os.execv(found, [found, *sys.argv])  # noqa: S606 - no shell wanted
    sys.exit(
        f"Loyalty needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]} ({sys.executable}).\n"
        "Install one and name it: make run PYTHON=/path/to/python3"
    )


def prepare(name: str) -> None:
    """Install what the set's files pin, unless exactly that is there already; two runs at once take turns."""
    if installed(name):
        return
    LOGS.mkdir(parents=True, exist_ok=True)
    with (ROOT / "var" / "bootstrap.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if installed(name):
            return
        began = time.monotonic()
        sys.stdout.write("  Installing Python packages into .venv (only when their list has changed) ...\n")
        sys.stdout.flush()
        # An install that was killed half-way can leave packages that pip takes for complete: begin anew.
        if UNFINISHED.exists() or made_elsewhere() or not has_pip():
            make_venv()
        UNFINISHED.touch()
        install(SETS[name])
        for done, files in SETS.items():
            if set(files) <= set(SETS[name]):
                stamp(done).write_text(fingerprint(done))
        UNFINISHED.unlink()
        sys.stdout.write(f"  ... done in {time.monotonic() - began:.0f} s\n")


def installed(name: str) -> bool:
    if UNFINISHED.exists() or not (VENV / "bin" / "python").exists():
        return False
    return read(stamp(name)) == fingerprint(name)


def stamp(name: str) -> Path:
    return VENV / f".loyalty-{name}"


def fingerprint(name: str) -> str:
    found = hashlib.sha256(str(VENV).encode())
    for file in SETS[name]:
        found.update((ROOT / file).read_bytes())
    return found.hexdigest()


def made_elsewhere() -> bool:
    """Scripts in a venv hold its path, so one that was moved or copied with its folder is of no use."""
    config = read(VENV / "pyvenv.cfg").rstrip()
    return "command = " in config and not config.endswith(str(VENV))


def has_pip() -> bool:
    python = VENV / "bin" / "python"
    return python.exists() and subprocess.call([python, "-m", "pip", "--version"], stdout=subprocess.DEVNULL) == 0


def make_venv() -> None:
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise BootstrapError(
            f"A virtual environment could not be made with {sys.executable}:\n{done.stdout.strip()}\n"
            "On Debian and Ubuntu it needs: apt-get install python3-venv"
        )


def install(files: "tuple[str, ...]") -> None:
    """Everything is pinned and hashed, what it depends on included, so pip has nothing to resolve (--no-deps)."""
    log = LOGS / "pip.log"
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-compile"]
    command += ["--no-input", "--disable-pip-version-check"]
    for name in files:
        command += ["-r", name]
    with log.open("w") as sink:
        code = subprocess.call(command, stdout=sink, stderr=subprocess.STDOUT, env={**os.environ, "PIP_USER": "0"})
    if code:
        last = "\n  ".join(read(log).splitlines()[-12:])
        raise BootstrapError(f"pip could not install the packages; the whole story is in {log}:\n  {last}")


def read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text()
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
