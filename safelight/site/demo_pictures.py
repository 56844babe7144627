"""Demo pictures: drawn skin for the demo practice. No person was photographed, and none is shown.

Colour is made as skin makes it, by how much light melanin and blood take away, so that one motif
looks right on every tone. The same arguments give the same bytes.
"""

import struct
from functools import cache

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from safelight.imaging.cleaning.spaces import named
from safelight.site.demo_skin import (
    MOTIFS,
    PIXELS_PER_MM,
    SMALL,
    Field,
    Skin,
    bare_skin,
    soft,
)

LONG, SHORT = 4032, 3024
TILE = 1024
QUALITY = 90

TONES = {
    1: (243, 212, 195),
    2: (232, 193, 170),
    3: (212, 166, 137),
    4: (182, 131, 100),
    5: (137, 93, 69),
    6: (96, 65, 51),
}
"""Lit skin for the six Fitzpatrick types, by eye."""
MELANIN = np.array([0.55, 0.85, 1.1], np.float32)
BLOOD = np.array([0.10, 0.62, 0.50], np.float32)
DRAPE = np.array([112, 132, 138], np.float32)
TO_STORED = {
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}


def _limb(skin: Skin, picture: Field, half: float) -> Field:
    """Let the skin be a limb on a drape: it darkens as it turns away, and ends."""
    x, y = skin.place()
    lean = skin.shape.uniform(-0.10, 0.10)
    across = (y - lean * x + 0.0035 * x * x * skin.shape.uniform(-1, 1)) / half
    away = np.clip(1 - across * across, 0, 1)[..., None]
    shaded = picture * (0.45 + 0.55 * away**0.42)
    weave = 1 + 0.02 * skin.noise(0.35)[..., None] + 0.05 * skin.noise(20)[..., None]
    shadow = 1 - 0.45 * np.clip(1.45 - np.abs(across), 0, 0.45)[..., None]
    inside = soft((np.abs(across) - 1) * half, 0.35)[..., None]
    skin.roughness *= inside[..., 0]
    return shaded * inside + DRAPE * weave * shadow * (1 - inside)


@cache
def _texture() -> NDArray[np.int8]:
    """Return one tile of skin lines and pores, which joins itself on all sides."""
    rng = np.random.default_rng(20)

    def waves(size: int) -> Field:
        grid = rng.normal(size=(TILE // size, TILE // size)).astype(np.float32)
        padded = np.pad(grid, 4, mode="wrap")
        large = Image.fromarray(padded).resize(
            (TILE + 8 * size, TILE + 8 * size), Image.Resampling.BICUBIC
        )
        return np.asarray(large, np.float32)[4 * size : -4 * size, 4 * size : -4 * size]

    lines = sum(np.exp(-((waves(size) / 0.16) ** 2)) * deep for size, deep in ((32, 9), (16, 6)))
    relief = waves(16) * 2.2 + waves(8) * 2.4
    pores = np.clip(waves(8) - 1.35, 0, 1) * 16
    total = relief - lines - pores
    relief_and_lines: NDArray[np.int8] = np.clip(total - total.mean(), -60, 60).astype(np.int8)
    return relief_and_lines


@cache
def _grain() -> NDArray[np.int8]:
    rng = np.random.default_rng(21)
    return np.clip(rng.normal(0, 3.4, (TILE, TILE)), -16, 16).astype(np.int8)


def _with_texture(picture: Image.Image, roughness: Field, rng: np.random.Generator) -> Image.Image:
    """Add skin lines, as deep as the skin is rough, and the grain of a sensor."""
    wide, high = picture.size
    rough = Image.fromarray(np.clip(roughness * 64, 0, 255).astype(np.uint8))
    depth = np.asarray(rough.resize((wide, high), Image.Resampling.BILINEAR))
    lines = np.roll(_texture(), tuple(rng.integers(0, TILE, 2)), axis=(0, 1))
    grain = np.roll(_grain(), tuple(rng.integers(0, TILE, 2)), axis=(0, 1))
    across = -(-wide // TILE)
    lines, grain = np.tile(lines, (1, across))[:, :wide], np.tile(grain, (1, across))[:, :wide]
    pixels = np.array(picture)
    for top in range(0, high, 128):
        rows = slice(top, min(high, top + 128))
        band = slice(top % TILE, top % TILE + rows.stop - top)
        added = (depth[rows].astype(np.int16) * lines[band] >> 6) + grain[band]
        mixed = pixels[rows].astype(np.int16) + added[..., None]
        pixels[rows] = np.clip(mixed, 0, 255, out=mixed)
    return Image.fromarray(pixels)


def _ruler(centimetres: int) -> Image.Image:
    """Draw a strip of paper with millimetres on it."""
    unit = PIXELS_PER_MM
    strip = Image.new("L", (unit * 10 * centimetres + unit * 8, unit * 13), 238)
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(unit * 4)
    for step in range(centimetres * 10 + 1):
        x = unit * 4 + step * unit
        tall = unit * (6 if step % 10 == 0 else 4.4 if step % 5 == 0 else 3)
        draw.rectangle((x - 2, 0, x + 3, tall), fill=40)
        if step % 10 == 0:
            draw.text((x, unit * 6.3), str(step // 10), fill=40, font=font, anchor="mt")
    draw.text((unit * 5.2, unit * 10.4), "cm", fill=40, font=font, anchor="lm")
    return strip


def _lay_ruler(picture: Image.Image, rng: np.random.Generator) -> None:
    strip = _ruler(6)
    angle = rng.uniform(-4, 4)
    mask = Image.new("L", strip.size, 255).rotate(angle, Image.Resampling.BILINEAR, expand=True)
    strip = strip.rotate(angle, Image.Resampling.BILINEAR, expand=True)
    at = ((picture.width - strip.width) // 2, picture.height - strip.height - 150)
    small = mask.resize((mask.width // 8, mask.height // 8)).filter(ImageFilter.GaussianBlur(3))
    shade = small.resize(mask.size).point(lambda level: level * 0.45)
    picture.paste((40, 30, 28), (at[0] + 10, at[1] + 16), shade)
    paper = Image.merge(
        "RGB", [strip, strip.point(lambda v: v * 0.99), strip.point(lambda v: v * 0.96)]
    )
    picture.paste(paper, at, mask)


def _exif(orientation: int, taken: str) -> bytes:
    """Write what a phone writes: maker, model, orientation, time."""
    texts = [(0x010F, b"Example\0"), (0x0110, b"Demo phone\0"), (0x0132, taken.encode() + b"\0")]
    entries, body = [], b""
    start = 8 + 2 + 12 * (len(texts) + 1) + 4
    for tag, text in texts:
        entries.append(struct.pack(">HHII", tag, 2, len(text), start + len(body)))
        body += text
    entries.insert(2, struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0))
    count = struct.pack(">H", len(entries))
    return b"MM\0*\0\0\0\x08" + count + b"".join(entries) + bytes(4) + body


def _with_headers(jpeg: bytes, orientation: int, taken: str) -> bytes:
    def segment(marker: int, body: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body

    exif = segment(0xE1, b"Exif\0\0" + _exif(orientation, taken))
    profile = named("sRGB")
    return jpeg[:2] + exif + segment(0xE2, b"ICC_PROFILE\0\x01\x01" + profile) + jpeg[2:]


def picture(
    motif: str,
    tone: int,
    stage: float = 0.0,
    seed: int = 1,
    *,
    orientation: int = 1,
    ruler: bool = True,
    limb: bool = False,
    taken: str = "2026:01:15 10:30:00",
) -> bytes:
    """Draw one 12-megapixel phone JPEG: the seed is the lesion, the stage (0 to 1) its course.

    It is drawn from numbers alone, so it can show nobody.
    """
    upright = (SHORT, LONG) if orientation in (6, 8) else (LONG, SHORT)
    wide, high = upright[0] // SMALL, upright[1] // SMALL
    rng = np.random.default_rng((seed, round(stage * 1000), tone))
    skin = bare_skin(rng, np.random.default_rng((seed, tone)), wide, high)
    MOTIFS[motif](skin, stage)
    base = np.array(TONES[tone], np.float32)
    lost = skin.melanin[..., None] * MELANIN + skin.blood[..., None] * BLOOD
    colour: Field = base * np.exp(-lost)
    paint = skin.paint
    colour = colour * (1 - paint[..., 3:]) + paint[..., :3]
    colour *= skin.light[..., None]
    if limb:
        colour = _limb(skin, colour, 27.0)
    small = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8))
    large = small.resize(upright, Image.Resampling.BICUBIC)
    large = _with_texture(large, skin.roughness, rng)
    if ruler:
        _lay_ruler(large, rng)
    if orientation in TO_STORED:
        large = large.transpose(TO_STORED[orientation])
    coded = simplejpeg.encode_jpeg(np.asarray(large), QUALITY, "RGB", "420")
    return _with_headers(bytes(coded), orientation, taken)
