"""Cleaning: from any photo a copy that holds its pixels and colours and nothing else.

Each kind is taken apart, written again from what may remain, and proved before it leaves: an
allow-list walk that shares no code with the writer, and both files decoded side by side.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from safelight.imaging.cleaning.heic import read_heic, write_heic
from safelight.imaging.cleaning.jpeg import Jpeg, read_jpeg, write_jpeg
from safelight.imaging.cleaning.kinds import kind_of
from safelight.imaging.cleaning.png import Png, clear_palette, read_png, write_png
from safelight.imaging.cleaning.removed import once
from safelight.imaging.cleaning.results import (
    CannotClean,
    Cleaned,
    Damaged,
    ManyPictures,
    NotProved,
    RareKind,
)
from safelight.imaging.cleaning.sandbox import CleaningDecoder, cleaning_decoder
from safelight.imaging.cleaning.verify import verify_layout
from safelight.imaging.cleaning.webp import read_webp, write_webp
from safelight.imaging.limits import MAX_BYTES
from safelight.imaging.metadata import Exif
from safelight.imaging.refusals import (
    PictureDamaged,
    PictureFrames,
    PictureKind,
    PictureRefused,
    PictureTooLarge,
)

UPRIGHT = 1
FAULTS = (IndexError, KeyError, OverflowError, ValueError, struct.error, zlib.error)
"""What reading a number that is not there, or unpacking what was never packed, ends in."""
LEFT_BEHIND = {
    "tiff": ["tags and everything else beside the pixels"],
    "gif": ["comments and everything else beside the pixels"],
}


@dataclass(slots=True)
class Draft:
    """A cleaned file that is not proved yet."""

    data: bytes
    kind: str
    removed: list[str]
    remains: list[str]
    orientation: int = UPRIGHT
    how: str = "exact"
    found: list[str] = field(default_factory=list)


def _orientation(exif: Exif | None) -> int:
    return exif.orientation if exif is not None else UPRIGHT


def _written_png(png: Png, decoder: CleaningDecoder) -> tuple[bytes, list[str]]:
    """Write a PNG; one with a palette is opened to see which of its colours are there."""
    cleaned, remains = write_png(png)
    if png.palette is not None and clear_palette(png, decoder.used(cleaned)):
        cleaned, remains = write_png(png)
    return cleaned, remains


def _recoded(draft: Draft, data: bytes, kind: str, decoder: CleaningDecoder) -> Draft:
    """Code the pixels anew as PNG, then clean that PNG like any other."""
    coded, how = decoder.recode(data, kind=kind, orientation=draft.orientation)
    cleaned, remains = _written_png(read_png(coded), decoder)
    removed = once([*draft.removed, *LEFT_BEHIND.get(kind, ())])
    return Draft(cleaned, "png", removed, remains, draft.orientation, how)


def _clean_jpeg(data: bytes, decoder: CleaningDecoder) -> Draft:
    jpeg = read_jpeg(data)
    cleaned, remains = write_jpeg(jpeg)
    draft = Draft(cleaned, "jpeg", jpeg.removed, remains, _orientation(jpeg.exif))
    if draft.orientation == UPRIGHT:
        return draft
    turned, draft.how = decoder.turn(cleaned, draft.orientation)
    upright: Jpeg = read_jpeg(turned)
    upright.chunks, upright.density = read_jpeg(cleaned).chunks, jpeg.density
    draft.data, draft.remains = write_jpeg(upright)
    return draft


def _clean_png(data: bytes, decoder: CleaningDecoder) -> Draft:
    png = read_png(data)
    cleaned, remains = _written_png(png, decoder)
    draft = Draft(cleaned, "png", png.removed, remains, _orientation(png.exif))
    if draft.orientation == UPRIGHT:
        return draft
    if png.header[8] == 16 and png.header[9] != 0:
        raise CannotClean(
            "This picture lies on its side and has more shades than can be turned without loss.",
            remedy="Turn it in the program it came from, then clean it.",
        )
    return _recoded(draft, cleaned, "png", decoder)


def _clean_webp(data: bytes, decoder: CleaningDecoder) -> Draft:
    webp = read_webp(data)
    cleaned, remains = write_webp(webp)
    draft = Draft(cleaned, "webp", webp.removed, remains, _orientation(webp.exif))
    return draft if draft.orientation == UPRIGHT else _recoded(draft, cleaned, "webp", decoder)


def _clean_heic(data: bytes, decoder: CleaningDecoder) -> Draft:
    try:
        heic = read_heic(data)
        cleaned, remains = write_heic(heic)
    except RareKind:
        everything = ["everything beside the first picture"]
        return _recoded(Draft(b"", "heic", everything, []), data, "heic", decoder)
    return Draft(cleaned, "heic", heic.removed, remains)


def _code_anew(kind: str) -> Callable[[bytes, CleaningDecoder], Draft]:
    return lambda data, decoder: _recoded(Draft(b"", kind, [], []), data, kind, decoder)


CLEANERS: dict[str, Callable[[bytes, CleaningDecoder], Draft]] = {
    "jpeg": _clean_jpeg,
    "png": _clean_png,
    "webp": _clean_webp,
    "heic": _clean_heic,
    "tiff": _code_anew("tiff"),
    "gif": _code_anew("gif"),
}


def _tightened(data: bytes, kind: str, draft: Draft, decoder: CleaningDecoder) -> Draft:
    """Code anew what was copied with bytes in it that no picture needs: the same picture."""
    draft.removed = once([*draft.removed, "bytes that no picture needs"])
    if draft.kind == "webp":
        return _recoded(draft, data, kind, decoder)
    copied = read_jpeg(draft.data)
    coded, draft.how = decoder.turn(draft.data, UPRIGHT)
    tight = read_jpeg(coded)
    tight.chunks, tight.density = copied.chunks, copied.density
    draft.data, draft.remains = write_jpeg(tight)
    return draft


def _proved(
    data: bytes, kind: str, draft: Draft, decoder: CleaningDecoder, *, is_tight: bool = False
) -> Draft:
    """Walk the cleaned file, and decode it beside the first one. Raises NotProved."""
    verify_layout(draft.data)
    found = decoder.compare(
        data,
        draft.data,
        kinds=(kind, draft.kind),
        orientation=draft.orientation,
        how=draft.how,
    )
    if found.get("slack") is not False and not is_tight:
        tight = _tightened(data, kind, draft, decoder)
        return _proved(data, kind, tight, decoder, is_tight=True)
    if found.get("same") is not True or found.get("colours") is not True:
        raise NotProved
    return draft


def clean(data: bytes, *, decoder: CleaningDecoder | None = None) -> Cleaned:
    """Return a copy of a photo with nothing in it but what REMAINS lists. Raises CannotClean.

    Safe because it is all or nothing: the copy is taken apart again and decoded before it leaves,
    and a file that is not understood to the last byte that matters is refused.
    """
    decoder = decoder or cleaning_decoder()
    try:
        if len(data) > MAX_BYTES:
            raise PictureTooLarge
        kind = kind_of(data)
        draft = _proved(data, kind, CLEANERS[kind](data, decoder), decoder)
    except (PictureDamaged, *FAULTS) as problem:
        raise Damaged from problem
    except PictureFrames as problem:
        raise ManyPictures from problem
    except PictureKind as problem:
        raise RareKind from problem
    except PictureRefused as refused:
        raise CannotClean(refused.message, remedy=refused.remedy) from refused
    return Cleaned(draft.data, draft.kind, draft.removed, once(draft.remains), draft.how)


def verify(data: bytes, *, decoder: CleaningDecoder | None = None) -> None:
    """Check that a file is clean and a picture that opens. Raises NotProved when it is not."""
    decoder = decoder or cleaning_decoder()
    kind = verify_layout(data)
    try:
        found = decoder.compare(data, data, kinds=(kind, kind), orientation=UPRIGHT, how="exact")
    except PictureRefused as refused:
        raise NotProved from refused
    if found.get("same") is not True or found.get("slack") is not False:
        raise NotProved
