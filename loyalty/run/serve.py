"""`make run`: starts the services and the platform, watches them, and leaves nothing behind."""

import fcntl
import importlib
import os
import signal
import socket
import sys
import time
from types import FrameType
from typing import IO

from loyalty.run import console, environment, join, messages, places, postgres, probe, processes, stamp
from loyalty.run.children import Child, describe
from loyalty.run.embedded import Services
from loyalty.run.errors import RunError
from loyalty.run.lines import NewLines

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WEB_FIRST_SECONDS = 60
PATIENCE_SECONDS = 25


class Stopped(BaseException):
    """Someone asked us to stop; raised wherever we happen to be."""


class Run:
    """One run of the platform in this checkout."""

    def __init__(self) -> None:
        self.port = environment.port()
        self.host = os.environ.get("HOST") or "127.0.0.1"
        self.var = places.make_dir(places.var_dir())
        self.marker = f"LOYALTY_RUN={self.var}"
        self.lock: IO[str] | None = None
        self.env: dict[str, str] = {}
        self.services = Services(self.var, console.say)
        self.children: dict[str, Child] = {}
        self.sms: NewLines | None = None
        self.printed_logins = self.stopping = self.hurry = False

    def run(self) -> int:
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        try:
            self.start()
            while True:
                self.tend()
                time.sleep(0.2)
        except Stopped:
            console.say("run", "stopping")
            return 0
        finally:
            self.stop()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """The first signal stops everything in order, a second one at once."""
        if self.stopping:
            self.hurry = True
        else:
            self.stopping = True
            raise Stopped

    # --- Starting

    def start(self) -> None:
        self._take_lock()
        for record in (self.var / "run").glob("*.pid"):
            if processes.end(record, self.marker):
                console.say(record.stem, "stopped what a killed run left behind")
        self.env = environment.local(self.port)
        self._check_port("PORT", self.port)
        self._check_port("REALTIME_PORT", int(self.env["REALTIME_PORT"]))
        messages.compile_all()
        name, _, value = self.marker.partition("=")
        self.env[name] = value
        self.env = self.services.start(self.env)
        self._migrate()
        join.leave(self.var / "run", self.env)
        self._define_children()
        self.sms = NewLines(self.var / "log" / "sms.log")
        self.children["web"].start()
        self._wait_for_health()
        console.say("web", f"answers at {self.env['BASE_URL']}")
        for name, child in self.children.items():
            if name != "web":
                child.start()
                console.say(name, "started")
        realtime = f"ws://{self.host}:{self.env['REALTIME_PORT']}/app/{self.env.get('REALTIME_KEY') or 'loyalty'}"
        console.table(console.addresses(self.env["BASE_URL"], realtime, self.services.database))

    def _take_lock(self) -> None:
        path = places.make_dir(self.var / "run") / "lock"
        self.lock = path.open("a+")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.lock.seek(0)
            raise RunError(
                f"This checkout is already running (process {self.lock.read().strip() or 'unknown'}). "
                "Stop that run first; to run a second one, use a second checkout and another PORT."
            ) from None
        self.lock.truncate(0)
        self.lock.write(str(os.getpid()))
        self.lock.flush()

    def _check_port(self, name: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((self.host, port))
            except OSError as error:
                raise RunError(
                    f"Port {port} cannot be used ({error.strerror}). Stop the program that holds it, or choose "
                    f"another one: make run {name}={port + 2}"
                ) from None

    def _migrate(self) -> None:
        database, record = self.services.database, self.var / "run" / "schema.stamp"
        known = stamp.current(database) if database and record.exists() else ""
        if known and known == record.read_text():
            console.say("database", "up to date")
            return
        log = self.var / "log" / "migrate.log"
        log.unlink(missing_ok=True)
        command = [sys.executable, "-m", "loyalty.run.migrate"]
        child = processes.start(command, env=self._job_env(), log=log, cwd=places.ROOT)
        if code := child.wait():
            raise RunError(f"The migrations failed ({describe(code)}); from {log}:\n{postgres.tail(log, 15)}")
        console.say("database", postgres.tail(log, 1))
        if database:
            record.write_text(stamp.current(database))

    def _job_env(self) -> dict[str, str]:
        """Jobs and commands are not bound to a web request's time limits."""
        return {**self.env, "DATABASE_LIMITS": "off"}

    def _define_children(self) -> None:
        cores = str(os.cpu_count() or 1)
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "-A", "loyalty.celery"]
        queues = ",".join(importlib.import_module("loyalty.conf.celery").QUEUES)
        web = ["granian", "--interface", "wsgi", "--host", self.host, "--port", str(self.port), "--no-ws"]
        web += ["--workers", self.env.get("WEB_WORKERS") or cores]
        web += ["--blocking-threads", self.env.get("WEB_THREADS") or "4"]
        web += ["--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "15"]
        worker = ["-Q", queues, "--concurrency", self.env.get("WORKER_PROCESSES") or cores]
        worker += ["--without-mingle", "--without-gossip", "--loglevel", "INFO", "-n", "worker@%h"]
        schedule = ["beat", "--schedule", str(places.make_dir(self.var / "beat") / "schedule"), "--pidfile="]
        self._define("web", [*python, *web, "loyalty.wsgi:application"], self.env)
        realtime = ["loyalty.realtime", "--host", self.host, "--port", self.env["REALTIME_PORT"]]
        self._define("realtime", [*python, *realtime], self.env)
        own_broker = {"OWN_BROKER": "1"} if self.services.cache else {}
        self._define("worker", [*python, "loyalty.run.worker", *worker], {**self._job_env(), **own_broker})
        self._define("schedule", [*celery, *schedule, "--loglevel", "INFO"], self._job_env())
        if self._wants_demo():
            self._define("demo", [sys.executable, "manage.py", "demo"], self._job_env())
            self.children["demo"].once = True

    def _define(self, name: str, command: list[str], env: dict[str, str]) -> None:
        log, record = self.var / "log" / f"{name}.log", self.var / "run" / f"{name}.pid"
        self.children[name] = Child(name, command, env, places.ROOT, log, record, self.marker)

    def _wants_demo(self) -> bool:
        """Only on a development machine, unless asked for: a real database gets no invented partners by accident."""
        wanted = environment.truthy(self.env.get("DEMO") or self.env["DEBUG"])
        return wanted and any(places.ROOT.glob("*/management/commands/demo.py"))

    def _wait_for_health(self) -> None:
        web = self.children["web"]
        if (
            processes.wait_until(lambda: self.healthy() or not web.alive, seconds=WEB_FIRST_SECONDS, pause=0.1)
            and web.alive
        ):
            return
        raise RunError(f"The web server did not come up; from {web.log}:\n{postgres.tail(web.log, 15)}")

    def healthy(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        return probe.healthy(host, self.port, served=self.env.get("ALLOWED_HOSTS", ""))

    # --- Watching

    def tend(self) -> None:
        self.services.tend()
        for child in self.children.values():
            child.tend()
        # Without a provider they go nowhere else than into the back office.
        for line in self.sms.read() if self.sms else ():
            console.say("sms", line)
        demo = self.children.get("demo")
        if demo and demo.process is None and demo.resume_at is None and not self.printed_logins:
            self.printed_logins = True
            rows = console.logins(self.var / "demo.json")
            if rows:
                console.table(rows)

    # --- Stopping

    def stop(self) -> None:
        self.stopping = True
        if self.lock:
            join.clear(self.var / "run")
        for child in self.children.values():
            child.ask_to_stop()
        # Running tasks may finish; one that takes longer is cut off, and the next start puts it back into its queue.
        processes.wait_until(self._all_stopped, seconds=PATIENCE_SECONDS)
        for child in self.children.values():
            child.finish()
        self.services.stop()
        if self.lock:
            self.lock.close()

    def _all_stopped(self) -> bool:
        return self.hurry or not any(child.alive for child in self.children.values())


def main() -> int:
    return Run().run()
