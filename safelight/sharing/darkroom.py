"""The darkroom of what leaves: one function makes a copy's bytes, for the preview and for good."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from safelight.imaging.cleaning import CannotClean, Cleaned, clean, verify
from safelight.imaging.cleaning.sandbox import cleaning_decoder
from safelight.imaging.conceal import conceal
from safelight.photos.darkroom import decoder

ORIENTATIONS: Final = {90: 6, 180: 3, 270: 8}
"""A turn clockwise, as the EXIF orientation that asks for it (CIPA DC-008, 4.6.4)."""


@dataclass(frozen=True, slots=True)
class Made:
    """The exact bytes of a copy that leaves, what was taken out of it, and two small pictures."""

    data: bytes = field(repr=False)
    view: bytes = field(repr=False)
    thumb: bytes = field(repr=False)
    kind: str
    width: int
    height: int
    sha256: str
    removed: list[str]
    remains: list[str]
    how: str

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.data)


def make(
    original: bytes,
    *,
    crop: dict[str, Any] | None,
    shapes: Sequence[dict[str, Any]],
    turn: int = 0,
) -> Made:
    """Make a copy that may leave: cut and covered for good, cleaned, upright, opened again.

    The same original, crop and shapes give the same bytes, so what was looked at is what goes. It
    is checked after the last change: a copy that is not clean is a refusal, never a file.
    """
    cleaned = clean(original)
    removed, how = list(cleaned.what_was_removed), cleaned.how
    if crop or shapes:
        covered = conceal(original, shapes=shapes, crop=crop, turn=turn)
        cleaned, how = clean(covered.data), covered.how
        removed.append("everything outside the crop" if crop else "")
        removed.append("the pixels under the covers" if shapes else "")
    elif turn in ORIENTATIONS:
        cleaned, how = _turned(cleaned, turn)
    verify(cleaned.data)
    looked_at = decoder().prepare(cleaned.data)
    return Made(
        data=cleaned.data,
        view=looked_at.view,
        thumb=looked_at.thumb,
        kind=cleaned.kind,
        width=looked_at.width,
        height=looked_at.height,
        sha256=hashlib.sha256(cleaned.data).hexdigest(),
        removed=[words for words in removed if words],
        remains=list(cleaned.what_remains),
        how=how,
    )


def is_sound(data: bytes, sha256: str) -> bool:
    """Say whether bytes read back are the ones that were made, and still clean."""
    if hashlib.sha256(data).hexdigest() != sha256:
        return False
    try:
        verify(data)
    except CannotClean:
        return False
    return True


def _turned(cleaned: Cleaned, turn: int) -> tuple[Cleaned, str]:
    """Turn as the taker turned it: a JPEG without loss where its size allows, others anew."""
    if cleaned.kind == "jpeg":
        data, how = cleaning_decoder().turn(cleaned.data, ORIENTATIONS[turn])
        return clean(data), how
    return clean(decoder().full(cleaned.data, turn=turn)), "re-encoded"
