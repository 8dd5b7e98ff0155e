"""The surface of tills and web shops: `/{locale}/shop/…` with API credentials."""

from rest_framework.request import Request

from loyalty.api.base import ApiViewSet
from loyalty.api.principal import Principal
from loyalty.errors import LoyaltyError
from partners.api.credentials import label, prove_credential
from partners.errors import ScopeInsufficient
from partners.models import ApiCredential, Partner
from partners.rules.capabilities import capabilities_of_scopes


class ShopViewSet(ApiViewSet):
    """Sets `partner`, `credential` and `shop_ids` (None: every shop of the partner); unknown input is ignored."""

    ignores_unknown_parameters = True
    partner: Partner
    credential: ApiCredential
    shop_ids: frozenset[int] | None = None

    def authenticate(self, request: Request) -> Principal:
        proven = prove_credential(request._request, at=self.now)
        access = proven.access
        self.partner, self.credential, self.shop_ids = access.partner, access.credential, access.shop_ids
        capabilities = capabilities_of_scopes(access.credential.scopes)
        return Principal(proven.actor, label(access), access.limits, capabilities, proven.headers)

    def refusal(self, capability: str) -> LoyaltyError:
        return ScopeInsufficient()
