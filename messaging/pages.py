"""The page behind "no more news by e-mail". Mail programs POST to it themselves; people see a button."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from loyalty.api.base import limit_stranger
from loyalty.errors import LoyaltyError
from messaging.services.unsubscribing import reader_of_link, unsubscribe


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing, because programs that look for viruses open every link; POST needs no cookie (RFC 8058)."""
    with translation.override(translation.get_language_from_request(request)):
        try:
            limit_stranger(request)
            if request.method == "POST":
                shown, status = {"partner": unsubscribe(token=token, at=timezone.now()), "is_done": True}, 200
            else:
                shown, status = {"partner": reader_of_link(token=token)[0]}, 200
        except LoyaltyError as refusal:
            shown, status = {"refusal": refusal.message}, refusal.status
        response = render(request, "messaging/unsubscribe.html", shown, status=status)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
