"""The few addresses for browsers outside the back office: the front door, stored pictures, and what is not there."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from django.views.static import serve

from loyalty.api.base import limit_stranger
from loyalty.api.errors import error_response, handler404
from loyalty.errors import LoyaltyError


@require_safe
def front_door(request: HttpRequest) -> HttpResponse:
    """Where to go from here."""
    with translation.override(translation.get_language_from_request(request)):
        return render(request, "loyalty/front_door.html")


@require_safe
def stored_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file of MEDIA_ROOT (pictures that were made anew from pixels). A proxy or object store may do this instead."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def nothing_here(request: HttpRequest, path: str = "") -> HttpResponse:
    """The envelope for every unknown address, with DEBUG on too; guessing is counted like any stranger's call."""
    try:
        headers = limit_stranger(request)
    except LoyaltyError as limited:
        return error_response(request, limited)
    response = handler404(request)
    for name, value in headers.items():
        response.headers[name] = value
    return response
