"""The page behind "no more news by e-mail". Mail programs POST to it themselves (RFC 8058); people see a button."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from loyalty.mailed_links import mailed_link_page
from messaging.services.unsubscribing import is_link, reader_of_link, unsubscribe


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Shows whose news it is; the button ends them.

    The clicks of a mail provider's readers all come from a few addresses of its own: none of them may be turned away.
    """
    return mailed_link_page(
        request,
        "messaging/unsubscribe.html",
        look=lambda: {"partner": reader_of_link(token=token)[0]},
        act=lambda: {"partner": unsubscribe(token=token, at=timezone.now())},
        is_ours=is_link(token=token),
    )
