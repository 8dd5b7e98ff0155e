"""The statistics anew, in plain Python, from nothing but the rows of the ledger and what the figures are said to mean.

It shares no line with the selector: no roll-up, no sums in SQL, none of the rules' windows, no local day as it was
stored. What it says is compared with the answer over HTTP, member by member.
"""

import calendar
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from commissions.models import CommissionEntry
from ledger.models import PointsBalance, PointsEntry, Transaction
from partners.models import Partner

Days = tuple[date, date]
COUNTS = (
    *("purchases", "reversals", "points_issued", "points_redeemed", "points_expired", "points_adjusted"),
    *("points_outstanding", "active_customers"),
)
MONEY = ("revenue", "refunds", "discounts", "commission")
SHOWN = (
    *("transactions", "purchases", "reversals", "active_customers", "points_issued", "points_redeemed"),
    *("points_expired", "points_adjusted", "points_outstanding", "points_burn_to_earn"),
)
MOST = 10


@dataclass(frozen=True)
class Question:
    """What is asked: parameters of the address, and the moment."""

    at: datetime
    period: str | None = None
    date_from: str | None = None
    date_to: str | None = None
    network: tuple[int, ...] = ()
    tier: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    of_networks: bool = False

    @property
    def query(self) -> dict[str, Any]:
        """As it is sent."""
        words = [
            *(f"network:{value}" for value in self.network),
            *(f"tier:{value}" for value in self.tier),
            *(f"status:{value}" for value in self.status),
            *(f"country:{value}" for value in self.country),
            *(["franchise_network"] if self.of_networks else []),
        ]
        given = {"period": self.period, "date_from": self.date_from, "date_to": self.date_to, "filter": words}
        return {name: value for name, value in given.items() if value}


def days_asked(question: Question, today: date) -> Days:
    """First and last day of the period, where it is this day."""
    if question.date_from and question.date_to:
        return date.fromisoformat(question.date_from), date.fromisoformat(question.date_to)
    name = question.period or "last_30_days"
    if match := re.fullmatch(r"(\d{4})-(\d\d)", name):
        return _month(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"last_(\d+)_days", name):
        return today - timedelta(days=int(match[1]) - 1), today
    yesterday = today - timedelta(days=1)
    last_month = today.replace(day=1) - timedelta(days=1)
    return {
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "this_month": (today.replace(day=1), today),
        "last_month": _month(last_month.year, last_month.month),
        "this_year": (date(today.year, 1, 1), today),
        "last_year": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    }[name]


def _month(year: int, month: int) -> Days:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def days_before(days: Days) -> Days:
    """As many days just before."""
    first, last = days
    return first - (last - first) - timedelta(days=1), first - timedelta(days=1)


def asked_partners(question: Question) -> list[dict[str, Any]]:
    """The partners that are meant."""
    everybody = {row["id"]: row for row in Partner.objects.order_by("id").values()}
    plans = dict(Partner.objects.values_list("id", "plan__code"))
    found = []
    for row in everybody.values():
        row["tier"] = plans[row["id"]]
        above = everybody.get(row["parent_id"])
        is_of_network = row["kind"] == "network" or (above is not None and above["kind"] == "network")
        if (
            (not question.network or {row["id"], row["parent_id"]} & set(question.network))
            and (not question.tier or row["tier"] in question.tier)
            and (not question.status or row["status"] in question.status)
            and (not question.country or row["country"] in question.country)
            and (not question.of_networks or is_of_network)
        ):
            found.append(row)
    return found


class Ledger:
    """Every raw row of one partner with its local day, which is computed from its instant."""

    def __init__(self, partner: dict[str, Any]) -> None:
        self.partner = partner
        self.zone = ZoneInfo(partner["time_zone"])
        mine = {"partner_id": partner["id"]}
        self.sales = list(Transaction.objects.filter(**mine).values())
        self.day_of_sale = {sale["id"]: self.day(sale["occurred_at"]) for sale in self.sales}
        holders = dict(PointsBalance.objects.filter(**mine).values_list("issued_card_id", "customer_id"))
        self.entries = [
            {
                **entry,
                "customer_id": holders[entry["issued_card_id"]],
                "on": self.day_of_sale.get(entry["transaction_id"]) or self.day(entry["occurred_at"]),
            }
            for entry in PointsEntry.objects.filter(**mine).values()
        ]
        self.lines = [
            {**line, "on": self._day_of_line(line)} for line in CommissionEntry.objects.filter(**mine).values()
        ]

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _day_of_line(self, line: dict[str, Any]) -> date:
        """A line of a sale or refund belongs to its day, wherever it is posted; others say theirs."""
        return self.day_of_sale[line["source_id"]] if line["source_type"] == "transaction" else line["local_on"]

    def figures(self, days: Days) -> dict[str, dict[str, Any]]:
        """By currency, what happened in these days."""
        first, last = days
        found: dict[str, dict[str, Any]] = defaultdict(lambda: dict.fromkeys((*COUNTS, *MONEY), Decimal(0)))
        own = found[self.partner["currency"]]
        active = set()
        for sale in self.sales:
            if first <= self.day_of_sale[sale["id"]] <= last:
                _add_sale(found[sale["currency"]], sale)
                if sale["type"] == "purchase" and sale["customer_id"]:
                    active.add(sale["customer_id"])
        for entry in self.entries:
            if entry["on"] <= last:
                own["points_outstanding"] += entry["points"]
            if first <= entry["on"] <= last:
                _add_entry(own, entry)
                if entry["kind"] in {"earn", "bonus", "redeem"}:
                    active.add(entry["customer_id"])
        own["active_customers"] += len(active)
        for line in self.lines:
            if first <= line["on"] <= last:
                found[line["currency"]]["commission"] += line["amount"]
        return found


def _add_sale(own: dict[str, Any], sale: dict[str, Any]) -> None:
    is_sale = sale["type"] == "purchase"
    own["purchases" if is_sale else "reversals"] += 1
    own["revenue" if is_sale else "refunds"] += sale["amount"]
    own["discounts"] += sale["points_discount_amount"] * (1 if is_sale else -1)


def _add_entry(own: dict[str, Any], entry: dict[str, Any]) -> None:
    kind, points = entry["kind"], entry["points"]
    if kind in {"earn", "bonus", "take_back"}:
        own["points_issued"] += points
    elif kind in {"redeem", "give_back"}:
        own["points_redeemed"] -= points
    elif kind == "expire":
        own["points_expired"] -= points
    else:
        own["points_adjusted"] += points


class Oracle:
    """Everybody's rows, as they are now."""

    def __init__(self) -> None:
        self.ledgers: dict[int, Ledger] = {}

    def of(self, partner: dict[str, Any]) -> Ledger:
        """Read once."""
        if partner["id"] not in self.ledgers:
            self.ledgers[partner["id"]] = Ledger(partner)
        return self.ledgers[partner["id"]]

    def says(self, question: Question) -> dict[str, Any]:
        """What the address has to answer."""
        return _answer(question, [(row, self.of(row)) for row in asked_partners(question)])


def _answer(question: Question, rows: list[tuple[dict[str, Any], Ledger]]) -> dict[str, Any]:
    shares, new = [], [0, 0]
    for row, ledger in rows:
        now = days_asked(question, ledger.day(question.at))
        before = days_before(now)
        made_on = ledger.day(row["created_at"])
        for index, (first, last) in enumerate((now, before)):
            new[index] += first <= made_on <= last
        halves = [ledger.figures(now), ledger.figures(before)]
        currencies = {*halves[0], *halves[1]}
        shares += [Share(row, currency, halves[0][currency], halves[1][currency]) for currency in currencies]
    shown = days_asked(question, question.at.astimezone(UTC).date())
    return {
        "period": _period(question, shown),
        "partners": {
            "total": len(rows),
            "new": beside(*new),
            "by_status": _count(row["status"] for row, _ledger in rows),
            "by_tier": _count(row["tier"] for row, _ledger in rows),
        },
        "totals": {name: value for name, value in _figures(shares).items() if name in SHOWN},
        "currencies": _blocks(shares),
    }


@dataclass
class Share:
    """One partner's part of one currency."""

    partner: dict[str, Any]
    currency: str
    now: dict[str, Any]
    before: dict[str, Any]

    @property
    def net(self) -> tuple[Decimal, Decimal]:
        return self.now["revenue"] - self.now["refunds"], self.before["revenue"] - self.before["refunds"]


def _period(question: Question, days: Days) -> dict[str, Any]:
    before = days_before(days)
    is_named = question.date_from is None
    return {
        "name": (question.period or "last_30_days") if is_named else None,
        "date_from": days[0].isoformat(),
        "date_to": days[1].isoformat(),
        "days": (days[1] - days[0]).days + 1,
        "previous_from": before[0].isoformat(),
        "previous_to": before[1].isoformat(),
    }


def _count(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for word in words:
        found[word] += 1
    return dict(found)


def _blocks(shares: list[Share]) -> list[dict[str, Any]]:
    blocks = []
    for currency in {share.currency for share in shares}:
        mine = [share for share in shares if share.currency == currency]
        lost = [share for share in mine if share.net[0] < share.net[1]]
        brought = [share for share in mine if share.net[0] > 0]
        blocks.append(
            {
                "currency": currency,
                "partners": sum(share.now["purchases"] > 0 for share in mine),
                "totals": _figures(mine),
                "by_status": _groups(mine, lambda share: share.partner["status"]),
                "by_tier": _groups(mine, lambda share: share.partner["tier"]),
                "top_partners": _ranked(brought, lambda share: -share.net[0]),
                "falling_partners": _ranked(lost, lambda share: share.net[0] - share.net[1]),
            }
        )
    return sorted(blocks, key=lambda block: (-block["totals"]["revenue"]["current"], block["currency"]))


def _groups(shares: list[Share], key_of: Callable[[Share], str]) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "partners": sum(share.now["purchases"] > 0 for share in shares if key_of(share) == key),
            **_figures([share for share in shares if key_of(share) == key]),
        }
        for key in sorted({key_of(share) for share in shares})
    ]


def _ranked(shares: list[Share], order: Callable[[Share], Decimal]) -> list[dict[str, Any]]:
    first = sorted(shares, key=lambda share: (order(share), share.partner["id"]))[:MOST]
    return [
        {
            **{name: share.partner[name] for name in ("id", "name", "status", "tier")},
            "net_revenue": beside(*share.net),
        }
        for share in first
    ]


def _figures(shares: list[Share]) -> dict[str, Any]:
    now, before = (
        {name: sum((half[name] for half in halves), Decimal(0)) for name in (*COUNTS, *MONEY)}
        for halves in ([share.now for share in shares], [share.before for share in shares])
    )
    for half in (now, before):
        half["transactions"] = half["purchases"] + half["reversals"]
        half["net_revenue"] = half["revenue"] - half["refunds"]
        half["average_purchase"] = cents(half["revenue"], half["purchases"])
        half["points_burn_to_earn"] = cents(100 * half["points_redeemed"], half["points_issued"])
    return {name: beside(now[name], before[name]) for name in now}


def cents(part: Decimal, whole: Decimal) -> Decimal | None:
    """Half away from zero; nothing to divide by is null."""
    return None if whole == 0 else (part / whole).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def beside(now: Any, before: Any) -> dict[str, Any]:
    """A figure and that of the period before, with the difference and the growth in percent."""
    if now is None or before is None:
        return {"current": now, "previous": before, "change": None, "growth": None}
    growth = cents(100 * Decimal(now - before), abs(Decimal(before)))
    return {"current": now, "previous": before, "change": now - before, "growth": growth}
