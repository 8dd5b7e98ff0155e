"""Turns every refusal into the one error body: the house's members beside those of RFC 9457."""

from collections.abc import Mapping
from logging import getLogger
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions as drf
from rest_framework.response import Response

from loyalty import errors
from loyalty.api.json import dumps
from loyalty.context import request_id

logger = getLogger("loyalty.errors")
LOCK_NOT_AVAILABLE = "55P03"
QUERY_CANCELED = "57014"


def error_body(error: errors.LoyaltyError, instance: str) -> dict[str, Any]:
    message = error.message
    answer: dict[str, Any] = {
        "success": False,
        "code": error.code,
        "message": message,
        "request_id": request_id(),
        # A reference to our own catalogue of codes, resolved against the address of the call (RFC 9457, 3.1.1).
        "type": f"/{get_language() or settings.LANGUAGE_CODE}/error-codes#{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.status,
        "detail": message,
        "instance": instance,
    }
    if error.number is not None:
        answer["error_number"] = error.number
    if error.errors:
        answer["errors"] = {field: [str(text) for text in texts] for field, texts in error.errors.items()}
    if error.details.get("violated_policies"):
        answer["violated-policies"] = error.details["violated_policies"]
    if error.details.get("public"):
        answer["details"] = error.details["public"]
    return answer


def error_headers(error: errors.LoyaltyError) -> dict[str, str]:
    headers = dict(error.details.get("headers") or {})
    if error.retry_after is not None:
        headers.setdefault("Retry-After", str(error.retry_after))
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="loyalty"'
    return headers


def error_response(request: HttpRequest, error: errors.LoyaltyError) -> HttpResponse:
    """For plain Django views and middleware."""
    request.refusal = error  # type: ignore[attr-defined]
    body = dumps(error_body(error, request.path))
    return HttpResponse(body, content_type="application/json", status=error.status, headers=error_headers(error))


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's hook."""
    error = translate(exc)
    request = context.get("request")
    if request is not None:
        request._request.refusal = error
    return Response(
        error_body(error, request.path if request else ""), status=error.status, headers=error_headers(error)
    )


def translate(exc: Exception) -> errors.LoyaltyError:
    """Whatever was raised, as one of our codes; the unexpected is logged and becomes INTERNAL_ERROR."""
    if isinstance(exc, errors.LoyaltyError):
        return exc
    known = _from_framework(exc) or _from_database(exc)
    if known:
        return known
    logger.error("unhandled", exc_info=exc, extra={"kind": type(exc).__name__})
    return errors.InternalError()


def _from_framework(exc: Exception) -> errors.LoyaltyError | None:  # noqa: C901, PLR0911 - one line a kind
    match exc:
        case drf.ValidationError():
            return errors.ValidationFailed(errors=flatten(exc.detail))
        case ValidationError():
            return errors.ValidationFailed(
                errors=exc.message_dict if hasattr(exc, "error_dict") else {"": exc.messages}
            )
        case drf.ParseError():
            return errors.MalformedRequest(reason=_("the body is not valid JSON"))
        case drf.UnsupportedMediaType():
            return errors.UnsupportedMediaType()
        case drf.MethodNotAllowed():
            return errors.MethodNotAllowed(method=str(exc.detail).split('"')[1] if '"' in str(exc.detail) else "")
        case drf.NotAcceptable():
            return errors.NotAcceptable()
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return errors.AuthRequired()
        case drf.PermissionDenied() | PermissionDenied():
            return errors.InsufficientPermissions()
        case Http404() | drf.NotFound() | ObjectDoesNotExist():
            return errors.ResourceNotFound()
        case RequestDataTooBig():
            return errors.PayloadTooLarge()
    return None


def _from_database(exc: Exception) -> errors.LoyaltyError | None:
    state = getattr(exc.__cause__, "sqlstate", None)
    if isinstance(exc, DataError):
        return errors.ValidationFailed(errors={"": [_("A value is out of range or cannot be stored.")]})
    if isinstance(exc, IntegrityError):
        logger.warning("integrity", extra={"sqlstate": state})
        return errors.ResourceAlreadyExists(what=_("it collides with a record that is already there"))
    if isinstance(exc, OperationalError | InterfaceError):
        logger.warning("database", extra={"sqlstate": state, "kind": type(exc).__name__})
        return errors.TemporarilyUnavailable(retry_after=1 if state in {LOCK_NOT_AVAILABLE, QUERY_CANCELED} else 5)
    return None


def flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested errors as `{"title.en": [...], "cart_items.0.quantity": [...]}`."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            found.update(flatten(value, f"{path}.{name}".strip(".")))
        return found
    if isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        found = {}
        for index, item in enumerate(detail):
            if item:
                found.update(flatten(item, f"{path}.{index}".strip(".")))
        return found
    texts = detail if isinstance(detail, list) else [detail]
    return {path: [str(text) for text in texts]}


def _is_browser(request: HttpRequest) -> bool:
    return request.path_info.startswith(("/admin", "/account/"))


def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, errors.MalformedRequest(reason=_("the request is not acceptable")))


def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if _is_browser(request):
        return defaults.permission_denied(request, exception or PermissionDenied())
    return error_response(request, errors.InsufficientPermissions())


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if _is_browser(request):
        return defaults.page_not_found(request, exception or Http404())
    return error_response(request, errors.EndpointNotFound())


def handler500(request: HttpRequest) -> HttpResponse:
    if _is_browser(request):
        return defaults.server_error(request)
    return error_response(request, errors.InternalError())
