"""Reading what providers say of messages: SMPP's receipts and contract 11's."""

import re
import unicodedata

from messaging.choices import SmsStatus

# SMPP 3.4, appendix B; what is missing is no end yet.
SMPP_STATES = {
    "DELIVRD": SmsStatus.DELIVERED,
    "EXPIRED": SmsStatus.EXPIRED,
    "DELETED": SmsStatus.FAILED,
    "REJECTD": SmsStatus.FAILED,
    "UNDELIV": SmsStatus.UNDELIVERABLE,
}
# The same as the numbers of its message_state.
SMPP_NUMBERS = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 8: "REJECTD"}
HTTP_STATES = {
    "DELIVERED": SmsStatus.DELIVERED,
    "FAILED": SmsStatus.FAILED,
    "UNDELIVERABLE": SmsStatus.UNDELIVERABLE,
}
# In the languages of this platform, and what operators everywhere understand.
STOP_WORDS = frozenset(
    {
        *("stop", "stopp", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "optout", "opt out"),
        *("stopas", "atsisakau", "atsisakyti", "nebesiųsti", "nebesiusti", "nebesiųskite", "nebesiuskite"),
    }
)
_FIELD = re.compile(r"\b(id|stat|err):(\S{1,65})")
_WORD = re.compile(r"[A-Za-z0-9 ._-]{1,60}\Z")


def read_smpp_receipt(text: str) -> tuple[str, str, str]:
    """The provider's id, its word for the state and its error, from `id:… stat:… err:…`; empty where not said."""
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(text.partition(" text:")[0].partition(" Text:")[0]):
        found.setdefault(name, value)
    return found.get("id", ""), found.get("stat", "").upper(), found.get("err", "")


def shown_error(text: object) -> str:
    """An error as the back office may show it: a short plain word, or nothing."""
    return text if isinstance(text, str) and _WORD.match(text) else ""


def is_stop(text: str) -> bool:
    """Whether somebody who writes this wants to hear nothing more."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    return words.strip(" .,!?;:\"'„“”").casefold() in STOP_WORDS
