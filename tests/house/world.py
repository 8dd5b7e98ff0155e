"""Two partners that have nothing to do with each other, each with one of everything."""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection

from cards.models import IssuedCard
from cards.services.issued_cards import issue_card
from cards.services.qr_cards import open_qr_card
from cards.tests.factories import CardFactory
from commissions.services.periods import lock_period
from commissions.services.statements import settle_period
from customers.services.qr_logins import open_qr_login
from customers.tests.callers import person_caller
from customers.tests.factories import CustomerFactory, PersonFactory
from games.models import CouponBatch, StampProgress
from games.tests.factories import CouponFactory, GameFactory
from interchange.models import FeedImport
from ledger.tests.tills import sell
from loyalty.files.uploads import Checked
from loyalty.models import FailedCall
from loyalty.services.audit import SYSTEM
from messaging.models import MessageAttachment
from messaging.services.partner_sms import Order, send_for_partner
from messaging.tests.endpoints import EndpointFactory, waiting
from messaging.tests.factories import MessageFactory
from messaging.tests.sms_factories import SmsAccountFactory
from partners.models import ApiCredential, Partner, Shop
from partners.services.verification import hand_in_paper
from partners.tests.callers import Caller, credential_caller, staff_caller
from partners.tests.factories import CategoryFactory, OfferFactory, PartnerFactory, ProductFactory, ShopFactory
from tests.house.play_world import play_ids

OURS = (
    "loyalty",
    "partners",
    "messaging",
    "customers",
    "cards",
    "ledger",
    "games",
    "commissions",
    "interchange",
    "analytics",
)
CANARY = "Kanarėlė"


@dataclass(frozen=True)
class World:
    """One partner; `ids` has a value for every kind of identifier that a route takes."""

    partner: Partner
    owner: Caller
    till: Caller
    # The customer's own app: the person behind ids["customer"], with a token of their own.
    app: Caller
    ids: dict[str, Any]

    @property
    def callers(self) -> dict[str, Caller]:
        """Everybody who may call, by kind."""
        return {"staff": self.owner, "credential": self.till, "person": self.app}


def wide_identifiers() -> None:
    """From here on ids have nine digits, and each kind its own million: found in an answer, one is never there by
    chance."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname || '.' || sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
        )
        for number, (name,) in enumerate(cursor.fetchall()):
            first = 500_000_000 + number * 1_000_000
            cursor.execute("SELECT setval(%s, GREATEST(nextval(%s), %s))", [name, name, first])


def make_world(word: str) -> World:
    """A partner whose every text contains `word`."""
    at = datetime.now(UTC) - timedelta(hours=2)
    partner = PartnerFactory(name=f"{word} partner", contact_email=f"office@{word.encode('idna').decode()}.test")
    shop = ShopFactory(partner=partner, name=f"{word} shop", city=word)
    person = PersonFactory(name=f"{word} person")
    customer = CustomerFactory(partner=partner, person=person, phone=person.phone, name=f"{word} customer")
    card = CardFactory(partner=partner, title={"en": f"{word} card", "lt": f"{word} kortelė"})
    issued = issue_card(actor=SYSTEM, partner=partner, card=card, customer=customer, at=at)
    order = f"{word[:4].upper()}-{uuid.uuid4().hex[:8]}"
    sale = sell(partner, order, "25.00", at=at, customer=customer, shop=shop)
    owner = staff_caller(partner)
    assert owner.staff is not None
    till = credential_caller(partner)
    picture: dict[str, Any] = {
        "partner": partner,
        "credential": ApiCredential.objects.filter(partner=partner).latest("pk"),
        "shop_id": shop.pk,
        "reach": None,
        "device_name": f"{word} till",
        "at": datetime.now(UTC),
    }
    endpoint = EndpointFactory(partner=partner, description=word, events=["customer.erased"])
    qr_login, qr_card = open_qr_login(**picture), open_qr_card(**picture)
    return World(
        partner=partner,
        owner=owner,
        till=till,
        app=person_caller(person),
        ids={
            "partner": partner.pk,
            "webhook": endpoint.pk,
            "delivery": waiting(endpoint).pk,
            "shop": shop.pk,
            "staff": owner.staff.pk,
            "customer": customer.pk,
            "email": customer.email,
            "card": card.pk,
            "issued_card": issued.pk,
            "card_number": issued.number,
            "qr": str(issued.qr_value),
            "transaction": sale.pk,
            "order": order,
            "qr_session": str(qr_login.session_id),
            "qr_card": str(qr_card.session_id),
            "category": CategoryFactory(partner=partner, key=f"{word} goods").pk,
            "parent_category": CategoryFactory(partner=partner, key=f"{word} all").pk,
            "feed_import": FeedImport.objects.create(
                partner=partner,
                source="url",
                url=f"https://shop.example/{word}",
                feed=word,
                status="completed",
                actor_kind="system",
                created_at=at,
                finished_at=at,
            ).pk,
            "offer": OfferFactory(partner=partner, title={"en": f"{word} offer", "lt": f"{word} pasiūlymas"}).pk,
            "product": ProductFactory(partner=partner, name=f"{word} product").pk,
            **coupon_ids(partner, issued, shop, word),
            "paper": hand_in_paper(
                actor=SYSTEM,
                partner=partner,
                kind="other",
                file=Checked(f"{word}.txt", "txt", word.encode()),
                at=at,
            ).pk,
            "game": GameFactory(partner=partner, name=f"{word} stamp card").pk,
            "collection": GameFactory(
                partner=partner, name=f"{word} collection", game_type="collection", stamps_required=None
            ).pk,
            **play_ids(partner, issued, word),
            "sms_message": sms_message_id(partner, word),
            **message_ids(partner, word),
            "statement": statement_of(partner),
        },
    )


def sms_message_id(partner: Partner, word: str) -> str:
    """A message that the partner's own system sent through its account."""
    SmsAccountFactory(partner=partner, account_name=f"{word} account")
    order = Order(source="Coffee", destination="+37060000009", text=f"{word} message")
    return str(send_for_partner(partner=partner, order=order, at=datetime.now(UTC)).message.public_id)


def statement_of(partner: Partner) -> int:
    """An issued statement of a month before any sale."""
    at = datetime.now(UTC)
    lock_period(actor=SYSTEM, partner=partner, month="2020-01", at=at)
    return settle_period(actor=SYSTEM, partner=partner, month="2020-01", at=at).pk


def message_ids(partner: Partner, word: str) -> dict[str, Any]:
    """A message of the platform with a file."""
    message = MessageFactory(partner=partner, subject=f"{word} subject", text=f"{word} message")
    attachment = MessageAttachment(
        partner=partner, message=message, name=f"{word}.txt", content_type="text/plain", size=len(word), sha256="0" * 64
    )
    attachment.file.save(f"{word}.txt", ContentFile(word.encode()))
    return {"message": message.pk, "attachment": attachment.pk}


def coupon_ids(partner: Partner, issued: IssuedCard, shop: Shop, word: str) -> dict[str, Any]:
    """A coupon of the customer, one that the shop holds, and a batch of codes."""
    shared: dict[str, Any] = {
        "partner": partner,
        "issued_card": issued,
        "customer": issued.customer,
        "title": {"en": f"{word} coupon", "lt": f"{word} kuponas"},
    }
    coupon = CouponFactory(**shared)
    held = CouponFactory(**shared, status="pending", pending_at=datetime.now(UTC), pending_shop=shop)
    batch = CouponBatch.objects.create(
        partner=partner,
        name=f"{word} batch",
        quantity=1,
        reward_type="fixed",
        reward_value=5,
        created_at=datetime.now(UTC),
    )
    begun = GameFactory(partner=partner, name=f"{word} begun card")
    StampProgress.objects.create(
        partner=partner,
        game=begun,
        issued_card=issued,
        current_step=1,
        started_at=datetime.now(UTC),
        updated_at=datetime.now(UTC),
    )
    return {
        "begun_game": begun.pk,
        "coupon": coupon.pk,
        "coupon_code": coupon.code,
        "coupon_qr": str(coupon.qr_value),
        "pending_coupon": held.pk,
        "batch": batch.pk,
    }


def absent(kind: str, like: Any) -> Any:
    """An identifier of this kind that nobody has, as long as `like`."""
    match kind:
        case "email":
            return "nobody@absent.test"
        case "card_number":
            return "998-997-996"
        case "coupon_code":
            return "2222222222222"
        case _ if kind in {"qr", "qr_card", "coupon_qr", "sms_message"} or kind.endswith("_session"):
            return "11111111-2222-4333-8444-555555555555"
        case "order":
            return "ABSENT-00000001"[: len(like)]
        case _:
            return like + 300_000_000


def everything() -> dict[str, str]:
    """A checksum over every row of each table of ours, by the table's name: asked for in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_checksums())
        return dict(cursor.fetchall())


def filled_tables() -> frozenset[str]:
    """The tables of ours that have rows."""
    empty = hashlib.md5(b"", usedforsecurity=False).hexdigest()
    return frozenset(table for table, checksum in everything().items() if checksum != empty)


def empty_tables(tables: Iterable[str]) -> None:
    """Take every row out of these tables, and of those that name them."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(sorted(tables))} CASCADE")


@cache
def _checksums() -> str:
    models = [model for app in OURS for model in apps.get_app_config(app).get_models()]
    # A refused call leaves a line in the log of refused calls.
    tables = [model._meta.db_table for model in models if model is not FailedCall]
    one = "SELECT '{0}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {0} t"
    return " UNION ALL ".join(one.format(table) for table in tables)
