"""A web server on loopback that behaves as badly as a test wants."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from loyalty.outbound.targets import Allowance

Answer = Callable[[BaseHTTPRequestHandler], None]


class FeedServer(ThreadingHTTPServer):
    """Answers every GET and POST by `answer`, and notes what was asked."""

    daemon_threads = True
    request_queue_size = 128
    answer: Answer
    asked: list[tuple[str, str]]
    # What was posted: headers and bytes.
    told: list[tuple[Message, bytes]]

    @property
    def port(self) -> int:
        return self.server_address[1]

    @property
    def allowance(self) -> Allowance:
        return Allowance(frozenset({self.port}))

    def url(self, path: str = "/feed.xml") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FeedServer

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Host", "")))
        with suppress(OSError):  # the other side has had enough
            self.server.answer(self)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.asked.append((self.path, self.headers.get("Host", "")))
        self.server.told.append((self.headers, body))
        with suppress(OSError):
            self.server.answer(self)

    def log_message(self, *args: object) -> None: ...


def plain(body: bytes, **headers: str) -> Answer:
    """An ordinary answer with this body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def status(code: int, **headers: str) -> Answer:
    """An answer without a body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in {"Content_Length": "0", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


@contextmanager
def serving(answer: Answer) -> Iterator[FeedServer]:
    """The server, on a free port, for as long as the block runs."""
    server = FeedServer(("127.0.0.1", 0), _Handler)
    server.answer, server.asked, server.told = answer, [], []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
