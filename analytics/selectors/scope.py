"""Which partners the statistics speak of."""

from typing import Any

from django.utils.translation import gettext as _

from analytics.rules.asking import Scope
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.models import Partner, Plan

# Every partner with the day it is there, and the periods that are meant on that day.
_SCOPE = """
period(today, before_first, first, until) AS (
    SELECT * FROM unnest(%(today)s::date[], %(before_first)s::date[], %(first)s::date[], %(until)s::date[])
),
scope AS MATERIALIZED (
    SELECT p.id, p.name, p.status, l.code AS tier, p.currency, p.time_zone, p.created_at,
           d.today, d.before_first, d.first, d.until
    FROM partners_partner p JOIN partners_plan l ON l.id = p.plan_id
    JOIN period d ON d.today = (%(at)s::timestamptz AT TIME ZONE p.time_zone)::date
    LEFT JOIN partners_partner n ON n.id = p.parent_id
    WHERE {where}
)
"""
_BY = {
    "network": "(p.parent_id = ANY(%(network)s) OR p.id = ANY(%(network)s))",
    "tier": "l.code = ANY(%(tier)s)",
    "status": "p.status = ANY(%(status)s)",
    "country": "p.country = ANY(%(country)s)",
}
_OF_NETWORKS = "(p.kind = 'network' OR n.kind = 'network')"


def scope_sql(scope: Scope) -> str:
    """The query that finds these partners."""
    wanted = [_BY[name] for name in parameters_of(scope)]
    if scope.is_of_networks:
        wanted.append(_OF_NETWORKS)
    return _SCOPE.format(where=" AND ".join(wanted) or "true")


def parameters_of(scope: Scope) -> dict[str, Any]:
    """The values that were given."""
    return {name: list(getattr(scope, name)) for name in _BY if getattr(scope, name)}


def check_scope(scope: Scope) -> Scope:
    """Raises ValidationFailed for a tier that there is not, ResourceNotFound for a network."""
    if scope.tier:
        codes = list(Plan.objects.order_by("pk").values_list("code", flat=True))
        if not set(scope.tier) <= set(codes):
            text = _("Must be one of: {words}.").format(words=", ".join(codes))
            raise ValidationFailed(errors={"tier": [text]})
    if scope.network and Partner.objects.filter(pk__in=scope.network).count() < len(set(scope.network)):
        raise ResourceNotFound(errors={"network_id": [_("There is no such network.")]})
    return scope
