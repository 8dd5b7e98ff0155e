"""The customers of a demo partner: who they are, where they are at home, and what habits they have."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ledger.demo.blueprints import CLUB_SHOPS, Blueprint
from ledger.demo.names import Person, Register
from ledger.demo.places import Place
from ledger.demo.rhythm import DAYS

SHOWCASE = 15  # regulars who save up: whoever tries the platform out finds points to spend
# What the partner's file names are ordinary customers; those with a story of their own come after them.
ORDINARY = 0.7
BLOCKED, DEBTORS = 0.005, 0.0025


@dataclass(slots=True)
class Member:
    """One customer with what makes their history."""

    person: Person
    home: int  # place
    joined_at: datetime
    frequency: float
    saves: bool
    number: str
    qr_value: uuid.UUID
    agrees: bool  # to be written to
    orders_monthly: bool = False
    is_club_member: bool = False
    club_number: str = ""
    club_qr_value: uuid.UUID | None = None
    blocked_at: datetime | None = None
    owes_at: datetime | None = None
    customer_id: int = 0

    @property
    def gone_at(self) -> datetime | None:
        """When they stop coming."""
        return self.blocked_at or (self.owes_at and self.owes_at - timedelta(days=3))


def invite_members(
    blueprint: Blueprint, shops: list[Place], count: int, now: datetime, draw: random.Random
) -> list[Member]:
    """So many customers. The first are regulars; the last have a card blocked, a debt or a second card."""
    zone = ZoneInfo(blueprint.profile.get("time_zone", "Europe/Vilnius"))
    register = Register(draw, lithuanian=blueprint.lithuanian, country=blueprint.profile.get("country", "LT"))
    numbers = iter(draw.sample(range(10**9), 2 * count))
    weights = [place.weight for place in shops]
    members = []
    for index in range(count):
        is_showcase = index < min(SHOWCASE, count // 4)
        home = draw.choices(range(len(shops)), weights)[0]
        if is_showcase and shops[home].opened_days_ago is not None:
            home = 0
        back = DAYS + draw.randint(5, 500) if is_showcase or draw.random() < 0.45 else draw.randint(1, DAYS)
        member = Member(
            person=register.person(),
            home=home,
            joined_at=_daytime(now, back, zone, draw),
            frequency=draw.lognormvariate(0, 0.8) * (0.4 if blueprint.days_to_return else 1),
            saves=is_showcase or draw.random() < 0.4,
            number=_number(next(numbers)),
            qr_value=_uuid(draw),
            agrees=draw.random() < 0.6,
        )
        if is_showcase:
            member.frequency, member.orders_monthly = draw.uniform(6, 8), True
        members.append(member)
    _tell_stories(blueprint, members, now, numbers, draw)
    return members


def _tell_stories(
    blueprint: Blueprint, members: list[Member], now: datetime, numbers: Iterator[int], draw: random.Random
) -> None:
    zone = ZoneInfo(blueprint.profile.get("time_zone", "Europe/Vilnius"))
    special = list(range(int(len(members) * ORDINARY), len(members)))
    draw.shuffle(special)
    for _ in range(max(2, round(len(members) * BLOCKED))):
        members[special.pop()].blocked_at = _daytime(now, draw.randint(2, 60), zone, draw)
    for _ in range(max(1, round(len(members) * DEBTORS))):
        member = members[special.pop()]
        member.owes_at = _daytime(now, draw.randint(8, 40), zone, draw)
        member.joined_at = min(member.joined_at, member.owes_at - timedelta(days=30))
    for _ in range(int(len(members) * blueprint.club_members)):
        member = members[special.pop()]
        member.is_club_member = True
        member.home = draw.randrange(CLUB_SHOPS)
        member.joined_at = min(member.joined_at, _daytime(now, DAYS + draw.randint(1, 400), zone, draw))
        member.frequency *= 2
        member.club_number, member.club_qr_value = _number(next(numbers)), _uuid(draw)


def _daytime(now: datetime, days_back: int, zone: ZoneInfo, draw: random.Random) -> datetime:
    day = now.astimezone(zone).date() - timedelta(days=days_back)
    return datetime.combine(day, time(draw.randint(9, 17), draw.randint(0, 59)), zone)


def _number(drawn: int) -> str:
    digits = f"{drawn:09}"
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"


def _uuid(draw: random.Random) -> uuid.UUID:
    return uuid.UUID(int=draw.getrandbits(128), version=4)
