"""The platform's statistics: `/{locale}/admin/partners/stats`."""

from django.http import HttpResponse
from rest_framework.request import Request

from analytics.api.admin.filters import StatsFilters
from analytics.api.admin.serializers import StatsAnswer, present
from analytics.api.examples import STATISTICS
from analytics.selectors.scope import check_scope
from analytics.selectors.stats import get_statistics_across_partners
from loyalty.api import envelope
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions


class StatsViewSet(AdminPartnerViewSet):
    """All partners together, or some of them."""

    capabilities = {"stats": "admin"}
    rights = {
        "stats": "analytics.view_partnerday",
    }
    parameters = {"stats": StatsFilters.names()}

    @document(
        "Statistics of all partners",
        description=(
            "A period beside as many days just before it: partners by status and tier, revenue, commission, points, "
            "active customers, the first and the falling partners. Exact to the last sale; days are each partner's own."
        ),
        answer=StatsAnswer,
        parameters=StatsFilters.described(),
        raises=(InsufficientPartnerPermissions, ResourceNotFound, ValidationFailed),
        example=STATISTICS,
    )
    def stats(self, request: Request, locale: str) -> HttpResponse:
        filters = StatsFilters(request._request.GET)
        asked, scope = filters.asked, check_scope(filters.scope)
        return envelope.written(present(get_statistics_across_partners(asked=asked, scope=scope, at=self.now), asked))
