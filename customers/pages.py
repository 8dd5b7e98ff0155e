"""The page behind "is this your e-mail address?". It asks before it does anything."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from customers.services.email_proof import prove_email, read_link
from loyalty.mailed_links import mailed_link_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email_page(request: HttpRequest, token: str) -> HttpResponse:
    """Shows the address; the button proves it."""
    at = timezone.now()
    return mailed_link_page(
        request,
        "customers/confirm_email.html",
        look=lambda: {"address": read_link(token=token, at=at)[1]},
        act=lambda: {"address": prove_email(token=token, at=at).email},
    )
