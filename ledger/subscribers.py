"""What the ledger does when something happens below it."""

from cards.events import CardIssued
from ledger.selectors.figures import export, point_figures
from ledger.selectors.partners import has_sales
from ledger.services.enrolment import open_balance
from loyalty import events
from loyalty.contributions import nothing_to_erase, register_figures, register_subject
from partners.selectors.profile import register_sales_check


def register() -> None:
    """Called once, when the app is ready."""
    events.subscribe(CardIssued, on_card_issued)
    register_sales_check(has_sales)
    register_figures("person.statistics", "ledger", defaults={"total_points": 0, "level": None}, read=point_figures)
    register_subject("ledger", erase=nothing_to_erase, export=export)


def on_card_issued(event: CardIssued) -> None:
    """A new card gets its balance, and its welcome bonus, in the transaction that issues it."""
    open_balance(issued_card_id=event.issued_card_id, actor=event.actor, at=event.at)
