"""The pictures of an Apple pass: the partner's logo, or its first letter in the card's colors."""

import io

from PIL import Image, ImageDraw, ImageFont, ImageOps

ICON, LOGO, STRIP = (29, 29), (160, 50), (375, 123)
SCALES = (1, 2, 3)


def pass_pictures(
    *, letter: str, background: str, foreground: str, logo: bytes | None, strip: bytes | None
) -> dict[str, bytes]:
    """File name → PNG, in the three sizes of screens."""
    mark = _opened(logo) or _letter(letter, background, foreground)
    found: dict[str, bytes] = {}
    for scale in SCALES:
        suffix = "" if scale == 1 else f"@{scale}x"
        found[f"icon{suffix}.png"] = _png(ImageOps.pad(mark, _times(ICON, scale)))
        found[f"logo{suffix}.png"] = _png(ImageOps.contain(mark, _times(LOGO, scale)))
        band = _opened(strip)
        if band is not None:
            found[f"strip{suffix}.png"] = _png(ImageOps.fit(band, _times(STRIP, scale)))
    return found


def _opened(content: bytes | None) -> Image.Image | None:
    """The files were checked and made anew when they came; one that is broken now is left out."""
    if not content:
        return None
    try:
        return Image.open(io.BytesIO(content)).convert("RGBA")
    except (OSError, ValueError):
        return None


def _letter(letter: str, background: str, foreground: str) -> Image.Image:
    picture = Image.new("RGBA", (174, 174), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, 173, 173), 36, fill=foreground)
    draw.text((87, 87), letter.upper(), fill=background, font=ImageFont.load_default(110), anchor="mm")
    return picture


def _times(size: tuple[int, int], scale: int) -> tuple[int, int]:
    return size[0] * scale, size[1] * scale


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
