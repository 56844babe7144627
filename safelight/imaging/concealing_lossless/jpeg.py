"""JPEG: emptied, cut and turned by its blocks where that is possible, else coded anew.

Coding anew begins from the emptied file all the same, so that no smoothing of colours between
neighbours can carry anything out of a covered part. Runs only in the locked-down child.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from safelight.imaging import colour
from safelight.imaging.cleaning.comparing import turned
from safelight.imaging.cleaning.jpeg import (
    APP2,
    MAX_CHUNK,
    Jpeg,
    original_profile,
    read_jpeg,
    segment,
    write_jpeg,
)
from safelight.imaging.cleaning.opening import whole_pixels
from safelight.imaging.cleaning.results import CannotClean
from safelight.imaging.cleaning.spaces import cleaned_profile
from safelight.imaging.cleaning.turning import MOST_BLOCKS, turn_jpeg
from safelight.imaging.concealing_lossless.masks import (
    Box,
    Mask,
    cells,
    inside,
    on_grid,
    pixels_of,
    touched,
)
from safelight.imaging.concealing_lossless.wiping import Plan, Sheet, wiped
from safelight.imaging.decoding import check_size
from safelight.imaging.metadata import ICC_SIGN
from safelight.imaging.refusals import PictureDamaged

QUALITY = 95
MOST_LOST = 0.1
"""Share of a crop that may be given up at its edges for the rest to stay exact."""
LARGEST_CELL = (32, 32)
"""Taken where the true size of the cells is not known: no JPEG has larger ones."""
FORMS = {1: "GRAY", 3: "RGB"}
INKS = 4
NO_BOX = Box(0, 0, 0, 0)


class NothingLeft(Exception):
    """The crop does not hold one whole pixel."""


@dataclass(frozen=True, slots=True)
class Done:
    """A concealed file, the part of the stored picture that it shows, and how it was made."""

    data: bytes
    kind: str
    how: str
    box: Box
    size: tuple[int, int]
    code: int


@dataclass(slots=True)
class Choice:
    """Decides what is emptied and what is kept, once the size of the cells is known."""

    order: dict[str, Any]
    code: int
    sheet: Sheet | None = None
    box: Box = NO_BOX
    marked: Mask | None = None
    is_exact: bool = False

    def __call__(self, sheet: Sheet) -> Plan:
        """Choose for this sheet."""
        check_size(sheet.width, sheet.height)
        self.sheet, crop = sheet, self.order["crop"]
        size = (sheet.width, sheet.height)
        asked = inside(crop, *size)
        if asked.is_empty:
            raise NothingLeft
        whole = self.code != 1 and crop is not None
        kept = on_grid(asked, sheet.cell, size, whole=whole) if crop else asked
        lost = 1 - max(0, kept.width) * max(0, kept.height) / (asked.width * asked.height)
        can_turn = self.code == 1 or sheet.blocks <= MOST_BLOCKS
        self.is_exact = sheet.is_plain and can_turn and not kept.is_empty and lost <= MOST_LOST
        self.box = kept if self.is_exact else asked
        self.marked = cells(touched(self.order["shapes"], size), size, sheet.cell)
        if self.is_exact:
            return Plan(self.marked, None if crop is None else kept)
        return Plan(self.marked | ~_cells_of(asked, sheet), None)


def _cells_of(box: Box, sheet: Sheet) -> Mask:
    """Return the cells that a box touches."""
    wide, high = sheet.cell
    found = np.zeros((-(-sheet.height // high), -(-sheet.width // wide)), np.bool_)
    found[box.top // high : -(-box.bottom // high), box.left // wide : -(-box.right // wide)] = True
    return found


def walked(data: memoryview) -> Jpeg:
    """Take a JPEG apart as the cleaner does. Raises PictureDamaged for one that is none."""
    try:
        return read_jpeg(bytes(data))
    except CannotClean as problem:
        raise PictureDamaged from problem


def with_profile(coded: bytes, profile: bytes | None) -> bytes:
    """Put a cleaned colour profile behind the first segment of a file that has none."""
    clean, _ = cleaned_profile(profile)
    if clean is None:
        return coded
    chunks = [clean[at : at + MAX_CHUNK] for at in range(0, len(clean), MAX_CHUNK)]
    first = 4 + int.from_bytes(coded[4:6], "big")
    parts = [
        segment(APP2, ICC_SIGN + bytes((number, len(chunks))) + chunk)
        for number, chunk in enumerate(chunks, 1)
    ]
    return b"".join([coded[:first], *parts, coded[first:]])


def coded_jpeg(pixels: NDArray[np.uint8], profile: bytes | None) -> bytes:
    """Code pixels with a colour in every one of them, and their profile beside them."""
    whole = np.ascontiguousarray(pixels)
    coded = simplejpeg.encode_jpeg(whole, QUALITY, FORMS[whole.shape[2]], "444")
    return with_profile(bytes(coded), profile)


def _light(pixels: NDArray[np.uint8], profile: bytes | None) -> NDArray[np.uint8]:
    """Turn ink into light by the picture's own profile. Adobe writes ink the other way round."""
    ink = Image.fromarray(255 - pixels, "CMYK")
    return np.asarray(colour.to_srgb(ink, profile).convert("RGB"))


def _anew(pixels: NDArray[np.uint8], choice: Choice, profile: bytes | None) -> bytes:
    """Paint what was decoded black where it must be, cut it to the pixel, turn it and code it."""
    if choice.sheet is None or choice.marked is None:
        raise PictureDamaged
    if pixels.shape[2] == INKS:
        pixels, profile = _light(pixels, profile), None
    size, box = (choice.sheet.width, choice.sheet.height), choice.box
    painted = pixels.copy()
    painted[pixels_of(choice.marked, *choice.sheet.cell, size)] = 0
    cut = painted[box.top : box.bottom, box.left : box.right]
    return coded_jpeg(turned(cut, choice.code), profile)


def _without_library(data: bytes, choice: Choice) -> NDArray[np.uint8]:
    """Decode with no smoothing of colour between neighbours, so that none leaves a cover."""
    high, wide, space, _ = simplejpeg.decode_jpeg_header(data)
    choice(Sheet(int(wide), int(high), LARGEST_CELL, 0, is_plain=False))
    form = "CMYK" if space in ("CMYK", "YCCK") else "GRAY" if space == "Gray" else "RGB"
    pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, form, fastupsample=True)
    return pixels


def _emptied(jpeg: Jpeg, choice: Choice) -> bytes | None:
    """Empty the file as it came, which is quicker; where anything is amiss, as it is cleaned."""
    if not jpeg.tables.dropped():
        try:
            return wiped(jpeg.data, choice)
        except PictureDamaged:
            pass
    return wiped(write_jpeg(jpeg)[0], choice)


def conceal_jpeg(jpeg: Jpeg, order: dict[str, Any], code: int) -> Done:
    """Conceal in a JPEG. Says `exact`, `turned` (both without loss outside) or `re-encoded`."""
    choice = Choice(order, code)
    profile, emptied = original_profile(jpeg), _emptied(jpeg, choice)
    how, result = "re-encoded", None
    if emptied is None:
        result = _anew(_without_library(write_jpeg(jpeg)[0], choice), choice, profile)
    elif choice.is_exact:
        how = "exact" if code == 1 else "turned"
        upright = emptied if code == 1 else turn_jpeg(emptied, code)
        result = None if upright is None else with_profile(upright, profile)
    if result is None and emptied is not None:
        how = "re-encoded"
        result = _anew(whole_pixels(memoryview(emptied)), choice, profile)
    if choice.sheet is None or result is None:
        raise PictureDamaged
    size = (choice.sheet.width, choice.sheet.height)
    return Done(result, "jpeg", how, choice.box, size, code)
