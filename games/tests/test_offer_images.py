"""The picture of an offer: stored as nothing but a picture, for whoever may change the offer."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from loyalty.models import AuditEvent
from partners.models import Offer, OfferShop
from partners.tests.callers import Caller, staff_caller
from partners.tests.factories import OfferFactory, ShopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def offer() -> Offer:
    return OfferFactory(image_url="https://elsewhere.example/old.png")


@pytest.fixture
def owner(offer: Offer) -> Caller:
    return staff_caller(offer.partner)


def picture() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (4, 3), "#0055AA").save(output, "PNG")
    return output.getvalue()


def body() -> dict[str, str]:
    return {"image_base64": base64.b64encode(picture()).decode()}


def path_of(offer: Offer) -> str:
    return f"/en/partners/offers/{offer.pk}/upload-image"


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_picture_becomes_the_offer_s_and_is_found_at_its_address(
    owner: Caller, offer: Offer, media: Path, settings: Any
) -> None:
    form = {"image": SimpleUploadedFile("offer.png", picture(), "image/png")}
    response = owner.client.post(path_of(offer), form)
    assert response.status_code == 200, response.content
    answer = response.json()["data"]
    (file,) = files(media)
    name = file.relative_to(media).as_posix()
    assert name.startswith(f"partners/{offer.partner_id}/offers/")
    assert answer == {"id": offer.pk, "image_url": f"{settings.BASE_URL}/media/{name}"}
    assert owner.get(f"/en/partners/offers/{offer.pk}")["data"]["image_url"] == answer["image_url"]
    assert owner.client.get(answer["image_url"].removeprefix(settings.BASE_URL)).status_code == 200
    event = AuditEvent.objects.get(action="offer.updated")
    assert event.changes == {"image_url": ["https://elsewhere.example/old.png", answer["image_url"]]}
    assert owner.post(path_of(offer), body(), status=200)["data"] == answer
    assert (len(files(media)), AuditEvent.objects.filter(action="offer.updated").count()) == (1, 1)


@pytest.mark.parametrize(
    "raw", [b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"%PDF-1.4", b"x" * 1_900_001]
)
def test_what_is_no_picture_is_refused_and_nothing_changes(
    owner: Caller, offer: Offer, media: Path, raw: bytes
) -> None:
    form = {"image": SimpleUploadedFile("offer.png", raw, "image/png")}
    answer = owner.client.post(path_of(offer), form)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["image"])
    assert owner.post(path_of(offer), {}, status=422)["code"] == "VALIDATION_ERROR"
    offer.refresh_from_db()
    assert (offer.image_url, files(media)) == ("https://elsewhere.example/old.png", [])


def test_only_who_may_change_the_offer_gives_it_a_picture(owner: Caller, offer: Offer, media: Path) -> None:
    assert owner.post(path_of(OfferFactory()), body(), status=404)["code"] == "RESOURCE_NOT_FOUND"
    assert files(media) == []
    mine, other = ShopFactory(partner=offer.partner), ShopFactory(partner=offer.partner)
    OfferShop.objects.create(offer=offer, shop=other)
    limited = staff_caller(offer.partner, "manager", [mine])
    assert limited.post(path_of(offer), body(), status=403)["code"] == "STORE_ACCESS_DENIED"
    cashier = staff_caller(offer.partner, "cashier")
    assert cashier.post(path_of(offer), body(), status=403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    offer.refresh_from_db()
    assert offer.image_url == "https://elsewhere.example/old.png"
