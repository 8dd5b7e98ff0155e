"""Pages behind links in mails: they show what the link is about, and a button does it."""

from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from loyalty.api.base import limit_stranger
from loyalty.api.errors import error_headers, translate
from loyalty.errors import LoyaltyError

Shown = dict[str, Any]


def mailed_link_page(
    request: HttpRequest, template: str, *, look: Callable[[], Shown], act: Callable[[], Shown], is_ours: bool = False
) -> HttpResponse:
    """GET changes nothing, because programs that look for viruses open every link; POST acts and needs no cookie.

    `is_ours`: the link was written by us, so nobody is guessing and nothing is counted.
    """
    headers: dict[str, str] = {}
    with translation.override(translation.get_language_from_request(request)):
        try:
            if not is_ours:
                limit_stranger(request)
            shown, status = ({**act(), "is_done": True} if request.method == "POST" else look()), 200
        except (LoyaltyError, OperationalError, InterfaceError) as error:
            # Also where the database is away or a row is held: whoever clicks is told to come again.
            refusal = translate(error)
            shown, status, headers = {"refusal": refusal.message}, refusal.status, error_headers(refusal)
        response = render(request, template, shown, status=status)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    for name, value in headers.items():
        response.headers[name] = value
    return response
