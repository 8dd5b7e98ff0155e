"""Terms, lines by hand and statements over HTTP; what is downloaded adds up to the cent."""

import csv
import io
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commissions.models import CommissionEntry, CommissionPeriod, ManualLine, Statement
from commissions.tests.callers import address, admin_caller
from commissions.tests.factories import RateFactory
from commissions.tests.months import NOW, Books, examples
from loyalty.models import AuditEvent
from partners.models import Partner
from partners.tests import callers
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
MINE = "/en/partners/statements"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with patch("loyalty.api.base.timezone.now", return_value=NOW):
        yield


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


def staff_caller(partner: Partner, role: str = "owner") -> Caller:
    """Staff whose token is of today, whatever the platform's clock says in these tests."""
    with patch("loyalty.api.base.timezone.now", side_effect=lambda: datetime.now(UTC)):
        return callers.staff_caller(partner, role)


def lock(admin: Caller, books: Books, month: str) -> int:
    """Lock a month; answers the id of its statement."""
    admin.post(address(books.partner, "lock"), {"period": month}, 200)
    return admin.get(address(books.partner, "statements"), period=month)["data"][0]["id"]


def statement(admin: Caller, books: Books, number: int) -> dict[str, Any]:
    return admin.get(address(books.partner, f"statements/{number}"))["data"]


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def pdf_text(content: bytes) -> str:
    """What a PDF of ours says: the codes of each font's subset, by the font's own table of letters."""
    raws = re.findall(rb"stream\n(.*?)\nendstream", content, re.DOTALL)
    streams = [zlib.decompress(raw) if raw[:1] == b"x" else raw for raw in raws]
    letters: list[dict[int, str]] = []
    for stream in streams:
        if b"begincmap" in stream:
            pairs = re.findall(rb"<([0-9A-F]{2,4})> <([0-9A-F]+)>\n", stream)
            letters.append({int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs})
    words = []
    for stream in streams:
        for font, text in re.findall(rb"/F(\d+) [\d.]+ Tf|\(((?:\\.|[^\\])*?)\) Tj", stream, re.DOTALL):
            if font:
                active = letters[int(font) - 1]
            else:
                raw = re.sub(
                    rb"\\(.)", lambda found: {b"n": b"\n", b"r": b"\r"}.get(found[1], found[1]), text, flags=re.DOTALL
                )
                codes = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
                words.append("".join(active[code] for code in codes))
    return "\n".join(words)


def test_terms_are_read_and_changed_from_a_month_on(admin: Caller) -> None:
    partner = PartnerFactory()
    path = address(partner, "terms")
    none = admin.get(path)["data"]
    assert (none["id"], none["minimum"], none["cap"], none["close_policy"]) == (None, 0, None, "by_hand")
    assert (none["period"], none["versions"]) == ("2026-08", [])
    said = {"minimum": 20, "cap": "500.00", "threshold": 10, "close_policy": "automatic", "close_after_days": 3}
    first = admin.put(path, said)["data"]
    assert {name: first[name] for name in said} == {**said, "cap": 500}
    assert (first["valid_from"], first["automatic_since"]) == ("2026-08", "2026-08-10T09:00:00Z")
    assert admin.put(path, {"minimum": 20})["data"] == first
    later = admin.put(path, {"cap": None, "valid_from": "2026-10"})["data"]
    assert (later["period"], later["cap"], later["minimum"]) == ("2026-10", None, 20)
    assert admin.get(path)["data"]["cap"] == 500
    assert admin.get(path, period="2026-11")["data"]["cap"] is None
    assert later["automatic_since"] == first["automatic_since"]
    changes = (
        AuditEvent.objects.filter(action="commission.terms_changed").order_by("pk").values_list("changes", flat=True)
    )
    assert [set(change) - {"total", "valid_from"} for change in changes] == [set(said), {"cap"}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"minimum": -1}, "minimum"),
        ({"threshold": "0.005"}, "threshold"),
        ({"minimum": 10, "cap": 9}, "cap"),
        ({"close_after_days": 61}, "close_after_days"),
        ({"close_policy": "sometimes"}, "close_policy"),
        ({"valid_from": "2026-13"}, "valid_from"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_name(admin: Caller, body: dict[str, Any], field: str) -> None:
    partner = PartnerFactory()
    assert list(admin.put(address(partner, "terms"), body, 422)["errors"]) == [field]
    assert admin.get(address(partner, "terms"))["data"]["versions"] == []


def test_terms_never_reach_a_closed_month_or_a_locked_partner(admin: Caller) -> None:
    books = examples()
    lock(admin, books, "2026-06")
    terms = address(books.partner, "terms")
    assert admin.put(terms, {"minimum": 5, "valid_from": "2026-06"}, 409)["code"] == "COMMISSION_LOCKED"
    assert admin.put(terms, {"minimum": 5, "valid_from": "2026-07"})["data"]["minimum"] == 5
    admin.post(address(books.partner, "lock"), {}, 200)
    assert admin.put(terms, {"minimum": 6}, 409)["code"] == "COMMISSION_LOCKED"
    assert len(admin.get(terms)["data"]["versions"]) == 1


def test_a_line_by_hand_is_added_and_taken_back_by_another(admin: Caller) -> None:
    books = examples()
    books.accrue()
    lines = address(books.partner, "lines")
    key = {"Idempotency-Key": "goodwill-1"}
    body = {"amount": "-5.00", "period": "2026-06", "reason": "Goodwill"}
    made = admin.post(lines, body, **key)["data"]
    assert (made["kind"], made["amount"], made["period"], made["date"]) == ("manual", -5, "2026-06", "2026-06-30")
    assert (made["reason"], made["source_type"], made["component"], made["rate"]) == (
        "Goodwill",
        "manual",
        "platform",
        None,
    )
    assert admin.post(lines, body, **key)["data"] == made
    assert books.total("2026-06") == (8, "10.64")
    back = admin.post(lines, {"reverses": made["id"], "reason": "Given twice"})["data"]
    assert (back["amount"], back["period"], back["reverses"], back["reason"]) == (
        5,
        "2026-08",
        made["id"],
        "Given twice",
    )
    again = admin.post(lines, {"reverses": made["id"], "reason": "Again"}, 409)
    assert (again["code"], list(again["errors"])) == ("RESOURCE_ALREADY_EXISTS", ["reverses"])
    assert [f"{why.amount:.2f}" for why in ManualLine.objects.order_by("pk")] == ["-5.00", "5.00"]
    assert AuditEvent.objects.filter(action="commission.line_added").count() == 2
    listed = admin.get(lines, kind="manual")
    assert ([line["id"] for line in listed["data"]], listed["meta"]["total_amount"]) == ([back["id"], made["id"]], 0)
    # Computing everything anew leaves what people decided.
    assert books.force().unchanged == 9
    assert CommissionEntry.objects.filter(kind="manual").count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 5}, "reason"),
        ({"amount": 5, "reason": "  "}, "reason"),
        ({"reason": "x"}, "amount"),
        ({"amount": 0, "reason": "x"}, "amount"),
        ({"amount": "1.005", "reason": "x"}, "amount"),
        ({"amount": 5, "reason": "x", "period": "2026-09"}, "period"),
        ({"amount": 5, "reason": "x", "component": "tip"}, "component"),
        ({"amount": 5, "reason": "x", "reverses": 1}, "amount"),
    ],
)
def test_a_line_by_hand_that_cannot_be_is_refused_by_name(admin: Caller, body: dict[str, Any], field: str) -> None:
    partner = PartnerFactory()
    assert list(admin.post(address(partner, "lines"), body, 422)["errors"]) == [field]
    assert ManualLine.objects.count() == CommissionPeriod.objects.count() == 0


def test_a_line_by_hand_is_refused_while_locked_and_for_anothers_line(admin: Caller) -> None:
    books, other = examples(), Books()
    books.accrue()
    lines, body = address(books.partner, "lines"), {"amount": 1, "reason": "x", "period": "2026-06"}
    sale = CommissionEntry.objects.filter(partner=books.partner).first()
    assert sale is not None
    assert list(admin.post(lines, {"reverses": sale.pk, "reason": "x"}, 422)["errors"]) == ["reverses"]
    foreign = admin.post(address(other.partner, "lines"), {"amount": 2, "reason": "x"})["data"]["id"]
    for number in (foreign, 10**12):
        answer = admin.post(lines, {"reverses": number, "reason": "x"}, 404)
        assert (answer["code"], list(answer["errors"])) == ("RESOURCE_NOT_FOUND", ["reverses"])
    lock(admin, books, "2026-06")
    assert admin.post(lines, body, 409)["code"] == "COMMISSION_LOCKED"
    admin.post(address(books.partner, "lock"), {}, 200)
    assert admin.post(lines, {**body, "period": "2026-07"}, 409)["code"] == "COMMISSION_LOCKED"
    assert ManualLine.objects.filter(partner=books.partner).count() == 0


def test_a_month_from_lock_to_settlement(admin: Caller) -> None:
    books = examples()
    admin.put(address(books.partner, "terms"), {"minimum": 20, "threshold": 30, "valid_from": "2026-06"})
    admin.post(address(books.partner, "lines"), {"amount": -1, "period": "2026-06", "reason": "Goodwill"})
    june = lock(admin, books, "2026-06")
    draft = statement(admin, books, june)
    parts = {
        name: draft[name] for name in ("opening", "accruals", "manual", "minimum_topup", "total", "closing", "settled")
    }
    assert parts == {
        "opening": 0,
        "accruals": 15.64,
        "manual": -1,
        "minimum_topup": 4.36,
        "total": 19,
        "closing": 19,
        "settled": 0,
    }
    assert (draft["status"], draft["number"], draft["lines"], draft["direction"]) == ("draft", None, 9, "none")
    assert sum(Decimal(str(group["amount"])) for group in draft["groups"]) == 19
    issued = admin.post(address(books.partner, f"statements/{june}/issue"), {}, 200)["data"]
    # Nothing is asked for below the threshold, so the month is done with.
    assert (issued["status"], issued["number"]) == ("settled", "ST-000001")
    july = lock(admin, books, "2026-07")
    asked = statement(admin, books, july)
    assert (asked["opening"], asked["total"], asked["settled"], asked["closing"]) == (19, 20, 39, 0)
    assert asked["direction"] == "to_platform"
    early = admin.post(address(books.partner, "settle"), {"period": "2026-08"}, 409)
    assert early["code"] == "COMMISSION_PERIOD_OPEN"
    settled = admin.post(address(books.partner, "settle"), {"period": "2026-07", "reason": "bank"}, 200)["data"]
    assert (settled["status"], settled["number"], settled["settled_at"]) == (
        "settled",
        "ST-000002",
        "2026-08-10T09:00:00Z",
    )
    assert admin.post(address(books.partner, "settle"), {"period": "2026-07"}, 200)["data"] == settled
    unlock = admin.post(address(books.partner, "unlock"), {"period": "2026-07", "reason": "x"}, 409)
    assert unlock["code"] == "COMMISSION_PERIOD_SETTLED"
    locked = admin.post(address(books.partner, "lock"), {"period": "2026-07"}, 409)
    assert locked["code"] == "COMMISSION_PERIOD_SETTLED"
    assert admin.get(address(books.partner, "lock-status"), period="2026-07")["data"]["state"] == "settled"


def test_an_issued_month_is_not_unlocked_and_the_next_draft_waits(admin: Caller) -> None:
    books = examples()
    june, july = lock(admin, books, "2026-06"), lock(admin, books, "2026-07")
    waits = admin.post(address(books.partner, f"statements/{july}/issue"), {}, 409)
    assert waits["code"] == "COMMISSION_EARLIER_STATEMENT_DRAFT"
    admin.post(address(books.partner, "unlock"), {"period": "2026-07", "reason": "x"}, 200)
    assert admin.get(address(books.partner, f"statements/{july}"), 404)["code"] == "RESOURCE_NOT_FOUND"
    admin.post(address(books.partner, f"statements/{june}/issue"), {}, 200)
    refused = admin.post(address(books.partner, "unlock"), {"period": "2026-06", "reason": "x"}, 409)
    assert (refused["code"], "ST-000001" in refused["message"]) == ("COMMISSION_STATEMENT_ISSUED", True)


def test_a_partner_sees_its_issued_statements_and_nothing_else(admin: Caller) -> None:
    books, other = examples(), Books()
    june = lock(admin, books, "2026-06")
    owner, analyst, foreign = (
        staff_caller(books.partner),
        staff_caller(books.partner, "analyst"),
        staff_caller(other.partner),
    )
    assert owner.get(MINE)["data"] == []
    assert owner.get(f"{MINE}/{june}", 404)["code"] == "RESOURCE_NOT_FOUND"
    admin.post(address(books.partner, f"statements/{june}/issue"), {}, 200)
    [row] = analyst.get(MINE, status="issued", from_period="2026-05", to_period="2026-06")["data"]
    assert (row["number"], row["total"], "issued_by" in row) == ("ST-000001", 15.64, False)
    assert owner.get(f"{MINE}/{june}")["data"]["groups"][0]["kind"] == "accrual"
    assert owner.get(MINE, period="2026-07")["data"] == []
    assert owner.get(MINE, 422, status="draft")["errors"].keys() == {"status"}
    for caller in (foreign, credential_caller(other.partner)):
        assert caller.get(MINE)["data"] == []
        for path in (f"{MINE}/{june}", f"{MINE}/{june}/download"):
            assert caller.get(path, 404)["code"] == "RESOURCE_NOT_FOUND"
    assert admin.get(address(other.partner, f"statements/{june}"), 404)["code"] == "RESOURCE_NOT_FOUND"
    assert staff_caller(books.partner, "cashier").get(MINE, 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    limited = credential_caller(books.partner, books.s9)
    for path in (MINE, f"{MINE}/{june}", f"{MINE}/{june}/download"):
        assert limited.get(path, 403)["code"] == "STORE_ACCESS_DENIED"
    assert owner.get(f"{MINE}/{june}/download", 422, format="doc")["errors"].keys() == {"format"}


def test_files_say_the_same_as_the_statement_to_the_cent(admin: Caller) -> None:
    books = examples()
    books.partner.legal_name, books.partner.default_language = "UAB „Žąsė“ & <b>Кафе</b>", "lt"
    books.partner.save()
    books.sell("=1+1", "10.00", "2026-06-20T09:00", ("@sum", "10.00"))
    books.sell("LATE", "50.00", "2026-06-15T09:00")
    books.refund("A1", "19.99", "2026-06-21T09:00")
    admin.post(address(books.partner, "lines"), {"amount": "-1.10", "period": "2026-06", "reason": "+Žala"})
    june = lock(admin, books, "2026-06")
    admin.post(address(books.partner, f"statements/{june}/issue"), {}, 200)
    owner = staff_caller(books.partner)
    whole = Decimal(str(owner.get(f"{MINE}/{june}")["data"]["total"]))

    def fetch(kind: str) -> Any:
        answer = owner.client.get(f"{MINE}/{june}/download", {"format": kind})
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == f'attachment; filename="ST-000001-2026-06.{kind}"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return answer

    rows = rows_of(fetch("csv"))
    assert list(rows[0])[:3] == ["Data", "Rūšis", "Komponentas"]
    assert sum(Decimal(row["Suma"]) for row in rows) == whole == Decimal("16.14")
    cells = {cell for row in rows for cell in row.values()}
    assert {"'=1+1", "'@sum", "'+Žala"} <= cells
    page = fetch("html").content.decode()
    assert "UAB „Žąsė“ &amp; &lt;b&gt;Кафе&lt;/b&gt;" in page
    assert '<html lang="lt">' in page
    assert "16,14" in page
    pdf = fetch("pdf").content
    assert pdf.startswith(b"%PDF-")
    said = pdf_text(pdf)
    assert "UAB „Žąsė“ & <b>Кафе</b>" in said
    assert "16,14" in said
    assert "ST-000001" in said
    # What was issued stays, whatever the partner is called later.
    books.partner.legal_name, books.partner.default_language = "Other", "en"
    books.partner.save()
    assert (fetch("pdf").content, fetch("html").content.decode()) == (pdf, page)


def test_lists_cost_the_same_for_two_and_for_twenty_statements(admin: Caller) -> None:
    books = Books()
    RateFactory(partner=books.partner, percent=4)
    months = [f"{2024 + number // 12}-{number % 12 + 1:02}" for number in range(20)]
    owner = staff_caller(books.partner)

    def count() -> tuple[int, int]:
        found = []
        for caller, path in ((admin, address(books.partner, "statements")), (owner, MINE)):
            with CaptureQueriesContext(connection) as captured:
                caller.get(path, per_page=20)
            found.append(len(captured))
        return found[0], found[1]

    for month in months[:2]:
        admin.post(
            address(books.partner, "settle"),
            {"period": statement(admin, books, lock(admin, books, month))["period"]},
            200,
        )
    count()
    two = count()
    for month in months[2:]:
        lock(admin, books, month)
        admin.post(address(books.partner, "settle"), {"period": month}, 200)
    assert Statement.objects.count() == 20
    assert count() == two
