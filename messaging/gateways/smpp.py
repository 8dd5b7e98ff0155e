"""A provider that speaks SMPP 3.4: one bound transceiver, opened for the first message and kept until the end.

Everything has a time limit of its own, also a byte that drips. A long text goes as one `message_payload`, so that it
has one id and one receipt, and is taken as a whole or not at all.
"""

import struct
import time
from collections.abc import Callable
from logging import getLogger
from types import TracebackType
from typing import Any, Self

from smpplib import client, consts, exceptions, smpp

from loyalty.outbound.allowance import configured_allowance
from loyalty.outbound.connecting import checked, open_line, resolve, system_resolver
from loyalty.outbound.targets import OutboundRefusedError, read_host
from messaging.errors import SmsSendFailed
from messaging.gateways.base import Connection, Notice, Outgoing, SmsNotTakenError, SmsRefusedError
from messaging.rules.sms import count_parts, gsm_octets, is_gsm
from messaging.rules.sms_receipts import SMPP_NUMBERS, SMPP_STATES, read_smpp_receipt, shown_error

ANSWER_SECONDS = 20.0
GOODBYE_SECONDS = 2.0
LONGEST_PDU = 70_000
WRONG_CREDENTIALS = {consts.SMPP_ESME_RINVPASWD, consts.SMPP_ESME_RINVSYSID, consts.SMPP_ESME_RBINDFAIL}
# It may be taken later; what is not here is the message's own fault.
BUSY = {
    *(consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL, consts.SMPP_ESME_RSYSERR, consts.SMPP_ESME_RX_T_APPN),
    *(consts.SMPP_ESME_RINVBNDSTS, consts.SMPP_ESME_RUNKNOWNERR),
}
RECEIPT = 0x04
_DELIVER_SM = 0x00000005
_BROKEN = (exceptions.ConnectionError, exceptions.PDUError, exceptions.UnknownCommandError, OSError, struct.error)

logger = getLogger("loyalty.sms")
# The library writes whole messages and passwords at DEBUG.
getLogger("smpplib").disabled = True
_quiet = getLogger("smpplib.client.quiet")
_quiet.disabled = True

Hear = Callable[[Notice], bool]


class SmppGateway:
    """Sends by `submit_sm`, and hears what the provider says meanwhile.

    `hear` answers whether it has noted what was said; if not, the provider is asked to say it again later.
    """

    def __init__(self, connection: Connection, hear: Hear = lambda _notice: False) -> None:
        self.connection = connection
        self.hear = hear
        self._line: _Line | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, message: Outgoing) -> str:
        line = self._opened()
        request = smpp.make_pdu("submit_sm", client=line, **_submission(message))
        try:
            line.limit(ANSWER_SECONDS)
            line.send_pdu(request)
            answer = self._wait_for("submit_sm_resp", request.sequence)
        except _BROKEN as error:
            # It may be out there already.
            self._drop()
            raise SmsSendFailed from error
        if answer.status in BUSY:
            raise SmsNotTakenError(f"smpp {answer.status:#x}")
        if answer.status != consts.SMPP_ESME_ROK:
            raise SmsRefusedError(f"refused: smpp {answer.status:#x}")
        return _text(getattr(answer, "message_id", None))

    def listen(self, seconds: float) -> None:
        """Hear what the provider has to say. Raises SmsNotTakenError where it cannot be reached any more."""
        line = self._opened()
        line.limit(seconds)
        try:
            while True:
                self._take(line.next_pdu())
        except TimeoutError:
            return
        except _BROKEN as error:
            self._drop()
            raise SmsNotTakenError("connection lost") from error

    def test(self) -> str:
        """Why nobody can log in there; empty where it works."""
        try:
            self._opened()
        except SmsNotTakenError as error:
            return error.reason
        finally:
            self.close()
        return ""

    def close(self) -> None:
        """Say goodbye, as far as the other side listens."""
        line, self._line = self._line, None
        if line is None:
            return
        try:
            line.limit(GOODBYE_SECONDS)
            line.send_pdu(smpp.make_pdu("unbind", client=line))
            line.read_pdu()
        except _BROKEN:
            pass
        finally:
            line.hang_up()

    def _opened(self) -> "_Line":
        if self._line is None:
            self._line = _bind(self.connection)
        return self._line

    def _drop(self) -> None:
        if self._line is not None:
            self._line.hang_up()
            self._line = None

    def _wait_for(self, command: str, sequence: int) -> Any:
        assert self._line is not None
        while True:
            pdu = self._line.next_pdu()
            if pdu is None:
                continue
            is_answer = pdu.command in {command, "generic_nack"} and pdu.sequence == sequence
            if is_answer:
                return pdu
            self._take(pdu)

    def _take(self, pdu: Any) -> None:
        """Whatever the provider says by itself."""
        line = self._line
        if pdu is None or line is None:
            return
        if pdu.command == "enquire_link":
            line.answer("enquire_link_resp", pdu.sequence)
        elif pdu.command == "unbind":
            line.answer("unbind_resp", pdu.sequence)
            raise exceptions.ConnectionError
        elif pdu.command == "deliver_sm":
            is_noted = self.hear(_notice(pdu))
            status = consts.SMPP_ESME_ROK if is_noted else consts.SMPP_ESME_RX_T_APPN
            line.answer("deliver_sm_resp", pdu.sequence, status)


class _Line(client.Client):
    """smpplib's client on a socket that is open already, with one deadline over all it reads."""

    def __init__(self, line: Any, host: str, port: int) -> None:
        super().__init__(host, port, logger_name=_quiet.name, allow_unknown_opt_params=True)
        self._socket = line
        self.state = consts.SMPP_CLIENT_STATE_OPEN
        self._deadline = 0.0

    def limit(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._socket.settimeout(max(0.1, seconds))

    def next_pdu(self) -> Any:
        """The next one, or None for one that cannot be read: it is answered as far as it can be."""
        head = self._recv_exact(16)
        length, command_id, _status, sequence = struct.unpack(">LLLL", head)
        if not 16 <= length <= LONGEST_PDU:
            raise exceptions.PDUError
        raw = head + self._recv_exact(length - 16)
        try:
            return smpp.parse_pdu(raw, client=self, allow_unknown_opt_params=True)
        except (*_BROKEN, LookupError, ValueError, TypeError):
            if command_id == _DELIVER_SM:
                self.answer("deliver_sm_resp", sequence, consts.SMPP_ESME_RX_P_APPN)
            return None

    def read_pdu(self) -> Any:
        pdu = self.next_pdu()
        if pdu is not None and not pdu.is_error() and pdu.command in consts.STATE_SETTERS:
            self.state = consts.STATE_SETTERS[pdu.command]
        return pdu

    def answer(self, command: str, sequence: int, status: int = consts.SMPP_ESME_ROK) -> None:
        said = smpp.make_pdu(command, client=self, status=status)
        said.sequence = sequence
        self.send_pdu(said)

    def hang_up(self) -> None:
        self.state = consts.SMPP_CLIENT_STATE_OPEN
        self.disconnect()

    def _recv_exact(self, exact_size: int) -> bytes:
        """As the library's, but a byte now and then does not prolong it."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        parts: list[bytes] = []
        missing = exact_size
        while missing:
            part = self._socket.recv(missing)
            if not part:
                raise exceptions.ConnectionError
            parts.append(part)
            missing -= len(part)
            left = self._deadline - time.monotonic()
            if missing and left <= 0:
                raise TimeoutError
            self._socket.settimeout(max(0.01, left))
        return b"".join(parts)


def _bind(connection: Connection) -> _Line:
    """Connected to the checked address and logged in. Raises SmsNotTakenError: nothing was sent."""
    deadline = time.monotonic() + connection.connection_timeout
    try:
        target = read_host(connection.host, connection.port, is_tls=connection.is_tls, allowance=configured_allowance())
        plain = open_line(target, checked(target, resolve(target, system_resolver, deadline)), deadline)
    except OutboundRefusedError as refusal:
        raise SmsNotTakenError(refusal.reason) from refusal
    line = _Line(plain, target.host, target.port)
    try:
        line.limit(connection.bind_timeout)
        answer = _bound(line, connection)
    except (*_BROKEN, UnicodeError) as error:
        line.hang_up()
        slow = isinstance(error, TimeoutError)
        raise SmsNotTakenError("bind too slow" if slow else "bind broken") from error
    if answer is None or answer.is_error():
        line.hang_up()
        raise SmsNotTakenError(
            "credentials" if answer is not None and answer.status in WRONG_CREDENTIALS else "bind refused"
        )
    return line


def _bound(line: _Line, connection: Connection) -> Any:
    request = smpp.make_pdu(
        "bind_transceiver", client=line, system_id=connection.username, password=connection.password, system_type=""
    )
    line.send_pdu(request)
    return line.read_pdu()


def _submission(message: Outgoing) -> dict[str, Any]:
    is_plain = is_gsm(message.text)
    octets = gsm_octets(message.text) if is_plain else message.text.encode("utf-16-be")
    is_number = message.sender.isdigit()
    days, minutes = divmod(message.minutes, 1440)
    fields: dict[str, Any] = {
        "source_addr_ton": consts.SMPP_TON_UNK if is_number else consts.SMPP_TON_ALNUM,
        "source_addr_npi": consts.SMPP_NPI_ISDN if is_number else consts.SMPP_NPI_UNK,
        "source_addr": message.sender,
        "dest_addr_ton": consts.SMPP_TON_INTL,
        "dest_addr_npi": consts.SMPP_NPI_ISDN,
        "destination_addr": message.phone.removeprefix("+"),
        "data_coding": consts.SMPP_ENCODING_DEFAULT if is_plain else consts.SMPP_ENCODING_ISO10646,
        "validity_period": f"0000{days:02}{minutes // 60:02}{minutes % 60:02}00000R",
        "registered_delivery": consts.SMPP_SMSC_DELIVERY_RECEIPT_BOTH,
        "user_message_reference": int(message.reference.rpartition("-")[2]) % 65_536,
    }
    fields["short_message" if count_parts(message.text) == 1 else "message_payload"] = octets
    return fields


def _notice(pdu: Any) -> Notice:
    octets = bytes(pdu.short_message or getattr(pdu, "message_payload", None) or b"")
    if not int(pdu.esm_class or 0) & RECEIPT:
        coding = "utf-16-be" if pdu.data_coding == consts.SMPP_ENCODING_ISO10646 else "latin-1"
        source = _text(pdu.source_addr)
        phone = source if source.startswith("+") else f"+{source}"
        return Notice(phone=phone[:20], text=octets.decode(coding, "replace")[:1600])
    external_id, state, error = read_smpp_receipt(octets.decode("latin-1"))
    external_id = external_id or _text(getattr(pdu, "receipted_message_id", None))
    state = state or SMPP_NUMBERS.get(getattr(pdu, "message_state", None) or 0, "")
    known = SMPP_STATES.get(state)
    shown = "" if known is None else f"{state} {shown_error(error)}".strip()
    return Notice(status=known or "", external_id=external_id[:100], error=shown)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else ""
