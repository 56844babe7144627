"""What the fake camera sees: JPEG files put end to end are a film that Chromium plays."""

import io
from pathlib import Path

from PIL import Image, ImageDraw

from safelight.imaging.prepare import UPRIGHT
from safelight.site.demo_pictures import picture

FULL = 4032  # a 12-megapixel sensor's long edge
CHART = (1600, 1200)
COLOURS = {
    (0.2, 0.2): (204, 142, 110),
    (0.5, 0.2): (96, 65, 51),
    (0.8, 0.2): (250, 20, 30),
    (0.2, 0.5): (30, 230, 40),
    (0.5, 0.5): (128, 128, 128),
    (0.8, 0.5): (40, 60, 220),
}
"""Levels of flat patches by where their middle is seen: skins, and what is widest."""
PATCH = 0.2
Part = tuple[float, float, float, float]
MARK: Part = (0.1, 0.7, 0.3, 0.9)
"""Left, top, right and bottom of the one white patch, as it is seen."""
ORIENTATION = 0x0112  # the EXIF tag
UNDOES = {6: 8, 8: 6}


def skin(path: Path, *, long: int = FULL) -> Path:
    """Write a film of drawn skin, as large as a phone's full sensor unless told smaller."""
    still = picture("naevus", 2, 0.4, 7, limb=True)
    if long < FULL:
        still = _jpeg(Image.open(io.BytesIO(still)).resize((long, long * 3 // 4)))
    path.write_bytes(still * 2)
    return path


def chart(*, profile: bytes = b"", orientation: int = 1) -> bytes:
    """Return a still of flat colours between sharp lines, with a profile if one is given.

    It lies as a camera held that way stores it.
    """
    wide, high = CHART
    shown = Image.effect_noise((wide // 4, high // 4), 60).convert("RGB").resize(CHART)
    draw = ImageDraw.Draw(shown)
    for (x, y), colour in COLOURS.items():
        half = PATCH / 2
        draw.rectangle(pixels((x - half, y - half, x + half, y + half), CHART), fill=colour)
    shown.paste("white", pixels(MARK, CHART))
    back = UNDOES.get(orientation, orientation)
    lying = shown.transpose(UPRIGHT[back]) if back in UPRIGHT else shown
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    out = io.BytesIO()
    lying.save(out, "JPEG", quality=95, subsampling=0, exif=exif, icc_profile=profile or None)
    return out.getvalue()


def pixels(part: Part, size: tuple[int, int], *, more: float = 0.0) -> tuple[int, int, int, int]:
    """Return a part of a picture in its pixels; `more` makes it wider on every side."""
    left, top, right, bottom = part
    wide, high = size
    return (
        round((left - more) * wide),
        round((top - more) * high),
        round((right + more) * wide),
        round((bottom + more) * high),
    )


def held_up(path: Path, png: bytes) -> Path:
    """Write a film of a picture of something, held up in front of the camera."""
    shown = Image.open(io.BytesIO(png)).convert("RGB")
    shown = shown.resize((shown.width * 2, shown.height * 2))
    page = Image.new("RGB", (1280, 960), "white")
    page.paste(shown, ((1280 - shown.width) // 2, (960 - shown.height) // 2))
    path.write_bytes(_jpeg(page) * 2)
    return path


def _jpeg(drawn: Image.Image) -> bytes:
    out = io.BytesIO()
    drawn.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()
