"""What every API view shares: who calls, how often, may they, and the one answer per Idempotency-Key.

The three surfaces (partner, admin, shop) each have one base class made from `ApiViewSet`; anything a view does not
declare is refused.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer
from rest_framework.viewsets import ViewSet

from loyalty.api.fingerprint import fingerprint
from loyalty.api.json import dumps, refuse_odd_characters
from loyalty.api.pagination import Page, read_page
from loyalty.api.permissions import DenyUndeclared
from loyalty.api.principal import ADMIN_LIMITS, ANONYMOUS_LIMITS, Principal
from loyalty.errors import (
    AccessError,
    AuthenticationError,
    AuthRequired,
    IdempotencyAnswerLost,
    InsufficientPermissions,
    LoyaltyError,
    MethodNotAllowed,
    UnknownParameter,
    ValidationFailed,
)
from loyalty.limits import limiter
from loyalty.limits.address import address_bucket, client_address
from loyalty.limits.limiter import Limits
from loyalty.models import User
from loyalty.selectors.accounts import get_admin
from loyalty.services.audit import Actor
from loyalty.services.idempotency import REFUSED, Stored, remember, remember_repeat
from loyalty.services.sealing import seal, unseal
from loyalty.services.tokens import ADMIN_REALM, read_access

SAFE = {"GET", "HEAD", "OPTIONS"}
PAGE_PARAMETERS = frozenset({"page", "per_page"})
# The right that nobody is given and superusers have.
SUPERUSER = "superuser"
# One capability, or several of which any suffices.
Capability = str | tuple[str, ...]


def bearer_token(request: HttpRequest) -> str:
    """The token of an Authorization header. Raises AuthRequired where there is none."""
    scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthRequired
    return token.strip()


def enforce_limit(key: str, limits: Limits) -> dict[str, str]:
    """Count this request. Answers the rate limit headers; raises QuotaExceeded."""
    decision = limiter.check(key, limits)
    if not decision.allowed:
        raise limiter.refusal(decision)
    return limiter.header_map(decision)


def limit_stranger(request: HttpRequest) -> dict[str, str]:
    """Count a request of somebody unproven by the trusted address; a made-up key or header gains nothing."""
    return enforce_limit(f"address:{address_bucket(client_address(request))}", ANONYMOUS_LIMITS)


class ApiViewSet(ViewSet):
    """Authenticates, limits, authorizes; `self.principal`, `self.actor` and `self.now` are set when a handler runs."""

    capabilities: ClassVar[Mapping[str, Capability]] = {}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {}
    page_default: ClassVar[int] = 15
    page_cap: ClassVar[int] = 50
    # What the back office asks of platform staff for the same; an action that is not named is the superusers' alone.
    rights: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}
    # Who works for the platform and calls with an admin token.
    platform_user: User | None = None
    # Writes without a natural key: an equal call without an Idempotency-Key a moment later is their repeat.
    repeatable: ClassVar[frozenset[str]] = frozenset()
    # Writes whose answer holds a secret: what is kept for a repeat is sealed.
    seals_answers: ClassVar[frozenset[str]] = frozenset()
    ignores_unknown_parameters: ClassVar[bool] = False
    checks_capabilities = True
    permission_classes = [DenyUndeclared]
    principal: Principal
    now: datetime

    # --- the surfaces fill these in

    def authenticate(self, request: Request) -> Principal:
        raise AuthRequired

    def refusal(self, capability: str) -> LoyaltyError:
        return InsufficientPermissions()

    # --- the flow of one request

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """DRF's dispatch, with one addition: a write under an Idempotency-Key runs once (see `_once`)."""
        self.args, self.kwargs = args, kwargs
        self.extra_headers: dict[str, str] = {}
        drf_request = self.initialize_request(request, *args, **kwargs)
        self.request = drf_request
        self.headers = self.default_response_headers
        try:
            self.initial(drf_request, *args, **kwargs)
            handler = getattr(self, (request.method or "").lower(), self.http_method_not_allowed)
            response = self._once(handler, drf_request)
        except Exception as exc:  # noqa: BLE001 - the exception handler turns everything into an answer
            response = self.handle_exception(exc)
        self.response = self.finalize_response(drf_request, response, *args, **kwargs)
        for name, value in self.extra_headers.items():
            self.response.headers.setdefault(name, value)
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request.accepted_renderer = self.get_renderers()[0]
        request.accepted_media_type = request.accepted_renderer.media_type
        self.now = timezone.now()
        if self.action not in self.known_actions():
            self.extra_headers.update(limit_stranger(request._request))
            raise MethodNotAllowed(method=request.method or "")
        try:
            self.principal = self.authenticate(request)
        except (AuthenticationError, AccessError):
            self.extra_headers.update(limit_stranger(request._request))
            raise
        request._request.principal_label = self.principal.label  # type: ignore[attr-defined]
        counted = self.principal.limit_headers
        self.extra_headers.update(
            enforce_limit(self.principal.limit_key, self.principal.limits) if counted is None else counted
        )
        self._authorize()
        self._check_parameters(request)

    def known_actions(self) -> set[str]:
        """The actions that this address offers; DRF's own answer to OPTIONS is none of them."""
        return set(self.action_map.values())

    @property
    def actor(self) -> Actor:
        return self.principal.actor

    @classmethod
    def wanted_capabilities(cls, action: str | None) -> tuple[str, ...]:
        """What a caller of `action` must have one of; none: nobody may."""
        declared = cls.capabilities.get(action or "", ())
        return (declared,) if isinstance(declared, str) else tuple(declared)

    def _authorize(self) -> None:
        wanted = self.wanted_capabilities(self.action)
        if not self.principal.capabilities & set(wanted):
            raise self.refusal(wanted[0] if wanted else "")
        if self.platform_user is not None:
            self._check_rights(self.platform_user)

    def _check_rights(self, user: User) -> None:
        rights = self.rights.get(self.action or "", SUPERUSER)
        for right in (rights,) if isinstance(rights, str) else rights:
            # Whoever may change something may see it, as in the back office.
            if not (user.has_perm(right) or user.has_perm(right.replace(".view_", ".change_"))):
                raise self.refusal(right)

    def _check_parameters(self, request: Request) -> None:
        allowed = self.parameters.get(self.action or "", frozenset())
        query = request._request.GET
        if not query:
            return
        unknown = sorted(set(query) - allowed)
        if unknown and self.ignores_unknown_parameters:
            names = ", ".join(name for name in unknown if name.isascii() and name.isprintable())
            self.extra_headers["X-Ignored-Parameters"] = names[:500]
        elif unknown:
            raise UnknownParameter(names=", ".join(unknown)[:200], allowed=", ".join(sorted(allowed)) or _("none"))
        for value in query.values():
            refuse_odd_characters(str(value))

    def _once(self, handler: Callable[..., Response], request: Request) -> Response:
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        is_plain = key is None and self.action not in self.repeatable
        if is_plain or request.method in SAFE or getattr(handler, "keeps_its_own_key", False):
            return handler(request, *self.args, **self.kwargs)
        is_sealed = self.action in self.seals_answers

        def run() -> Stored:
            response = handler(request, *self.args, **self.kwargs)
            body = dumps(response.data).decode()
            body = seal(body).decode() if is_sealed and response.status_code < REFUSED else body
            return Stored(response.status_code, body, response.headers.get("Location", ""))

        stored, replayed = once(
            # A key speaks of one call of one caller; the same key at another address is another key (promise B2).
            scope=f"{self.principal.limit_key} {request.method} {request.path}"[:200],
            key=key,
            method=request.method or "",
            path=request.path,
            data=request.data,
            at=self.now,
            run=run,
        )
        headers = {"Location": stored.location} if stored.location else {}
        if replayed:
            headers["Idempotency-Replayed"] = "true"
        body = unseal(stored.body.encode()) if is_sealed and stored.status < REFUSED else stored.body
        if body is None:
            raise IdempotencyAnswerLost
        return Response(orjson.loads(body), status=stored.status, headers=headers)

    # --- what handlers use

    def validated(self, serializer: type[Serializer], *, partial: bool = False) -> dict[str, Any]:
        """The body, checked by `serializer`; unknown keys are refused unless the surface ignores them."""
        if not isinstance(self.request.data, dict):
            raise ValidationFailed
        form = serializer(data=self.request.data, partial=partial, context={"view": self})
        if not self.ignores_unknown_parameters:
            unknown = sorted(unknown_keys(form, self.request.data))
            if unknown:
                raise ValidationFailed(errors={name: [_("Unknown field.")] for name in unknown[:20]})
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def page(self) -> Page:
        return read_page(self.request.query_params, default=self.page_default, cap=self.page_cap)


class PublicViewSet(ApiViewSet):
    """Open to everybody, within the limits of an address."""

    def authenticate(self, request: Request) -> Principal:
        key = f"address:{address_bucket(client_address(request._request))}"
        return Principal(Actor("anonymous"), key, ANONYMOUS_LIMITS, frozenset({"public"}))

    def _once(self, handler: Callable[..., Response], request: Request) -> Response:
        """No Idempotency-Key here: what is answered (tokens) must not be kept, and nobody is known to keep it for."""
        return handler(request, *self.args, **self.kwargs)


class AdminViewSet(ApiViewSet):
    """The surface of platform staff: `/{locale}/admin/…` with an admin JWT."""

    def authenticate(self, request: Request) -> Principal:
        claims = read_access(bearer_token(request._request), ADMIN_REALM)
        self.user = self.platform_user = get_admin(claims)
        self.session_id = claims.session_id
        return Principal(Actor("admin", self.user.pk), f"admin:{self.user.pk}", ADMIN_LIMITS, frozenset({"admin"}))


def once(
    *, scope: str, key: str | None, method: str, path: str, data: Any, at: datetime, run: Callable[[], Stored]
) -> tuple[Stored, bool]:
    """Run a write once: by its Idempotency-Key, or else once for equal calls within a few seconds."""
    call: dict[str, Any] = {
        "scope": scope,
        "method": method,
        "path": path,
        "fingerprint": fingerprint(data),
        "at": at,
        "run": run,
    }
    return remember_repeat(**call) if key is None else remember(key=key, **call)


def unknown_keys(form: BaseSerializer, data: Any, path: str = "") -> Iterator[str]:
    """The dotted paths in `data` that `form` has no field for, in nested objects and lists too."""
    if isinstance(form, ListSerializer):
        for index, item in enumerate(data if isinstance(data, list) else []):
            if isinstance(form.child, BaseSerializer):
                yield from unknown_keys(form.child, item, f"{path}{index}.")
    elif isinstance(form, Serializer) and isinstance(data, Mapping):
        for key, value in data.items():
            field = form.fields.get(key)
            if field is None or field.read_only:
                yield f"{path}{key}"
            elif isinstance(field, BaseSerializer):
                yield from unknown_keys(field, value, f"{path}{key}.")
