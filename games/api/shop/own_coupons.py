"""`/{locale}/shop/coupons` for both audiences, and what customers see and do of their own (contract 5.9)."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import ShopViewSet
from customers.models import Person
from customers.selectors.persons import list_customers_of_person
from games.api.shop import coupon_answers, coupon_examples
from games.api.shop.coupon_serializers import CouponListSerializer, CouponSerializer, RedeemedSerializer
from games.api.shop.coupon_uses import USES, used_answer
from games.api.shop.till_base import READS
from games.choices import CouponStatus
from games.errors import CouponAlreadyUsed, CouponEndsSoon, CouponExpired, OperationNotAllowed, SelectProduct
from games.models import Coupon
from games.selectors.coupons import (
    CouponQuery,
    count_coupons_of_customers,
    list_coupons,
    list_coupons_of_customers,
    with_choices,
)
from games.services.coupons import Redemption
from games.services.own_coupons import cancel_own_coupon, get_own_coupon, redeem_own_coupon
from loyalty.api.base import PAGE_PARAMETERS, Capability
from loyalty.api.envelope import ok
from loyalty.api.filters import ChoiceFilter, HouseFilterSet, IdFilter
from loyalty.api.forms import Reader
from loyalty.api.schema import document
from loyalty.errors import InsufficientPermissions, ResourceNotFound, ValidationFailed
from partners.errors import PartnerNotActive
from partners.models import Partner
from partners.selectors.shops import check_shops

STATUSES = [(word, word) for word in ("active", "used", "redeemed", "pending", "expired", "cancelled", "all")]
SOON = 7
OWN = (InsufficientPermissions, ResourceNotFound, ValidationFailed)


class CouponFilters(HouseFilterSet):
    """Which coupons; they only read the query, the selector does the filtering."""

    shop_id = IdFilter(method="read", help_text="Valid at this shop.")
    user_id = IdFilter(method="read")
    card_id = IdFilter(method="read", help_text="The issued card.")
    status = ChoiceFilter(choices=STATUSES, method="read", help_text="Default active; used is the same as redeemed.")

    def read(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows


class CouponListViewSet(ShopViewSet):
    """All coupons of the partner for a till, one's own for a customer."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"list": ("till.read", "customer.self")}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {"list": PAGE_PARAMETERS | CouponFilters.names()}
    page_default = 20
    page_cap = 100

    def answers(self, coupons: Iterable[Coupon]) -> list[dict[str, Any]]:
        return [
            coupon_answers.coupon_answer(view, self.partner or view.coupon.partner, self.now)
            for view in with_choices(coupons)
        ]

    @document(
        "List coupons",
        description="With API credentials the partner's, with a customer token one's own (then only `status` counts).",
        answer=CouponListSerializer,
        parameters=[
            *CouponFilters.described(),
            OpenApiParameter("page", int, description="Page, from 1."),
            OpenApiParameter("per_page", int, description="Rows a page, at most 100."),
        ],
        raises=READS,
        example=coupon_examples.LISTED,
    )
    def list(self, request: Request, locale: str) -> Response:
        page = self.page()
        wanted = CouponFilters(request.query_params, Coupon.objects.none())
        status = wanted.value("status") or "active"
        if self.person is not None:
            customers = list_customers_of_person(person=self.person, partner=self.partner)
            coupons = list_coupons_of_customers(customers=customers, status=status, at=self.now)
        else:
            query = CouponQuery(status, wanted.value("user_id"), wanted.value("card_id"), self._shop(wanted))
            coupons = list_coupons(partner=self._till_partner(), query=query, at=self.now)
        meta = page.meta(coupons.count())
        shown = self.answers(coupons[page.offset : page.offset + page.size])
        names = ("current_page", "per_page", "total", "last_page")
        return ok({"coupons": shown, "pagination": {name: meta[name] for name in names}})

    def _till_partner(self) -> Partner:
        assert self.partner is not None
        return self.partner

    def _shop(self, wanted: CouponFilters) -> int | None:
        shop_id = wanted.value("shop_id")
        if shop_id is None:
            return None if self.credential is None else self.credential.shop_id
        check_shops(partner=self._till_partner(), shop_ids=[shop_id], reach=self.shop_ids)
        return shop_id


class CouponStatisticsSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    active = serializers.IntegerField()
    redeemed = serializers.IntegerField()
    used = serializers.IntegerField(help_text="The same as redeemed.")
    expired = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    expiring_soon = serializers.IntegerField(help_text="Within seven days.")


class RedeemOwnSerializer(serializers.Serializer):
    redemption_reference = serializers.CharField(required=False, max_length=255)
    location = serializers.CharField(required=False, max_length=200)
    notes = serializers.CharField(required=False, max_length=500)
    selected_product_id = serializers.IntegerField(required=False)


class CancelOwnSerializer(serializers.Serializer):
    reason = serializers.CharField(required=False, max_length=500)


class CancelledSerializer(serializers.Serializer):
    coupon_id = serializers.IntegerField()
    status = serializers.CharField()
    cancelled_at = serializers.DateTimeField()


class OwnCouponViewSet(CouponListViewSet):
    """A customer's own coupons."""

    person: Person
    capabilities: ClassVar[Mapping[str, Capability]] = dict.fromkeys(
        ("retrieve", "expiring", "statistics", "redeem", "cancel"), "customer.self"
    )
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {"expiring": frozenset({"days"})}
    repeatable = frozenset({"redeem", "cancel"})

    @document("Get one's own coupon", answer=CouponSerializer, raises=OWN, example=coupon_examples.COUPON)
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        coupon = get_own_coupon(person=self.person, partner=self.partner, coupon_id=pk)
        return ok(self.answers([coupon])[0])

    @document(
        "List one's own coupons that end soon",
        answer=CouponSerializer,
        many=True,
        parameters=[OpenApiParameter("days", int, description="1 to 30, default 7.")],
        raises=OWN,
        example=[coupon_examples.COUPON],
    )
    def expiring(self, request: Request, locale: str) -> Response:
        reader = Reader({name: value for name, value in request.query_params.items() if value})
        days = reader.integer("days", least=1, most=30)
        reader.finish()
        until = self.now + timedelta(days=SOON if days is None else days)
        customers = list_customers_of_person(person=self.person, partner=self.partner)
        coupons = list_coupons_of_customers(customers=customers, status="active", at=self.now)
        ending = coupons.filter(expires_at__lte=until).order_by("expires_at", "pk")
        return ok(self.answers(ending[: self.page_cap]))

    @document(
        "Count one's own coupons",
        answer=CouponStatisticsSerializer,
        raises=OWN,
        example={
            "total": 7,
            "active": 2,
            "redeemed": 4,
            "used": 4,
            "expired": 1,
            "cancelled": 0,
            "expiring_soon": 1,
        },
    )
    def statistics(self, request: Request, locale: str) -> Response:
        customers = list_customers_of_person(person=self.person, partner=self.partner)
        counts = count_coupons_of_customers(customers=customers, at=self.now, soon=timedelta(days=SOON))
        return ok(
            {
                "total": counts.total,
                "active": counts.active,
                "redeemed": counts.redeemed,
                "used": counts.redeemed,
                "expired": counts.expired,
                "cancelled": counts.cancelled,
                "expiring_soon": counts.expiring_soon,
            }
        )

    @document(
        "Redeem one's own coupon",
        operation_id="shop_coupons_redeem_own",
        body=RedeemOwnSerializer,
        answer=RedeemedSerializer,
        raises=(*OWN, *USES, SelectProduct, PartnerNotActive),
        body_example={"redemption_reference": "WEB-77"},
        example={**coupon_examples.REDEEMED, "shop_id": None},
    )
    def redeem(self, request: Request, locale: str, pk: int) -> Response:
        reader = Reader(dict(request.data))
        location, notes = reader.text("location", most=200), reader.text("notes", most=500)
        redemption = Redemption(
            shop_id=None,
            product_id=reader.identifier("selected_product_id"),
            reference=reader.text("redemption_reference", most=255) or "",
            notes="; ".join(filter(None, (location, notes)))[:500],
        )
        reader.finish()
        done = redeem_own_coupon(
            person=self.person, partner=self.partner, coupon_id=pk, redemption=redemption, at=self.now
        )
        return ok(used_answer(done))

    @document(
        "Cancel one's own coupon",
        body=CancelOwnSerializer,
        answer=CancelledSerializer,
        raises=(*OWN, CouponEndsSoon, CouponAlreadyUsed, CouponExpired, OperationNotAllowed),
        body_example={"reason": "No longer needed"},
        example={"coupon_id": 501, "status": "cancelled", "cancelled_at": "2026-11-23T18:30:00Z"},
    )
    def cancel(self, request: Request, locale: str, pk: int) -> Response:
        reader = Reader(dict(request.data))
        reason = reader.text("reason", most=500) or _("By the customer")
        reader.finish()
        coupon = cancel_own_coupon(person=self.person, partner=self.partner, coupon_id=pk, reason=reason, at=self.now)
        return ok({"coupon_id": coupon.pk, "status": CouponStatus.CANCELLED.value, "cancelled_at": self.now})
