"""Drawing QR codes."""

from functools import lru_cache
from io import BytesIO

import segno
from PIL import Image

# Longer texts make codes that a phone reads badly from a till's screen, and cost more to draw.
LONGEST_TEXT = 512
SMALLEST, LARGEST = 32, 1024
BORDER = 4
# Trying all eight masks for the most even picture takes most of the time; long codes take one as good as any.
_WEIGHED_UP_TO = 200
_MASK = 3


def draw_png(text: str, size: int) -> bytes:
    """A picture of exactly `size` pixels. Raises ValueError where they do not hold a code of this text."""
    matrix = _matrix(text)
    modules = len(matrix)
    scale = size // (modules + 2 * BORDER)
    if scale < 1:
        raise ValueError(modules + 2 * BORDER)
    code = Image.new("1", (modules, modules))
    code.putdata([0 if dark else 1 for row in matrix for dark in row])
    picture = Image.new("1", (size, size), 1)
    picture.paste(code.resize((modules * scale, modules * scale)), ((size - modules * scale) // 2,) * 2)
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def draw_svg(text: str, size: int) -> bytes:
    """The same as a drawing, sharp at any size; the text itself does not stand in it."""
    side = len(_matrix(text)) + 2 * BORDER
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/>'
        f'<path d="{svg_path(text, BORDER)}"/></svg>'
    ).encode()


def svg_path(text: str, offset: int = 0) -> str:
    """The dark modules as a path of unit squares, each run of a row in one piece."""
    parts = []
    for y, row in enumerate(_matrix(text)):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            start = x
            while x < len(row) and row[x]:
                x += 1
            parts.append(f"M{start + offset} {y + offset}h{x - start}v1h-{x - start}z")
    return "".join(parts)


def side_of(text: str) -> int:
    """How many modules the code of this text is wide, without its border."""
    return len(_matrix(text))


@lru_cache(maxsize=256)
def _matrix(text: str) -> tuple[bytes, ...]:
    mask = None if len(text) <= _WEIGHED_UP_TO else _MASK
    code = segno.make_qr(text, error="m", mask=mask, encoding="utf-8" if not text.isascii() else None)
    return tuple(bytes(row) for row in code.matrix)
