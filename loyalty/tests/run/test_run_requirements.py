"""The requirement files are complete for every Python they may meet: pip installs them without looking further."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
PYTHONS = ("3.11.0", "3.11.2", "3.11.7", "3.12.0", "3.13.0")
MACHINES = ("x86_64", "aarch64")


def pinned(*files: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in files:
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / file).read_text(), re.MULTILINE):
            found[canonicalize_name(name)] = version
    return found


def needs(name: str, version: str, machine: str) -> set[str]:
    """What an installed package asks for on another Python; its extras count only where they are asked for by name."""
    env = {str(key): str(value) for key, value in default_environment().items()}
    env |= {"python_full_version": version, "python_version": ".".join(version.split(".")[:2])}
    env |= {"platform_machine": machine, "extra": ""}
    wanted = [Requirement(line) for line in distribution(name).requires or []]
    return {canonicalize_name(one.name) for one in wanted if one.marker is None or one.marker.evaluate(env)}


@pytest.mark.parametrize("files", [("requirements.txt",), ("requirements.txt", "requirements-dev.txt")], ids=str)
@pytest.mark.parametrize("version", PYTHONS)
@pytest.mark.parametrize("machine", MACHINES)
def test_every_dependency_of_a_pinned_package_is_pinned_too(files: tuple[str, ...], version: str, machine: str) -> None:
    known = pinned(*files)
    missing = {
        f"{name} needs {other}" for name in known for other in needs(name, version, machine) if other not in known
    }
    assert missing == set()


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "requirements-embedded.txt"])
def test_every_pin_has_a_hash(file: str) -> None:
    text = (ROOT / file).read_text()
    without = [
        block.split()[0] for block in re.split(r"\n(?=[a-z])", text) if "==" in block and "--hash=sha256:" not in block
    ]
    assert without == []


def test_both_files_pin_the_same_version() -> None:
    run, dev = pinned("requirements.txt"), pinned("requirements-dev.txt")
    assert {name: (run[name], dev[name]) for name in run.keys() & dev.keys() if run[name] != dev[name]} == {}
