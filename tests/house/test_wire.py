"""Whatever is wrong with a call, the answer is the one error body: never a redirect, never HTML, never empty."""

import itertools
import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from loyalty.limits.limiter import default_limiter
from loyalty.services.tokens import ADMIN_REALM, open_session
from loyalty.tests.factories import AdminFactory, UserFactory
from partners.choices import CredentialScope, StaffRole
from partners.rules.capabilities import capabilities_of_role, capabilities_of_scopes
from partners.tests.callers import Caller, credential_caller, staff_caller
from tests.house.routes import METHODS, ROUTES, Route
from tests.house.test_tenants import ROWS, TENANT_ROUTES, Row
from tests.house.world import World, everything, make_world

pytestmark = pytest.mark.django_db
PATHS = sorted({route.path for route in ROUTES})
CLOSED = [route for route in ROUTES if not route.is_public]
WRITES = [route for route in ROUTES if route.method != "get"]
STRANGERS = itertools.count()
# Paths with all that a POST there has to say, and one that takes a form with a file instead of JSON.
UNREAD = (
    "shop/validate-credentials",
    "shop/xml-import/from-file",
    *(f"shop/auth/qr-login/{step}/" for step in ("poll", "scan", "confirm", "reject")),
)
MEMBERS = {"success", "code", "message", "request_id", "type", "title", "status", "detail", "instance"}
LIMITS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy"}


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, checked member by member."""
    assert answer.status_code == status, (answer.status_code, answer.content[:300])
    assert answer["Content-Type"] == "application/json"
    body = json.loads(answer.content)
    assert set(body) >= MEMBERS
    # The SMS API has numbers in `code` (contract 11), and the word beside them.
    assert (body["success"], body.get("error_code", body["code"]), body["status"]) == (False, code, status)
    assert "error_code" not in body or body["code"] == body["error_number"]
    assert body["message"] == body["detail"] != ""
    assert body["request_id"] == answer["X-Request-ID"]
    assert "{" not in body["message"]
    return dict(body)


def by(method: str, client: Client, address: str, body: Any = None, kind: str = "application/json") -> Any:
    if method == "get":
        return client.get(address)
    return getattr(client, method)(
        address, body if isinstance(body, str) else json.dumps(body or {}), content_type=kind
    )


@pytest.fixture
def admin() -> Caller:
    user = AdminFactory()
    tokens = open_session(user=user, realm=ADMIN_REALM, partner_id=None, at=timezone.now())
    return Caller({"Authorization": f"Bearer {tokens.access}"})


@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_without_credentials_it_is_401(route: Route) -> None:
    answer = by(route.method, Client(), route.address())
    if route.path == "shop/validate-credentials":
        refused(answer, 400, "CREDENTIALS_MISSING")
    elif getattr(route.viewset, "unproven", None) is not None:
        refused(answer, route.viewset.unproven.status, route.viewset.unproven.code)  # type: ignore[attr-defined]
    elif route.path.startswith("shop/"):
        refused(answer, 401, "CREDENTIALS_MISSING" if route.serves_tills else "AUTH_REQUIRED")
    else:
        refused(answer, 401, "AUTH_REQUIRED")
    assert set(answer.headers) >= LIMITS
    if answer.status_code == 401:
        assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_a_method_that_is_not_offered_is_405(path: str) -> None:
    route = next(route for route in ROUTES if route.path == path)
    offered = {one.method for one in ROUTES if one.path == path}
    for method in {*METHODS, "options", "trace"} - offered:
        refused(getattr(Client(), method)(route.address()), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("path", PATHS)
def test_no_address_redirects_and_a_slash_more_is_404(path: str) -> None:
    route = next(route for route in ROUTES if route.path == path)
    refused(by(route.method, Client(), route.address() + "/"), 404, "ENDPOINT_NOT_FOUND")
    assert not 300 <= by(route.method, Client(), route.address()).status_code < 400
    if not path.startswith("health"):
        refused(by(route.method, Client(), route.address(locale="de")), 404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize(
    "address", ["/en", "/en/", "/en/partner", "/xx/partners/1", "/en/partners/abc", "/en//partners/1"]
)
def test_an_unknown_address_is_404(address: str) -> None:
    refused(Client().get(address), 404, "ENDPOINT_NOT_FOUND")


def test_messages_speak_the_language_of_the_path() -> None:
    english, lithuanian = (Client().get(f"/{code}/partners/auth/me").json() for code in ("en", "lt"))
    assert english["code"] == lithuanian["code"] == "AUTH_REQUIRED"
    assert english["type"].startswith("/en/")
    assert lithuanian["type"].startswith("/lt/")


# --- As somebody who may


@pytest.fixture
def world() -> World:
    return make_world("Savas")


def client_of(route: Route, world: World, admin: Caller) -> Client:
    if route.is_public:
        # Strangers are counted by address: here each route has a stranger of its own.
        return Client(REMOTE_ADDR=f"10.0.{next(STRANGERS) % 250}.{ROUTES.index(route) % 250}")
    if route.is_platform:
        return admin.client
    if route.serves_persons and not route.serves_tills:
        # A person has 60 calls a minute: here, for each route.
        default_limiter().link.client.flushdb()
    if route.path.startswith(("shop/", "sms/")):
        return (world.till if route.serves_tills else world.app).client
    if route.serves_persons:
        return world.app.client
    return world.owner.client


def address_of(route: Route, world: World) -> str:
    row = ROWS.get(str(route), Row(path={"id": "partner"} if "partners/<int:id>" in route.path else {}))
    return route.address(**{slot: world.ids[kind] for slot, kind in row.path.items()})


def test_a_body_that_is_no_json_is_415_and_a_broken_one_400(world: World, admin: Caller) -> None:
    before = everything()
    for route in WRITES:
        client, address = client_of(route, world, admin), address_of(route, world)
        if route.method == "delete" or route.path.startswith(UNREAD):
            continue  # their bodies are not read
        refused(
            by(route.method, client, address, "a=1", "application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE"
        )
        refused(by(route.method, client, address, "<a/>", "application/xml"), 415, "UNSUPPORTED_MEDIA_TYPE")
        for broken in (
            "{",
            "[]",
            '"text"',
            '{"a":1,"a":2}',
            '{"a":NaN}',
            '{"a":"\\u0000"}',
            '{"a":"\\ud800"}',
            "[" * 999,
        ):
            refused(by(route.method, client, address, broken), 400, "MALFORMED_REQUEST")
    assert everything() == before


def test_an_unknown_parameter_is_400_or_named_in_a_header_at_the_till(world: World, admin: Caller) -> None:
    for route in ROUTES:
        client, address = client_of(route, world, admin), address_of(route, world)
        if route.method != "get":
            continue
        answer = client.get(address, {"no_such_parameter": "1"})
        if route.is_lenient:
            assert answer["X-Ignored-Parameters"] == "no_such_parameter", str(route)
        elif not route.path.startswith("shop/"):
            refused(answer, 400, "UNKNOWN_PARAMETER")


def test_an_unknown_body_key_is_422_but_at_the_till(world: World, admin: Caller) -> None:
    before = everything()
    for route in WRITES:
        row = ROWS.get(str(route), Row())
        if route.is_lenient or route.path.startswith("shop/") or route.method == "delete":
            continue
        client, address = client_of(route, world, admin), address_of(route, world)
        body = refused(
            by(route.method, client, address, {**(row.body or {}), "no_such_field": 1}), 422, "VALIDATION_ERROR"
        )
        assert list(body["errors"]) == ["no_such_field"], str(route)
    assert everything() == before


def test_every_answer_says_what_is_left_of_the_limits(world: World, admin: Caller) -> None:
    for route in ROUTES:
        if route.path.startswith(("health", "shop/health", "shop/system")):
            continue
        answer = by(route.method, client_of(route, world, admin), address_of(route, world))
        assert set(answer.headers) >= LIMITS, str(route)
        assert re.fullmatch(r"\d+", answer["X-RateLimit-Remaining"])


def test_texts_that_cannot_be_stored_are_400_in_every_parameter(world: World) -> None:
    for route in TENANT_ROUTES.values():
        if route.method == "get" and route.parameters:
            client, address = client_of(route, world, world.owner), address_of(route, world)
            for name in route.parameters:
                answer = client.get(address, {name: "a\x00b"})
                assert answer.status_code in {400, 422}, (str(route), name, answer.status_code)
                assert json.loads(answer.content)["success"] is False


# --- Roles and scopes


def test_each_role_may_do_what_the_table_says_and_nothing_else(world: World) -> None:
    for role in StaffRole:
        caller = staff_caller(world.partner, role)
        before = everything()
        for route in TENANT_ROUTES.values():
            if not route.path.startswith("partners/") or route.capabilities & capabilities_of_role(role):
                continue
            answer = by(route.method, caller.client, address_of(route, world), ROWS[str(route)].body)
            refused(answer, 403, "INSUFFICIENT_PARTNER_PERMISSIONS")
        assert everything() == before
        for route in TENANT_ROUTES.values():
            allowed = route.capabilities & capabilities_of_role(role)
            if allowed and route.path.startswith("partners/") and route.method == "get":
                answer = caller.client.get(address_of(route, world))
                assert answer.status_code == 200, (role, str(route), answer.content[:200])


def platform_caller(*rights: str) -> Caller:
    """Somebody of the platform's staff with these rights of the back office alone."""
    user = UserFactory(is_staff=True)
    for right in rights:
        app, codename = right.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    tokens = open_session(user=user, realm=ADMIN_REALM, partner_id=None, at=timezone.now())
    return Caller({"Authorization": f"Bearer {tokens.access}"})


PLATFORM = [route for route in ROUTES if route.rights]


def test_platform_staff_may_by_token_only_what_they_may_in_the_back_office(world: World) -> None:
    views = {right for route in PLATFORM for right in route.rights or () if ".view_" in right}
    for caller, held in ((platform_caller(), set()), (platform_caller(*views), views)):
        assert caller.get("/en/admin/me")["success"]
        before = everything()
        for route in PLATFORM:
            answer = by(route.method, caller.client, address_of(route, world), ROWS.get(str(route), Row()).body)
            if set(route.rights or ()) <= held:
                assert answer.status_code in {200, 404, 422}, (str(route), answer.content[:200])
            else:
                refused(answer, 403, "INSUFFICIENT_PARTNER_PERMISSIONS")
        assert everything() == before


def test_each_right_opens_its_own_routes_and_no_other_right_does(world: World) -> None:
    every = {right for route in PLATFORM for right in route.rights or ()}
    for route in PLATFORM:
        rights, address = set(route.rights or ()), address_of(route, world)
        allowed = by(route.method, platform_caller(*rights).client, address)
        assert allowed.status_code not in {401, 403}, (str(route), allowed.content[:200])
        # Whoever may change something may see it.
        others = every - rights - {right.replace(".view_", ".change_") for right in rights}
        refused(by(route.method, platform_caller(*others).client, address), 403, "INSUFFICIENT_PARTNER_PERMISSIONS")
        by_changing = [right.replace(".view_", ".change_") for right in rights]
        if route.method == "get" and by_changing and set(by_changing) <= every:
            seen = by(route.method, platform_caller(*by_changing).client, address)
            assert seen.status_code not in {401, 403}, (str(route), seen.content[:200])


@pytest.mark.parametrize("scopes", [[CredentialScope.READ], [CredentialScope.WRITE]], ids=str)
def test_a_scope_allows_what_the_table_says_and_nothing_else(world: World, scopes: list[str]) -> None:
    caller = credential_caller(world.partner, scopes=scopes)
    before = everything()
    for route in TENANT_ROUTES.values():
        if route.capabilities & capabilities_of_scopes(scopes) or route.path == "shop/validate-credentials":
            continue
        if not route.serves_tills and not route.path.startswith("partners/"):
            continue
        answer = by(route.method, caller.client, address_of(route, world), ROWS[str(route)].body)
        refused(answer, 403, "SCOPE_INSUFFICIENT")
    assert everything() == before
