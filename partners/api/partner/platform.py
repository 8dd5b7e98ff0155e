"""All partners, with an admin token: `/{locale}/partners`."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import errors
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from partners.api.partner.platform_filters import PartnerFilters
from partners.api.partner.platform_serializers import NewPartnerAnswer, NewPartnerForm, PartnerRow
from partners.api.partner.presenting import NEW_BODY, NEW_EXAMPLE, PLATFORM_EXAMPLE, flat, present_new
from partners.api.shared import SharedPartnerViewSet
from partners.errors import InsufficientPartnerPermissions
from partners.selectors.partners import list_partners_across_partners, partners_across_partners
from partners.selectors.profile import get_profile
from partners.services.partners import create_partner

ROW_EXAMPLE = {
    **{name: value for name, value in PLATFORM_EXAMPLE.items() if name in PartnerRow().fields},
    "country": "LT",
    "currency": "EUR",
    "parent_name": "Kavos tinklas",
}
# What is said beside the partner's own fields.
BESIDE = ("status", "shop", "owner", "with_credentials")


class PartnersViewSet(SharedPartnerViewSet):
    """For the platform's staff; a partner's own are told so."""

    capabilities = {"list": "admin", "create": "admin"}
    rights = {
        "list": "partners.view_partner",
        "create": "partners.add_partner",
    }
    parameters = {"list": PAGE_PARAMETERS | PartnerFilters.names()}
    page_cap = 100
    repeatable = frozenset({"create"})
    # The stored answer holds the secret of the first key.
    seals_answers = frozenset({"create"})

    @document(
        "List partners",
        description="With an admin token. The newest first; closed partners only where `status=closed` asks for them.",
        answer=PartnerRow,
        many=True,
        paginated=True,
        parameters=PartnerFilters.described(),
        raises=(InsufficientPartnerPermissions, errors.ResourceNotFound, errors.ValidationFailed),
        example=[ROW_EXAMPLE],
        operation_id="partners_list",
    )
    def list(self, request: Request, locale: str) -> Response:
        filters = PartnerFilters(request.query_params, partners_across_partners())
        page = self.page()
        rows, total = list_partners_across_partners(narrowed=filters.narrowed, page=page)
        return envelope.ok(PartnerRow(rows, many=True).data, meta=page.meta(total))

    @document(
        "Create a partner",
        description="With an admin token: a partner with its first shop, its owner (who is invited by e-mail) and, "
        "`with_credentials`, a first API key whose secret is answered once. All of it or nothing. A repeat under the "
        "same Idempotency-Key gets the same answer, the secret included.",
        body=NewPartnerForm,
        answer=NewPartnerAnswer,
        code=201,
        raises=(
            *(InsufficientPartnerPermissions, errors.ResourceNotFound),
            *(errors.ResourceAlreadyExists, errors.ValidationFailed),
        ),
        example=NEW_EXAMPLE,
        body_example=NEW_BODY,
        operation_id="partners_create",
    )
    def create(self, request: Request, locale: str) -> Response:
        form = self.validated(NewPartnerForm)
        beside: dict[str, Any] = {name: form.pop(name) for name in BESIDE if name in form}
        made = create_partner(actor=self.actor, data=flat(form), at=self.now, **beside)
        return envelope.created(present_new(get_profile(made.partner), self.principal, made))
