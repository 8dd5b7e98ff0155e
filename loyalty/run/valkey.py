"""A Valkey (or Redis) server of our own, reached by its socket only."""

import contextlib
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from loyalty.run import processes
from loyalty.run.errors import RunError
from loyalty.run.postgres import clean_environment, tail


@dataclass
class Server:
    """One data folder and the server that works on it."""

    program: Path
    data: Path
    sockets: Path
    log: Path
    throw_away: bool = False
    child: "subprocess.Popen[bytes] | None" = None

    @property
    def path(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def cache_url(self) -> str:
        return f"unix://{self.path}?db=0"

    @property
    def broker_url(self) -> str:
        return f"redis+socket://{self.path}?virtual_host=1"

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self.stop_leftover()
        settings = {
            "port": "0",
            "unixsocket": str(self.path),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "no" if self.throw_away else "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "databases": "64",
            "daemonize": "no",
        }
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        command = [str(self.program), *arguments]
        self.child = processes.start(command, env=clean_environment(), log=self.log, cwd=self.data)

    def wait(self, seconds: float = 30) -> None:
        if not processes.wait_until(lambda: self._answers() or self._gone(), seconds=seconds) or self._gone():
            raise RunError(f"Valkey did not start; its last words are in {self.log}:\n{tail(self.log)}")

    def _gone(self) -> bool:
        return self.child is None or self.child.poll() is not None

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(self.path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False

    def stop(self) -> None:
        if self.child is None or self.child.poll() is not None:
            return
        self.child.terminate()
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def stop_leftover(self) -> None:
        """After our predecessor was killed: its server still has our data folder as working folder."""
        if found := self._workers():
            processes.send(found, processes.signal.SIGTERM)
            if not processes.wait_until(lambda: not self._workers(), seconds=10, pause=0.05):
                processes.send(self._workers(), processes.signal.SIGKILL)
                processes.wait_until(lambda: not self._workers(), seconds=5, pause=0.05)
        self.path.unlink(missing_ok=True)

    def _workers(self) -> list[processes.Process]:
        return [found for found in processes.all_processes() if processes.working_dir(found.pid) == str(self.data)]
