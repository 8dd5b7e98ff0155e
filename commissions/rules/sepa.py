"""A SEPA credit transfer file (ISO 20022 pain.001) for a run of payouts."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from defusedxml import ElementTree
from sepaxml import SepaTransfer
from sepaxml.validation import ValidationError as InvalidXmlError
from text_unidecode import unidecode

SCHEMAS = ("pain.001.001.09", "pain.001.001.03")
LONGEST_NAME, LONGEST_TEXT = 70, 140
# What every bank of the area has to take (EPC217-08), and what stands for what else people write.
_OUTSIDE = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_INSTEAD = str.maketrans({"&": "+", "_": "-", "@": "(at)", "„": "'", "“": "'", "”": "'", '"': "'", "*": "."})
_TAG = "{urn:iso:std:iso:20022:tech:xsd:%s}%s"


class BankFileFaultError(ValueError):
    """The file that was made is not what was to be paid: it must never reach a bank."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One transfer; `end_to_end` comes back on the statement of the account."""

    end_to_end: str
    name: str
    iban: str
    bic: str
    amount: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """Who pays, when, and what the file is called."""

    message_id: str
    name: str
    iban: str
    bic: str
    execution_on: date
    created_at: datetime
    schema: str = SCHEMAS[0]


def bank_letters(text: str, longest: int) -> str:
    """A text in the letters that every bank takes: Žalgirio žirgas & Ko as `Zalgirio zirgas + Ko`."""
    plain = unidecode(text.translate(_INSTEAD))
    plain = " ".join(_OUTSIDE.sub(" ", plain).split())
    # Neither a slash at an end nor two of them may stand in a file.
    return re.sub(r"/{2,}", "/", plain)[:longest].strip("/ ")


def write_bank_file(heading: Heading, payments: Sequence[Payment]) -> str:
    """The file, the same whenever it is made; checked against its schema and, read anew, against what is to be paid.

    Raises BankFileFaultError.
    """
    config = {"name": bank_letters(heading.name, LONGEST_NAME), "IBAN": heading.iban, "batch": True, "currency": "EUR"}
    if heading.bic:
        config["BIC"] = heading.bic
    transfer = _Transfer(config, heading)
    for payment in payments:
        entry: dict[str, Any] = {
            "name": bank_letters(payment.name, LONGEST_NAME),
            "IBAN": payment.iban,
            "amount": _cents(payment.amount),
            "execution_date": heading.execution_on,
            "description": bank_letters(payment.text, LONGEST_TEXT),
            "endtoend_id": payment.end_to_end,
        }
        transfer.add_payment({**entry, "BIC": payment.bic} if payment.bic else entry)
    try:
        text: str = transfer.export().decode()
    except InvalidXmlError as error:
        raise BankFileFaultError("schema") from error
    check_bank_file(text, heading, payments)
    return text


def check_bank_file(text: str, heading: Heading, payments: Sequence[Payment]) -> None:
    """Read a file as a bank would, and compare every figure. Raises BankFileFaultError."""

    def under(node: Any, path: str) -> Any:
        return node.find("/".join(_TAG % (heading.schema, part) for part in path.split("/")))

    def content(node: Any, path: str) -> str:
        found = under(node, path)
        return "" if found is None else str(found.text)

    root = ElementTree.fromstring(text, forbid_dtd=True)[0]
    head = under(root, "GrpHdr")
    found = [
        (
            content(one, "PmtId/EndToEndId"),
            content(one, "CdtrAcct/Id/IBAN"),
            Decimal(content(one, "Amt/InstdAmt")),
            under(one, "Amt/InstdAmt").get("Ccy"),
        )
        for one in root.iter(_TAG % (heading.schema, "CdtTrfTxInf"))
    ]
    wanted = [(one.end_to_end, one.iban, one.amount, "EUR") for one in payments]
    total = sum((one.amount for one in payments), Decimal(0))
    sums = [Decimal(str(node.text)) for node in root.iter(_TAG % (heading.schema, "CtrlSum"))]
    counts = [int(str(node.text)) for node in root.iter(_TAG % (heading.schema, "NbOfTxs"))]
    payer = content(root, "PmtInf/DbtrAcct/Id/IBAN")
    if (
        found != wanted
        or len({one[0] for one in found}) != len(found)
        or sums != [total, total]
        or counts != [len(payments), len(payments)]
        or content(head, "MsgId") != heading.message_id
        or payer != heading.iban
    ):
        raise BankFileFaultError("figures")


def _cents(amount: Decimal) -> int:
    cents = amount.scaleb(2)
    if cents != int(cents) or cents <= 0:
        raise BankFileFaultError("amount")
    return int(cents)


class _Transfer(SepaTransfer):
    """The library's file, with ids and times of our own: it would make them up anew at every run."""

    def __init__(self, config: dict[str, Any], heading: Heading) -> None:
        self.heading = heading
        super().__init__(config, heading.schema, clean=False)

    def _create_header(self) -> None:
        self.msg_id = self.heading.message_id
        super()._create_header()
        self._xml.find("CstmrCdtTrfInitn/GrpHdr/CreDtTm").text = self.heading.created_at.strftime("%Y-%m-%dT%H:%M:%S")

    def _finalize_batch(self) -> None:
        super()._finalize_batch()
        for number, node in enumerate(self._xml.iter("PmtInfId"), start=1):
            node.text = f"{self.heading.message_id}-{number}"
        for node in self._xml.iter("FinInstnId"):
            if not len(node):
                # No BIC: what the rulebook wants there instead.
                other = ET.SubElement(node, "Othr")
                ET.SubElement(other, "Id").text = "NOTPROVIDED"
