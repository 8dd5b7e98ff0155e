"""How a customer comes to hold points: enrolled by a till, given a card, credited its bonus."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from cards.models import Card, IssuedCard
from cards.services.issued_cards import issue_card
from customers.choices import CustomerSource
from customers.events import CustomerRegistered
from customers.models import Customer
from ledger.choices import EntryKind
from ledger.models import PointsBalance
from ledger.rules.earning import RATES, CardRules
from ledger.selectors.sale import RULES
from ledger.services.points import Cause, post_points
from loyalty import events
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner


@transaction.atomic
def enrol_by_email(*, actor: Actor, partner: Partner, email: str, shop_id: int | None, at: datetime) -> Customer:
    """A till's unknown e-mail address becomes a customer, without consent to marketing; two tills make one of it."""
    found = Customer.objects.filter(partner=partner, email__iexact=email).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            customer = Customer.objects.create(
                partner=partner,
                email=email.lower(),
                source=CustomerSource.TILL,
                shop_id=shop_id,
                language=partner.default_language,
                joined_at=at,
            )
    except IntegrityError:
        return Customer.objects.get(partner=partner, email__iexact=email)
    audit.record(
        actor=actor,
        action="customer.enrolled",
        target=customer,
        partner_id=partner.pk,
        changes={"email": (None, customer.email), "source": (None, customer.source)},
        at=at,
    )
    events.publish(CustomerRegistered(partner.pk, customer.pk, shop_id, actor, at))
    return customer


@transaction.atomic
def issue_default_card(
    *,
    actor: Actor,
    partner: Partner,
    customer: Customer,
    at: datetime,
    shop_id: int | None = None,
    programme_id: int | None = None,
) -> IssuedCard | None:
    """The card that a customer without one gets: of the programme asked for, else of the partner's first active
    `auto_assign` programme that is valid at the shop. None where there is no such programme.
    """
    programmes = Card.objects.filter(partner=partner, is_active=True, deleted_at=None).order_by("pk")
    wanted = {"auto_assign": True} if programme_id is None else {"pk": programme_id}
    programmes = programmes.filter(**wanted)
    for card in programmes.prefetch_related("shops"):
        shops = {shop.pk for shop in card.shops.all()}
        if not shops or shop_id in shops:
            return issue_card(actor=actor, partner=partner, card=card, customer=customer, at=at)
    return None


@transaction.atomic
def open_balance(*, issued_card_id: int, actor: Actor, at: datetime) -> PointsBalance:
    """The balance of a new card, with its programme's bonus; a second call changes nothing."""
    issued = IssuedCard.objects.select_related("card").get(pk=issued_card_id)
    PointsBalance.objects.get_or_create(
        issued_card_id=issued.pk,
        defaults={"partner_id": issued.partner_id, "customer_id": issued.customer_id, "updated_at": at},
    )
    rules = rules_of(issued.card)
    posting = post_points(
        issued_card_id=issued.pk,
        points=issued.card.initial_bonus_points if issued.card.points_enabled else 0,
        cause=Cause(EntryKind.BONUS, "issue:bonus", actor, occurred_at=at),
        at=at,
        expires_at=rules.expiry_of(at),
    )
    return posting.balance


def rules_of(card: Card) -> CardRules:
    """The rules of a programme, for the pure functions."""
    fields = {name: getattr(card, name) for name in RULES}
    # A programme that was not read back from the database holds its defaults as plain integers.
    return CardRules(**{**fields, **{name: Decimal(fields[name]) for name in RATES}})
