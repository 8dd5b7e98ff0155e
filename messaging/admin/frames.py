"""Showing a mail's page in the back office, where none of it can run or reach anything."""

from typing import Any

from django.http import HttpResponse
from django.utils.html import escape, format_html

STYLE = "width:100%;height:32rem;border:0;background:#fff"
# Also for whoever opens the page by itself: no script, no form, no origin of ours.
POLICY = (
    "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


def as_written(text: str) -> Any:
    """A plain text with its lines."""
    return format_html('<div style="white-space:pre-line;overflow-wrap:anywhere">{}</div>', text)


def framed(html: str) -> Any:
    """A mail that is not stored anywhere yet."""
    shown = '<iframe sandbox="" referrerpolicy="no-referrer" srcdoc="{}" style="{}"></iframe>'
    # What a template engine made calls itself safe, and would not be escaped: it is markup, but here a value.
    return format_html(shown, escape(html), STYLE)


def frame_of(url: str, title: Any) -> Any:
    """A mail behind an address that answers with `mail_page`."""
    shown = '<iframe sandbox="" referrerpolicy="no-referrer" loading="lazy" src="{}" title="{}" style="{}"></iframe>'
    return format_html(shown, url, title, STYLE)


def mail_page(html: str) -> HttpResponse:
    """A mail's HTML as a page that may only be looked at, in a frame of ours or alone."""
    response = HttpResponse(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
