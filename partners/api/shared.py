"""Addresses of the Partner API that platform staff use too, with an admin token: the list of partners, one partner."""

from typing import Any

from rest_framework.request import Request

from loyalty.api.base import bearer_token
from loyalty.api.principal import ADMIN_LIMITS, Principal
from loyalty.errors import AuthRequired, InvalidToken
from loyalty.selectors.accounts import get_admin
from loyalty.services.audit import Actor
from loyalty.services.tokens import ADMIN_REALM, AccessClaims, read_access
from partners.api.base import PartnerViewSet
from partners.errors import PartnerNotFound
from partners.models import Partner


class SharedPartnerViewSet(PartnerViewSet):
    """With an admin token `is_platform` is True and `partner` is the one in the path, if there is one."""

    is_platform = False

    def authenticate(self, request: Request) -> Principal:
        claims = _platform_claims(request)
        if claims is None:
            return super().authenticate(request)
        user = self.platform_user = get_admin(claims)
        self.is_platform = True
        return Principal(Actor("admin", user.pk), f"admin:{user.pk}", ADMIN_LIMITS, frozenset({"admin"}))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.is_platform and "id" in kwargs:
            found = Partner.objects.filter(pk=kwargs["id"]).first()
            if found is None:
                raise PartnerNotFound
            self.partner = found


def _platform_claims(request: Request) -> AccessClaims | None:
    """The claims of an admin token; None for any other. Raises TokenExpired."""
    try:
        return read_access(bearer_token(request._request), ADMIN_REALM)
    except (AuthRequired, InvalidToken):
        return None
