"""Files as partners send them, and the import of one."""

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cards.models import Card
from cards.tests.factories import CardFactory
from interchange.rules.profiles import PROFILES, Profile
from interchange.services.transaction_imports import ImportFile, import_transactions
from ledger.models import PointsBalance, PointsEntry
from loyalty.services.audit import SYSTEM
from partners.models import Partner
from partners.tests.factories import PartnerFactory

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
HEADING = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def line(
    invoice: str,
    price: str = "10.00",
    quantity: str = "1",
    date: str = "2026-02-01 10:00:00",
    customer: str = "7",
    *,
    product: str = "A1",
    name: str = "Mug",
    shop: str = "Lithuania",
) -> str:
    """One line in the shape of the UCI file."""
    return f"{invoice},{product},{name},{quantity},{date},{price},{customer},{shop}"


@dataclass
class Importer:
    """A partner in Vilnius with one card programme (1 point per 1.00 unless said otherwise), and files for it."""

    folder: Path
    partner: Partner
    card: Card

    @classmethod
    def new(cls, folder: Path, **card: Any) -> "Importer":
        partner = PartnerFactory()
        return cls(folder, partner, CardFactory(partner=partner, **card))

    @property
    def rejects(self) -> Path:
        return self.folder / "refused.csv"

    def refused(self) -> list[str]:
        """The rejects file without its heading, `line,reason` of each."""
        rows = self.rejects.read_text().splitlines()[1:]
        return [",".join(row.split(",")[:2]) for row in rows]

    def write(self, *lines: str, name: str = "sales.csv", heading: str = HEADING) -> Path:
        content = "".join(f"{text}\n" for text in (heading, *lines)).encode()
        path = self.folder / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    def take(self, *lines: str, at: datetime = NOW, **options: Any) -> dict[str, Any]:
        """Import these lines and answer the summary."""
        return self.take_file(self.write(*lines), at=at, **options)

    def take_file(
        self, path: Path, *, at: datetime = NOW, profile: Profile = PROFILES["uci-retail"], **options: Any
    ) -> dict[str, Any]:
        source = ImportFile(path, profile, self.rejects, **options)
        summary = import_transactions(actor=SYSTEM, partner_id=self.partner.pk, source=source, at=at).as_dict()
        assert summary.pop("seconds") >= 0
        return summary

    def balance(self, external_id: str = "7") -> tuple[int, int]:
        """Balance and debt of a customer."""
        row = PointsBalance.objects.get(partner=self.partner, customer__external_id=external_id)
        return row.balance, row.debt

    def entries(self, external_id: str = "7") -> list[tuple[str, int]]:
        """A customer's points as they moved."""
        rows = PointsEntry.objects.filter(issued_card__customer__external_id=external_id, partner=self.partner)
        return list(rows.order_by("pk").values_list("kind", "points"))
