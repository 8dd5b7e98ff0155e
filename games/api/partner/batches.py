"""Coupon codes by the thousand: `/{locale}/partners/coupon-batches`."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from games.api.partner.batch_serializers import (
    BatchDetailSerializer,
    BatchForm,
    BatchSerializer,
    batch_answer,
    counts_answer,
    new_batch,
)
from games.selectors.batches import BatchCode, count_batch, get_batch, iterate_codes, list_batches
from games.services.batches import create_batch, note_export
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import MalformedRequest, ResourceNotFound, UnknownParameter, ValidationFailed
from loyalty.rules.cells import safe_cell
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient)
HEADER = ("code", "qr_code", "status", "expires_at", "redeemed_at", "redeemed_shop_id")
BODY: dict[str, Any] = {
    "name": "Flyer, spring",
    "title": {"lt": "10 % nuolaida", "en": "10 % off"},
    "quantity": 100_000,
    "reward_type": "percentage",
    "reward_value": 10,
    "expires_at": "2027-05-31",
}
EXAMPLE: dict[str, Any] = {
    "id": 9,
    "name": "Flyer, spring",
    "title": {"lt": "10 % nuolaida", "en": "10 % off"},
    "quantity": 100_000,
    "made": 40_000,
    "progress": 40,
    "status": "making",
    "reward_type": "percentage",
    "reward_value": 10.0,
    "reward_points": None,
    "reward_product_name": "",
    "minimum_purchase": 0.0,
    "maximum_discount": None,
    "expires_at": "2027-05-31T20:59:59Z",
    "shop_ids": [],
    "created_at": "2026-11-23T18:30:00Z",
    "completed_at": None,
}
COUNTS = {"active": 39_000, "redeemed": 1_000, "expired": 0, "cancelled": 0}
FILE = "code,qr_code,status,expires_at,redeemed_at,redeemed_shop_id\r\n7KQ2XWMN84RTC,2f6f…,active,,,\r\n"


class CouponBatchViewSet(PartnerViewSet):
    """Codes that nobody owns until one is used: for print, for a mailing."""

    capabilities = {
        "list": "games.view",
        "retrieve": "games.view",
        "create": "games.edit",
        # Codes are as good as money: who may only look does not get them.
        "codes": "games.edit",
    }
    parameters = {"list": PAGE_PARAMETERS}
    page_default = 20
    page_cap = 100

    @document(
        "List coupon batches",
        answer=BatchSerializer,
        many=True,
        paginated=True,
        raises=(*REFUSED, ValidationFailed, UnknownParameter),
        example=[EXAMPLE],
        description="Newest first.",
    )
    def list(self, request: Request, locale: str) -> Response:
        page = self.page()
        batches = list_batches(partner=self.partner)
        rows = batches[page.offset : page.offset + page.size]
        return envelope.ok([batch_answer(batch) for batch in rows], meta=page.meta(batches.count()))

    @document(
        "Create a coupon batch",
        answer=BatchSerializer,
        body=BatchForm,
        code=201,
        raises=(*REFUSED, StoreAccessDenied, ResourceNotFound, ValidationFailed, MalformedRequest),
        example=EXAMPLE,
        body_example=BODY,
        description="Up to 1,000 codes are there at once; more are made in the background, see `progress`.",
    )
    def create(self, request: Request, locale: str) -> Response:
        new = new_batch(self.validated(BatchForm))
        batch = create_batch(actor=self.actor, partner=self.partner, new=new, reach=self.shop_ids, at=self.now)
        return envelope.created(batch_answer(batch))

    @document(
        "Get a coupon batch",
        answer=BatchDetailSerializer,
        raises=(*REFUSED, ResourceNotFound),
        example={**EXAMPLE, "counts": COUNTS},
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        batch = get_batch(partner=self.partner, batch_id=pk)
        counts = counts_answer(count_batch(batch=batch, at=self.now))
        return envelope.ok({**batch_answer(batch), "counts": counts})

    @document(
        "Download the codes of a batch",
        media="text/csv",
        raises=(*REFUSED, StoreAccessDenied, ResourceNotFound),
        example=FILE,
        description="All codes that are there, streamed. Who took them is written to the audit log; who is limited to "
        "shops takes those that are valid nowhere else.",
    )
    def codes(self, request: Request, locale: str, pk: int) -> StreamingHttpResponse:
        batch = get_batch(partner=self.partner, batch_id=pk)
        note_export(actor=self.actor, batch=batch, reach=self.shop_ids, at=self.now)
        lines = _lines(iterate_codes(batch=batch, at=self.now))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="coupons-{batch.pk}.csv"'
        return response


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(codes: Iterator[BatchCode]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(HEADER)
    for one in codes:
        row = (one.code, one.qr_value, one.status, _moment(one.expires_at), _moment(one.redeemed_at))
        yield writer.writerow([safe_cell(cell) for cell in (*row, one.redeemed_shop_id)])


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
