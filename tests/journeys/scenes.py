"""What the fake camera sees: JPEG files put end to end are a film that Chromium plays."""

import io
from pathlib import Path

from PIL import Image

from safelight.site.demo_pictures import picture

FULL = 4032  # a 12-megapixel sensor's long edge


def skin(path: Path, *, long: int = FULL) -> Path:
    """Write a film of drawn skin, as large as a phone's full sensor unless told smaller."""
    still = picture("naevus", 2, 0.4, 7, limb=True)
    if long < FULL:
        still = _jpeg(Image.open(io.BytesIO(still)).resize((long, long * 3 // 4)))
    path.write_bytes(still * 2)
    return path


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
