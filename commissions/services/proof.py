"""Proving every line by computing it anew, in a transaction that is rolled back."""

from datetime import datetime

from django.db import transaction

from commissions.choices import SyncKind
from commissions.selectors.integrity import Drift
from commissions.selectors.rates import load_book
from commissions.selectors.sources import list_months_with_sales
from commissions.services.locking import wait_for_lock
from commissions.services.restating import restating
from commissions.services.sync import follow
from loyalty.services.audit import SYSTEM
from partners.models import Partner


def prove_lines(*, partner: Partner, at: datetime) -> list[Drift]:
    """The lines of a partner that are not what its sales, refunds and rates make of them (I2, I5, I9).

    Sales that nobody has followed yet are no drift; what would be changed besides them is. Changes nothing.
    """
    with transaction.atomic():
        wait_for_lock(partner_id=partner.pk)
        while follow(partner=partner, actor=SYSTEM, kind=SyncKind.ACCRUAL, at=at) is not None:
            pass
        with restating(partner=partner, book=load_book(partner=partner)) as run:
            for month in list_months_with_sales(partner=partner):
                run.restate_month(month)
        transaction.set_rollback(True)
    return [
        Drift("lines", one["source_id"], f"{one['component']} {one['before']} should be {one['after']}")
        for one in run.changes.shown
    ]
