"""Stamping: who a picture was opened for, and when, drawn over it from corner to corner.

It keeps nobody from photographing a screen; it says on the photograph whose screen that was.
"""

from functools import cache

from PIL import Image, ImageDraw, ImageFont

SMALLEST = 12
ACROSS = 38
"""Letters that fit across the picture: large enough to read, small enough to see the skin."""
ROWS = 5
GAP = "     "
LIGHT, DARK = (255, 255, 255, 120), (0, 0, 0, 120)
"""Half clear, in both tones: one of the two shows on any skin."""


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font, which lies in its code: no file is opened."""
    return ImageFont.load_default(size)


def stamp(picture: Image.Image, words: str) -> Image.Image:
    """Return the picture with the words over it, in rows that no crop gets round.

    The letters are in the pixels before the picture is coded, so they cannot be taken off.
    """
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
    stamp(Image.new("RGB", (64, 48)), "warm")
