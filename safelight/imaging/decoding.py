"""Decoding: from the bytes of one file to pixels, strictly. Runs only in the locked-down child.

The type is what the content says. Every byte of the picture is decoded, and any fault in it is a
refusal; nothing is guessed or repaired.
"""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pillow_heif
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageFile, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from safelight.imaging import colour
from safelight.imaging.limits import MAX_METADATA, MAX_PIXELS, MAX_SIDE
from safelight.imaging.metadata import (
    Exif,
    checked_profile,
    jpeg_exif,
    jpeg_profile,
    read_exif,
)
from safelight.imaging.refusals import (
    PictureDamaged,
    PictureFrames,
    PictureKind,
    PictureMetadata,
    PictureTooLarge,
)

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
PngImagePlugin.MAX_TEXT_CHUNK = MAX_METADATA
PngImagePlugin.MAX_TEXT_MEMORY = 4 * MAX_METADATA
ImageFile.LOAD_TRUNCATED_IMAGES = False
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False

HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
OTHER_BRANDS = frozenset({b"avif", b"avis", b"hevc", b"hevx", b"msf1"})
PRIMARIES_P3 = 12
"""Display P3 in the code points of ITU-T H.273."""
TAG_SUB_PICTURES, TAG_RAW_CAMERA = 330, 50706
PAPER = (255, 255, 255)


@dataclass(slots=True)
class Decoded:
    """Pixels as they lie in the file, with what is needed to set them right."""

    kind: str
    picture: Image.Image
    width: int
    height: int
    exif: Exif
    profile: bytes | None
    pixels: NDArray[np.uint8] | None = None
    """The memory of the picture itself, to code it from without a copy."""
    is_upright: bool = False
    """The decoder has turned the pixels already: what EXIF says must not turn them again."""


def sniff(data: memoryview) -> str:
    """Name the kind by the first bytes. Raises PictureKind for all that is not one of the five."""
    head = bytes(data[:64])
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "tiff"
    if head[4:8] == b"ftyp":
        brands = {head[8:12]} | {head[at : at + 4] for at in range(16, int(head[3]), 4)}
        if brands & HEIC_BRANDS and head[8:12] not in OTHER_BRANDS and b"avif" not in brands:
            return "heic"
    raise PictureKind


def check_size(width: int, height: int) -> None:
    """Refuse a size over the caps, before a pixel is made."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PictureTooLarge
    if min(width, height) < 1:
        raise PictureDamaged


def _decode_jpeg(data: memoryview, edge: int | None) -> Decoded:
    exif, profile = jpeg_exif(data), jpeg_profile(data)
    high, wide, space, _ = simplejpeg.decode_jpeg_header(data)
    width, height = int(wide), int(high)
    check_size(width, height)
    press = space in ("CMYK", "YCCK")
    profile = checked_profile(profile, press=press)
    # RGBX and not RGB: both libraries use such pixels where they lie, without a copy.
    mode = "CMYK" if press else "L" if space == "Gray" else "RGBX"
    least = _least_size(width, height, edge)
    pixels = simplejpeg.decode_jpeg(
        data,
        colorspace={"RGBX": "RGBX", "L": "GRAY", "CMYK": "CMYK"}[mode],
        min_width=least[0],
        min_height=least[1],
    )
    if press:
        np.subtract(255, pixels, out=pixels)  # Adobe writes ink the other way round
    size = (pixels.shape[1], pixels.shape[0])
    picture = Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)
    if profile is None and exif.adobe_rgb and mode == "RGBX":
        profile = colour.adobe_rgb()
    return Decoded("jpeg", picture, width, height, exif, profile, pixels)


def _least_size(width: int, height: int, edge: int | None) -> tuple[int, int]:
    """Choose the scale of eighths whose long edge is nearest to `edge` without a long way up.

    The decoder makes eighths for less than it costs to shrink afterwards. A scale is taken as it
    is when it lands within a tenth below the edge; else the next larger one, to be shrunk.
    """
    longest = max(width, height)
    if edge is None or longest <= edge:
        return width, height
    eighths = edge * 8 // longest
    if longest * eighths < 0.9 * edge * 8:
        eighths += 1
    return -(-width * eighths // 8), -(-height * eighths // 8)


def _exif_of(image: Image.Image) -> Exif:
    block = image.info.get("exif", b"")
    if not isinstance(block, bytes) or len(block) > MAX_METADATA:
        raise PictureMetadata
    return read_exif(block.removeprefix(b"Exif\0\0"))


def _profile_of(image: Image.Image) -> bytes | None:
    profile = image.info.get("icc_profile") or None
    return checked_profile(profile, press=image.mode == "CMYK")


def _plain(image: Image.Image) -> Image.Image:
    """Bring any mode to L, RGB or CMYK: 16 bits to 8, palettes out, transparency onto white."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("L", "RGB", "CMYK"):
        if image.info.get("transparency") is None:
            return image
    elif image.mode not in ("1", "LA", "P", "PA", "RGBA", "RGBX", "YCbCr"):
        raise PictureKind
    if image.mode in ("1", "RGBX", "YCbCr", "CMYK"):
        return image.convert("L" if image.mode == "1" else "RGB")
    if image.mode == "P" and image.info.get("transparency") is None:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    paper = Image.new("RGB", clear.size, PAPER)
    paper.paste(clear, mask=clear.getchannel("A"))
    return paper


def _decode_pillow(
    kind: str, open_file: Callable[[io.BytesIO], ImageFile.ImageFile], data: memoryview
) -> Decoded:
    image = open_file(io.BytesIO(data))
    check_size(*image.size)
    if getattr(image, "n_frames", 1) != 1:
        raise PictureFrames
    if kind == "tiff" and isinstance(image, TiffImagePlugin.TiffImageFile):
        if TAG_SUB_PICTURES in image.tag_v2 or TAG_RAW_CAMERA in image.tag_v2:
            raise PictureFrames
        exif = read_exif(data)
    image.load()
    if kind != "tiff":
        exif = _exif_of(image)
    profile = _profile_of(image)
    picture = _plain(image)
    return Decoded(kind, picture, *picture.size, exif, profile, is_upright=kind == "tiff")


def _decode_heic(data: memoryview) -> Decoded:
    held = pillow_heif.open_heif(bytes(data))
    if len(held) != 1:
        raise PictureFrames
    image = held[0]
    width, height = image.size
    check_size(width, height)
    info: dict[str, Any] = dict(image.info)
    block: bytes = info.get("exif") or b""
    if len(block) > MAX_METADATA:
        raise PictureMetadata
    profile = checked_profile(info.get("icc_profile") or None, press=False)
    numbers: dict[str, int] = info.get("nclx_profile") or {}
    if profile is None and numbers.get("color_primaries") == PRIMARIES_P3:
        profile = colour.display_p3()
    exif = read_exif(block.removeprefix(b"Exif\0\0"))
    picture = _plain(image.to_pillow())
    return Decoded("heic", picture, width, height, exif, profile, is_upright=True)


def decode(data: memoryview, *, edge: int | None) -> Decoded:
    """Decode the whole file, or refuse it. JPEGs are made no larger than `edge` asks for.

    A scaled JPEG decode still reads and checks every byte (performance facts, 7a).
    """
    kind = sniff(data)
    try:
        if kind == "jpeg":
            return _decode_jpeg(data, edge)
        if kind == "heic":
            return _decode_heic(data)
        openers: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
            "png": PngImagePlugin.PngImageFile,
            "webp": WebPImagePlugin.WebPImageFile,
            "tiff": TiffImagePlugin.TiffImageFile,
        }
        return _decode_pillow(kind, openers[kind], data)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise PictureTooLarge from problem
    except ValueError as problem:
        if "MAX_TEXT" in str(problem) or "too large" in str(problem):
            raise PictureMetadata from problem
        raise PictureDamaged from problem
    except (OSError, SyntaxError, EOFError, RuntimeError, KeyError, TypeError) as problem:
        raise PictureDamaged from problem
