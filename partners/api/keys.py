"""What every surface with API credentials has in common: the two headers proved, and whose they are."""

from typing import ClassVar

from rest_framework.request import Request

from loyalty.api.base import ApiViewSet
from loyalty.api.principal import Principal
from loyalty.errors import AccessError, AuthenticationError, LoyaltyError
from partners.api.credentials import ProvenCredential, label, prove_credential
from partners.errors import ScopeInsufficient
from partners.models import ApiCredential, Partner
from partners.rules.capabilities import capabilities_of_scopes


class CredentialSurface(ApiViewSet):
    """Sets `credential`, its `partner`, and `shop_ids` (None: every shop of the partner)."""

    partner: Partner | None = None
    credential: ApiCredential | None = None
    shop_ids: frozenset[int] | None = None

    def credential_principal(self, request: Request) -> Principal:
        proven = self.prove_credential(request)
        capabilities = capabilities_of_scopes(proven.access.credential.scopes)
        return Principal(proven.actor, label(proven.access), proven.access.limits, capabilities, proven.headers)

    def prove_credential(self, request: Request) -> ProvenCredential:
        proven = prove_credential(request._request, at=self.now)
        access = proven.access
        self.partner, self.credential, self.shop_ids = access.partner, access.credential, access.shop_ids
        return proven


class KeyViewSet(CredentialSurface):
    """What only API credentials reach, without any of the Shop API: `partner` and `credential` are always there."""

    partner: Partner
    credential: ApiCredential
    # Answered in place of what exactly is wrong with the credentials, where the contract says so.
    unproven: ClassVar[type[LoyaltyError] | None] = None

    def authenticate(self, request: Request) -> Principal:
        try:
            return self.credential_principal(request)
        except (AuthenticationError, AccessError) as error:
            if self.unproven is None:
                raise
            raise self.unproven() from error

    def refusal(self, capability: str) -> LoyaltyError:
        return ScopeInsufficient()
