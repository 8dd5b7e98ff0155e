"""Statements: drafted when a month is locked, issued with a number, settled when paid (analytics 3.2).

Balances are chained by one writer at a time: whoever holds the partner's advisory lock.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from commissions.choices import PeriodState, StatementStatus
from commissions.errors import CommissionPeriodOpen, CommissionStatementIssued, EarlierStatementDraft
from commissions.events import StatementIssued, StatementSettled
from commissions.models import CommissionPeriod, Statement, StatementSeries
from commissions.rules.statements import ZERO, settled_of
from commissions.selectors.statements import drafts_of, last_issued, parts_of, statements_of
from commissions.selectors.terms import get_terms
from commissions.services.locking import wait_for_lock
from loyalty import events
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner

FIELDS = ("status", "number", "opening", "total", "settled", "closing")


def draft_statement(*, period: CommissionPeriod, at: datetime) -> Statement:
    """The statement of a month that has just been locked, and the drafts after it brought in line.

    The caller holds the partner's lock.
    """
    terms = get_terms(partner=period.partner, month=period.month)
    parts, lines = parts_of(period=period)
    made = Statement.objects.create(
        partner_id=period.partner_id,
        period=period,
        month=period.month,
        currency=period.currency,
        version=period.version,
        **parts,
        total=sum(parts.values()),
        closing=sum(parts.values()),
        lines=lines,
        minimum=terms.minimum,
        cap=terms.cap,
        threshold=terms.threshold,
        pays_out=terms.pays_out,
        drafted_at=at,
    )
    _chain(period.partner, period.currency)
    made.refresh_from_db()
    return made


def withdraw_statement(*, period: CommissionPeriod) -> None:
    """Take back the draft of a month that is being unlocked. Raises CommissionStatementIssued.

    What a partner was told stays: what was wrong is corrected in the next open month. The caller holds the lock.
    """
    found = statements_of(partner=period.partner).filter(period=period).first()
    if found is None:
        return
    if found.is_issued:
        raise CommissionStatementIssued(number=found.shown_number)
    found.status = StatementStatus.WITHDRAWN
    found.save()
    _chain(period.partner, period.currency)


@transaction.atomic
def issue_statement(*, actor: Actor, statement: Statement, at: datetime) -> Statement:
    """Give a draft its number: from here on the partner sees it and nothing changes it. Issued already: no change.

    One that asks for nothing is settled with it. Raises EarlierStatementDraft, CommissionSyncRunning,
    CommissionPeriodOpen (the month was unlocked meanwhile).
    """
    partner = statement.partner
    wait_for_lock(partner_id=partner.pk)
    period, found = _lock_rows(statement)
    if found.is_issued:
        return found
    if not found.is_draft:
        raise CommissionPeriodOpen(month=found.month)
    first = drafts_of(partner=partner, currency=found.currency).first()
    if first is not None and first.month < found.month:
        raise EarlierStatementDraft(month=first.month)
    before = audit.snapshot(found, FIELDS)
    series, _is_new = StatementSeries.objects.select_for_update().get_or_create(pk=1)
    series.last += 1
    series.save()
    found.status, found.number, found.holder = StatementStatus.ISSUED, series.last, _holder(partner)
    found.issued_at, found.issued_by = at, str(actor)
    found.save()
    _record(actor, "commission.statement_issued", found, before, at=at)
    events.publish(StatementIssued(partner.pk, found.pk, found.month, at))
    if found.settled == 0:
        _settle(actor, period, found, "", at)
    return found


@transaction.atomic
def settle_statement(*, actor: Actor, statement: Statement, reason: str = "", at: datetime) -> Statement:
    """What it asked for was paid: the statement and its month are done with. Settled already: no change.

    A draft is issued first. Raises EarlierStatementDraft, CommissionSyncRunning, CommissionPeriodOpen.
    """
    issue_statement(actor=actor, statement=statement, at=at)
    period, found = _lock_rows(statement)
    if found.status != StatementStatus.SETTLED:
        _settle(actor, period, found, reason, at)
    return found


@transaction.atomic
def settle_period(*, actor: Actor, partner: Partner, month: str, reason: str = "", at: datetime) -> Statement:
    """Settle a month by its statement. Raises CommissionPeriodOpen, EarlierStatementDraft, CommissionSyncRunning."""
    wait_for_lock(partner_id=partner.pk)
    found = statements_of(partner=partner).filter(month=month, currency=partner.currency).first()
    if found is None:
        raise CommissionPeriodOpen(month=month)
    return settle_statement(actor=actor, statement=found, reason=reason, at=at)


def _settle(actor: Actor, period: CommissionPeriod, statement: Statement, reason: str, at: datetime) -> None:
    before = audit.snapshot(statement, FIELDS)
    statement.status, statement.settled_at, statement.settled_by = StatementStatus.SETTLED, at, str(actor)
    statement.save()
    period.state, period.settled_at = PeriodState.SETTLED, at
    period.save()
    _record(actor, "commission.statement_settled", statement, before, reason=reason, at=at)
    events.publish(StatementSettled(statement.partner_id, statement.pk, statement.month, at))


def _chain(partner: Partner, currency: str) -> None:
    """Let every draft open with what the statement before it carries: the last issued, then drafts by month."""
    issued = last_issued(partner=partner, currency=currency)
    carried = issued.closing if issued else ZERO
    for draft in drafts_of(partner=partner, currency=currency).select_for_update():
        draft.opening = carried
        draft.settled = settled_of(draft.balance, draft.threshold, pays_out=draft.pays_out)
        draft.closing = carried = draft.balance - draft.settled
        draft.save(update_fields=["opening", "settled", "closing"])


def _lock_rows(statement: Statement) -> tuple[CommissionPeriod, Statement]:
    period = CommissionPeriod.objects.select_for_update().get(pk=statement.period_id)
    return period, Statement.objects.select_for_update(of=("self",)).select_related("partner").get(pk=statement.pk)


def _holder(partner: Partner) -> dict[str, Any]:
    """Who it is issued to, as they are called today; the document of it never changes afterwards."""
    known = [code for code, _name in settings.LANGUAGES]
    language = partner.default_language if partner.default_language in known else settings.LANGUAGE_CODE
    return {
        "name": partner.name,
        "legal_name": partner.legal_name,
        "registration_code": partner.registration_code,
        "country": partner.country,
        "language": language,
    }


def _record(
    actor: Actor, action: str, statement: Statement, before: dict[str, Any], *, reason: str = "", at: datetime
) -> None:
    changes = audit.difference(before, audit.snapshot(statement, FIELDS))
    changes["settled"] = (before["settled"], statement.settled)
    audit.record(
        actor=actor,
        action=action,
        target=statement,
        partner_id=statement.partner_id,
        changes=changes,
        reason=reason,
        at=at,
    )
