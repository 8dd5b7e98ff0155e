"""The capability table is complete: what is not in it is denied, and nothing is left out by mistake."""

import pytest
from django.contrib.auth.models import Permission

from loyalty.api.base import PublicViewSet
from partners.choices import CredentialScope, StaffRole
from partners.rules.capabilities import (
    PERSON_CAPABILITIES,
    ROLE_CAPABILITIES,
    SCOPE_CAPABILITIES,
    capabilities_of_role,
    capabilities_of_scopes,
)
from tests.house.routes import ROUTES, SURFACES, Route

TABLES = (ROLE_CAPABILITIES, SCOPE_CAPABILITIES, PERSON_CAPABILITIES)
KNOWN = frozenset().union(*(held for table in TABLES for held in table.values())) | {"session", "public", "admin"}


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_action_names_a_capability_that_somebody_can_have(route: Route) -> None:
    assert route.capabilities, (
        f"{route.viewset.__name__}.capabilities has no entry for {route.action!r}: it is denied to everybody"
    )
    for capability in route.capabilities:
        assert capability in KNOWN, f"nobody has {capability!r}: add it to partners/rules/capabilities.py"
    assert hasattr(route.viewset, route.action), f"{route.viewset.__name__} has no method {route.action!r}"


@pytest.mark.django_db
def test_every_route_of_the_platform_names_a_right_that_the_back_office_can_give() -> None:
    labels = Permission.objects.values_list("content_type__app_label", "codename")
    known = {f"{app}.{codename}" for app, codename in labels}
    for route in ROUTES:
        if "admin" not in route.capabilities:
            assert route.rights is None, f"{route}: no platform staff come here"
            continue
        assert route.rights is not None, (
            f"{route.viewset.__name__}.rights has no entry for {route.action!r}: it is the superusers' alone"
        )
        assert set(route.rights) <= known, str(route)
        is_seen_only = route.method == "get" or route.action in {"simulate", "preview"}
        assert all((".view_" in right) is is_seen_only for right in route.rights), str(route)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_stands_on_the_base_of_its_surface(route: Route) -> None:
    prefix = route.path.split("/")[0]
    if prefix not in SURFACES:
        assert issubclass(route.viewset, PublicViewSet)
    else:
        assert issubclass(route.viewset, SURFACES[prefix] | PublicViewSet)


def test_no_view_set_lists_a_capability_for_an_action_that_no_route_has() -> None:
    served = {(route.viewset, route.action) for route in ROUTES}
    named = {(route.viewset, action) for route in ROUTES for action in route.viewset.capabilities}
    inherited = {(viewset, action) for viewset, action in named if not hasattr(viewset, action)}
    assert named - served - inherited == set()


def test_every_role_and_scope_is_in_the_table() -> None:
    assert set(ROLE_CAPABILITIES) == set(StaffRole)
    assert set(SCOPE_CAPABILITIES) == set(CredentialScope)
    assert capabilities_of_role("janitor") == {"session"}
    assert capabilities_of_scopes(["everything"]) == frozenset()


def test_every_path_is_without_a_trailing_slash() -> None:
    assert [route.path for route in ROUTES if route.path.endswith("/")] == []
