"""Stamping: who a picture was opened for, and when, drawn over it from corner to corner.

It keeps nobody from photographing a screen; it says on the photograph whose screen that was.
"""

from functools import cache
from io import BytesIO
from unicodedata import normalize

from PIL import Image, ImageDraw, ImageFont
from pymupdf_fonts.NotoSans_Regular import fontbuffer

SMALLEST = 12
ACROSS = 38
"""Letters that fit across the picture: large enough to read, small enough to see the skin."""
ROWS = 5
GAP = "     "
LIGHT, DARK = (255, 255, 255, 120), (0, 0, 0, 120)
"""Half clear, in both tones: one of the two shows on any skin."""
NO_SIGN = "\ue123"
"""For private use, so no font has it: it is drawn as the box that stands for a missing sign."""


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return Noto Sans (Latin, Greek, Cyrillic), which lies in code: no file is opened."""
    layout = ImageFont.Layout.BASIC  # the other one opens a library when it is first used
    return ImageFont.truetype(BytesIO(fontbuffer), size, layout_engine=layout)


@cache
def _can_write(sign: str) -> bool:
    """Say whether the font has a sign, rather than the box that it draws for one it lacks."""
    drawn, box = (_font(SMALLEST).getmask(one) for one in (sign, NO_SIGN))
    return (drawn.size, bytes(drawn)) != (box.size, bytes(box))


def written(words: str, instead: str) -> str:
    """Return the words if the font has every sign of them, or else what it has of the others."""
    words = normalize("NFC", words)
    if all(_can_write(sign) for sign in words):
        return words
    return "".join(sign for sign in normalize("NFC", instead) if _can_write(sign))


def stamp(picture: Image.Image, words: str, *, instead: str) -> Image.Image:
    """Return the picture with the words over it, in rows that no crop gets round.

    The letters are in the pixels before the picture is coded, so they cannot be taken off. Words in
    a writing that the font lacks would be rows of boxes: `instead` is then drawn.
    """
    words = written(words, instead)
    wide, high = picture.size
    size = max(SMALLEST, wide // ACROSS)
    layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    edge = max(1, size // 14)
    line = GAP.join([words] * (2 * ACROSS // (len(words) + 1) + 2))
    for row in range(ROWS):
        top = round((row + 0.5) * high / ROWS) - size // 2
        left = -(row % 2) * wide // 6 + wide // 40
        draw.text((left + edge, top + edge), line, font=_font(size), fill=DARK)
        draw.text((left, top), line, font=_font(size), fill=LIGHT)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def warm_up() -> None:
    """Load the font's library before the walls go up."""
    stamp(Image.new("RGB", (64, 48)), "warm", instead="")
