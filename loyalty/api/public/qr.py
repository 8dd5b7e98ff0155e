"""`GET /qr?data=…&size=…`: a QR code as a picture, for the `src` of an image (contract 1.6).

It is outside the limits (decision 17), so what one call may cost is bounded instead: short texts, small pictures.
"""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from loyalty.api.errors import error_response, translate
from loyalty.api.json import refuse_odd_characters
from loyalty.errors import MethodNotAllowed, ValidationFailed
from loyalty.rules.qr import LARGEST, LONGEST_TEXT, SMALLEST, draw_png, draw_svg

DEFAULT_SIZE = 256
FORMATS = {"png": "image/png", "svg": "image/svg+xml"}


def qr(request: HttpRequest) -> HttpResponse:
    """PNG, or SVG with `format=svg` or for who accepts no other picture."""
    try:
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed(method=request.method or "")
        return _drawn(request)
    except Exception as exc:  # noqa: BLE001 - every failure is answered in the envelope
        return error_response(request, translate(exc))


def _drawn(request: HttpRequest) -> HttpResponse:
    text, size, kind = request.GET.get("data", ""), _size(request), _kind(request)
    if not text or len(text.encode(errors="replace")) > LONGEST_TEXT:
        raise ValidationFailed(errors={"data": [_("Give 1 to {most} bytes of text.").format(most=LONGEST_TEXT)]})
    refuse_odd_characters(text)
    tag = f'"{hashlib.sha256(f"{kind} {size} {text}".encode()).hexdigest()[:32]}"'
    headers = {
        "Cache-Control": "private, max-age=86400, immutable",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "ETag": tag,
        "Vary": "Accept",
    }
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers=headers)
    try:
        picture = draw_svg(text, size) if kind == "svg" else draw_png(text, size)
    except ValueError as error:
        least = str(error.args[0])
        raise ValidationFailed(
            errors={"size": [_("This text needs at least {least} pixels.").format(least=least)]}
        ) from None
    return HttpResponse(picture, content_type=FORMATS[kind], headers=headers)


def _size(request: HttpRequest) -> int:
    text = request.GET.get("size", "") or str(DEFAULT_SIZE)
    if not (text.isascii() and text.isdigit()) or len(text) > 6 or not SMALLEST <= int(text) <= LARGEST:
        words = _("Must be a number from {least} to {most}.").format(least=SMALLEST, most=LARGEST)
        raise ValidationFailed(errors={"size": [words]})
    return int(text)


def _kind(request: HttpRequest) -> str:
    wanted = request.GET.get("format", "")
    if wanted and wanted not in FORMATS:
        raise ValidationFailed(errors={"format": [_("Must be one of: {words}.").format(words=", ".join(FORMATS))]})
    accepted = request.headers.get("Accept", "")
    only_svg = "image/svg+xml" in accepted and not any(word in accepted for word in ("image/png", "image/*", "*/*"))
    return wanted or ("svg" if only_svg else "png")
