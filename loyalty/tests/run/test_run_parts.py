"""The parts of `loyalty/run` by themselves: private folders, records of processes, secrets, commands, test servers."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loyalty.run import console, environment, places, postgres, processes
from loyalty.run.__main__ import command_of
from loyalty.run.binaries import Postgres
from loyalty.run.errors import RunError

ROOT = Path(__file__).resolve().parents[3]
MARKER = "LOYALTY_RUN=/some/where"


def sleeper(env: dict[str, str] | None = None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["sleep", "60"], env={**os.environ, **(env or {})}, start_new_session=True)


def test_a_socket_folder_is_short_private_and_the_same_for_the_same_data(tmp_path: Path) -> None:
    deep = tmp_path / ("very long name " * 12)
    first, second = places.socket_dir(deep), places.socket_dir(deep)
    assert first == second
    assert places.socket_dir(tmp_path) != first
    assert len(str(first / ".s.PGSQL.5432")) <= 107
    assert first.stat().st_mode & 0o777 == 0o700
    for folder in (first, places.socket_dir(tmp_path)):
        folder.rmdir()


def test_a_socket_folder_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    folder = places.socket_dir(tmp_path)
    folder.chmod(0o777)
    with pytest.raises(RunError, match="not a private folder that belongs to you"):
        places.socket_dir(tmp_path)
    folder.rmdir()


def test_a_socket_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    folder = places.socket_dir(tmp_path)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(RunError, match="not a private folder that belongs to you"):
        places.socket_dir(tmp_path)
    folder.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = places.socket_dir(tmp_path)
    os.chown(folder, 12345, 12345)
    with pytest.raises(RunError, match="not a private folder that belongs to you"):
        places.socket_dir(tmp_path)
    folder.rmdir()


def test_a_recorded_process_is_found_and_ended(tmp_path: Path) -> None:
    process = sleeper()
    processes.remember(tmp_path / "one.pid", process)
    assert [one.pid for one in processes.leftovers(tmp_path / "one.pid", MARKER)] == [process.pid]
    assert processes.end(tmp_path / "one.pid", MARKER) is True
    assert process.wait(5) == -signal.SIGTERM
    assert not (tmp_path / "one.pid").exists()


def test_a_process_that_only_has_the_same_number_is_left_alone(tmp_path: Path) -> None:
    process = sleeper()
    found = processes.look_up(process.pid)
    assert found is not None
    (tmp_path / "one.pid").write_text(f"{process.pid} {found.started - 1}\n")
    assert processes.end(tmp_path / "one.pid", MARKER) is False
    assert process.poll() is None
    process.kill()
    process.wait()


def test_children_of_a_dead_leader_are_ended_by_their_marker(tmp_path: Path) -> None:
    name, _, value = MARKER.partition("=")
    leader = subprocess.Popen(
        ["sh", "-c", "sleep 61 & sleep 62"], env={**os.environ, name: value}, start_new_session=True
    )
    processes.remember(tmp_path / "one.pid", leader)
    assert processes.wait_until(lambda: len(processes.leftovers(tmp_path / "one.pid", MARKER)) == 3, seconds=5)
    leader.kill()
    leader.wait()
    assert len(processes.leftovers(tmp_path / "one.pid", MARKER)) == 2
    assert processes.leftovers(tmp_path / "one.pid", "LOYALTY_RUN=/other") == []
    assert processes.end(tmp_path / "one.pid", MARKER) is True
    assert processes.leftovers(tmp_path / "one.pid", MARKER) == []


def test_a_child_dies_with_the_run_that_started_it(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, signal, sys, time\n"
        "from loyalty.run import processes\n"
        "child = processes.start(['sleep', '60'], env=os.environ, log=pathlib.Path(sys.argv[1]))\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "log")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    assert processes.wait_until(lambda: (found := processes.look_up(pid)) is None or found.zombie, seconds=5)


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = environment.secret_key(tmp_path / "secret_key")
    assert environment.secret_key(tmp_path / "secret_key") == first
    assert len(first) == 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize("text", ["0", "65536", "web", "-1", "80.0"])
def test_an_odd_port_is_refused_with_a_sentence(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(RunError, match="it must be a number from 1 to 65535"):
        environment.port()


def test_what_is_set_stays_and_what_is_missing_gets_a_local_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET_KEY", "BASE_URL", "DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/else")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    env = environment.local(8123)
    assert env["BASE_URL"] == "http://127.0.0.1:8123"
    assert env["DEBUG"] == "1"
    assert env["DATABASE_URL"] == "postgres://somewhere/else"
    assert env["SECRET_KEY"] == (tmp_path / "secret_key").read_text()
    monkeypatch.setenv("DEBUG", "0")
    assert "SECRET_KEY" not in environment.local(8123)


def test_bare_options_and_files_mean_pytest() -> None:
    assert command_of([]) == []
    assert command_of(["-k", "sale"]) == ["pytest", "-k", "sale"]
    assert command_of(["loyalty/run/serve.py::x"]) == ["pytest", "loyalty/run/serve.py::x"]
    assert command_of(["loyalty/tests"]) == ["pytest", "loyalty/tests"]
    assert command_of(["manage.py", "check"]) == ["python", "manage.py", "check"]
    assert command_of(["sh", "-c", "true"]) == ["sh", "-c", "true"]


def test_logins_are_read_from_the_demo_file_and_a_broken_one_prints_none(tmp_path: Path) -> None:
    assert console.logins(tmp_path / "demo.json") == []
    (tmp_path / "demo.json").write_text('{"admin": {"email": "a@example.com"')
    assert console.logins(tmp_path / "demo.json") == []
    (tmp_path / "demo.json").write_text('{"admin": {"email": "a@example.com", "password": "secret"}, "partners": []}')
    assert console.logins(tmp_path / "demo.json") == [("admin", "a@example.com", "secret")]


def test_two_test_runs_at_once_have_servers_of_their_own_and_leave_nothing(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    env["VAR_DIR"] = str(tmp_path)
    script = 'echo "$DATABASE_URL $REDIS_URL $VAR_DIR"; exit 7'
    command = [sys.executable, "-m", "loyalty.run", "tests", "--", "sh", "-c", script]
    runs = [
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _number in range(2)
    ]
    said = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [7, 7], said
    addresses = [out.splitlines()[-1] for out, _err in said]
    assert addresses[0] != addresses[1]
    assert not set(addresses[0].split()) & set(addresses[1].split())
    assert sorted(path.name.split("-")[0] for path in (tmp_path / "test").iterdir()) == ["lock", "template"]


def test_data_of_another_major_version_are_refused_and_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("12\n")
    programs = Postgres(tmp_path / "bin", "18.6", ())
    with pytest.raises(RunError, match=r"was made by PostgreSQL 12, and the programs found are 18\.6"):
        postgres.Server(programs, tmp_path, tmp_path, tmp_path / "log").create()
    assert [path.name for path in tmp_path.iterdir()] == ["PG_VERSION"]


def test_the_example_names_every_variable_that_the_settings_read() -> None:
    read = set(re.findall(r'nv\(?\)?\.\w+\(\s*"([A-Z_]+)"', (ROOT / "loyalty" / "settings.py").read_text()))
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert "SECRET_KEY" in read
    assert "VAR_DIR" in read
    assert read - named == set()
