"""Calls of the Shop API that somebody makes who is nobody yet: logging in, and what leads there."""

from rest_framework.request import Request

from loyalty.api.base import PublicViewSet
from loyalty.api.principal import Principal
from partners.api.credentials import label, prove_credential
from partners.errors import CredentialsExpired, PartnerNotActive, ScopeInsufficient
from partners.models import Partner
from partners.rules.capabilities import capabilities_of_scopes
from partners.selectors.access import get_credential, read_key


class DoorViewSet(PublicViewSet):
    """Open to everybody. API credentials, if sent, are proved: then `partner` is theirs, and answers speak of its
    customers. An X-API-Key alone, which every app shows, only chooses in whose name SMS are sent (`brand`).
    """

    ignores_unknown_parameters = True
    partner: Partner | None = None
    brand: Partner | None = None

    def authenticate(self, request: Request) -> Principal:
        key, secret = request.headers.get("X-API-Key"), request.headers.get("X-API-Secret")
        if key is None and secret is None:
            return super().authenticate(request)
        if secret is None:
            access = get_credential(read_key(key, "-")[0])
            if access.credential.expires_at is not None and access.credential.expires_at <= self.now:
                raise CredentialsExpired
            if not access.partner.is_active:
                raise PartnerNotActive
            self.brand = access.partner
            return super().authenticate(request)
        proven = prove_credential(request._request, at=self.now)
        if "till.sell" not in capabilities_of_scopes(proven.access.credential.scopes):
            raise ScopeInsufficient
        self.partner = self.brand = proven.access.partner
        limits = proven.access.limits
        return Principal(proven.actor, label(proven.access), limits, frozenset({"public"}), proven.headers)
