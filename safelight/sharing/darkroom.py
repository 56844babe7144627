"""The darkroom of what leaves: one function makes a copy's bytes, for the preview and for good."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from safelight.imaging.cleaning.results import CannotClean, Cleaned
from safelight.imaging.cleaning.sandbox import cleaning_decoder
from safelight.lib.refusals import Refusal
from safelight.lib.wiring import wired
from safelight.photos.darkroom import decoder

ORIENTATIONS: Final = {90: 6, 180: 3, 270: 8}
"""A turn clockwise, as the EXIF orientation that asks for it (CIPA DC-008, 4.6.4)."""


class Concealer(Protocol):
    """Cuts away and covers, for good: what "sharing.conceal" in the wiring table must be."""

    def __call__(
        self, data: bytes, *, shapes: Sequence[dict[str, Any]], crop: dict[str, Any] | None
    ) -> bytes:
        """Return a picture without what lies outside the crop and under the shapes.

        Shapes and crop are fractions of the picture as stored (contracts/inside-capsule.json). The
        result is upright. Anything it cannot do wholly is a refusal.
        """
        ...


class CannotConceal(Refusal):
    """Part of a photo was to be cut away or covered, and this server cannot do it yet."""

    code = "cannot_conceal"
    status = 422

    def __init__(self) -> None:
        """Say that nothing left, and the way on."""
        super().__init__(
            "Nothing was made: this server cannot crop or cover photos yet.",
            remedy="Choose a photo that needs neither, or ask the IT person to update the server.",
        )


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
    cleaned = _clean(original)
    removed = list(cleaned.what_was_removed)
    if crop or shapes:
        conceal: Concealer = wired("sharing.conceal")
        cleaned = _clean(conceal(original, shapes=shapes, crop=crop))
        removed.append("everything outside the crop" if crop else "")
        removed.append("the pixels under the covers" if shapes else "")
    how = cleaned.how
    if turn in ORIENTATIONS:
        cleaned, how = _turned(cleaned, turn)
    wired("sharing.verify")(cleaned.data)
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
        wired("sharing.verify")(data)
    except CannotClean:
        return False
    return True


def cannot_conceal(
    data: bytes, *, shapes: Sequence[dict[str, Any]], crop: dict[str, Any] | None
) -> bytes:
    """Refuse: nothing on this server can cut or cover. No copy is made by half."""
    raise CannotConceal


def _clean(data: bytes) -> Cleaned:
    cleaned: Cleaned = wired("sharing.clean")(data)
    return cleaned


def _turned(cleaned: Cleaned, turn: int) -> tuple[Cleaned, str]:
    """Turn as the taker turned it: a JPEG without loss where its size allows, others anew."""
    if cleaned.kind == "jpeg":
        data, how = cleaning_decoder().turn(cleaned.data, ORIENTATIONS[turn])
        return _clean(data), how
    return _clean(decoder().full(cleaned.data, turn=turn)), "re-encoded"
