"""A year of visits to a partner's shops: who came when and bought what. Points come later."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Literal
from zoneinfo import ZoneInfo

from ledger.demo.blueprints import CLUB_SHOPS, Blueprint
from ledger.demo.goods import Assortment
from ledger.demo.members import Member
from ledger.demo.places import Place
from ledger.demo.rhythm import DAYS, daily_counts, hour_of
from ledger.rules.cart import CartLine

ELSEWHERE = 0.12  # share of a customer's visits to another shop of the city


@dataclass(slots=True, eq=False)
class Visit:
    """A purchase, or the return or cancellation of one (`part` of its total; None: all of it)."""

    at: datetime
    local_on: date
    place: int
    member: Member | None
    lines: tuple[CartLine, ...] = ()
    kind: Literal["purchase", "refund", "cancellation"] = "purchase"
    original: "Visit | None" = None
    part: Decimal | None = None
    with_club_card: bool = False
    spends_everything: bool = False

    @property
    def total(self) -> Decimal:
        return sum((line.total_price for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Customers to draw from, the frequent ones more often."""

    members: Sequence[Member]
    weights: Sequence[float]  # running sums

    @classmethod
    def of(cls, members: Sequence[Member]) -> "_Crowd":
        return cls(members, list(accumulate(member.frequency for member in members)))

    def pick(self, at: datetime, draw: random.Random) -> Member | None:
        """Somebody who is a customer at that time; None when it is no one's turn."""
        if not self.members:
            return None
        for _ in range(2):
            member = draw.choices(self.members, cum_weights=self.weights)[0]
            if member.joined_at <= at and (member.gone_at is None or at < member.gone_at):
                return member
        return None


class Year:
    """One partner's last 365 days."""

    def __init__(
        self,
        blueprint: Blueprint,
        shops: Sequence[Place],
        members: Sequence[Member],
        now: datetime,
        draw: random.Random,
    ) -> None:
        self.blueprint, self.shops, self.members, self.now, self.draw = blueprint, shops, members, now, draw
        self.zone = ZoneInfo(blueprint.profile.get("time_zone", "Europe/Vilnius"))
        self.today = now.astimezone(self.zone).date()
        self.assortment = Assortment(blueprint.groups, blueprint.key[0].upper())
        homes = range(len(shops))
        self.at_home = [_Crowd.of([member for member in members if member.home == home]) for home in homes]
        self.in_city = {
            city: _Crowd.of([member for member in members if shops[member.home].city == city])
            for city in {place.city for place in shops}
        }

    def visits(self, count: int) -> list[Visit]:
        """About so many purchases with their returns, oldest first, none in the future."""
        found: list[Visit] = []
        for day, visitors in daily_counts(self.blueprint.rhythm, self.today, count, self.draw):
            open_places, weights = self._open(day)
            if not open_places:
                continue
            for place in self.draw.choices(open_places, cum_weights=weights, k=visitors):
                found += self._visit(place, day)
        for member in self.members:
            if member.orders_monthly:
                found += self._monthly_orders(member)
            if member.owes_at is not None:
                found += self._debt(member, member.owes_at)
        found = [visit for visit in found if visit.at <= self.now]
        found.sort(key=lambda visit: visit.at)
        return found

    def _open(self, day: date) -> tuple[list[int], list[float]]:
        places = [
            number
            for number, place in enumerate(self.shops)
            if place.hours(day.weekday())
            and (place.opened_days_ago is None or (self.today - day).days <= place.opened_days_ago)
        ]
        return places, list(accumulate(self.shops[number].weight for number in places))

    def _visit(self, number: int, day: date) -> Iterator[Visit]:
        draw, place = self.draw, self.shops[number]
        hour = hour_of(self.blueprint.rhythm, place.hours(day.weekday()) or (9, 18), draw)
        at = self._instant(day, time(hour, draw.randrange(60), draw.randrange(60)))
        member = self._visitor(number, at)
        lines = self.assortment.cart(draw, hour=hour, month=day.month)
        with_club = member is not None and member.is_club_member and number < CLUB_SHOPS and draw.random() < 0.7
        visit = Visit(at, day, number, member, lines, with_club_card=with_club)
        yield visit
        if draw.random() < self.blueprint.refunds:
            yield self._return_of(visit)

    def _visitor(self, number: int, at: datetime) -> Member | None:
        chance = self.draw.random()
        if chance < self.blueprint.anonymous:
            return None
        if chance < self.blueprint.anonymous + ELSEWHERE:
            return self.in_city[self.shops[number].city].pick(at, self.draw)
        return self.at_home[number].pick(at, self.draw)

    def _return_of(self, visit: Visit) -> Visit:
        """Something goes back: at once as a slip of the till, or within the days that the shop allows."""
        draw, days = self.draw, self.blueprint.days_to_return
        if days == 0 or draw.random() < 0.2:
            at = visit.at + timedelta(minutes=draw.randint(1, 9), seconds=draw.randrange(60))
            kind: Literal["refund", "cancellation"] = "cancellation" if draw.random() < 0.5 else "refund"
        else:
            day = visit.local_on + timedelta(days=draw.randint(1, days))
            while not self.shops[visit.place].hours(day.weekday()):
                day += timedelta(days=1)
            at, kind = self._instant(day, time(draw.randint(11, 16), draw.randrange(60), draw.randrange(60))), "refund"
        part = None
        if kind == "refund" and len(visit.lines) > 1 and draw.random() < 0.6:
            part = draw.choice(visit.lines).total_price
        local_on = at.astimezone(self.zone).date()
        return Visit(at, local_on, visit.place, visit.member, kind=kind, original=visit, part=part)

    def _monthly_orders(self, member: Member) -> Iterator[Visit]:
        """For the office: two of the dearest, around the same day of every month, in the morning."""
        two_of_the_dearest = (self.assortment.line(self.assortment.dearest, 2),)
        for back in range(self.draw.randint(4, 25), DAYS, 30):
            day = self.today - timedelta(days=back)
            while not self.shops[member.home].hours(day.weekday()):
                day += timedelta(days=1)
            at = self._instant(day, time(11, self.draw.randrange(60), self.draw.randrange(60)))
            yield Visit(at, day, member.home, member, two_of_the_dearest)

    def _debt(self, member: Member, at: datetime) -> Iterator[Visit]:
        """A large purchase, its points spent on the next day, and the purchase brought back on the day after."""
        large = (self.assortment.line(self.assortment.dearest, 5),)
        bought, spent = at - timedelta(days=2), at - timedelta(days=1)
        first = Visit(bought, self._local(bought), member.home, member, large)
        yield first
        again = (self.assortment.line(self.assortment.dearest, 1),)
        yield Visit(spent, self._local(spent), member.home, member, again, spends_everything=True)
        yield Visit(at, self._local(at), member.home, member, kind="refund", original=first)

    def _instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def _local(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()
