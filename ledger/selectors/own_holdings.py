"""What persons hold and did themselves, over every partner, or at the one their token is bound to."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import DateField, F, Func, QuerySet
from django.db.models.functions import Cast

from cards.errors import LoyaltyCardNotFound
from cards.models import IssuedCard
from customers.models import Person
from customers.selectors.persons import list_customers_of_person
from ledger.choices import EntryKind
from ledger.models import PointsEntry, Transaction
from ledger.selectors.issued_cards import CardView, with_points
from ledger.selectors.till_transactions import COLUMNS, TillFilter, bonus_rows, narrowed, till_row
from partners.models import Partner

OWN_COLUMNS = (*COLUMNS, "partner_id", "partner__name", "partner__logo_url")


def list_own_cards(*, person: Person, partner: Partner | None) -> QuerySet[IssuedCard]:
    """The person's cards with their programme, customer and partner, the newest first."""
    customers = list_customers_of_person(person=person, partner=partner)
    cards = IssuedCard.objects.filter(customer__in=customers.values("pk"))
    return cards.select_related("card", "customer", "partner").order_by("-issued_at", "-pk")


def get_own_card(*, person: Person, partner: Partner | None, card_id: int, at: datetime) -> CardView:
    """One of the person's cards with what it holds. Raises LoyaltyCardNotFound for anybody else's."""
    issued = list_own_cards(person=person, partner=partner).filter(pk=card_id).first()
    if issued is None:
        raise LoyaltyCardNotFound
    return with_points([issued], at=at)[0]


def get_main_card(*, person: Person, partner: Partner | None, at: datetime) -> CardView:
    """The card that the person used last, or the newest one. Raises LoyaltyCardNotFound where there is none."""
    cards = list_own_cards(person=person, partner=partner)
    last = (
        Transaction.objects.filter(
            customer__in=list_customers_of_person(person=person, partner=partner).values("pk"),
            issued_card__isnull=False,
        )
        .order_by("-occurred_at", "-pk")
        .values_list("issued_card_id", flat=True)
        .first()
    )
    issued = (cards.filter(pk=last).first() if last is not None else None) or cards.first()
    if issued is None:
        raise LoyaltyCardNotFound
    return with_points([issued], at=at)[0]


def list_own_transactions(
    *, person: Person, partner: Partner | None, wanted: TillFilter
) -> QuerySet[Transaction, dict[str, Any]]:
    """The person's own sales and refunds with the columns that the answer needs, newest first."""
    customers = list_customers_of_person(person=person, partner=partner)
    rows = narrowed(Transaction.objects.filter(customer__in=customers.values("pk")), wanted)
    return rows.order_by("-occurred_at", "-pk").values(*OWN_COLUMNS)


def own_row(row: dict[str, Any]) -> dict[str, Any]:
    """One transaction as its customer reads it: without the customer, with the partner (contract 5.7)."""
    shown = till_row(row)
    del shown["user"]
    shown["partner"] = {"id": row["partner_id"], "name": row["partner__name"], "logo": row["partner__logo_url"] or None}
    if shown["loyalty_card"] is not None:
        shown["loyalty_card"]["partner"] = shown["partner"]
    return shown


def list_own_bonuses(*, person: Person, partner: Partner | None, wanted: TillFilter) -> QuerySet[PointsEntry]:
    """Bonus points that the person was given; dates are local days of the partner who gave them."""
    customers = list_customers_of_person(person=person, partner=partner)
    rows = PointsEntry.objects.filter(kind=EntryKind.BONUS, issued_card__customer__in=customers.values("pk"))
    zone = F("issued_card__partner__time_zone")
    rows = rows.annotate(local_on=Cast(Func(zone, F("occurred_at"), function="timezone"), DateField()))
    plain: dict[str, int | date | None] = {
        "issued_card_id": wanted.issued_card_id,
        "shop_id": wanted.shop_id,
        "local_on__gte": wanted.date_from,
        "local_on__lte": wanted.date_to,
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value is not None})
    if wanted.reference_number is not None:
        rows = rows.none()
    return rows.select_related("issued_card__customer", "issued_card__card", "issued_card__partner").order_by("-pk")


def own_bonus_rows(entries: Iterable[PointsEntry]) -> list[dict[str, Any]]:
    """Bonuses in the shape of one's own transactions."""
    rows = []
    for entry in entries:
        partner = entry.issued_card.partner
        (row,) = bonus_rows([entry], partner.currency)
        del row["user"]
        row["partner"] = {"id": partner.pk, "name": partner.name, "logo": partner.logo_url or None}
        row["loyalty_card"]["partner"] = row["partner"]
        rows.append(row)
    return rows
