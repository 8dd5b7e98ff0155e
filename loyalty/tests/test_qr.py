"""`GET /qr`: what a phone's camera would read from it."""

from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import segno
from django.test import Client
from PIL import Image

from loyalty.rules.qr import draw_png

LINK = "loyaltylt://qr-card?code=q7Kd0y2sQ4m1Xz9LrT5vWb8NfHc3JgPa&session=4f6d2c1e-8a7b-4c3d-9e0f-1a2b3c4d5e6f"


def get(expect: int = 200, accept: str = "image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8", **query: Any) -> Any:
    response = Client().get("/qr", query, headers={"Accept": accept})
    assert response.status_code == expect, response.content
    return response


def modules(png: bytes) -> list[list[int]]:
    """The dark modules that a picture shows, sampled at their centers."""
    picture = Image.open(BytesIO(png)).convert("1")
    left, top, right, _bottom = picture.point(lambda value: 255 - value).getbbox()
    seven = 0
    while not picture.getpixel((left + seven, top)):
        seven += 1
    scale = seven // 7
    count = (right - left) // scale
    half = scale // 2
    return [
        [int(not picture.getpixel((left + x * scale + half, top + y * scale + half))) for x in range(count)]
        for y in range(count)
    ]


@pytest.mark.parametrize("size", [250, 256, 300, 64, 1024])
@pytest.mark.parametrize("text", [LINK, "Ąžuolas 🌳", "1", "x" * 120])
def test_the_picture_has_its_size_and_holds_the_text(text: str, size: int) -> None:
    response = get(data=text, size=size)
    assert response["Content-Type"] == "image/png"
    assert Image.open(BytesIO(response.content)).size == (size, size)
    encoding = None if text.isascii() else "utf-8"
    assert modules(response.content) == [list(row) for row in segno.make_qr(text, error="m", encoding=encoding).matrix]


def test_there_is_a_quiet_border_of_four_modules_around_it() -> None:
    picture = Image.open(BytesIO(draw_png("1", 290))).convert("1")
    assert picture.point(lambda value: 255 - value).getbbox() == (40, 40, 250, 250)


def test_svg_is_drawn_for_who_asks_for_it_and_says_nothing_but_squares() -> None:
    asked = get(data=LINK, size=300, format="svg")
    assert asked["Content-Type"] == "image/svg+xml"
    assert get(data=LINK, size=300, accept="image/svg+xml").content == asked.content
    assert get(data=LINK, size=300, accept="image/svg+xml", format="png")["Content-Type"] == "image/png"
    root = ET.fromstring(asked.content)
    assert (root.get("width"), root.get("height")) == ("300", "300")
    assert get(data="<script>", format="svg").content.count(b"script") == 0


def test_browsers_may_keep_it_and_may_not_take_it_for_something_else() -> None:
    response = get(data=LINK)
    assert response["Cache-Control"] == "private, max-age=86400, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    again = Client().get("/qr", {"data": LINK}, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().head("/qr", {"data": LINK}).status_code == 200
    assert "X-RateLimit-Limit" not in response


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "data"),
        ({"data": ""}, "data"),
        ({"data": "x" * 513}, "data"),
        ({"data": "ą" * 257}, "data"),
        ({"data": "x", "size": "31"}, "size"),
        ({"data": "x", "size": "1025"}, "size"),
        ({"data": "x", "size": "1e3"}, "size"),
        ({"data": "x", "size": "-300"}, "size"),
        ({"data": "x", "size": "٣٠٠"}, "size"),
        ({"data": "x", "size": "9" * 5000}, "size"),
        ({"data": "x" * 500, "size": "64"}, "size"),
        ({"data": "x", "format": "gif"}, "format"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_the_envelope(query: dict[str, str], field: str) -> None:
    body = get(422, **query).json()
    assert (body["success"], body["code"], list(body["errors"])) == (False, "VALIDATION_ERROR", [field])


def test_a_post_is_refused() -> None:
    response = Client().post("/qr?data=x")
    assert (response.status_code, response.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
