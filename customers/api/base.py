"""The surface of tills, web shops and apps: `/{locale}/shop/…` with API credentials, or with a customer's own token.

One address often serves both (contract 2.1). An action says so by naming capabilities of both, such as
`("till.read", "customer.self")`; then a Bearer token makes it the person's view and credentials the partner's.
"""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework import serializers
from rest_framework.request import Request

from customers.errors import AuthForbidden
from customers.models import Person
from customers.selectors.persons import get_person_access
from customers.services.till_pictures import TillAsks
from loyalty.api.base import Capability, bearer_token
from loyalty.api.principal import Principal
from loyalty.errors import AccessError, AuthenticationError, InsufficientPermissions, InvalidToken, LoyaltyError
from loyalty.limits.limiter import Limits
from loyalty.services.audit import Actor
from loyalty.services.tokens import CUSTOMER_REALM, AccessClaims, read_access
from partners.api.keys import CredentialSurface
from partners.errors import ScopeInsufficient
from partners.models import ApiCredential, Partner
from partners.rules.capabilities import PERSON_CAPABILITIES

PERSON_LIMITS = Limits(per_hour=1_000, per_minute=60)
ANY_PERSON = frozenset().union(*PERSON_CAPABILITIES.values())


class ShopViewSet(CredentialSurface):
    """Sets `person` or `credential`, `partner`, and `shop_ids` (None: every shop of the partner).

    The view is the person's where `person` is set. `partner` is the credential's or the one that a person's token is
    bound to; a person's own token has none. Unknown input is ignored.
    """

    capabilities: ClassVar[Mapping[str, Capability]] = {}
    ignores_unknown_parameters = True
    person: Person | None = None
    claims: AccessClaims | None = None

    def authenticate(self, request: Request) -> Principal:
        wanted = set(self.wanted_capabilities(self.action))
        serves_persons, serves_tills = bool(wanted & ANY_PERSON), bool(wanted - ANY_PERSON)
        if serves_persons and ("Authorization" in request.headers or not serves_tills):
            return self._person_principal(request)
        return self.credential_principal(request)

    def _person_principal(self, request: Request) -> Principal:
        """A person; credentials sent beside the token narrow the view to their partner (decision 10)."""
        claims = read_access(bearer_token(request._request), CUSTOMER_REALM)
        access = get_person_access(claims, at=self.now)
        self.person, self.partner, self.claims = access.person, access.partner, claims
        if "X-API-Key" in request.headers and "X-API-Secret" in request.headers:
            proven = self.prove_credential(request)
            if access.partner is not None and access.partner.pk != proven.access.partner.pk:
                raise InvalidToken
        key = f"person:{self.person.pk}" + ("" if self.partner is None else f"@{self.partner.pk}")
        capabilities = PERSON_CAPABILITIES["free" if claims.partner_id is None else "bound"]
        return Principal(Actor("person", self.person.pk), key, PERSON_LIMITS, capabilities)

    def refusal(self, capability: str) -> LoyaltyError:
        return ScopeInsufficient() if self.person is None else InsufficientPermissions()


class TillViewSet(ShopViewSet):
    """What only API credentials reach: `partner` and `credential` are always there."""

    partner: Partner
    credential: ApiCredential
    # Answered in place of what exactly is wrong with the credentials, where the contract says so.
    unproven: ClassVar[type[LoyaltyError] | None] = None

    def authenticate(self, request: Request) -> Principal:
        try:
            return super().authenticate(request)
        except (AuthenticationError, AccessError) as error:
            if self.unproven is None:
                raise
            raise self.unproven() from error


class PictureForm(serializers.Serializer):
    """What a till says of itself when it wants a QR code."""

    device_name = serializers.CharField(max_length=255, required=False, allow_null=True, allow_blank=True)
    shop_id = serializers.IntegerField(required=False, allow_null=True)


class QrTillViewSet(TillViewSet):
    """QR codes on a till's screen: whatever is wrong with its credentials, the answer is 403 (contract 2.2, 16.32)."""

    unproven = AuthForbidden

    def asked(self) -> TillAsks:
        """What the body asks for."""
        form = self.validated(PictureForm)
        return TillAsks(
            partner=self.partner,
            credential=self.credential,
            shop_id=form.get("shop_id"),
            reach=self.shop_ids,
            device_name=form.get("device_name") or "",
        )
