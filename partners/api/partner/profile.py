"""One partner: its own staff's view, and with an admin token the platform's."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import errors
from loyalty.api.envelope import ok
from loyalty.api.filters import BooleanFilter, HouseFilterSet, TextFilter
from loyalty.api.schema import document
from partners.api.partner.platform_serializers import PlatformPartnerForm, SeenPartnerAnswer
from partners.api.partner.presenting import PLATFORM_EXAMPLE, flat, present
from partners.api.partner.serializers import PartnerForm
from partners.api.shared import SharedPartnerViewSet
from partners.errors import (
    CurrencyFixed,
    InsufficientPartnerPermissions,
    PartnerHasOpenMoney,
    PartnerNotFound,
    StatusTransitionRefused,
)
from partners.models import Partner
from partners.selectors.profile import get_profile
from partners.services.lifecycle import MOST_REASON, close_partner
from partners.services.profile import update_partner, update_profile

CLOSING = [
    OpenApiParameter("force", OpenApiTypes.BOOL, description="Close although money is open.", default=False),
    OpenApiParameter("reason", OpenApiTypes.STR, description="Kept in the audit log."),
]


class ClosingParameters(HouseFilterSet):
    """What a DELETE may say."""

    force = BooleanFilter(method="kept")
    reason = TextFilter(method="kept", max_length=MOST_REASON)

    def kept(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows


class PartnerProfileViewSet(SharedPartnerViewSet):
    """For its staff every other id is as good as absent; the platform reads and changes each of them."""

    capabilities = {
        "retrieve": ("partner.view", "admin"),
        "update": ("partner.edit", "admin"),
        "destroy": "admin",
    }
    rights = {
        "retrieve": "partners.view_partner",
        "update": "partners.change_partner",
        "destroy": "partners.change_partner",
    }
    parameters = {"destroy": ClosingParameters.names()}

    def _own(self, partner_id: int) -> None:
        if partner_id != self.partner.pk:
            raise PartnerNotFound

    @document(
        "Partner details",
        description="Profile, settings, what the caller may do, how far tills are connected, and what is left of the "
        "caller's own rate limits. With an admin token every partner, with the platform's own fields.",
        answer=SeenPartnerAnswer,
        raises=(InsufficientPartnerPermissions, PartnerNotFound),
        example=PLATFORM_EXAMPLE,
    )
    def retrieve(self, request: Request, locale: str, id: int) -> Response:
        self._own(id)
        return ok(self._shown())

    @document(
        "Change partner details",
        description="Owners and the platform only; every field is optional. Legal name, plan and place in a network "
        "are the platform's to set; the status has an address of its own. The currency is fixed with the first sale.",
        body=PlatformPartnerForm(partial=True),
        answer=SeenPartnerAnswer,
        raises=(
            *(InsufficientPartnerPermissions, PartnerNotFound, CurrencyFixed),
            *(errors.ResourceNotFound, errors.ValidationFailed),
        ),
        example=PLATFORM_EXAMPLE,
        body_example={"website": "https://kavosnamai.example", "settings": {"languages": ["lt", "en", "lv"]}},
    )
    def update(self, request: Request, locale: str, id: int) -> Response:
        self._own(id)
        form = PlatformPartnerForm if self.is_platform else PartnerForm
        change = update_partner if self.is_platform else update_profile
        data = flat(self.validated(form, partial=True))
        change(actor=self.actor, partner=self.partner, data=data, at=self.now)
        return ok(self._shown())

    @document(
        "Close a partner",
        description="Partners are never deleted. A closed one's API keys are revoked and its staff and tills shut out "
        "at once; customers, points, sales and claims stay as they are. Refused while money is open, unless `force` "
        "says so. `PUT /admin/partners/{id}/status` opens it again; it then needs new keys.",
        answer=SeenPartnerAnswer,
        parameters=CLOSING,
        raises=(
            *(InsufficientPartnerPermissions, PartnerNotFound, PartnerHasOpenMoney, StatusTransitionRefused),
            errors.ValidationFailed,
        ),
        example={**PLATFORM_EXAMPLE, "status": "closed", "is_active": False, "next_statuses": ["suspended"]},
    )
    def destroy(self, request: Request, locale: str, id: int) -> Response:
        asked = ClosingParameters(request.query_params, Partner.objects.none())
        close_partner(
            actor=self.actor,
            partner=self.partner,
            reason=asked.value("reason"),
            force=bool(asked.value("force")),
            at=self.now,
        )
        return ok(self._shown())

    def _shown(self) -> dict[str, Any]:
        return present(get_profile(self.partner), self.principal, for_platform=self.is_platform)
