"""The page behind "is this your e-mail address?". It asks before it does anything."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from customers.services.email_proof import prove_email, read_link
from loyalty.api.base import limit_stranger
from loyalty.errors import LoyaltyError


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing, because programs that look for viruses open every link."""
    with translation.override(translation.get_language_from_request(request)):
        try:
            limit_stranger(request)
            if request.method == "POST":
                shown, status = {"address": prove_email(token=token, at=timezone.now()).email, "is_done": True}, 200
            else:
                shown, status = {"address": read_link(token=token, at=timezone.now())[1]}, 200
        except LoyaltyError as refusal:
            shown, status = {"refusal": refusal.message}, refusal.status
        response = render(request, "customers/confirm_email.html", shown, status=status)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
