"""The short way for calls that a till waits for: no DRF request, parsers or renderers, the same rules and bytes.

The view set named in `till_call` documents the call and is the ordinary way to the same service; tests compare both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from loyalty.api.base import limit_stranger
from loyalty.api.envelope import body
from loyalty.api.errors import error_response, translate
from loyalty.api.json import dumps, parse
from loyalty.errors import AccessError, AuthenticationError, LoyaltyError, MethodNotAllowed, UnsupportedMediaType
from loyalty.services.audit import Actor
from partners.api.credentials import prove_credential
from partners.errors import ScopeInsufficient
from partners.models import ApiCredential, Partner
from partners.rules.capabilities import capabilities_of_scopes

Handler = Callable[["TillCall"], tuple[Any, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class TillCall:
    """A proven, counted and parsed call."""

    partner: Partner
    credential: ApiCredential
    actor: Actor
    shop_ids: frozenset[int] | None
    data: dict[str, Any]
    idempotency_key: str | None
    at: datetime
    # The values in the address.
    slots: Mapping[str, Any] = field(default_factory=dict)


def call_of(view: Any, **slots: Any) -> TillCall:
    """The same of a view set's action that runs: the documented way."""
    return TillCall(
        partner=view.partner,
        credential=view.credential,
        actor=view.actor,
        shop_ids=view.shop_ids,
        data=dict(view.request.data),
        idempotency_key=view.request.headers.get("Idempotency-Key"),
        at=view.now,
        slots=slots,
    )


def till_call(viewset: Any, action: str) -> Callable[[Handler], Callable[..., HttpResponse]]:
    """Make a Django view of a handler that answers `(data, headers)`; POST only."""
    wanted = frozenset(viewset.wanted_capabilities(action))

    def decorate(handler: Handler) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(handler)
        def view(request: HttpRequest, locale: str, **slots: Any) -> HttpResponse:
            headers: dict[str, str] = {}
            try:
                call = _prove(request, wanted, headers, slots)
                data, extra = handler(call)
            except Exception as exc:  # noqa: BLE001 - every failure is answered in the envelope
                response = error_response(request, _refused(request, exc, headers))
            else:
                response = HttpResponse(dumps(body(data)), content_type="application/json")
                headers.update(extra)
            for name, value in headers.items():
                response.headers.setdefault(name, value)
            return response

        # What drf-spectacular and the house tests look for on a view.
        view.cls = viewset  # type: ignore[attr-defined]
        view.actions = {"post": action}  # type: ignore[attr-defined]
        view.initkwargs = {}  # type: ignore[attr-defined]
        return view

    return decorate


def _prove(request: HttpRequest, wanted: frozenset[str], headers: dict[str, str], slots: Mapping[str, Any]) -> TillCall:
    if request.method != "POST":
        raise MethodNotAllowed(method=request.method or "")
    at = timezone.now()
    proven = prove_credential(request, at=at)
    headers.update(proven.headers)
    access = proven.access
    request.principal_label = str(proven.actor)  # type: ignore[attr-defined]
    if not wanted & capabilities_of_scopes(access.credential.scopes):
        raise ScopeInsufficient
    if request.GET:
        headers["X-Ignored-Parameters"] = ", ".join(
            name for name in request.GET if name.isascii() and name.isprintable()
        )[:500]
    if request.content_type not in {"application/json", ""} and request.body:
        raise UnsupportedMediaType
    return TillCall(
        partner=access.partner,
        credential=access.credential,
        actor=proven.actor,
        shop_ids=access.shop_ids,
        data=parse(request.body),
        idempotency_key=request.META.get("HTTP_IDEMPOTENCY_KEY"),
        at=at,
        slots=slots,
    )


def _refused(request: HttpRequest, exc: Exception, headers: dict[str, str]) -> LoyaltyError:
    error = translate(exc)
    # Without headers nobody was counted yet.
    if not headers and isinstance(error, AuthenticationError | AccessError | MethodNotAllowed):
        try:
            headers.update(limit_stranger(request))
        except LoyaltyError as limited:
            return limited
    return error
