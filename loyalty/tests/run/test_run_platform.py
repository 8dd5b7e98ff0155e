"""The whole run of `make run`, around a small Django project: start, refusals, stop, and every process killed."""

import json
import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from loyalty.run import places
from loyalty.tests.run.small_checkout import Checkout, wait

pytestmark = pytest.mark.live
NAMES = "from django.contrib.auth.models import Group; print(sorted(Group.objects.values_list('name', flat=True)))"


def test_one_run_serves_refuses_a_second_one_and_leaves_no_process_behind(checkout: Checkout) -> None:
    checkout.start()

    assert checkout.get("/health") == {"status": "ok"}
    linked = {"success": True, "code": 200, "data": {"status": "ok", "sockets": 0, "channels": 0, "subscriptions": 0}}
    assert wait(lambda: checkout.realtime() == linked), checkout.realtime()
    assert f"Realtime           ws://127.0.0.1:{checkout.realtime_port}/app/loyalty" in checkout.said()
    assert checkout.groups("?add=from-web") == {"groups": ["from-web"]}
    checkout.groups("?later=from-worker")
    assert wait(lambda: checkout.groups() == {"groups": ["from-web", "from-worker"]})
    assert (checkout.root / "var" / "secret_key").stat().st_mode & 0o777 == 0o600

    assert checkout.manage("shell", "--no-imports", "-c", NAMES) == (0, "['from-web', 'from-worker']")
    assert (checkout.root / "var/run/environment.json").stat().st_mode & 0o777 == 0o600
    code, text = checkout.manage("shell", "--no-imports", "-c", NAMES, DATABASE_URL="sqlite://:memory:", DEBUG="1")
    assert (code, "SECRET_KEY" in text) == (1, True)  # a database of one's own is believed, and nothing added to it

    code, text = checkout.try_start()
    assert code == 1
    assert f"This checkout is already running (process {checkout.run and checkout.run.pid})" in text

    other = Checkout(checkout.root.with_name("another checkout"))
    other.build()
    other.port = checkout.port
    code, text = other.try_start()
    assert code == 1
    assert text.strip() == (
        f"Port {checkout.port} cannot be used (Address already in use). Stop the program that holds it, or choose "
        f"another one: make run PORT={checkout.port + 2}"
    )
    other.port, other.realtime_port = other.realtime_port, checkout.realtime_port
    code, text = other.try_start()
    assert code == 1
    assert text.strip() == (
        f"Port {checkout.realtime_port} cannot be used (Address already in use). Stop the program that holds it, or "
        f"choose another one: make run REALTIME_PORT={checkout.realtime_port + 2}"
    )

    assert checkout.end(signal.SIGINT) == 0
    assert checkout.living() == []
    assert other.living() == []
    assert not (checkout.root / "var/run/environment.json").exists()
    assert checkout.manage("shell", "--no-imports", "-c", NAMES)[0] == 1


@pytest.mark.slow
def test_whichever_process_is_killed_the_platform_comes_back(checkout: Checkout) -> None:
    checkout.start()
    assert checkout.groups("?add=kept") == {"groups": ["kept"]}

    for name in ("web", "realtime", "worker", "schedule", "postgres", "valkey"):
        before = checkout.leader(name)
        os.kill(before, signal.SIGKILL)
        assert wait(partial(changed, checkout, name, before)), name
        assert wait(lambda: checkout.groups() == {"groups": ["kept"]}), name
        assert wait(lambda: '"status": "ok"' in json.dumps(checkout.realtime())), name

    for name in ("web", "worker"):
        assert wait(partial(has_children, checkout, name)), name
        child = children_of(checkout.leader(name))[0]
        os.kill(child, signal.SIGKILL)
        assert wait(lambda: checkout.groups() == {"groups": ["kept"]}), name
    checkout.groups("?later=worker-works")
    assert wait(lambda: checkout.groups() == {"groups": ["kept", "worker-works"]})

    assert checkout.end(signal.SIGTERM) == 0
    assert checkout.living() == []


@pytest.mark.slow
def test_a_running_task_is_finished_before_the_platform_stops_or_done_anew_after_the_next_start(
    checkout: Checkout,
) -> None:
    checkout.start()
    checkout.groups("?later=slow")
    assert wait((checkout.root / "var/slow").exists)
    assert checkout.end(signal.SIGINT) == 0
    assert checkout.living() == []
    checkout.start()
    assert checkout.groups() == {"groups": ["slow"]}

    checkout.groups("?later=stuck")
    assert wait((checkout.root / "var/stuck").exists)
    assert checkout.end(signal.SIGINT) == 0
    assert checkout.living() == []
    checkout.start()
    assert wait(lambda: checkout.groups() == {"groups": ["slow", "stuck"]}, seconds=20)


@pytest.mark.slow
def test_after_the_run_itself_is_killed_the_next_start_keeps_the_data(checkout: Checkout) -> None:
    checkout.start()
    assert checkout.groups("?add=kept") == {"groups": ["kept"]}
    for _round in range(2):
        (checkout.root / "var/log/migrate.log").unlink(missing_ok=True)
        assert checkout.end(signal.SIGKILL) == -signal.SIGKILL
        checkout.start()
        assert checkout.groups() == {"groups": ["kept"]}
        assert not (checkout.root / "var/log/migrate.log").exists()

    everything = [checkout.leader(name) for name in ("postgres", "valkey", "web", "worker", "schedule")]
    assert checkout.end(signal.SIGKILL) == -signal.SIGKILL
    for pid in everything:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    # The number in the pid file now belongs to a program of somebody else.
    pid_file = checkout.root / "var/postgres/postmaster.pid"
    if pid_file.exists():
        pid_file.write_text("\n".join([str(os.getpid()), *pid_file.read_text().splitlines()[1:]]) + "\n")
    # New code asks for a real look at the migrations.
    (checkout.root / "shop/migrations").mkdir()
    (checkout.root / "shop/migrations/__init__.py").touch()
    checkout.start()
    assert checkout.groups() == {"groups": ["kept"]}
    assert (checkout.root / "var/log/migrate.log").read_text().strip() == "up to date"

    assert checkout.end(signal.SIGINT) == 0
    assert checkout.living() == []


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has two ways to start PostgreSQL")
def test_root_without_user_namespaces_runs_postgresql_as_nobody_and_opens_no_home(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EMBEDDED_AS_ROOT", "setpriv")
    modes = {folder: folder.stat().st_mode for folder in tmp_path.parents}
    for _round in range(2):
        checkout.start()
        owner = subprocess.run(["ps", "-C", "postgres", "-o", "user="], capture_output=True, text=True, check=True)
        assert "nobody" in owner.stdout.split()
        assert checkout.get("/groups") == {"groups": []}
        assert checkout.end(signal.SIGINT) == 0
        assert checkout.living() == []
    moved = Path("/var/tmp") / places.socket_dir(checkout.root / "var/postgres").name
    assert moved.stat().st_mode & 0o777 == 0o711
    shutil.rmtree(moved)
    assert modes == {folder: folder.stat().st_mode for folder in tmp_path.parents}


def changed(checkout: Checkout, name: str, before: int) -> bool:
    try:
        return checkout.leader(name) != before
    except (OSError, ValueError, IndexError, StopIteration):
        return False


def has_children(checkout: Checkout, name: str) -> bool:
    """A worker that lost its broker is started anew, and takes a while to have processes of its own."""
    return changed(checkout, name, 0) and bool(children_of(checkout.leader(name)))


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
