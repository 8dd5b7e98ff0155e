"""A till's own access, the system's pulse, and the partner's shops."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import TillViewSet
from customers.api.shop.filters import ShopFilters
from customers.api.shop.serializers import HealthSerializer, ShopSerializer, ValidateCredentialsSerializer
from loyalty.api.base import PAGE_PARAMETERS, PublicViewSet
from loyalty.api.envelope import ok
from loyalty.api.principal import Principal
from loyalty.api.schema import document
from loyalty.errors import LoyaltyError, ValidationFailed
from partners.errors import (
    AddressNotAllowed,
    ApiKeyMalformed,
    ApiKeyUnknown,
    ApiSecretWrong,
    CredentialsExpired,
    CredentialsMissing,
    ScopeInsufficient,
)
from partners.models import Shop
from partners.selectors.shops import list_shops

CREDENTIAL_ERRORS: tuple[type[LoyaltyError], ...] = (
    CredentialsMissing,
    ApiKeyMalformed,
    ApiKeyUnknown,
    ApiSecretWrong,
    CredentialsExpired,
    AddressNotAllowed,
)


# The number that is only given here (contract 2.2).
MISSING = 1010


class CredentialViewSet(TillViewSet):
    """Is this pair of key and secret good, and whose is it?"""

    capabilities: ClassVar[Mapping[str, str]] = {"create": "session"}

    def authenticate(self, request: Request) -> Principal:
        """As everywhere, but a missing or malformed key is the caller's mistake here: 400 (contract 16.32)."""
        try:
            principal = super().authenticate(request)
        except (CredentialsMissing, ApiKeyMalformed) as error:
            error.status = 400  # type: ignore[misc]
            if isinstance(error, CredentialsMissing):
                error.number = MISSING  # type: ignore[misc]
            raise
        return Principal(
            principal.actor,
            principal.limit_key,
            principal.limits,
            principal.capabilities | {"session"},
            principal.limit_headers,
        )

    @document(
        "Validate credentials",
        answer=ValidateCredentialsSerializer,
        raises=CREDENTIAL_ERRORS,
        example={
            "valid": True,
            "partner": {"id": 1, "name": "Kavos namai", "status": "active"},
            "partner_id": 1,
            "partner_name": "Kavos namai",
            "environment": "production",
            "scopes": ["read", "write"],
            "shop_id": None,
        },
    )
    def create(self, request: Request, locale: str) -> Response:
        partner, credential = self.partner, self.credential
        return ok(
            {
                "valid": True,
                "partner": {"id": partner.pk, "name": partner.name, "status": partner.status},
                "partner_id": partner.pk,
                "partner_name": partner.name,
                "environment": credential.kind,
                "scopes": credential.scopes,
                "shop_id": credential.shop_id,
            }
        )

    create.keeps_its_own_key = True


class PulseViewSet(PublicViewSet):
    """Answers as long as the process lives; it asks neither the database nor Redis, and is not counted."""

    capabilities: ClassVar[Mapping[str, str]] = {"list": "public"}

    def authenticate(self, request: Request) -> Principal:
        principal = super().authenticate(request)
        return Principal(principal.actor, principal.limit_key, principal.limits, principal.capabilities, {})

    @document(
        "System health",
        answer=HealthSerializer,
        public=True,
        example={"status": "ok", "timestamp": "2026-11-23T21:00:00Z", "version": "0.1.0"},
    )
    def list(self, request: Request, locale: str) -> Response:
        return ok({"status": "ok", "timestamp": self.now, "version": settings.VERSION})


class ShopListViewSet(TillViewSet):
    """The partner's shops."""

    capabilities: ClassVar[Mapping[str, str]] = {"list": "till.read"}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {"list": PAGE_PARAMETERS | ShopFilters.names()}

    @document(
        "List shops",
        answer=ShopSerializer,
        many=True,
        paginated=True,
        parameters=ShopFilters.described(),
        raises=(*CREDENTIAL_ERRORS, ScopeInsufficient, ValidationFailed),
        example=[{"id": 3, "name": "Gedimino pr. 9", "city": "Vilnius", "is_active": True, "is_virtual": False}],
    )
    def list(self, request: Request, locale: str) -> Response:
        wanted = ShopFilters(request.query_params, Shop.objects.none()).wanted()
        page = self.page()
        shops = list_shops(partner=self.partner, shop_ids=self.shop_ids, wanted=wanted)
        rows: Any = shops[page.offset : page.offset + page.size]
        return ok(
            ShopSerializer(rows, many=True, context={"partner": self.partner}).data, meta=page.meta(shops.count())
        )
