"""SMS on their way to a provider by HTTP: real workers and broker against the bare statements and the bare posts."""

import http.client
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from django.conf import settings
from django.db import connection, connections
from django.db.models import Count, Max, Min
from django.utils import timezone

from benchmarks import seed
from benchmarks.report import Result
from benchmarks.stand import ROOT, Stand
from loyalty.run import processes
from loyalty.services.sealing import seal
from messaging.models import SmsAccount, SmsMessage
from messaging.services.partner_sms import Order, send_for_partner
from partners.models import Partner

MESSAGES, FEW = 1_000, 200
PATIENCE = 300
_numbers = count(1)
_CLAIM = "UPDATE messaging_smsmessage SET status = 'sending', attempts = attempts + 1 WHERE id = %s"
_SETTLE = "UPDATE messaging_smsmessage SET status = 'sent', sent_at = now(), external_id = %s WHERE id = %s"


def measure(stand: Stand) -> list[Result]:
    """As many messages as wait in the broker, sent by the workers that `make run` starts."""
    result = Result("sms_vs_bare_posts", 0.1, 0.2, "higher")
    said = []
    many = FEW if stand.is_quick else MESSAGES
    with _provider() as provider:
        account = _account(provider.server_address[1])
        for _ in range(stand.rounds):
            bare = _bare(account, many, provider.server_address[1])
            ours = _ours(account, many, provider)
            result.rounds.append(ours / bare)
            said.append(f"{ours:.0f}/s against {bare:.0f}/s")
    detail = f"{many} messages, {_workers()} worker processes; as many threads of bare statements and posts"
    return [result.finish(f"{detail}; {' | '.join(said)}")]


class _Provider(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: set[str] = set()
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    """Takes everything, each once by its key."""

    protocol_version = "HTTP/1.1"
    server: _Provider

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.taken.add(self.headers["Idempotency-Key"])
        raw = json.dumps({"data": {"message_id": self.headers["Idempotency-Key"]}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args: object) -> None: ...


@contextmanager
def _provider() -> Iterator[_Provider]:
    server = _Provider()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _account(port: int) -> SmsAccount:
    (till,) = seed.tills(["SMS"], cards=1)
    return SmsAccount.objects.create(
        partner=Partner.objects.get(pk=till.partner_id),
        account_name="Bench",
        contact_name="Bench",
        contact_email="bench@example.test",
        kind="http",
        base_url=f"http://127.0.0.1:{port}/en",
        username="lty_bench",
        sealed_password=seal("secret"),
        senders=["Bench"],
        balance=1_000_000,
        is_active=True,
    )


def _queue(account: SmsAccount, many: int) -> list[SmsMessage]:
    at = timezone.now()
    orders = (Order("Bench", f"+3706{next(_numbers):07}", "Your order is ready.") for _ in range(many))
    return [send_for_partner(partner=account.partner, order=order, at=at).message for order in orders]


def _ours(account: SmsAccount, many: int, provider: _Provider) -> float:
    """From the first to the last that was sent; every one reached the provider, once."""
    wanted = [message.pk for message in _queue(account, many)]
    log = settings.VAR_DIR / "log" / "bench-sms-worker.log"
    log.unlink(missing_ok=True)
    env = {**os.environ, "DEBUG": "1", "OUTBOUND_LOOPBACK_PORTS": str(provider.server_address[1])}
    command = [sys.executable, "-m", "celery", "-A", "loyalty.celery", "worker", "-Q", "messaging"]
    command += ["--concurrency", _workers(), "--without-mingle", "--without-gossip", "--loglevel", "ERROR"]
    child = processes.start(command, env=env, log=log, cwd=ROOT)
    rows = SmsMessage.objects.filter(pk__in=wanted, status="sent")
    until = time.monotonic() + PATIENCE
    try:
        while rows.count() < many:
            if time.monotonic() > until or child.poll() is not None:
                raise SystemExit(f"{rows.count()} of {many} SMS were sent; see {log}")
            time.sleep(0.2)
    finally:
        child.terminate()
        child.wait()
    found = rows.aggregate(sent=Count("pk"), first=Min("sent_at"), last=Max("sent_at"))
    lost = {f"sms-{pk}" for pk in wanted} - provider.taken
    if lost or found["sent"] != many:
        raise SystemExit(f"{len(lost)} SMS never reached the provider")
    return (many - 1) / (found["last"] - found["first"]).total_seconds()


def _bare(account: SmsAccount, many: int, port: int) -> float:
    """Two statements and one post a message, in threads; nothing else. Their tasks will find nothing to do."""
    wanted = [message.pk for message in _queue(account, many)]
    SmsMessage.objects.filter(pk__in=wanted).update(status="sending")
    begun = time.perf_counter()
    with ThreadPoolExecutor(int(_workers())) as pool:
        list(pool.map(partial(_post, port), _shares(wanted, int(_workers()))))
    return many / (time.perf_counter() - begun)


def _post(port: int, ids: list[int]) -> None:
    body = json.dumps({"source": "Bench", "destination": "+37060000000", "message": "Your order is ready."})
    try:
        for pk in ids:
            with connection.cursor() as cursor:
                cursor.execute(_CLAIM, [pk])
            opened = http.client.HTTPConnection("127.0.0.1", port)
            opened.request("POST", "/en/sms/send", body, {"Idempotency-Key": f"bare-{pk}"})
            opened.getresponse().read()
            opened.close()
            with connection.cursor() as cursor:
                cursor.execute(_SETTLE, [f"bare-{pk}", pk])
    finally:
        connections.close_all()


def _shares(ids: list[int], count_: int) -> list[list[int]]:
    return [ids[start::count_] for start in range(count_)]


def _workers() -> str:
    return os.environ.get("WORKER_PROCESSES") or str(os.cpu_count() or 1)
