"""The surface of partners: `/{locale}/partners/…` with a partner JWT, or with API credentials of the same partner."""

import uuid

from rest_framework.request import Request

from loyalty.api.base import SAFE, ApiViewSet, bearer_token
from loyalty.api.principal import Principal
from loyalty.errors import LoyaltyError
from loyalty.services.tokens import PARTNER_REALM, read_access
from partners.api.credentials import label, prove_credential
from partners.api.staff import actor_of, prove_staff
from partners.errors import InsufficientPartnerPermissions, PartnerNotActive, ScopeInsufficient
from partners.models import ApiCredential, Partner, StaffMember
from partners.rules.capabilities import capabilities_of_scopes, capabilities_of_staff
from partners.selectors.access import get_staff_access


class PartnerViewSet(ApiViewSet):
    """Sets `partner`, `staff` or `credential`, and `shop_ids` (None: every shop of the partner)."""

    partner: Partner
    staff: StaffMember | None = None
    credential: ApiCredential | None = None
    session_id: uuid.UUID | None = None
    shop_ids: frozenset[int] | None = None

    def authenticate(self, request: Request) -> Principal:
        if "HTTP_AUTHORIZATION" not in request.META and "HTTP_X_API_KEY" in request.META:
            return self._credential_principal(request)
        claims = read_access(bearer_token(request._request), PARTNER_REALM)
        proven = prove_staff(claims) if request.method in SAFE else None
        access = get_staff_access(claims) if proven is None else proven.access
        self.partner, self.staff, self.shop_ids = access.partner, access.staff, access.shop_ids
        self.session_id = claims.session_id
        actor, counted = actor_of(access), None if proven is None else proven.headers
        capabilities = capabilities_of_staff(access.staff.role, access.partner.status)
        return Principal(actor, str(actor), access.limits, capabilities, counted)

    def _credential_principal(self, request: Request) -> Principal:
        proven = prove_credential(request._request, at=self.now)
        access = proven.access
        self.partner, self.credential, self.shop_ids = access.partner, access.credential, access.shop_ids
        capabilities = capabilities_of_scopes(access.credential.scopes)
        return Principal(proven.actor, label(access), access.limits, capabilities, proven.headers)

    def refusal(self, capability: str) -> LoyaltyError:
        if self.credential is not None:
            return ScopeInsufficient()
        if self.staff is not None and not self.partner.is_active:
            return PartnerNotActive()
        return InsufficientPartnerPermissions(capability=capability)
