"""The part of the admin surface that speaks of one partner: `/{locale}/admin/partners/{id}/…`."""

from typing import Any

from rest_framework.request import Request

from loyalty.api.base import AdminViewSet, bearer_token
from loyalty.api.principal import Principal
from loyalty.errors import AuthRequired, InvalidToken, LoyaltyError, TokenExpired
from loyalty.services.tokens import PARTNER_REALM, read_access
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound
from partners.models import Partner


class AdminPartnerViewSet(AdminViewSet):
    """Sets `partner`, the one in the path. Staff of a partner are told that this is not for them."""

    partner: Partner

    def authenticate(self, request: Request) -> Principal:
        try:
            return super().authenticate(request)
        except InvalidToken:
            if _is_of_a_partner(request):
                raise InsufficientPartnerPermissions(capability="admin") from None
            raise

    def refusal(self, capability: str) -> LoyaltyError:
        return InsufficientPartnerPermissions(capability=capability)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "id" in kwargs:
            found = Partner.objects.filter(pk=kwargs["id"]).first()
            if found is None:
                raise PartnerNotFound
            self.partner = found


def _is_of_a_partner(request: Request) -> bool:
    try:
        read_access(bearer_token(request._request), PARTNER_REALM)
    except (AuthRequired, InvalidToken, TokenExpired):
        return False
    return True
