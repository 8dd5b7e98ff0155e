"""A payment provider on this machine: a real HTTP server that plays request and response pairs kept in a file.

The pairs have the shape of Stripe's API as it is documented. What a provider promises is done, not played: the same
Idempotency-Key gets the same answer, and what was made is found again with what was noted on it.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PAIRS = json.loads((Path(__file__).parent / "recordings" / "stripe.json").read_text())
KEY = "sk_test_local"


@dataclass
class Hold:
    """A fault: the call stands until `goes_on`. With `is_made` the money has moved by then, else nothing has."""

    is_made: bool
    goes_on: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def stand(self) -> None:
        self.begun.set()
        assert self.goes_on.wait(60)


@dataclass
class Provider:
    """What a test lays out and looks at: `faults` are taken one by one before any answer; `made` are the payments."""

    url: str = ""
    faults: list[Any] = field(default_factory=list)
    calls: list[tuple[str, str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    made: list[dict[str, Any]] = field(default_factory=list)
    answered: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def orders(self) -> list[str]:
        """The keys under which money was asked for, in order."""
        return [headers["idempotency-key"] for method, _path, _form, headers in self.calls if method == "POST"]

    def answer(self, method: str, target: str, form: dict[str, str], headers: dict[str, str]) -> Any:
        """Status and body of one call."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        self.calls.append((method, parts.path, form, headers))
        if headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        if method == "GET" and (query.get("transfer_group") or query.get("customer")):
            return 200, {"object": "list", "data": self._made_for(query), "has_more": False}
        key = headers.get("idempotency-key", "")
        if method == "POST" and key in self.answered:
            return self.answered[key]
        for pair in PAIRS:
            wanted = pair["request"]
            fits = (wanted["method"], wanted["path"]) == (method, parts.path)
            if fits and wanted.get("form", {}).items() <= form.items():
                found = pair["response"]["status"], dict(pair["response"]["body"])
                if method == "POST":
                    self._remember(key, form, found)
                return found
        return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}}

    def _remember(self, key: str, form: dict[str, str], found: tuple[int, dict[str, Any]]) -> None:
        noted = {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}
        if found[0] == 200:
            found[1].update(metadata=noted, transfer_group=form.get("transfer_group"), customer=form.get("customer"))
            self.made.append(found[1])
        self.answered[key] = found

    def _made_for(self, query: dict[str, str]) -> list[dict[str, Any]]:
        return [
            row
            for row in reversed(self.made)
            if all(row.get(name) == query[name] for name in ("transfer_group", "customer") if name in query)
        ]


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            form = dict(parse_qsl(self.rfile.read(size).decode()))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with provider.lock:
                fault = provider.faults.pop(0) if provider.faults else None
            if isinstance(fault, Hold) and not fault.is_made:
                fault.stand()
            with provider.lock:
                answer = None
                # "late": the money moves, and the answer is lost.
                if fault is None or fault == "late" or isinstance(fault, float | Hold):
                    answer = provider.answer(self.command, self.path, form, headers)
            if isinstance(fault, float):
                time.sleep(fault)
            if isinstance(fault, Hold) and fault.is_made:
                fault.stand()
            if fault in {"late", "hang up"}:
                self.close_connection = True
                self.connection.close()
                return
            status, body = answer if answer is not None else fault
            # Whoever asked may have been killed meanwhile.
            with suppress(ConnectionError):
                self._reply(status, body.encode() if isinstance(body, str) else json.dumps(body).encode())

        def _reply(self, status: int, raw: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            if 300 <= status < 400:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = _serve  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the library's name

    return Handler


@contextmanager
def payment_server() -> Iterator[Provider]:
    """The server while a test runs."""
    provider = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
