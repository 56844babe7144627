"""Opening: from a file to pixels with nothing lost, upright. Runs only in the locked-down child.

Unlike the decoding for viewing it keeps transparency and 16 bits, because here the pixels go on.
"""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pillow_heif
import simplejpeg
from numpy.typing import NDArray
from PIL import (
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from safelight.imaging import colour
from safelight.imaging.cleaning import coefficients
from safelight.imaging.cleaning.spaces import named
from safelight.imaging.decoding import PRIMARIES_P3, TAG_RAW_CAMERA, check_size
from safelight.imaging.limits import MAX_BYTES
from safelight.imaging.prepare import UPRIGHT
from safelight.imaging.refusals import (
    PictureDamaged,
    PictureFrames,
    PictureKind,
    PictureRefused,
    PictureTooLarge,
)

OPENERS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
    "gif": GifImagePlugin.GifImageFile,
}
TAG_PAGE_KIND, TAG_OLD_PAGE_KIND, TAG_SHADES = 254, 255, 258
OLD_REDUCED = 2
MOST_PAGES = 32
"""TIFF 6.0, NewSubfileType, SubfileType and BitsPerSample."""
CHANGED = "changed"
"""Said of a picture whose values are not those of its file: fewer shades, or light for ink."""
KEPT = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})
"""Modes that a PNG can hold as they are."""
CONVERTED = {"PA": "RGBA", "RGBX": "RGB", "YCbCr": "RGB", "LAB": "RGB", "La": "LA", "RGBa": "RGBA"}
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = MAX_BYTES
"""Text is not read here at all; a file is not refused for what is about to be removed."""
FAULTS = (OSError, SyntaxError, EOFError, RuntimeError, KeyError, TypeError, ValueError)


def jpeg_pixels(data: memoryview, *, strict: bool) -> NDArray[np.uint8]:
    """Decode a JPEG to its own channels. Strict: a single warning of the decoder is a refusal."""
    try:
        high, wide, space, _ = simplejpeg.decode_jpeg_header(data, strict=strict)
        check_size(int(wide), int(high))
        form = "CMYK" if space in ("CMYK", "YCCK") else "GRAY" if space == "Gray" else "RGB"
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, form, strict=strict)
    except (ValueError, KeyError) as problem:  # a rare sampling has no name in the library
        raise PictureDamaged from problem
    return pixels


def lenient_pixels(data: memoryview) -> NDArray[np.uint8]:
    """Decode a JPEG that has stray bytes between its segments; the pixels themselves are whole."""
    try:
        image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
        check_size(*image.size)
        image.load()
    except FAULTS as problem:
        raise PictureDamaged from problem
    return np.asarray(image)


def whole_pixels(data: memoryview) -> NDArray[np.uint8]:
    """Decode a JPEG strictly. Where the quick decoder does not know how its colours are halved,
    another opens it, once it is known that nothing in it is amiss."""
    try:
        return jpeg_pixels(data, strict=True)
    except PictureDamaged:
        if coefficients.warnings_of(bytes(data)) != {}:
            raise
    return lenient_pixels(data)


def _heic(data: memoryview) -> Image.Image:
    held = pillow_heif.open_heif(bytes(data))
    image = held[held.primary_index]
    check_size(*image.size)
    info: dict[str, Any] = dict(image.info)
    picture = image.to_pillow()
    numbers: dict[str, int] = info.get("nclx_profile") or {}
    profile = info.get("icc_profile") or None
    if profile is None and numbers.get("color_primaries") == PRIMARIES_P3:
        profile = named("Display P3")
    picture.info = {"icc_profile": profile} if profile else {}
    return picture


def _is_reduced(page: TiffImagePlugin.TiffImageFile) -> bool:
    tags = page.tag_v2
    return bool(tags.get(TAG_PAGE_KIND, 0) & 1 or tags.get(TAG_OLD_PAGE_KIND) == OLD_REDUCED)


def _one_page(image: ImageFile.ImageFile) -> None:
    """Raise PictureFrames for several pictures. Smaller copies of the first are none (TIFF)."""
    pages = getattr(image, "n_frames", 1)
    if pages == 1:
        return
    if not isinstance(image, TiffImagePlugin.TiffImageFile) or pages > MOST_PAGES:
        raise PictureFrames
    for page in range(1, pages):
        image.seek(page)
        if not _is_reduced(image):
            raise PictureFrames
    image.seek(0)


def _by_pillow(kind: str, data: memoryview) -> Image.Image:
    image = OPENERS[kind](io.BytesIO(data))
    check_size(*image.size)
    _one_page(image)
    shades = 8
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        if TAG_RAW_CAMERA in image.tag_v2:
            raise PictureKind
        shades = max(image.tag_v2.get(TAG_SHADES) or (8,))
    image.load()
    if shades > 8 and not image.mode.startswith("I"):
        image.info[CHANGED] = True
    return image


def _as_png_can(image: Image.Image) -> Image.Image:
    """Bring rare modes to one that a PNG holds; ink becomes light by the picture's own profile."""
    if image.mode in KEPT:
        return image
    info = dict(image.info)
    if image.mode in ("I;16B", "I;16L", "I;16N"):
        picture = Image.fromarray(np.asarray(image).astype(np.uint16))
    elif image.mode == "CMYK":
        picture, info = colour.to_srgb(image, info.get("icc_profile")), {CHANGED: True}
    elif image.mode in CONVERTED:
        picture = image.convert(CONVERTED[image.mode])
        info[CHANGED] = image.mode == "LAB"
    else:
        raise PictureKind
    picture.info = info
    return picture


def open_whole(kind: str, data: memoryview, orientation: int) -> Image.Image:
    """Open any kind but JPEG, whole or not at all, and set it upright by what its EXIF says.

    TIFF and HEIC are set upright by their decoders already.
    """
    try:
        image = _heic(data) if kind == "heic" else _by_pillow(kind, data)
        picture = _as_png_can(image)
    except PictureRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise PictureTooLarge from problem
    except FAULTS as problem:
        raise PictureDamaged from problem
    if orientation in UPRIGHT and kind in ("png", "webp"):
        info = picture.info
        picture = picture.transpose(UPRIGHT[orientation])
        picture.info = info
    return picture
