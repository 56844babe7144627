"""Conceal: a copy of a photo in which what was covered or cut away no longer exists.

Shapes and crop are fractions of the picture as stored, before any turn: x and w of its width, y and
h of its height, the width of a stroke of its width. HEIC and TIFF count as their decoders set them
upright. Of a JPEG every block outside the cover keeps its coefficients.
"""

import atexit
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import isfinite
from typing import Any

from safelight.imaging.answers import Answer
from safelight.imaging.cleaning.kinds import kind_of
from safelight.imaging.cleaning.results import NotProved
from safelight.imaging.cleaning.verify import verify_layout
from safelight.imaging.cover import BadCover, checked_turn
from safelight.imaging.limits import MAX_POINTS, MAX_SHAPES, MAX_SIDE, WITHOUT_LOSS
from safelight.imaging.sandbox import Decoder
from safelight.lib.refusals import BadInput

Shape = Mapping[str, Any]

MODULE = "safelight.imaging.concealing_lossless.child"
DIGITS = 9
"""A hundred-thousandth of a pixel of the longest side: finer than the slack of every rounding."""
RECTANGLE = ("x", "y", "w", "h")
BOX = ("left", "top", "right", "bottom")
KINDS = frozenset({"jpeg", "png"})
WAYS = frozenset({"exact", "turned", "coded anew", "re-encoded"})
LEAST_POINTS = {"stroke": 1, "polygon": 3}


class BadCrop(BadInput):
    """The crop does not have the form it must have, or holds not one pixel."""

    code = "bad_crop"

    def __init__(self) -> None:
        """Say so; nothing is cut by half."""
        super().__init__(
            "The crop of this photo could not be understood, so nothing was made.",
            remedy="Draw the crop again, a little larger.",
        )


@dataclass(frozen=True, slots=True)
class Concealed:
    """A file without what was covered or cut away, upright, with pixels and colours alone."""

    data: bytes = field(repr=False)
    kind: str
    how: str
    """`exact` and `turned`: blocks outside are untouched. `coded anew`: pixels outside are the
    same. `re-encoded`: there was no way without loss."""
    width: int
    height: int
    stored_size: tuple[int, int]
    box: tuple[int, int, int, int]
    """Left, top, right and bottom of what is left, in pixels of the picture as stored."""


def _fraction(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadCover
    if not 0.0 <= value <= 1.0:
        raise BadCover
    return round(float(value), DIGITS)


def _points(value: object, least: int) -> list[list[float]]:
    if not isinstance(value, list | tuple) or len(value) < least:
        raise BadCover
    if any(not isinstance(point, list | tuple) or len(point) != 2 for point in value):
        raise BadCover
    return [[_fraction(x), _fraction(y)] for x, y in value]


def _checked_shape(shape: object) -> dict[str, Any]:
    if not isinstance(shape, Mapping):
        raise BadCover
    rest = dict(shape)
    name = rest.pop("shape", None)
    wanted = {"rect": set(RECTANGLE), "polygon": {"points"}, "stroke": {"points", "width"}}
    if not isinstance(name, str) or set(rest) != wanted.get(name):
        raise BadCover
    if name == "rect":
        return {"shape": name, **{side: _fraction(rest[side]) for side in RECTANGLE}}
    checked: dict[str, Any] = {"shape": name, "points": _points(rest["points"], LEAST_POINTS[name])}
    if name == "stroke":
        checked["width"] = _fraction(rest["width"])
    return checked


def checked_shapes(shapes: Sequence[Shape]) -> list[dict[str, Any]]:
    """Return the shapes in our own form. Raises BadCover for anything else: never covers less."""
    if not isinstance(shapes, list | tuple) or len(shapes) > MAX_SHAPES:
        raise BadCover
    checked = [_checked_shape(shape) for shape in shapes]
    if sum(len(shape.get("points", ())) for shape in checked) > MAX_POINTS:
        raise BadCover
    return checked


def checked_crop(crop: Mapping[str, Any] | None) -> dict[str, float] | None:
    """Return the crop in our own form; None keeps all. Raises BadCrop: never keeps more."""
    if crop is None:
        return None
    if not isinstance(crop, Mapping) or set(crop) != set(RECTANGLE):
        raise BadCrop
    try:
        checked = {side: _fraction(crop[side]) for side in RECTANGLE}
    except BadCover as problem:
        raise BadCrop from problem
    if not checked["w"] or not checked["h"]:
        raise BadCrop
    return checked


def _whole(value: object, lowest: int, highest: int) -> int:
    if type(value) is not int or not lowest <= value <= highest:
        raise NotProved
    return value


def _believed(answer: Answer) -> Concealed:
    """Take an answer apart: every value is ours or in range, else the file is thrown away."""
    facts = answer.header
    kind, how, box, size = (facts.get(name) for name in ("kind", "how", "box", "size"))
    if len(answer.blobs) != 1 or kind not in KINDS or how not in WAYS:
        raise NotProved
    if not isinstance(box, dict) or set(box) != set(BOX):
        raise NotProved
    if not isinstance(size, list) or len(size) != 2:
        raise NotProved
    wide, high = (_whole(side, 1, MAX_SIDE) for side in size)
    left, top = _whole(box["left"], 0, wide - 1), _whole(box["top"], 0, high - 1)
    right, bottom = _whole(box["right"], left + 1, wide), _whole(box["bottom"], top + 1, high)
    across, down = right - left, bottom - top
    if _whole(facts.get("code"), 1, 8) >= 5:
        across, down = down, across
    sides = (left, top, right, bottom)
    return Concealed(answer.blobs[0], kind, how, across, down, (wide, high), sides)


class ConcealingDecoder(Decoder):
    """A decoder server for concealing."""

    def __init__(self, *, module: str = MODULE) -> None:
        """Use our own limits. `module` is there so that tests can send in a hostile child."""
        super().__init__(limits=WITHOUT_LOSS, module=module)

    def conceal(
        self,
        data: bytes,
        *,
        shapes: Sequence[Shape],
        crop: Mapping[str, Any] | None = None,
        turn: int = 0,
    ) -> Concealed:
        """Return the photo upright without what lies under the shapes and outside the crop.

        Safe because the pixels are overwritten before anything is coded, every edge is rounded to
        hide more and keep less, and a second child opens the file afresh before it is handed out.
        """
        order = {
            "kind": kind_of(data),
            "shapes": checked_shapes(shapes),
            "crop": checked_crop(crop),
            "turn": checked_turn(turn),
        }
        answer = self._ask({"task": "conceal", **order}, data)
        if answer.header.get("empty"):
            raise BadCrop
        made = _believed(answer)
        self._prove(made, {**answer.header, "shapes": order["shapes"], "crop": order["crop"]})
        return made

    def _prove(self, made: Concealed, facts: dict[str, Any]) -> None:
        """Walk the file, then look at its pixels in a fresh child. Raises NotProved."""
        if verify_layout(made.data) != made.kind:
            raise NotProved
        names = ("kind", "box", "size", "code", "shapes", "crop")
        order = {"task": "look", **{name: facts[name] for name in names}}
        seen = self._ask(order, made.data).header
        if any(seen.get(name) is not True for name in ("within", "size", "dark")):
            raise NotProved


@cache
def concealing_decoder() -> ConcealingDecoder:
    """Return the concealing decoder of this process, started at first use, ended with it."""
    ours = ConcealingDecoder()
    atexit.register(ours.close)
    return ours


def conceal(
    data: bytes,
    *,
    shapes: Sequence[Shape],
    crop: Mapping[str, Any] | None = None,
    turn: int = 0,
) -> Concealed:
    """Return the photo without what is covered or cut away, by the decoder of this process."""
    return concealing_decoder().conceal(data, shapes=shapes, crop=crop, turn=turn)
