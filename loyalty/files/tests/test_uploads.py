"""What is taken from outside is what it says, and nothing in it acts by itself (promise G3)."""

import io
import tracemalloc
import zipfile
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import translation
from PIL import Image

from loyalty.files.answers import file_answer
from loyalty.files.names import safe_name
from loyalty.files.office import MOST_INFLATED
from loyalty.files.storage import private_storage, unguessable_name
from loyalty.files.tests.samples import (
    HOSTILE,
    SCRIPT,
    archive,
    packed,
    pdf,
    photo_with_place,
    picture,
    sheet,
    upload,
    word,
)
from loyalty.files.uploads import CONTENT_TYPES, Checked, FileRefusedError, check_upload

MB = 1_000_000


def check(name: str, content: bytes, **options: Any) -> Checked:
    return check_upload(upload(name, content), **{"at_most": 10 * MB, **options})


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_a_hostile_file_is_refused_and_told_why(what: str) -> None:
    name, content, reason = HOSTILE[what]
    with pytest.raises(FileRefusedError) as refused:
        check(name, content)
    assert refused.value.reason == reason
    assert refused.value.text
    with translation.override("lt"), pytest.raises(FileRefusedError) as told:
        check(name, content)
    assert told.value.text != refused.value.text


def test_the_battery_is_large_enough() -> None:
    assert len(HOSTILE) >= 15


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", pdf(), "pdf"),
        # As most programs write it since PDF 1.5.
        ("a.pdf", packed(b"7 0 << /Type /Page >>"), "pdf"),
        ("a.docx", word(), "docx"),
        ("a.xlsx", sheet({"xl/worksheets/sheet1.xml": bytes(900_000)}), "xlsx"),
        ("list.csv", "Pavadinimas;Kaina\nKėdė;3 < 5\n".encode(), "csv"),
        ("list.CSV", "Kėdė;1\n".encode("windows-1257"), "csv"),
        ("notes.txt", "Ačiū".encode("utf-16"), "txt"),
        ("notes", b"no suffix at all", "txt"),
        ("a.png", picture("PNG"), "png"),
        ("a.webp", picture("WEBP"), "webp"),
        # What it is counts, not what it is called.
        ("a.png", picture("JPEG"), "jpg"),
        ("run.bat", b"del *.*", "txt"),
        ("invoice.exe", pdf(), "pdf"),
    ],
)
def test_a_harmless_file_is_taken_under_the_name_of_what_it_is(name: str, content: bytes, kind: str) -> None:
    checked = check(name, content)
    assert (checked.kind, checked.content_type) == (kind, CONTENT_TYPES[kind])
    assert checked.name.endswith(f".{kind}")
    assert checked.size == len(checked.content)
    if kind not in {"jpg", "png", "webp"}:
        assert checked.content == content


def test_a_photo_loses_its_place_and_whatever_hangs_on_it() -> None:
    raw = photo_with_place() + archive({"evil.html": SCRIPT})
    assert b"Kanar" in raw
    assert zipfile.is_zipfile(io.BytesIO(raw))
    checked = check("me.jpg", raw)
    with Image.open(io.BytesIO(checked.content)) as image:
        assert (image.size, dict(image.getexif()), image.info.get("comment")) == ((40, 30), {}, None)
    assert b"Kanar" not in checked.content
    assert b"script" not in checked.content
    assert not zipfile.is_zipfile(io.BytesIO(checked.content))


def test_only_the_kinds_that_are_asked_for_are_taken() -> None:
    with pytest.raises(FileRefusedError) as refused:
        check("a.docx", word(), allowed={"pdf", "jpg"})
    assert (refused.value.reason, "PDF, JPG" in refused.value.text) == ("wrong_kind", True)


def test_a_file_that_is_too_large_is_not_read_to_its_end() -> None:
    class Endless:
        name, size, read = "a.txt", None, 0

        def chunks(self, chunk_size: int | None = None) -> Any:
            while True:
                self.read += 65_536
                yield b"x" * 65_536

    endless = Endless()
    with pytest.raises(FileRefusedError) as refused:
        check_upload(endless, at_most=MB)
    assert refused.value.reason == "too_large"
    assert endless.read < 2 * MB
    with pytest.raises(FileRefusedError, match="too_large"):
        check("a.txt", b"x" * (MB + 1), at_most=MB)


def test_a_bomb_costs_no_memory() -> None:
    _name, content, _reason = HOSTILE["a bomb"]
    assert len(content) < MOST_INFLATED / 1000
    tracemalloc.start()
    with pytest.raises(FileRefusedError):
        check("a.xlsx", content)
    assert tracemalloc.get_traced_memory()[1] < MB
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\x\\Sutartis Nr. 5.pdf", "Sutartis Nr. 5.pdf"),
        ("a.pdf\r\nSet-Cookie: x=1", "a.pdf"),
        ('a";filename="b.html', "a__filename__b.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.pdf"),
        ("con.pdf", "file con.pdf"),
        ("", "file.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("Sąskaita ėšų.pdf", "Sąskaita ėšų.pdf"),
        ("a\x00b<c>|d.pdf", "ab_c__d.pdf"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_a_name_from_outside_becomes_harmless(name: str, safe: str) -> None:
    assert safe_name(name, "pdf") == safe


@pytest.mark.django_db
def test_a_file_leaves_as_a_download_that_no_browser_opens(settings: Any, tmp_path: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {**settings.STORAGES["private"], "OPTIONS": {"location": tmp_path, "file_permissions_mode": 0o600}},
    }
    storage = private_storage()
    name = storage.save(unguessable_name("attachments/7", "pdf"), ContentFile(pdf()))
    assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert len(name) > 40
    with pytest.raises(ValueError, match="no address"):
        storage.url(name)
    answer = file_answer(storage.open(name), name='Sąskaita "1".pdf', content_type="application/pdf")
    assert b"".join(answer.streaming_content) == pdf()
    answer.close()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Content-Length"]) == ("nosniff", str(len(pdf())))
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
