"""What commission does when something happens in it."""

from commissions.events import StatementIssued, StatementSettled
from commissions.models import Statement
from commissions.services.payouts import create_payout, follow_settlement
from loyalty import events
from loyalty.services.audit import SYSTEM


def register() -> None:
    """Called once, when the app is ready."""
    events.subscribe(StatementIssued, on_statement_issued)
    events.subscribe(StatementSettled, on_statement_settled)


def on_statement_issued(event: StatementIssued) -> None:
    """What a statement asks for gets its payout or invoice in the same transaction."""
    statement = Statement.objects.get(pk=event.statement_id)
    if statement.settled != 0:
        create_payout(actor=SYSTEM, statement=statement, at=event.at)


def on_statement_settled(event: StatementSettled) -> None:
    """A statement that was settled by hand has been paid."""
    follow_settlement(actor=SYSTEM, statement_id=event.statement_id, at=event.at)
