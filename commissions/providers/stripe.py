"""Stripe's shape: a payout is a transfer to a connected account, an invoice is charged to a customer's payment method.

`Idempotency-Key` keeps a request that is sent twice from moving money twice for at least a day; `find` looks a payment
up by what was noted on it, for those that are asked again later than that.
"""

import http.client
import json
import ssl
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings

from commissions.choices import PayoutDirection
from commissions.errors import PaymentProviderUnavailable
from commissions.providers.base import Answer, Order, Outcome
from commissions.rules.currency import unit_of

VERSION = "2024-06-20"
CONNECT_SECONDS, READ_SECONDS = 5, 20
MOST_BYTES = 1_000_000
MOST_PAGES = 20
# Ask again: somebody is at this key right now, too many requests, something behind them is away, or they are.
RETRIED = {409, 424, 429}
# What else there is could still succeed, so nothing may follow it but a look by somebody.
CHARGED = {
    "succeeded": Outcome.PAID,
    "processing": Outcome.PENDING,
    "requires_payment_method": Outcome.REFUSED,
    "canceled": Outcome.REFUSED,
}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class StripeProvider:
    """Talks to PAYMENT_API_URL with PAYMENT_API_KEY."""

    name = "stripe"
    is_sandbox = False

    def send(self, order: Order) -> Answer:
        status, body = self._ask("POST", _path(order), _form(order), key=order.key)
        if status >= 400:
            return _refused(status, body)
        return _read(order, body)

    def find(self, order: Order) -> Answer | None:
        """Pages through what the counterpart has had, the newest first, for the one with our key noted on it."""
        is_payout = order.direction == PayoutDirection.PAYOUT
        query = {"transfer_group": order.number} if is_payout else {"customer": order.counterpart}
        asked = {**query, "limit": "100"}
        for _page in range(MOST_PAGES):
            status, body = self._ask("GET", f"{_path(order)}?{urlencode(asked)}")
            rows = body.get("data")
            if status >= 400 or not isinstance(rows, list):
                raise PaymentProviderUnavailable(retry_after=300)
            for row in rows:
                if isinstance(row, dict) and _part(row, "metadata").get("loyalty_key") == order.key:
                    return _read(order, row)
            if not body.get("has_more") or not rows:
                return None
            asked["starting_after"] = str(rows[-1].get("id"))
        raise PaymentProviderUnavailable(retry_after=300)

    def look(self, order: Order, external_id: str) -> Answer:
        status, body = self._ask("GET", f"{_path(order)}/{quote(external_id, safe='')}")
        if status >= 400:
            return Answer(Outcome.ODD, external_id, f"stripe: {_reason(status, body)}")
        return _read(order, body)

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None, key: str = "") -> tuple[int, Any]:
        """Status and body of one call. Raises PaymentProviderUnavailable where asking again may help."""
        headers = {
            "Authorization": f"Bearer {settings.PAYMENTS['API_KEY']}",
            "Stripe-Version": VERSION,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if key:
            headers["Idempotency-Key"] = key
        place = urlsplit(settings.PAYMENTS["API_URL"])
        connection = _connection(place.scheme, place.hostname or "", place.port)
        try:
            connection.connect()
            connection.sock.settimeout(READ_SECONDS)
            connection.request(method, place.path.rstrip("/") + path, urlencode(form) if form else None, headers)
            response = connection.getresponse()
            raw = response.read(MOST_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise PaymentProviderUnavailable(retry_after=60) from error
        finally:
            connection.close()
        return _checked(response.status, raw, response.headers.get("Retry-After", ""))


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    """TLS always, but to this machine itself: that is a stand-in for tests."""
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=context)
    if scheme == "http" and host in LOOPBACK:
        return http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
    raise PaymentProviderUnavailable(retry_after=3600)


def _checked(status: int, raw: bytes, retry_after: str) -> tuple[int, Any]:
    if status >= 500 or status in RETRIED or status in {401, 403} or 300 <= status < 400:
        # A wrong key is for the operator to mend; until then nothing is lost by waiting.
        pause = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else 60
        raise PaymentProviderUnavailable(retry_after=min(max(pause, 1), 3600))
    try:
        body = json.loads(raw, parse_float=Decimal)
    except ValueError as error:
        raise PaymentProviderUnavailable(retry_after=60) from error
    if len(raw) > MOST_BYTES or not isinstance(body, dict):
        raise PaymentProviderUnavailable(retry_after=60)
    return status, body


def _path(order: Order) -> str:
    return "/v1/transfers" if order.direction == PayoutDirection.PAYOUT else "/v1/payment_intents"


def _form(order: Order) -> dict[str, str]:
    form = {
        "amount": str(minor_units(order)),
        "currency": order.currency.lower(),
        "description": order.description,
        "metadata[loyalty_key]": order.key,
        "metadata[loyalty_number]": order.number,
    }
    if order.direction == PayoutDirection.PAYOUT:
        return {**form, "destination": order.counterpart, "transfer_group": order.number}
    return {
        **form,
        "customer": order.counterpart,
        "confirm": "true",
        "off_session": "true",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
    }


def minor_units(order: Order) -> int:
    """12.34 EUR as 1234, 500 JPY as 500."""
    exact = order.amount / unit_of(order.currency)
    if exact != int(exact):
        raise ValueError(f"{order.amount} {order.currency}")
    return int(exact)


def _read(order: Order, body: dict[str, Any]) -> Answer:
    """One payment as it is; one that is not what was ordered is for people to look at."""
    external_id = str(body.get("id") or "")[:100]
    same = (body.get("amount"), str(body.get("currency")).upper()) == (minor_units(order), order.currency)
    if not external_id or not same:
        return Answer(Outcome.ODD, external_id, "stripe: the amount or the currency is not what was ordered")
    if order.direction == PayoutDirection.PAYOUT:
        if body.get("reversed") or body.get("amount_reversed"):
            return Answer(Outcome.ODD, external_id, "stripe: the transfer was reversed")
        return Answer(Outcome.PAID, external_id)
    status = str(body.get("status"))
    failure = _part(body, "last_payment_error")
    reason = f"stripe: {failure.get('decline_code') or failure.get('code') or status}"[:200]
    outcome = CHARGED.get(status, Outcome.ODD)
    return Answer(outcome, external_id, "" if outcome in {Outcome.PAID, Outcome.PENDING} else reason)


def _refused(status: int, body: dict[str, Any]) -> Answer:
    """400, 402 and 404 are final; a key that was used for another request is a matter for people."""
    error = _part(body, "error")
    outcome = Outcome.ODD if error.get("type") == "idempotency_error" else Outcome.REFUSED
    return Answer(
        outcome, str(_part(error, "payment_intent").get("id") or "")[:100], f"stripe: {_reason(status, body)}"
    )


def _reason(status: int, body: dict[str, Any]) -> str:
    error = _part(body, "error")
    return str(error.get("decline_code") or error.get("code") or error.get("type") or status)[:200]


def _part(body: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside another; an empty one where there is none."""
    found = body.get(name)
    return found if isinstance(found, dict) else {}
