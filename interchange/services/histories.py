"""From invoices to the ledger's rows: each customer's history replayed by the rules of their card."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from cards.choices import IssuedCardStatus
from cards.models import Card, CardShop, IssuedCard
from cards.services.bulk_issue import issue_cards
from interchange.rules.orders import Order
from interchange.rules.summary import Points
from ledger.choices import TransactionSource, TransactionStatus, TransactionType
from ledger.models import PointsLot
from ledger.rules.cart import CartLine, earning_total
from ledger.rules.earning import CardRules
from ledger.rules.offers import NOTHING, Earned, SaleOffer, earn_on
from ledger.rules.replay import BONUS, EXPIRE, CardReplay, Lot
from ledger.selectors.offers import list_sale_offers
from ledger.services.bulk_load import LoadedCard, TransactionRow
from ledger.services.enrolment import rules_of
from ledger.services.locks import lock_cards
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class Programme:
    """The card that an import issues, where it is valid (None: everywhere), and what offers add to its points."""

    card: Card
    rules: CardRules
    shop_ids: frozenset[int] | None
    offers: tuple[SaleOffer, ...] = ()

    @classmethod
    def of(cls, card: Card) -> "Programme":
        """A programme with its shops."""
        shops = frozenset(CardShop.objects.filter(card=card).values_list("shop_id", flat=True))
        return cls(card, rules_of(card), shops or None, list_sale_offers(partner=card.partner, card_id=card.pk))

    def is_valid_at(self, shop_id: int | None) -> bool:
        """Whether it earns there."""
        return self.shop_ids is None or shop_id in self.shop_ids

    def points_for(self, order: Order, shop_id: int | None) -> Earned:
        """What an invoice is worth, as a sale or as a return, by the rules of a till and the offers of its day."""
        if not self.is_valid_at(shop_id) or not self.rules.points_enabled:
            return NOTHING
        total = money(order.cents)
        goods = [CartLine(money(order.excluded_cents), earns_points=False)] if order.excluded_cents else []
        base = earning_total(goods, total, total)
        if base is None:
            return NOTHING

        def share(offer: SaleOffer) -> Decimal:
            return base if offer.is_for_all_goods else money(order.offer_cents.get(offer.id, 0))

        offers = [offer for offer in self.offers if offer.fits(order.occurred_at, shop_id)]
        return earn_on(self.rules, offers, base=base, share=share, net_total=total)

    def offers_by_article(self) -> dict[str, tuple[int, ...]]:
        """The offers that are for some goods only, by the numbers of these goods."""
        found: dict[str, list[int]] = defaultdict(list)
        for offer in self.offers:
            for number in offer.products or ():
                found[number].append(offer.id)
        return {number: tuple(ids) for number, ids in found.items()}


@dataclass(slots=True)
class Place:
    """Where the import works: the partner, its shops and customers by the file's own names, and the moment it runs."""

    partner: Partner
    shops: Mapping[str, int]
    customers: Mapping[str, int]
    at: datetime
    zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.partner.time_zone)


@dataclass(slots=True)
class Member:
    """One customer's card while their history is replayed. A blocked one neither earns nor gives back."""

    loaded: LoadedCard
    issued_at: datetime | None
    is_blocked: bool = False


def money(cents: int) -> Decimal:
    """Cents as an amount."""
    return Decimal(cents).scaleb(-2)


def hold_cards(*, place: Place, programme: Programme | None, orders: Iterable[Order]) -> dict[str, Member]:
    """The cards of those who bought, by their names in the file. Cards are issued where missing.

    Those that exist are locked until the transaction ends.
    """
    return {} if programme is None else _members(place, programme, _histories(orders))


def replay_orders(
    *,
    place: Place,
    programme: Programme | None,
    members: Mapping[str, Member],
    orders: Iterable[Order],
    ids: Mapping[int, int],
) -> tuple[list[TransactionRow], list[LoadedCard], Points]:
    """The transactions of these orders, oldest first, and what they make of each card. Asks the database nothing.

    `ids` are the transactions' own, by number of the order.
    """
    histories = _histories(orders)
    anonymous = histories.pop("", [])
    rows = [_row(place, order, ids[order.number], None) for order in anonymous]
    for name, history in histories.items():
        rows += _replay(place, programme, members.get(name), history, ids)
    rows.sort(key=lambda row: row.id)
    cards = [member.loaded for member in members.values()]
    return rows, cards, _count(rows, cards)


def _histories(orders: Iterable[Order]) -> dict[str, list[Order]]:
    """Orders by customer, each customer's in their order; '' has the anonymous ones."""
    histories: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        histories[order.customer].append(order)
    return histories


def _count(rows: Sequence[TransactionRow], cards: Sequence[LoadedCard]) -> Points:
    entries = [entry for card in cards for entry in card.replay.entries]
    return Points(
        awarded=sum(row.points_awarded for row in rows if row.type == TransactionType.PURCHASE),
        taken_back=sum(row.points_awarded for row in rows if row.type == TransactionType.REFUND),
        bonus=sum(entry.points for entry in entries if entry.kind == BONUS),
        expired=-sum(entry.points for entry in entries if entry.kind == EXPIRE),
    )


def _members(place: Place, programme: Programme, histories: Mapping[str, Sequence[Order]]) -> dict[str, Member]:
    """The cards of these customers, by their names in the file; who never bought where the card is valid gets none."""
    starts: dict[int, datetime] = {}
    names: dict[int, str] = {}
    for name, history in histories.items():
        if not name:
            continue
        customer = place.customers[name]
        names[customer] = name
        first = next((order for order in history if programme.is_valid_at(place.shops.get(order.shop))), None)
        if first is not None:
            starts[customer] = first.occurred_at
    held = _held(programme, names)
    missing = {customer: start for customer, start in starts.items() if customer not in held}
    issued = issue_cards(card=programme.card, holders=missing, at=place.at)
    held |= _held(programme, set(missing) - set(issued))
    members = _stored(names, held)
    for customer, card_id in issued.items():
        loaded = LoadedCard(card_id, customer, _opened(programme, starts[customer]))
        members[names[customer]] = Member(loaded, starts[customer])
    return members


def _held(programme: Programme, customers: Iterable[int]) -> dict[int, IssuedCard]:
    rows = IssuedCard.objects.filter(card=programme.card, customer_id__in=list(customers))
    return {row.customer_id: row for row in rows}


def _stored(names: Mapping[int, str], held: Mapping[int, IssuedCard]) -> dict[str, Member]:
    """Cards that have a life already go on from what they hold now: old sales reach them late, as at a till."""
    balances = lock_cards(issued_card_ids=[row.pk for row in held.values()])
    lots: dict[int, list[Lot]] = defaultdict(list)
    rows = PointsLot.objects.filter(issued_card_id__in=list(balances), remaining__gt=0).order_by("earned_at", "pk")
    for row in rows:
        lot = Lot(row.points, row.remaining, row.earned_at, row.expires_at, row.issuing_shop_id, id=row.pk)
        lots[row.issued_card_id].append(lot)
    members = {}
    for customer, card in held.items():
        replay = CardReplay.of_stored(lots[card.pk], debt=balances[card.pk].debt)
        loaded = LoadedCard(card.pk, customer, replay, lots[card.pk])
        members[names[customer]] = Member(loaded, None, card.status == IssuedCardStatus.BLOCKED)
    return members


def _opened(programme: Programme, at: datetime) -> CardReplay:
    replay = CardReplay()
    bonus = programme.card.initial_bonus_points if programme.card.points_enabled else 0
    replay.bonus(at=at, points=bonus, expires_at=programme.rules.expiry_of(at))
    return replay


def _replay(
    place: Place,
    programme: Programme | None,
    member: Member | None,
    history: Sequence[Order],
    ids: Mapping[int, int],
) -> list[TransactionRow]:
    """One customer's invoices in time order, and what has expired since."""
    if programme is None or member is None:
        return [_row(place, order, ids[order.number], None) for order in history]
    replay = member.loaded.replay
    rows = []
    for order in history:
        row = _row(place, order, ids[order.number], member)
        rows.append(row)
        if row.issued_card_id is None:
            continue
        earned = NOTHING if member.is_blocked else programme.points_for(order, row.shop_id)
        moved = earned.points
        at, shop_id = order.occurred_at, row.shop_id
        if order.is_return:
            replay.reversal(transaction_id=row.id, at=at, taken=moved, shop_id=shop_id)
        else:
            expires_at = programme.rules.expiry_of(at)
            replay.sale(transaction_id=row.id, at=at, awarded=moved, expires_at=expires_at, shop_id=shop_id)
        row.points_awarded, row.points_balance, row.points_debt = moved, replay.balance, replay.debt
        row.bonus_offer_id, row.bonus_points = earned.bonus_offer_id, earned.bonus
        row.cashback_offer_id, row.cashback_points = earned.cashback_offer_id, earned.cashback
    replay.advance(place.at)
    return rows


def _row(place: Place, order: Order, transaction_id: int, member: Member | None) -> TransactionRow:
    amount = money(order.cents)
    holds = member is not None and (member.issued_at is None or order.occurred_at >= member.issued_at)
    body = f"import|{order.invoice}|{order.customer}|{order.shop}|{order.occurred_at.isoformat()}|{order.cents}"
    return TransactionRow(
        id=transaction_id,
        partner_id=place.partner.pk,
        type=TransactionType.REFUND if order.is_return else TransactionType.PURCHASE,
        status=TransactionStatus.COMPLETED,
        source=TransactionSource.IMPORT,
        order_id=order.invoice,
        refund_id=order.invoice if order.is_return else None,
        original_id=None,
        shop_id=place.shops.get(order.shop),
        customer_id=place.customers.get(order.customer),
        issued_card_id=member.loaded.issued_card_id if member and holds else None,
        order_total=amount,
        points_discount_amount=Decimal(0),
        amount=amount,
        currency=place.partner.currency,
        points_awarded=0,
        points_redeemed=0,
        points_balance=0,
        points_debt=0,
        category="",
        items_count=order.lines,
        occurred_at=order.occurred_at,
        local_on=order.occurred_at.astimezone(place.zone).date(),
        recorded_at=place.at,
        fingerprint=hashlib.sha256(body.encode()).digest(),
    )
