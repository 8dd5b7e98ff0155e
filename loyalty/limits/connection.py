"""The way to Redis for code on the hot path: one socket per thread, one request, one short answer."""

import os
import socket
import ssl
import struct
import threading
from functools import cached_property

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

TIMEOUT = 0.2
# Seconds and microseconds of SO_RCVTIMEO: the kernel keeps the time limit, which saves a poll() before each recv().
_TIMEVAL = struct.pack("ll", 0, int(TIMEOUT * 1_000_000))


class UnreachableError(Exception):
    """Redis did not answer in time, or answered something else than asked."""


class ScriptMissingError(Exception):
    """The server does not know the script by its hash (it restarted, or never saw it)."""


class Link:
    """Connections to one Redis. redis-py opens them (address, TLS, log-in, database); the bytes are sent from here.

    redis-py's own command path costs 66-72 µs of CPU a call without its C parser, this one 24-29.
    """

    def __init__(self, url: str) -> None:
        self._pool = ConnectionPool.from_url(
            url, protocol=2, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
        )
        self._held = threading.local()
        os.register_at_fork(after_in_child=self.forget)

    @cached_property
    def client(self) -> Redis:
        """redis-py's client, for what is not on the hot path."""
        return Redis(connection_pool=self._pool)

    def forget(self) -> None:
        """Leave every open socket behind: after a fork they belong to the parent."""
        self._held = threading.local()

    def ask(self, request: bytes) -> list[bytes]:
        """Send a packed command, return the words of its answer (the first one is the length)."""
        held: socket.socket | None = getattr(self._held, "socket", None)
        try:
            if held is not None:
                try:
                    return self._exchange(held, request)
                except (ConnectionError, BrokenPipeError):
                    # The server closed an idle connection or restarted. Asking again can only count a call twice.
                    self._drop()
            return self._exchange(self._connect(), request)
        except (OSError, RedisError) as error:
            self._drop()
            raise UnreachableError(type(error).__name__) from error
        except UnreachableError:
            self._drop()
            raise

    def _connect(self) -> socket.socket:
        # Not by the pool: it counts what it ever made against its limit, and never hears of a thread's end.
        connection = self._pool.connection_class(**self._pool.connection_kwargs)
        connection.connect()
        opened = connection._get_socket()
        assert opened is not None
        if not isinstance(opened, ssl.SSLSocket):
            opened.settimeout(None)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIMEVAL)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIMEVAL)
        self._held.connection, self._held.socket = connection, opened
        return opened

    def _drop(self) -> None:
        connection = getattr(self._held, "connection", None)
        self._held.connection = self._held.socket = None
        if connection is not None:
            connection.disconnect()

    @staticmethod
    def _exchange(held: socket.socket, request: bytes) -> list[bytes]:
        held.sendall(request)
        answer = held.recv(4096)
        while not _is_complete(answer):
            more = held.recv(4096)
            if not more:
                raise ConnectionResetError
            answer += more
        if answer.startswith(b"$"):
            return answer.split()
        if answer.startswith(b"-NOSCRIPT"):
            raise ScriptMissingError
        raise UnreachableError(answer.split(b" ", 1)[0].decode("ascii", "replace"))


def _is_complete(answer: bytes) -> bool:
    """A bulk string is complete with its second line end, an error with its first."""
    if not answer.endswith(b"\r\n"):
        if not answer:
            raise ConnectionResetError
        return False
    return answer.startswith(b"-") or answer.count(b"\r\n") == 2


def pack(*words: str | int) -> bytes:
    """A command as it goes over the wire."""
    encoded = [str(word).encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded)
