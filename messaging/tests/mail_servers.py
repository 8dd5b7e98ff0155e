"""Real mail servers for tests: aiosmtpd on a port of this machine, taking and refusing what a test lays out."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage as ReceivedMail
from typing import Any

from aiosmtpd.controller import Controller


class MailServer:
    """Keeps what it took; `answers` are given first, one a mail, in place of taking it."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.refused_addresses: dict[str, str] = {}
        self.mails: list[ReceivedMail] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.tries = 0
        # Clear one, and the server says nothing more until it is set again: to an address, or after a mail's last line.
        self.may_begin, self.may_answer = threading.Event(), threading.Event()
        self.may_begin.set()
        self.may_answer.set()
        self.begun = 0
        # A server that has a mail already when it falls silent, and one that is slow.
        self.takes_first, self.pause = False, 0.0

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        self.begun += 1
        if not self.may_begin.is_set():
            await server.loop.run_in_executor(None, self.may_begin.wait, 60)
        if address in self.refused_addresses:
            return self.refused_addresses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.tries += 1
        if self.takes_first:
            self._take(envelope)
        if not self.may_answer.is_set():
            await server.loop.run_in_executor(None, self.may_answer.wait, 60)
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.answers:
            return self.answers.pop(0)
        if not self.takes_first:
            self._take(envelope)
        return "250 taken"

    def _take(self, envelope: Any) -> None:
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]


@contextmanager
def mail_server(settings: Any) -> Iterator[MailServer]:
    """A server on a free port, which Django's SMTP backend is pointed at."""
    server = MailServer()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    try:
        yield server
    finally:
        server.may_begin.set()
        server.may_answer.set()
        controller.stop()
