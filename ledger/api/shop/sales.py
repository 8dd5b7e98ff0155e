"""`POST /{locale}/shop/transactions/create` and its alias: the till's hot path, and the ordinary way beside it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from cards.errors import CardBlocked
from customers.api.base import TillViewSet
from customers.api.till import TillCall, call_of, till_call
from ledger.api.shop.guesses import guarded_code
from ledger.api.shop.sale_form import read_sale
from ledger.api.shop.serializers import SaleAnswerSerializer, SaleSerializer, sale_answer
from ledger.errors import InsufficientPoints, RefundExceedsOriginal
from ledger.services.refunds import Refund, record_refund
from ledger.services.reported import Caller, Recorded
from ledger.services.sales import record_sale
from loyalty.api.envelope import ok
from loyalty.api.fingerprint import fingerprint
from loyalty.api.schema import document
from loyalty.errors import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    MalformedRequest,
    ResourceAlreadyExists,
    ResourceNotFound,
    ValidationFailed,
)
from loyalty.rules.idempotency import parse_key
from partners.errors import ScopeInsufficient, StoreAccessDenied

REPLAYED = {"Idempotency-Replayed": "true"}
EXAMPLE = {
    "transaction_id": 4711,
    "id": 4711,
    "type": "purchase",
    "points_awarded": 15,
    "points": 15,
    "points_redeemed": 0,
    "points_balance": 515,
    "points_debt": 0,
    "loyalty_card_id": 1042,
    "card_number": "900-001-042",
    "user_id": 1007,
    "order_id": "ORDER-1001",
    "refund_id": None,
    "order_total": 15.5,
    "points_discount_amount": 0.0,
    "currency": "EUR",
    "occurred_at": "2026-11-23T18:30:00Z",
}


class SaleViewSet(TillViewSet):
    """Sales, refunds and cancellations."""

    capabilities: ClassVar[Mapping[str, str]] = {"create": "till.sell"}

    @document(
        "Register a purchase, refund or cancellation",
        description=(
            "Unique by order: the same body again gets the first answer (`Idempotency-Replayed: true`), "
            "another body 409. "
            "An unknown `user_email` enrols a customer. Without any customer the sale is recorded without points."
        ),
        body=SaleSerializer,
        answer=SaleAnswerSerializer,
        raises=(
            MalformedRequest,
            ValidationFailed,
            ResourceNotFound,
            StoreAccessDenied,
            ScopeInsufficient,
            CardBlocked,
            InsufficientPoints,
            RefundExceedsOriginal,
            ResourceAlreadyExists,
            IdempotencyInFlight,
            IdempotencyKeyReused,
        ),
        body_example={"order_id": "ORDER-1001", "user_id": 1007, "order_total": 15.5, "shop_id": 3},
        example=EXAMPLE,
    )
    def create(self, request: Request, locale: str) -> Response:
        """The documented way; the address is served by `create_transaction`, which answers the same bytes."""
        recorded = _record(call_of(self))
        response = ok(SaleAnswerSerializer(recorded.receipt).data)
        if recorded.is_replay:
            response.headers["Idempotency-Replayed"] = "true"
        return response

    create.keeps_its_own_key = True


@till_call(SaleViewSet, "create")
def create_transaction(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    """Record what the till reports."""
    recorded = _record(call)
    return sale_answer(recorded.receipt), REPLAYED if recorded.is_replay else {}


def _record(call: TillCall) -> Recorded:
    key = call.idempotency_key
    form = read_sale(
        call.data,
        fingerprint=fingerprint(call.data),
        idempotency_key=None if key is None else f"{call.credential.pk}:{parse_key(key)}",
        default_shop_id=call.credential.shop_id,
        at=call.at,
    )
    caller = Caller(call.actor, credential_id=call.credential.pk, shop_ids=call.shop_ids)
    if isinstance(form, Refund):
        return record_refund(caller=caller, partner=call.partner, refund=form, at=call.at)
    if form.coupon_code is None:
        return record_sale(caller=caller, partner=call.partner, sale=form, at=call.at)
    with guarded_code(credential_id=call.credential.pk, shop_id=form.shop_id):
        return record_sale(caller=caller, partner=call.partner, sale=form, at=call.at)
