"""The two servers of a local run; whichever address is set from outside is used and nothing is started for it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loyalty.run import binaries, environment, places, postgres, valkey
from loyalty.run.children import describe

Say = Callable[[str, str], None]


@dataclass
class Services:
    """PostgreSQL and Valkey under one `var/` folder, each only where it is needed."""

    var: Path
    say: Say
    throw_away: bool = False
    database: postgres.Server | None = None
    cache: valkey.Server | None = None

    def start(self, env: dict[str, str]) -> dict[str, str]:
        """Start what has no address yet; the environment that reaches both."""
        if not env.get("REDIS_URL"):
            self.cache = self._cache()
            self.cache.start()
            env = env | {"REDIS_URL": self.cache.cache_url, "CELERY_BROKER_URL": self.cache.broker_url}
        if not env.get("DATABASE_URL"):
            self.database = self._database()
            self._start_database(self.database)
            env = environment.without_foreign_database(env) | {"DATABASE_URL": self.database.url}
        if self.cache:
            self.cache.wait()
            self.say("valkey", "ready")
        return env

    def _cache(self) -> valkey.Server:
        data, program = self.var / "valkey", binaries.find_valkey()
        sockets = places.socket_dir(data)
        return valkey.Server(program, data, sockets, self.var / "log" / "valkey.log", throw_away=self.throw_away)

    def _database(self) -> postgres.Server:
        programs, data = binaries.find_postgres(), self.var / "postgres"
        sockets = places.socket_dir(data)
        if programs.other_user:
            data, sockets = places.other_users_dirs(data, sockets, binaries.NOBODY)
            if not data.is_relative_to(self.var):
                self.say("postgres", f"runs as nobody, who cannot enter this checkout; its data are in {data}")
        log = self.var / "log" / "postgres.log"
        return postgres.Server(programs, data, sockets, log, throw_away=self.throw_away)

    def _start_database(self, server: postgres.Server) -> None:
        fresh = server.create()
        if fresh:
            self.say("postgres", "making a new database")
        server.finish_creation(fresh)
        server.start()
        server.wait()
        server.create_database()
        self.say("postgres", f"{server.programs.version} ready")

    def tend(self) -> None:
        """Start again what died."""
        for name, server in (("postgres", self.database), ("valkey", self.cache)):
            if server and server.child and server.child.poll() is not None:
                self.say(name, f"ended ({describe(server.child.returncode)}); starting again")
                server.start()
                server.wait()
                self.say(name, "ready")

    def stop(self) -> None:
        for server in (self.cache, self.database):
            if server:
                server.stop()
                places.remove_socket_dir(server.sockets)
                if self.throw_away:
                    shutil.rmtree(server.data, ignore_errors=True)
