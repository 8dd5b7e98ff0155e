"""Making one partner of the demo with a year of history, all of it or nothing."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from cards.choices import IssuedCardStatus
from cards.models import Card, CardShop, IssuedCard
from cards.services.issued_cards import block_card
from customers.choices import CustomerSource
from customers.models import Customer
from ledger.choices import TransactionSource, TransactionStatus
from ledger.demo.blueprints import CLUB_SHOPS, SEED, Blueprint
from ledger.demo.members import Member, invite_members
from ledger.demo.places import Place, shops_of
from ledger.demo.tills import HeldCard, Receipt, Tills
from ledger.demo.visits import Year
from ledger.models import Transaction
from ledger.services import bulk_load
from ledger.services.bulk_load import LoadedCard, TransactionRow
from ledger.services.enrolment import rules_of
from loyalty.services import audit
from loyalty.services.audit import SYSTEM
from messaging.choices import Channel, Purpose
from messaging.models import Consent
from partners.choices import PartnerStatus, ReviewStatus
from partners.models import Category, Partner, Plan, Product, ProductCategory, Shop

FEWEST_CUSTOMERS = 20
BLOCK_REASON = "Reported lost"


def find_demo_partner(*, blueprint: Blueprint) -> Partner | None:
    """The partner that an earlier run made, if any."""
    return Partner.objects.filter(contact_email=blueprint.contact_email).order_by("pk").first()


@transaction.atomic
def load_demo_partner(*, blueprint: Blueprint, scale: float, at: datetime, say: Callable[[str], None]) -> Partner:
    """A partner with shops, goods, cards, customers and a year of sales up to now; the same ones all day long."""
    draw = random.Random(f"{SEED} {blueprint.key}")  # noqa: S311 - made-up people, no secrets
    partner = _create_partner(blueprint)
    places = shops_of(blueprint.cities, blueprint.brand, draw, new=blueprint.new_shops, web=blueprint.web)
    shops = _create_shops(partner, blueprint, places)
    cards = _create_cards(partner, blueprint, shops)
    count = max(FEWEST_CUSTOMERS, round(blueprint.customers * scale))
    members = invite_members(blueprint, places, count, at, draw)
    _load_customers(partner, members, shops)
    held = _issue_cards(partner, cards, members)
    year = Year(blueprint, places, members, at, draw)
    _create_goods(partner, year)
    visits = year.visits(round(blueprint.sales * scale))
    say(f"{blueprint.brand}: {len(shops)} shops, {count} customers, {len(visits)} transactions")
    ids = bulk_load.draw_ids(model=Transaction, count=len(visits))
    codes = [(place.code, shop.pk) for place, shop in zip(places, shops, strict=True)]
    receipts = Tills(cards=held, shops=codes, ids=ids, draw=draw).play(visits)
    for card in held.values():
        card.replay.advance(at)
    _load_history(partner, receipts, list(held.values()), at)
    _block_lost_cards(partner, members)
    audit.record(actor=SYSTEM, action="partner.demo_loaded", target=partner, partner_id=partner.pk, at=at)
    return partner


def _create_partner(blueprint: Blueprint) -> Partner:
    return Partner.objects.create(
        contact_email=blueprint.contact_email,
        website=f"https://{blueprint.domain}",
        status=PartnerStatus.ACTIVE,
        verification_status=ReviewStatus.VERIFIED,
        compliance_status=ReviewStatus.VERIFIED,
        plan=Plan.objects.get_or_create(code="professional", defaults={"name": "Professional"})[0],
        **blueprint.profile,
    )


def _create_shops(partner: Partner, blueprint: Blueprint, places: Sequence[Place]) -> list[Shop]:
    return Shop.objects.bulk_create(
        [
            Shop(
                partner=partner,
                name=place.name,
                address=place.address,
                city=place.city,
                phone=partner.contact_phone,
                email=f"{place.code.lower()}@{blueprint.domain}",
                website=f"https://{blueprint.domain}/{place.code.lower()}",
                working_hours=place.working_hours,
                latitude=place.latitude,
                longitude=place.longitude,
                is_virtual=place.is_virtual,
            )
            for place in places
        ]
    )


def _create_cards(partner: Partner, blueprint: Blueprint, shops: Sequence[Shop]) -> list[Card]:
    cards = [Card.objects.create(partner=partner, **fields) for fields in blueprint.cards]
    for club in cards[1:]:
        CardShop.objects.bulk_create([CardShop(card=club, shop=shop) for shop in shops[:CLUB_SHOPS]])
    # Read back, so that the rules calculate with the numbers that the database holds.
    return list(Card.objects.filter(partner=partner).order_by("pk"))


def _create_goods(partner: Partner, year: Year) -> None:
    categories = Category.objects.bulk_create(
        [
            Category(
                partner=partner,
                key=group.key,
                slug=slugify(group.english),
                name={"en": group.english, "lt": group.lithuanian},
                earns_points=group.earns_points,
            )
            for group in year.assortment.groups
        ]
    )
    by_key = {category.key: category for category in categories}
    products = Product.objects.bulk_create(
        [
            Product(
                partner=partner,
                external_id=good.number,
                name=good.name,
                category=by_key[good.group.key],
                price=good.price,
                currency=partner.currency,
            )
            for good in year.assortment.goods
        ]
    )
    ProductCategory.objects.bulk_create(
        [ProductCategory(product=product, category=product.category) for product in products]
    )


def _load_customers(partner: Partner, members: Sequence[Member], shops: Sequence[Shop]) -> None:
    ids = bulk_load.draw_ids(model=Customer, count=len(members))
    for member, identity in zip(members, ids, strict=True):
        member.customer_id = identity
    columns = ["id", "partner_id", "name", "email", "phone", "external_id", "language", "source", "shop_id"]
    columns += ["is_active", "joined_at", "updated_at"]
    rows = (
        (
            *(member.customer_id, partner.pk, member.person.name, member.person.email, member.person.phone),
            *(f"{partner.name[0]}{number:05}", member.person.language, CustomerSource.DEMO.value),
            *(shops[member.home].pk, True, member.joined_at, member.joined_at),
        )
        for number, member in enumerate(members, 1)
    )
    bulk_load.copy_rows(table=Customer._meta.db_table, columns=columns, rows=rows)
    columns = ["partner_id", "channel", "purpose", "address", "is_given", "source", "given_at"]
    consents = (
        (partner.pk, channel, Purpose.MARKETING.value, address, True, "demo", member.joined_at)
        for member in members
        if member.agrees
        for channel, address in ((Channel.EMAIL.value, member.person.email), (Channel.SMS.value, member.person.phone))
    )
    bulk_load.copy_rows(table=Consent._meta.db_table, columns=columns, rows=consents)


def _issue_cards(
    partner: Partner, cards: Sequence[Card], members: Sequence[Member]
) -> dict[tuple[int, bool], HeldCard]:
    """Everyone holds the first card, members of the club the second as well."""
    plans = [(member, False) for member in members]
    plans += [(member, True) for member in members if member.is_club_member]
    ids = bulk_load.draw_ids(model=IssuedCard, count=len(plans))
    rules = [rules_of(card) for card in cards]
    held, rows = {}, []
    for (member, is_club), identity in zip(plans, ids, strict=True):
        card = cards[is_club]
        number, qr_value = (member.number, member.qr_value)
        if is_club:
            number, qr_value = member.club_number, member.club_qr_value or member.qr_value
        rows.append(
            (
                *(identity, partner.pk, card.pk, member.customer_id, number, qr_value, IssuedCardStatus.ACTIVE.value),
                *(member.joined_at, member.joined_at),
            )
        )
        mine = held[member.customer_id, is_club] = HeldCard(identity, member.customer_id, rules[is_club])
        if card.initial_bonus_points:
            expires_at = mine.rules.expiry_of(member.joined_at)
            mine.replay.bonus(at=member.joined_at, points=card.initial_bonus_points, expires_at=expires_at)
    columns = ["id", "partner_id", "card_id", "customer_id", "number", "qr_value", "status", "issued_at", "updated_at"]
    bulk_load.copy_rows(table=IssuedCard._meta.db_table, columns=columns, rows=rows)
    return held


def _load_history(partner: Partner, receipts: Sequence[Receipt], held: Sequence[HeldCard], at: datetime) -> None:
    rows = (_row(partner, receipt) for receipt in receipts)
    bulk_load.load_transactions(rows=rows)
    carts = ((receipt.id, receipt.lines) for receipt in receipts)
    bulk_load.load_lines(partner_id=partner.pk, carts=carts)
    cards = [LoadedCard(card.issued_card_id, card.customer_id, card.replay) for card in held]
    bulk_load.load_points(partner_id=partner.pk, cards=cards, at=at, as_it_happened=True)


def _row(partner: Partner, receipt: Receipt) -> TransactionRow:
    return TransactionRow(
        id=receipt.id,
        partner_id=partner.pk,
        type=receipt.kind,
        status=(TransactionStatus.CANCELLED if receipt.is_cancelled else TransactionStatus.COMPLETED).value,
        source=TransactionSource.DEMO.value,
        order_id=receipt.order_id,
        refund_id=receipt.refund_id,
        original_id=receipt.original_id,
        shop_id=receipt.shop_id,
        customer_id=receipt.card.customer_id if receipt.card else None,
        issued_card_id=receipt.card.issued_card_id if receipt.card else None,
        order_total=receipt.figures.order_total,
        points_discount_amount=receipt.figures.points_discount_amount,
        amount=receipt.amount,
        currency=partner.currency,
        points_awarded=receipt.figures.points_awarded,
        points_redeemed=receipt.figures.points_redeemed,
        points_balance=receipt.balance,
        points_debt=receipt.debt,
        category=receipt.category,
        items_count=len(receipt.lines),
        occurred_at=receipt.at,
        local_on=receipt.local_on,
        recorded_at=receipt.at,
        fingerprint=receipt.fingerprint,
    )


def _block_lost_cards(partner: Partner, members: Sequence[Member]) -> None:
    """Some cards were lost; the audit trail says when."""
    lost = {member.customer_id: member.blocked_at for member in members if member.blocked_at is not None}
    for issued in IssuedCard.objects.filter(partner=partner, customer_id__in=lost):
        blocked_at = lost[issued.customer_id]
        if blocked_at is not None:
            block_card(actor=SYSTEM, partner=partner, issued_card=issued, reason=BLOCK_REASON, at=blocked_at)
