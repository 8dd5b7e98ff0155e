"""Reading shops."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import ExpressionWrapper, F, FloatField, Q, QuerySet, Value
from django.db.models.functions import ACos, Cos, Greatest, Least, Radians, Sin
from django.utils.translation import gettext as _

from loyalty.errors import ResourceNotFound
from partners.errors import StoreAccessDenied
from partners.models import Partner, Shop

EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True, slots=True)
class ShopFilter:
    """Which shops: `search` in name, address and city; `near` (latitude, longitude) with `radius` in kilometers."""

    search: str | None = None
    is_active: bool | None = True
    is_virtual: bool | None = None
    near: tuple[Decimal, Decimal] | None = None
    radius: Decimal | None = None


def list_shops(*, partner: Partner, shop_ids: frozenset[int] | None, wanted: ShopFilter) -> QuerySet[Shop]:
    """The partner's shops in reach, by name; the nearest first where a place is given."""
    shops = Shop.objects.filter(partner=partner)
    if shop_ids is not None:
        shops = shops.filter(pk__in=shop_ids)
    if wanted.is_active is not None:
        shops = shops.filter(is_active=wanted.is_active)
    if wanted.is_virtual is not None:
        shops = shops.filter(is_virtual=wanted.is_virtual)
    if wanted.search:
        text = wanted.search
        shops = shops.filter(Q(name__icontains=text) | Q(address__icontains=text) | Q(city__icontains=text))
    if wanted.near is None:
        return shops.order_by("name", "pk")
    shops = shops.exclude(latitude=None).exclude(longitude=None).annotate(distance=_distance(*wanted.near))
    if wanted.radius is not None:
        shops = shops.filter(distance__lte=float(wanted.radius))
    return shops.order_by("distance", "pk")


def _distance(latitude: Decimal, longitude: Decimal) -> ExpressionWrapper:
    """Great-circle distance in kilometers (spherical law of cosines)."""
    here, there = Radians(Value(float(latitude))), Radians(F("latitude"))
    turn = Radians(F("longitude")) - Radians(Value(float(longitude)))
    cosine = Sin(here) * Sin(there) + Cos(here) * Cos(there) * Cos(turn)
    angle = ACos(Least(Greatest(cosine, Value(-1.0)), Value(1.0)))
    return ExpressionWrapper(angle * Value(EARTH_RADIUS_KM), output_field=FloatField())


def check_whole_partner(*, reach: frozenset[int] | None) -> None:
    """Raises StoreAccessDenied for who is limited to shops: what is changed here is the same in all of them."""
    if reach is not None:
        raise StoreAccessDenied


def check_shops(
    *, partner: Partner, shop_ids: Iterable[int], reach: frozenset[int] | None, field: str = "shop_id"
) -> None:
    """Raises ResourceNotFound unless all are shops of this partner, StoreAccessDenied unless all are in reach."""
    wanted = set(shop_ids)
    known = set(Shop.objects.filter(partner=partner, pk__in=wanted).values_list("pk", flat=True))
    if wanted - known:
        raise ResourceNotFound(errors={field: [_("There is no such shop.")]})
    if reach is not None and wanted - reach:
        raise StoreAccessDenied(errors={field: [_("This shop is out of your reach.")]})
