"""Another partner's id, wherever it is put, answers exactly like one that does not exist, and changes nothing.

Each route of the Partner and the Shop API has a row in ROWS. A route without one, a value in a path, a query parameter
or a body field that looks like an id and has no entry: the test says what to add.

A row tells how to fill the route so that it works with one's own ids (that is proved too, else the rest would mean
nothing), and which kind of thing each id names: a key of `World.ids`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from partners.choices import CredentialScope
from partners.rules.capabilities import capabilities_of_scopes
from tests.house.routes import ROUTES, Route
from tests.house.world import (
    CANARY,
    World,
    absent,
    empty_tables,
    everything,
    filled_tables,
    make_world,
    wide_identifiers,
)

Kinds = dict[str, str]
TEXTS = {"en": "A card", "lt": "Kortelė"}
NEW_CARD = {"title": TEXTS, "description": TEXTS, "terms_conditions": TEXTS, "card_design": {}}
NEW_OFFER = {"title": TEXTS, "discount_type": "percentage", "discount_value": 10}
SALE = {"order_id": "NEW-1", "order_total": 10.0}


@dataclass(frozen=True)
class Row:
    """How one route is called; `body_ids` are dotted paths into `body`. What it `needs` of those is always there."""

    path: Kinds = field(default_factory=dict)
    query: Kinds = field(default_factory=dict)
    body: dict[str, Any] | None = None
    body_ids: Kinds = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    # The kind of caller for whom these ids are their own; empty: everybody who reaches the route.
    only: str = ""


NEW_GAME = {
    "name": "A game",
    "description": "A game for everybody.",
    "game_type": "wheel",
    "reward_description": "A good",
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
GAME_IDS = {"shop_ids.0": "shop", "product_ids.0": "product"}
NOTHING = Row()
CARD_QUERY = {
    "card_id": "issued_card",
    "loyalty_card_id": "issued_card",
    "card_number": "card_number",
    "qr_code": "qr",
    "user_id": "customer",
    "user_email": "email",
}
SALE_ROW = Row(
    body=SALE,
    body_ids={
        "user_id": "customer",
        "loyalty_card_id": "issued_card",
        "card_number": "card_number",
        "shop_id": "shop",
        "partner_card_id": "card",
    },
)


def turn(kind: str, session: str = "", **body: Any) -> Row:
    """A call that names an open session of a game."""
    named = {"session_key": session or f"{kind}_session"}
    return Row(path={"pk": f"{kind}_game"}, body=body, body_ids=named, needs=frozenset(named))


def till(*needs: str, **ids: str) -> Row:
    """A call at the till about a stamp card or a coupon."""
    return Row(body={}, body_ids={**ids, "shop_id": "shop"}, needs=frozenset({*needs, "shop_id"}))


def stamp(game: str = "game", **more: str) -> Row:
    return Row(
        path={"pk": game},
        body={},
        body_ids={"card_id": "issued_card", "shop_id": "shop", **more},
        needs=frozenset({"card_id", "shop_id"}),
    )


TILL_ROWS = {
    "GET shop/games": Row(query={"shop_id": "shop", "partner_id": "partner"}),
    "GET shop/games/<int:pk>": Row(path={"pk": "game"}, query={"card_id": "issued_card"}),
    "GET shop/games/<int:pk>/progress": Row(
        path={"pk": "game"}, query={"card_id": "issued_card"}, needs=frozenset({"card_id"})
    ),
    "POST shop/games/<int:pk>/add-stamps": stamp(order_id="order"),
    "POST shop/games/<int:pk>/complete": stamp("begun_game"),
    "POST shop/games/<int:pk>/restart": stamp(),
    "GET shop/cards/<int:pk>/games": Row(path={"pk": "issued_card"}, query={"shop_id": "shop"}),
    "GET shop/cards/<int:pk>/games/history": Row(path={"pk": "issued_card"}, query={"shop_id": "shop"}),
    "GET shop/coupons": Row(query={"shop_id": "shop", "user_id": "customer", "card_id": "issued_card"}),
    "GET shop/coupons/card": Row(
        query={"shop_id": "shop", "user_id": "customer", "card_id": "issued_card"}, needs=frozenset({"card_id"})
    ),
    "GET shop/coupons/products": Row(query={"coupon_id": "coupon"}),
    "POST shop/coupons/verify": till("code", code="coupon_code"),
    "POST shop/coupons/calculate-discount": Row(
        body={"purchase_amount": 10.0},
        body_ids={"coupon_code": "coupon_code", "shop_id": "shop"},
        needs=frozenset({"coupon_code"}),
    ),
    "POST shop/coupons/pending": till("coupon_id", coupon_id="coupon", selected_product_id="product"),
    "POST shop/coupons/cancel-pending": till("coupon_id", coupon_id="pending_coupon"),
    "POST shop/coupons/redeem": till(
        "coupon_id", coupon_id="coupon", selected_product_id="product", card_id="issued_card", order_id="order"
    ),
    "GET shop/coupons/expiring": NOTHING,
    "GET shop/coupons/statistics": NOTHING,
    "GET shop/coupons/<int:pk>": Row(path={"pk": "coupon"}),
    "POST shop/coupons/<int:pk>/redeem": Row(
        path={"pk": "coupon"}, body={}, body_ids={"selected_product_id": "product"}
    ),
    "POST shop/coupons/<int:pk>/cancel": Row(path={"pk": "coupon"}, body={}),
    "GET partners/coupon-batches": NOTHING,
    "POST partners/coupon-batches": Row(
        body={"name": "New", "quantity": 1, "reward_type": "fixed", "reward_value": 5}, body_ids={"shop_ids.0": "shop"}
    ),
    "GET partners/coupon-batches/<int:pk>": Row(path={"pk": "batch"}),
    "GET partners/coupon-batches/<int:pk>/codes.csv": Row(path={"pk": "batch"}),
}
PLAY_ROWS = {
    "POST shop/games/<int:pk>/start": Row(
        path={"pk": "wheel_game"},
        body={},
        body_ids={"card_id": "issued_card", "shop_id": "shop"},
        needs=frozenset({"card_id"}),
    ),
    "POST shop/games/<int:pk>/spin-wheel": turn("wheel"),
    "POST shop/games/<int:pk>/scratch-ticket": turn("scratch"),
    "GET shop/games/<int:pk>/quiz-questions": Row(
        path={"pk": "quiz_game"}, query={"session_key": "quiz_session"}, needs=frozenset({"session_key"})
    ),
    "POST shop/games/<int:pk>/answer-question": turn("quiz", question="q1", answer="a1"),
    "POST shop/games/<int:pk>/match-pair": turn("memory", first=0),
    "POST shop/games/<int:pk>/collect-item": turn("collection"),
    "GET shop/games/<int:pk>/collection-progress": Row(
        path={"pk": "collection_game"}, query={"card_id": "issued_card"}, needs=frozenset({"card_id"})
    ),
    "POST shop/games/<int:pk>/claim-reward": turn("wheel", "won_session"),
    "GET shop/game-sessions": Row(query={"card_id": "issued_card", "game_id": "wheel_game"}),
    "GET shop/game-sessions/<uuid:session_key>": Row(path={"session_key": "wheel_session"}),
    "POST shop/game-sessions/<uuid:session_key>/cancel": Row(path={"session_key": "wheel_session"}),
}
# The customer's app calls the same without /shop.
PLAY_ROWS |= {
    "GET games": Row(query={"shop_id": "shop", "partner_id": "partner"}),
    "GET games/<int:pk>": Row(path={"pk": "wheel_game"}, query={"card_id": "issued_card"}),
    "GET games/<int:pk>/progress": Row(path={"pk": "wheel_game"}, query={"card_id": "issued_card"}),
    **{name.replace(" shop/", " "): row for name, row in PLAY_ROWS.items()},
}
ROWS: dict[str, Row] = {
    "GET partners/auth/me": NOTHING,
    "GET partners/messages": Row(query={"thread_id": "message"}),
    "POST partners/messages": Row(body={"message": "Hello"}),
    "GET partners/messages/unread": NOTHING,
    "GET partners/messages/<int:pk>": Row(path={"pk": "message"}),
    "POST partners/messages/<int:pk>/reply": Row(path={"pk": "message"}, body={"message": "Hello"}),
    "POST partners/messages/<int:pk>/read": Row(path={"pk": "message"}, body={}),
    "GET partners/messages/<int:pk>/attachment/<int:attachment_id>": Row(
        path={"pk": "message", "attachment_id": "attachment"}
    ),
    "GET partners/<int:id>": Row(path={"id": "partner"}),
    "PUT partners/<int:id>": Row(path={"id": "partner"}, body={"description": "new"}),
    "GET partners/verification": NOTHING,
    "POST partners/verification": Row(body={"legal_name": "New", "registration_code": "1"}),
    "GET partners/verification/documents": NOTHING,
    "POST partners/verification/documents": Row(body={"kind": "other"}),
    "GET partners/verification/documents/<int:pk>/file": Row(path={"pk": "paper"}),
    "GET partners/offers": Row(query={"shop_id": "shop", "category_id": "category", "card_id": "card"}),
    "POST partners/offers": Row(
        body=NEW_OFFER,
        body_ids={"shop_ids.0": "shop", "category_ids.0": "category", "card_ids.0": "card", "product_id": "product"},
    ),
    "GET partners/offers/<int:pk>": Row(path={"pk": "offer"}),
    "PUT partners/offers/<int:pk>": Row(
        path={"pk": "offer"},
        body={"is_active": True},
        body_ids={"shop_ids.0": "shop", "category_ids.0": "category", "card_ids.0": "card", "product_id": "product"},
    ),
    "DELETE partners/offers/<int:pk>": Row(path={"pk": "offer"}),
    "GET partners/products": Row(query={"category_id": "category"}),
    "POST partners/products": Row(
        body={"external_id": "N-1", "name": "New"}, body_ids={"category_id": "category", "category_ids.0": "category"}
    ),
    "GET partners/products/<int:pk>": Row(path={"pk": "product"}),
    "PUT partners/products/<int:pk>": Row(
        path={"pk": "product"},
        body={"name": "New"},
        body_ids={"category_id": "category", "category_ids.0": "category"},
    ),
    "DELETE partners/products/<int:pk>": Row(path={"pk": "product"}),
    "GET partners/categories": Row(query={"parent_id": "category"}),
    "POST partners/categories": Row(body={"name": TEXTS, "key": "new"}, body_ids={"parent_id": "category"}),
    "GET partners/categories/<int:pk>": Row(path={"pk": "category"}),
    "PUT partners/categories/<int:pk>": Row(
        path={"pk": "category"}, body={"is_active": True}, body_ids={"parent_id": "parent_category"}
    ),
    "DELETE partners/categories/<int:pk>": Row(path={"pk": "category"}),
    "GET partners/request-log": NOTHING,
    "GET partners/webhooks": NOTHING,
    "POST partners/webhooks": Row(body={"url": "https://crm.example/new", "events": ["points.awarded"]}),
    "GET partners/webhooks/events": NOTHING,
    "GET partners/webhooks/<int:pk>": Row(path={"pk": "webhook"}),
    "PUT partners/webhooks/<int:pk>": Row(path={"pk": "webhook"}, body={"description": "new"}),
    "DELETE partners/webhooks/<int:pk>": Row(path={"pk": "webhook"}),
    "POST partners/webhooks/<int:pk>/rotate-secret": Row(path={"pk": "webhook"}, body={}),
    "POST partners/webhooks/<int:pk>/test": Row(path={"pk": "webhook"}, body={}),
    "POST partners/webhooks/<int:pk>/replay": Row(
        path={"pk": "webhook"}, body={"from": "2026-11-01", "to": "2026-11-02"}
    ),
    "GET partners/webhooks/<int:pk>/deliveries": Row(path={"pk": "webhook"}),
    "GET partners/webhooks/<int:pk>/deliveries/<int:delivery_id>": Row(
        path={"pk": "webhook", "delivery_id": "delivery"}
    ),
    "POST partners/webhooks/<int:pk>/deliveries/<int:delivery_id>/replay": Row(
        path={"pk": "webhook", "delivery_id": "delivery"}, body={}
    ),
    "GET partners/statements": NOTHING,
    "GET partners/statements/<int:pk>": Row(path={"pk": "statement"}),
    "GET partners/statements/<int:pk>/download": Row(path={"pk": "statement"}),
    "GET partners/commissions": Row(query={"shop_id": "shop"}),
    "GET partners/payouts": NOTHING,
    "GET partners/cards": Row(query={"shop_id": "shop"}),
    "POST partners/cards": Row(body=NEW_CARD, body_ids={"shop_ids.0": "shop"}),
    "GET partners/cards/<int:pk>": Row(path={"pk": "card"}),
    "PUT partners/cards/<int:pk>": Row(path={"pk": "card"}, body={"is_active": True}, body_ids={"shop_ids.0": "shop"}),
    "DELETE partners/cards/<int:pk>": Row(path={"pk": "card"}),
    "GET partners/games": NOTHING,
    "POST partners/games": Row(body=NEW_GAME, body_ids=GAME_IDS),
    "GET partners/games/<int:pk>": Row(path={"pk": "game"}),
    "PUT partners/games/<int:pk>": Row(path={"pk": "game"}, body={"is_active": True}, body_ids=GAME_IDS),
    "DELETE partners/games/<int:pk>": Row(path={"pk": "game"}),
    "PUT partners/games/<int:pk>/toggle-status": Row(path={"pk": "game"}, body={}),
    "GET partners/games/<int:pk>/stamps": Row(path={"pk": "game"}),
    "GET partners/games/<int:pk>/collection-items": Row(path={"pk": "collection"}),
    "GET partners/games/<int:pk>/statistics": Row(path={"pk": "game"}, query={"shop_id": "shop"}),
    "POST partners/offers/<int:pk>/upload-image": Row(path={"pk": "offer"}, body={"image_base64": PIXEL}),
    "POST partners/games/<int:pk>/upload-stamp-image": Row(path={"pk": "game"}, body={"image_base64": PIXEL}),
    "GET partners/customers": Row(query={"shop_id": "shop", "store_location": "shop"}),
    "POST partners/customers": Row(body={"name": "New"}, body_ids={"shop_id": "shop"}),
    "GET partners/customers/<int:pk>": Row(path={"pk": "customer"}),
    "PUT partners/customers/<int:pk>": Row(path={"pk": "customer"}, body={"name": "New"}),
    "GET partners/transactions": Row(
        query={
            "shop_id": "shop",
            "store_location": "shop",
            "customer_id": "customer",
            "staff_id": "staff",
        }
    ),
    "GET partners/transactions/<int:pk>": Row(path={"pk": "transaction"}),
    "POST shop/validate-credentials": NOTHING,
    "GET shop/shops": NOTHING,
    "POST shop/auth/send-app-link": Row(body={"phone": "+37061112233"}, body_ids={"shop_id": "shop"}),
    "POST shop/auth/qr-login/generate": Row(body={}, body_ids={"shop_id": "shop"}),
    "POST shop/auth/qr-login/poll/<str:session_id>": Row(path={"session_id": "qr_session"}),
    "GET shop/categories": NOTHING,
    "GET shop/products/categories": NOTHING,
    "GET shop/products": Row(query={"category_id": "category"}),
    "GET shop/products/<int:pk>": Row(path={"pk": "product"}),
    "GET shop/offers": Row(
        query={"partner_id": "partner", "category_id": "category", "card_id": "card", "shop_id": "shop"},
    ),
    "POST shop/offers": Row(
        body=NEW_OFFER,
        body_ids={"shop_ids.0": "shop", "category_ids.0": "category", "card_ids.0": "card", "product_id": "product"},
    ),
    "GET shop/offers/<int:pk>": Row(path={"pk": "offer"}),
    "PUT shop/offers/<int:pk>": Row(
        path={"pk": "offer"},
        body={"is_active": True},
        body_ids={"shop_ids.0": "shop", "category_ids.0": "category", "card_ids.0": "card", "product_id": "product"},
    ),
    "DELETE shop/offers/<int:pk>": Row(path={"pk": "offer"}),
    "POST shop/offers/<int:pk>/claim": Row(
        path={"pk": "offer"},
        body={},
        body_ids={"user_id": "customer", "card_id": "issued_card"},
        needs=frozenset({"user_id"}),
    ),
    "GET shop/sync-status": NOTHING,
    "GET shop/products/sync-status": NOTHING,
    "GET shop/xml-import": NOTHING,
    "POST shop/xml-import/from-url": NOTHING,
    "POST shop/xml-import/from-file": NOTHING,
    "POST shop/xml-import/validate": NOTHING,
    "GET shop/xml-import/field-mappings": NOTHING,
    "GET shop/xml-import/stats": NOTHING,
    "GET shop/xml-import/history": NOTHING,
    "GET shop/xml-import/<int:pk>": Row(path={"pk": "feed_import"}),
    "DELETE shop/xml-import/<int:pk>": Row(path={"pk": "feed_import"}),
    "GET shop/auth/me": NOTHING,
    "GET shop/auth/profile": NOTHING,
    "PUT shop/auth/profile": Row(body={"name": "New"}),
    "GET shop/auth/preferences": NOTHING,
    "PUT shop/auth/preferences": Row(body={"theme": "dark"}),
    "GET shop/auth/statistics": NOTHING,
    "GET shop/auth/account": NOTHING,
    "DELETE shop/auth/account": NOTHING,
    "GET shop/loyalty-cards": Row(query={**CARD_QUERY, "shop_id": "shop"}),
    "GET shop/loyalty-cards/<int:pk>": Row(path={"pk": "issued_card"}),
    "GET loyalty-cards/me": NOTHING,
    "GET loyalty-cards/<int:pk>": Row(path={"pk": "issued_card"}),
    "GET loyalty-cards/<int:pk>/balance": Row(path={"pk": "issued_card"}),
    "GET shop/realtime/config": NOTHING,
    "POST shop/qr-card/generate": Row(body={}, body_ids={"shop_id": "shop"}),
    "GET shop/qr-card/status/<str:session_id>": Row(path={"session_id": "qr_card"}),
    "GET shop/issued-cards/<int:pk>/pass.pkpass": Row(path={"pk": "issued_card"}),
    "GET shop/issued-cards/<int:pk>/google-wallet": Row(path={"pk": "issued_card"}),
    "GET shop/issued-cards/<int:pk>/card.svg": Row(path={"pk": "issued_card"}),
    "GET shop/loyalty-cards/info": Row(query=CARD_QUERY),
    "GET shop/loyalty-cards/balance": Row(query=CARD_QUERY),
    "GET shop/transactions": Row(
        query={
            "user_id": "customer",
            "user_email": "email",
            "loyalty_card_id": "issued_card",
            "card_id": "issued_card",
            "shop_id": "shop",
            "staff_id": "staff",
            "category_id": "category",
            "reference_number": "order",
        }
    ),
    "POST shop/transactions/create": SALE_ROW,
    "POST shop/transactions/award-points": SALE_ROW,
    **TILL_ROWS,
    **PLAY_ROWS,
    "POST sms/send": Row(body={"source": "Coffee", "destination": "+37060000001", "message": "Hello"}),
    "GET sms/status/<uuid:message_id>": Row(path={"message_id": "sms_message"}),
    "POST sms/consent": Row(body={"phone_number": "+37060000001", "consent_given": True}),
}
# The same routes, filled in another way.
MORE_ROWS: list[tuple[str, Row]] = [
    ("GET shop/loyalty-cards/<int:pk>", Row(path={"pk": "card"}, only="credential")),
    ("POST shop/transactions/create", Row(body={"type": "refund"}, body_ids={"order_id": "order"})),
    ("POST shop/transactions/create", Row(body={"type": "cancellation"}, body_ids={"order_id": "order"})),
    ("POST shop/transactions/create", Row(body=SALE, body_ids={"qr_code": "qr"})),
    ("POST shop/transactions/create", Row(body=SALE, body_ids={"coupon_code": "coupon_code"})),
    ("POST shop/coupons/verify", till("code", code="coupon_qr")),
]
# Ids that a till or another system made up, and that are never looked up across partners.
NOT_OURS = {"order_id", "refund_id", "external_id", "xml_id", "product_id"}
# What only an admin token may say where partners call too.
PLATFORMS = {"parent_id"}
# Names that do not end in _id and find one thing all the same.
ALSO_IDS = {"store_location", "card_number", "qr_code", "user_email", "reference_number"}
# An unknown address enrols a new customer of one's own: then the two answers differ by what was created.
ENROLS = {"user_email"}

# A person scans what the till of any partner shows.
ANYBODYS = {
    "POST shop/auth/qr-login/scan/<str:qr_code>",
    "POST shop/auth/qr-login/confirm/<str:session_id>",
    "POST shop/auth/qr-login/reject/<str:session_id>",
    "POST shop/qr-card/scan",
    "POST auth/qr-card/scan",
}
TENANT_ROUTES = {str(route): route for route in ROUTES if route.is_tenant and str(route) not in ANYBODYS}
NOT_FOUND = {"partner": "PARTNER_NOT_FOUND", "qr_session": "QR_SESSION_NOT_FOUND", "qr_card": "QR_SESSION_NOT_FOUND"}
HOW = f"Add a row to ROWS in {__file__}: the kinds of ids are the keys of World.ids in tests/house/world.py."


def _is_id(name: str) -> bool:
    return (name.endswith(("_id", "_ids")) or name in ALSO_IDS) and name not in NOT_OURS


@cache
def _document() -> dict[str, Any]:
    return dict(SchemaGenerator().get_schema(request=None, public=True))


def _body_fields(route: Route) -> set[str]:
    """The names at the top of the documented body."""
    path = "/{locale}/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route.path).replace("{pk}", "{id}")
    content = _document()["paths"][path][route.method].get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return set(_document()["components"]["schemas"].get(name, {}).get("properties", {}))


# --- The table is complete


def test_every_tenant_route_has_a_row() -> None:
    assert sorted(set(TENANT_ROUTES) - set(ROWS)) == [], HOW


def test_every_row_has_a_route() -> None:
    assert sorted(set(ROWS) - set(TENANT_ROUTES)) == [], "remove the row, or mend its spelling"


@pytest.mark.parametrize("name", sorted(TENANT_ROUTES))
def test_every_id_that_a_route_takes_has_an_entry_in_its_row(name: str) -> None:
    route, row = TENANT_ROUTES[name], ROWS.get(name, NOTHING)
    assert set(route.slots) == set(row.path), HOW
    assert {one for one in route.parameters if _is_id(one)} <= set(row.query), HOW
    named = {path.partition(".")[0] for path in row.body_ids}
    assert {one for one in _body_fields(route) if _is_id(one)} - ENROLS - PLATFORMS <= named, HOW


# --- The table holds


@dataclass(frozen=True)
class Probe:
    """One id in one place of one route, asked for by one kind of caller."""

    route: Route
    row: Row
    place: str
    name: str
    kind: str
    caller: str

    def __str__(self) -> str:
        return f"{self.route}-{self.place}-{self.name}={self.kind}-{self.caller}"

    def call(self, world: World, value: Any) -> Any:
        """The request with `value` in the probed place and the caller's own ids everywhere else."""
        own = world.ids
        slots = {slot: own[kind] for slot, kind in self.row.path.items()}
        query: dict[str, Any] = {name: own[kind] for name, kind in self.row.query.items() if name in self.row.needs}
        body = None if self.row.body is None else json.loads(json.dumps(self.row.body))
        if body is not None:
            for name in self.row.needs & set(self.row.body_ids):
                _put(body, name, own[self.row.body_ids[name]])
        if self.place == "path":
            slots[self.name] = value
        elif self.place == "query":
            query[self.name] = value
        else:
            assert body is not None
            _put(body, self.name, value)
        client = world.callers[self.caller].client
        address = self.route.address(**slots)
        if self.route.method == "get":
            return client.get(address, query)
        return getattr(client, self.route.method)(address, json.dumps(body or {}), content_type="application/json")


def _put(body: dict[str, Any], dotted: str, value: Any) -> None:
    head, _, rest = dotted.partition(".")
    body[head] = [value] if rest == "0" else value


def _probes() -> Iterator[Probe]:
    for name, row in [*ROWS.items(), *MORE_ROWS]:
        route = TENANT_ROUTES.get(name)
        if route is None:
            continue
        for place, kinds in (("path", row.path), ("query", row.query), ("body", row.body_ids)):
            for slot, kind in kinds.items():
                for caller in [row.only] if row.only else _callers(route):
                    yield Probe(route, row, place, slot, kind, caller)


def _callers(route: Route) -> list[str]:
    if route.path.startswith(("shop/", "sms/")) or route.serves_persons:
        return ["credential"] * route.serves_tills + ["person"] * route.serves_persons
    both = capabilities_of_scopes([CredentialScope.READ, CredentialScope.WRITE])
    return ["staff", "credential"] if route.capabilities & both else ["staff"]


def _shown(answer: Any, value: Any) -> str:
    """The answer without what differs by nature: its id, its address, and the value that was asked for."""
    body = json.loads(answer.content)
    for name in ("request_id", "instance"):
        body.pop(name, None)
    return f"{answer.status_code} {json.dumps(body, sort_keys=True, ensure_ascii=False)}".replace(str(value), "VALUE")


@pytest.fixture(scope="module")
def kept_worlds(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[World, World]]:
    """Two worlds for all tests of this module, committed; each test undoes in its transaction what it does to them."""
    with django_db_blocker.unblock():
        kept = filled_tables()
        wide_identifiers()
        worlds = make_world("Savas"), make_world(CANARY)
    yield worlds
    with django_db_blocker.unblock():
        empty_tables(filled_tables() - kept)


@pytest.fixture
def worlds(kept_worlds: tuple[World, World], db: None) -> tuple[World, World]:
    return kept_worlds


@pytest.mark.parametrize("probe", list(_probes()), ids=str)
def test_a_foreign_id_is_as_good_as_absent(probe: Probe, worlds: tuple[World, World]) -> None:
    mine, theirs = worlds
    foreign = theirs.ids[probe.kind]
    missing = absent(probe.kind, foreign)
    before = everything()

    refused, unknown = probe.call(mine, foreign), probe.call(mine, missing)
    assert refused.status_code < 500
    assert _shown(refused, foreign) == _shown(unknown, missing)
    assert CANARY not in refused.content.decode()
    assert everything() == before, "the refused call changed something"
    if probe.place == "path":
        code = NOT_FOUND.get(probe.kind, "RESOURCE_NOT_FOUND")
        assert (refused.status_code, refused.json()["code"]) == (404, code)

    own = probe.call(mine, mine.ids[probe.kind])
    assert own.status_code < 300, f"the row does not work with one's own ids: {own.content.decode()[:500]}"


LISTS = [route for name, route in sorted(TENANT_ROUTES.items()) if route.method == "get" and not route.slots]


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_list_shows_nothing_of_others(route: Route, worlds: tuple[World, World]) -> None:
    mine, _theirs = worlds
    for caller in _callers(route):
        client = mine.callers[caller].client
        for query in ({}, {"search": CANARY}, {"search": "a"}, {"per_page": 100}):
            answer = client.get(route.address(), {name: query[name] for name in query.keys() & route.parameters})
            shown = json.loads(answer.content)
            assert CANARY not in json.dumps(shown, ensure_ascii=False)
