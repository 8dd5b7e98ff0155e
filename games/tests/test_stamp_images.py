"""The picture of a stamp: a file or base64, judged by its content and made anew (promise G3)."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from games.models import Game
from games.tests.factories import GameFactory
from loyalty.models import AuditEvent
from partners.tests.callers import Caller, staff_caller
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def game() -> Game:
    return GameFactory(stamp_design={"layout": "grid", "stamp_icon": "coffee", "stamp_icon_type": "icon"})


@pytest.fixture
def owner(game: Game) -> Caller:
    return staff_caller(game.partner)


def picture(kind: str = "PNG", size: tuple[int, int] = (4, 3), **options: Any) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", size, "#0055AA").save(output, kind, **options)
    return output.getvalue()


def encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def path_of(game: Game) -> str:
    return f"/en/partners/games/{game.pk}/upload-stamp-image"


def send(owner: Caller, game: Game, status: int = 200, /, *, key: str = "", **form: Any) -> dict[str, Any]:
    """A multipart form, as a browser sends it."""
    headers = {"Idempotency-Key": key} if key else {}
    response = owner.client.post(path_of(game), form, headers=headers)
    assert response.status_code == status, response.content
    return response.json()


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_file_is_made_anew_and_becomes_the_icon(owner: Caller, game: Game, media: Path, settings: Any) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    upload = SimpleUploadedFile("stamp.png", picture("JPEG", exif=exif.tobytes()), "image/png")
    data = send(owner, game, image=upload)["data"]
    (file,) = files(media)
    assert file.relative_to(media).as_posix().startswith(f"partners/{game.partner_id}/games/")
    assert file.suffix == ".jpg"
    assert b"secret place" not in file.read_bytes()
    assert data["image_url"] == f"{settings.BASE_URL}/media/{file.relative_to(media).as_posix()}"
    assert (data["stamp_settings"]["stamp_icon"], data["stamp_settings"]["stamp_icon_type"]) == (
        data["image_url"],
        "image",
    )
    assert data["stamp_settings"]["layout"] == "grid"
    assert owner.client.get(data["image_url"].removeprefix(settings.BASE_URL)).status_code == 200
    event = AuditEvent.objects.get(action="game.updated")
    assert event.changes["stamp_design"][1] == {"layout": "grid", "stamp_image": f"{file.relative_to(media)}"}


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_base64_will_do_and_a_repeat_changes_nothing(owner: Caller, game: Game, media: Path, prefix: str) -> None:
    body = {"image_base64": prefix + encoded(picture())}
    first = owner.post(path_of(game), body, status=200)["data"]
    assert owner.post(path_of(game), body, status=200)["data"] == first
    assert len(files(media)) == 1
    assert AuditEvent.objects.filter(action="game.updated").count() == 1


def test_an_answered_icon_sent_again_keeps_the_picture_and_another_takes_its_place(owner: Caller, game: Game) -> None:
    shown = owner.post(path_of(game), {"image_base64": encoded(picture())}, status=200)["data"]["stamp_settings"]
    game_path = f"/en/partners/games/{game.pk}"
    assert owner.put(game_path, {"stamp_settings": shown})["data"]["stamp_settings"] == shown
    other = owner.put(game_path, {"stamp_settings": {"stamp_icon": "cup", "stamp_icon_type": "icon"}})["data"]
    assert other["stamp_settings"] == {**shown, "stamp_icon": "cup", "stamp_icon_type": "icon"}
    game.refresh_from_db()
    assert "stamp_image" not in game.stamp_design


@pytest.mark.parametrize(
    "raw",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script></html>",
        b"GIF89a",
        b"",
        b"%PDF-1.4",
        picture(size=(64, 64))[:100],
        picture(size=(5001, 5000)),
        b"x" * 1_900_001,
    ],
    ids=["svg", "html", "gif", "empty", "pdf", "torn", "pixels", "size"],
)
def test_what_is_no_harmless_picture_is_refused_and_nothing_is_stored(
    owner: Caller, game: Game, media: Path, raw: bytes
) -> None:
    before = Game.objects.values().get()
    answer = send(owner, game, 422, image=SimpleUploadedFile("stamp.png", raw, "image/png"))
    assert (answer["code"], list(answer["errors"])) == ("VALIDATION_ERROR", ["image"])
    answer = owner.post(path_of(game), {"image_base64": encoded(raw)}, status=422)
    assert list(answer["errors"]) == ["image_base64"]
    assert Game.objects.values().get() == before
    assert files(media) == []


def test_one_picture_in_one_of_the_two_ways(owner: Caller, game: Game, media: Path) -> None:
    for form in (
        {},
        {"image": "not a file"},
        {"image": SimpleUploadedFile("a.png", picture()), "image_base64": encoded(picture())},
    ):
        assert list(send(owner, game, 422, **form)["errors"]) == ["image"]
    assert list(send(owner, game, 422, picture=SimpleUploadedFile("a.png", picture()))["errors"]) == ["picture"]
    for body, field in (({}, "image"), ({"image_base64": 5}, "image_base64"), ({"image_base64": "!!"}, "image_base64")):
        assert list(owner.post(path_of(game), body, status=422)["errors"]) == [field]
    twice = [SimpleUploadedFile("a.png", picture()), SimpleUploadedFile("b.png", picture())]
    assert send(owner, game, 400, image=twice)["code"] == "MALFORMED_REQUEST"
    assert files(media) == []


def test_a_body_that_is_too_large_or_no_form_is_refused(owner: Caller, game: Game) -> None:
    assert send(owner, game, 413, image=SimpleUploadedFile("a.png", b"x" * 2_700_000))["code"] == "PAYLOAD_TOO_LARGE"
    assert send(owner, game, 413, image_base64="x" * 2_700_000)["code"] == "PAYLOAD_TOO_LARGE"
    response = owner.client.post(path_of(game), b"--x\r\nbroken", content_type="multipart/form-data; boundary=y")
    assert response.status_code in {400, 422}
    response = owner.client.post(path_of(game), b"--x", content_type="multipart/form-data")
    assert (response.status_code, response.json()["code"]) == (400, "MALFORMED_REQUEST")
    many = {f"field{number}": "x" for number in range(1_100)}
    assert send(owner, game, 400, **many)["code"] == "MALFORMED_REQUEST"


def test_a_key_knows_one_picture_from_another_of_the_same_name(owner: Caller, game: Game) -> None:
    blue = SimpleUploadedFile("stamp.png", picture())
    first = send(owner, game, key="one", image=blue)
    blue.seek(0)
    assert send(owner, game, key="one", image=blue) == first
    wide = SimpleUploadedFile("stamp.png", picture(size=(9, 9)))
    assert send(owner, game, 422, key="one", image=wide)["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_only_stamp_cards_of_ones_own_have_such_a_picture(owner: Caller, game: Game, media: Path) -> None:
    body = {"image_base64": encoded(picture())}
    wheel = GameFactory(partner=game.partner, game_type="wheel", stamps_required=None)
    assert owner.post(path_of(wheel), body, status=400)["code"] == "GAME_TYPE_MISMATCH"
    assert owner.post(path_of(GameFactory()), body, status=404)["code"] == "RESOURCE_NOT_FOUND"
    limited = staff_caller(game.partner, "manager", [ShopFactory(partner=game.partner)])
    assert limited.post(path_of(game), body, status=403)["code"] == "STORE_ACCESS_DENIED"
    game.refresh_from_db()
    assert "stamp_image" not in game.stamp_design
