"""The whole demo: three partners with a year of history, and the file that opens them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from ledger.demo.blueprints import BLUEPRINTS, Blueprint
from ledger.demo.handover import read_handover, remembered_partner, write_handover
from ledger.demo.parts import demo_parts
from ledger.services import bulk_load
from ledger.services.demo_access import open_admin, open_partner
from ledger.services.demo_partners import find_demo_partner, load_demo_partner
from partners.models import Partner

TURN = 7_104_382  # any number; two runs on one database take turns


def load_demo(*, path: Path, base_url: str, scale: float, at: datetime, say: Callable[[str], None]) -> None:
    """Make what is missing, each partner in one transaction (so a killed run can be repeated), and write the file."""
    with _my_turn():
        partners = []
        for blueprint in BLUEPRINTS:
            partner = find_demo_partner(blueprint=blueprint)
            if partner is None:
                partner = load_demo_partner(blueprint=blueprint, scale=scale, at=at, say=say)
                bulk_load.analyze()
            for part in demo_parts():
                part.load(partner=partner, key=blueprint.key, at=at, say=say)
            partners.append((blueprint, partner))
        remembered = read_handover(path)
        admin = open_admin(remembered=remembered, at=at)
        content = {
            "base_url": base_url,
            "admin": {"email": admin.email, "password": admin.password},
            "partners": [
                _opened(blueprint, partner, remembered_partner(remembered, partner.pk), at)
                for blueprint, partner in partners
            ],
        }
        say(f"{path} written" if write_handover(path, content) else "nothing to add")


def _opened(blueprint: Blueprint, partner: Partner, remembered: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What the file says of a partner, higher apps included."""
    opened = open_partner(partner=partner, blueprint=blueprint, remembered=remembered, at=at)
    for part in demo_parts():
        opened |= part.handover(partner=partner, at=at)
    return opened


@contextmanager
def _my_turn() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [TURN])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [TURN])
