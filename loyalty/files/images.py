"""Pictures from outside: judged by content, made anew from their pixels, so that nothing but a picture is stored."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PIXELS = 25_000_000
# What Pillow calls the format → the file's suffix. SVG and HTML can carry scripts and are no pictures here.
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}


class PictureRefusedError(ValueError):
    """Why a picture is not taken: `reason` is one of REASONS."""

    REASONS = ("not_a_data_uri", "too_large", "not_a_picture", "too_many_pixels")

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Picture:
    """A harmless picture file; its name is its content's, so that equal pictures are one file."""

    content: bytes
    suffix: str

    @property
    def name(self) -> str:
        return f"{hashlib.sha256(self.content).hexdigest()[:32]}.{self.suffix}"


def remade_picture(raw: bytes) -> Picture:
    """The picture of a file's bytes, judged by content and made anew. Raises PictureRefusedError."""
    try:
        with Image.open(io.BytesIO(raw), formats=tuple(FORMATS)) as image:
            # The header tells the size; nothing has been unpacked yet.
            if image.width * image.height > MAX_PIXELS:
                raise PictureRefusedError("too_many_pixels")
            kind = image.format or ""
            return Picture(_remade(image, kind), FORMATS[kind])
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError, Image.DecompressionBombError) as error:
        if isinstance(error, PictureRefusedError):
            raise
        raise PictureRefusedError("not_a_picture") from error


def _remade(image: Image.Image, kind: str) -> bytes:
    """The pixels of the first frame in a new file: no EXIF, no comments, no trailing bytes."""
    turned = ImageOps.exif_transpose(image)
    wanted = "RGB" if kind == "JPEG" or not turned.has_transparency_data else "RGBA"
    pixels = turned.convert(wanted)
    bare = Image.new(wanted, pixels.size)
    bare.paste(pixels)
    output = io.BytesIO()
    bare.save(output, kind, **({} if kind == "PNG" else {"quality": 88}))
    return output.getvalue()
