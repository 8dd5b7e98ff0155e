"""Reading issued cards."""

from cards.models import Card, IssuedCard, RetiredCardNumber
from customers.models import Customer
from partners.models import Partner


def find_issued_card(*, partner: Partner, card: Card, customer: Customer) -> IssuedCard | None:
    """The card that a customer holds of one programme, if any."""
    return IssuedCard.objects.filter(partner=partner, card=card, customer=customer).first()


def is_retired_number(*, partner: Partner, number: str) -> bool:
    """Whether a number belonged to a card that was replaced; it is never issued again."""
    return RetiredCardNumber.objects.filter(partner=partner, number=number).exists()
