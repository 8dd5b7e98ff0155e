"""The demo's names, shops and days look like the real thing, and are the same all day long."""

import random
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.demo.blueprints import BLUEPRINTS, BOOKSHOP, CHAIN, TEA_MERCHANT, Blueprint
from ledger.demo.members import invite_members
from ledger.demo.names import SURNAMES, Register, womans_surname
from ledger.demo.places import shops_of
from ledger.demo.rhythm import BOOKS, CAFE, DAYS, daily_counts
from ledger.demo.visits import Visit, Year

MORNING = datetime(2026, 5, 20, 7, 30, tzinfo=UTC)


def _visits(
    blueprint: Blueprint, now: datetime, *, customers: int = 60, sales: int = 3_000
) -> tuple[Year, list[Visit]]:
    draw = random.Random(1)
    shops = shops_of(blueprint.cities, blueprint.brand, draw, new=blueprint.new_shops, web=blueprint.web)
    year = Year(blueprint, shops, invite_members(blueprint, shops, customers, now, draw), now, draw)
    return year, year.visits(sales)


@pytest.mark.parametrize(
    ("surname", "wife", "daughter"),
    [
        ("Kazlauskas", "Kazlauskienė", "Kazlauskaitė"),
        ("Stankevičius", "Stankevičienė", "Stankevičiūtė"),
        ("Butkus", "Butkienė", "Butkutė"),
        ("Petraitis", "Petraitienė", "Petraitytė"),
        ("Gaidys", "Gaidienė", "Gaidytė"),
        ("Mažeika", "Mažeikienė", "Mažeikaitė"),
    ],
)
def test_a_womans_surname_tells_from_whom_she_has_it(surname: str, wife: str, daughter: str) -> None:
    assert womans_surname(surname, is_married=True) == wife
    assert womans_surname(surname, is_married=False) == daughter


def test_every_surname_has_forms_for_women() -> None:
    assert [name for name in SURNAMES if not womans_surname(name, is_married=True).endswith("ienė")] == []
    assert [name for name in SURNAMES if not womans_surname(name, is_married=False).endswith("tė")] == []


def test_no_two_people_share_an_address_or_a_phone() -> None:
    register = Register(random.Random(1), lithuanian=0.9, country="LT")
    people = [register.person() for _ in range(1_500)]
    assert len({person.email for person in people}) == len({person.phone for person in people}) == 1_500
    assert all(re.fullmatch(r"[a-z.]+\d*@[a-z]+\.example", person.email) for person in people)
    assert all(re.fullmatch(r"\+37060\d{6}", person.phone) for person in people)


def test_the_chain_has_52_shops_each_with_a_name_of_its_own() -> None:
    shops = shops_of(CHAIN.cities, CHAIN.brand, random.Random(1), new=CHAIN.new_shops)
    assert len(shops) == len({shop.name for shop in shops}) == len({shop.code for shop in shops}) == 52
    assert sum(shop.opened_days_ago is not None for shop in shops) == 3
    assert shops[0].working_hours["monday"] == "07:00-20:00"
    office = next(shop for shop in shops if shop.kind == "office")
    assert "sunday" not in office.working_hours


def test_the_partners_share_neither_people_nor_places() -> None:
    assert len({blueprint.domain for blueprint in BLUEPRINTS}) == len(BLUEPRINTS) == 3
    assert [blueprint.profile.get("currency", "EUR") for blueprint in BLUEPRINTS] == ["EUR", "EUR", "GBP"]


def test_christmas_is_closed_december_is_high_and_fridays_are_full() -> None:
    days = dict(daily_counts(BOOKS, date(2026, 5, 20), 20_000, random.Random(1)))
    assert len(days) == DAYS
    assert 19_000 < sum(days.values()) < 21_000
    assert days[date(2025, 12, 25)] == 0
    december = sum(count for day, count in days.items() if day.month == 12)
    july = sum(count for day, count in days.items() if day.month == 7)
    assert december > 1.5 * july
    cafe = daily_counts(CAFE, date(2026, 5, 20), 20_000, random.Random(1))
    by_weekday = Counter[int]()
    for day, count in cafe:
        by_weekday[day.weekday()] += count
    assert max(by_weekday, key=lambda weekday: by_weekday[weekday]) == 4
    assert min(by_weekday, key=lambda weekday: by_weekday[weekday]) == 6


def test_a_cafe_has_a_morning_and_a_lunch_peak() -> None:
    year, visits = _visits(CHAIN, MORNING)
    hours = Counter(visit.at.astimezone(year.zone).hour for visit in visits)
    assert hours[8] > 1.5 * hours[10] < 1.5 * hours[12]


def test_purchases_fall_into_opening_hours_and_after_somebody_joined() -> None:
    year, visits = _visits(CHAIN, MORNING)
    purchases = [visit for visit in visits if visit.kind == "purchase" and not visit.spends_everything]
    ordinary = [visit for visit in purchases if visit.member is None or visit.member.owes_at is None]
    for visit in ordinary:
        hours = year.shops[visit.place].hours(visit.local_on.weekday())
        assert hours is not None
        assert hours[0] <= visit.at.astimezone(year.zone).hour < hours[1]
        assert visit.member is None or visit.member.joined_at <= visit.at
        assert visit.member is None or visit.member.gone_at is None or visit.at < visit.member.gone_at
    assert all(visit.at <= MORNING for visit in visits)
    assert 0.2 < sum(visit.member is None for visit in purchases) / len(purchases) < 0.6


@pytest.mark.parametrize("blueprint", [CHAIN, BOOKSHOP, TEA_MERCHANT])
def test_the_evening_knows_what_the_morning_knew_and_what_came_since(blueprint: Blueprint) -> None:
    def told(visit: Visit) -> tuple[object, ...]:
        return (visit.at, visit.place, visit.member and visit.member.person, visit.lines, visit.kind, visit.part)

    _, morning = _visits(blueprint, MORNING)
    _, evening = _visits(blueprint, MORNING + timedelta(hours=11))
    assert [told(visit) for visit in evening[: len(morning)]] == [told(visit) for visit in morning]
    assert len(evening) >= len(morning) > 2_500
