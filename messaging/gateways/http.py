"""A provider that speaks HTTP as this platform itself does (contract 11): /sms/send with a key and its secret."""

from typing import Any

import orjson

from loyalty.outbound.allowance import configured_allowance
from loyalty.outbound.calling import Answered, call
from loyalty.outbound.connecting import refuse_closed
from loyalty.outbound.targets import OutboundRefusedError, read_target
from messaging.errors import SmsSendFailed
from messaging.gateways.base import Connection, Outgoing, SmsNotTakenError, SmsRefusedError

USER_AGENT = "Loyalty"
# What no further attempt mends: the message itself is at fault. Wrong credentials or an empty balance can be mended.
FINAL = frozenset({400, 404, 410, 413, 422})


class HttpGateway:
    """Sends by `POST {base_url}/sms/send`. An Idempotency-Key keeps a repeat from going out twice."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def send(self, message: Outgoing) -> str:
        body: dict[str, Any] = {
            "source": message.sender,
            "destination": message.phone,
            "message": message.text,
            "validityMinutes": message.minutes,
        }
        if _can_be_called(message.receipt_url):
            body |= {"receipt": True, "receiptURL": message.receipt_url}
        answered = self._ask("/sms/send", body, {"Idempotency-Key": message.reference})
        if answered.status in FINAL:
            raise SmsRefusedError(_refusal(answered))
        if answered.status >= 500:
            # Its own answer is lost; the key keeps the next attempt from being a second message.
            raise SmsSendFailed
        if not 200 <= answered.status < 300:
            raise SmsNotTakenError(f"status {answered.status}")
        return _message_id(answered)

    def test(self) -> str:
        """Why the provider does not answer us as its client; empty where it does.

        Asks for a message that cannot exist: whoever knows us says 404, whoever does not says 401.
        """
        try:
            answered = self._ask("/sms/status/00000000-0000-4000-8000-000000000000", None, {})
        except SmsNotTakenError as error:
            return error.reason
        except SmsSendFailed:
            return "no answer"
        if answered.status in {401, 402, 403}:
            return "credentials"
        if answered.status == 404 or 200 <= answered.status < 300:
            return ""
        return f"status {answered.status}"

    def _ask(self, path: str, body: dict[str, Any] | None, extra: dict[str, str]) -> Answered:
        headers = {
            "X-API-Key": self.connection.username,
            "X-API-Secret": self.connection.password,
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
        }
        try:
            return call(
                self.connection.base_url.rstrip("/") + path,
                method="GET" if body is None else "POST",
                body=b"" if body is None else orjson.dumps(body),
                headers=headers | extra,
                seconds=self.connection.connection_timeout,
                allowance=configured_allowance(),
            )
        except OutboundRefusedError as refusal:
            if refusal.has_arrived:
                raise SmsSendFailed from refusal
            raise SmsNotTakenError(refusal.reason) from refusal


def _can_be_called(url: str) -> bool:
    """A provider refuses a message whose receipts it could never deliver: a development machine has such an address."""
    try:
        refuse_closed(read_target(url, allowance=configured_allowance()))
    except OutboundRefusedError:
        return False
    return True


def _message_id(answered: Answered) -> str:
    data = _read(answered).get("data")
    found = data.get("message_id") if isinstance(data, dict) else None
    return str(found) if isinstance(found, str | int) else ""


def _refusal(answered: Answered) -> str:
    """The provider's code, if it has the look of one; nothing else of what it says."""
    code = str(_read(answered).get("code", ""))
    known = code.replace("_", "").isalnum() and code.isascii() and len(code) <= 40
    return f"refused: {code}" if known and code != str(answered.status) else f"refused: status {answered.status}"


def _read(answered: Answered) -> dict[str, Any]:
    try:
        found = orjson.loads(answered.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
