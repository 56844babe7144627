"""Cover: which parts of a picture are hidden, as geometry beside the untouched original.

Places and sizes are fractions of the picture as it is seen, upright and turned: x, y, w, h of its
width and height; the width of a stroke is a fraction of its width.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from safelight.imaging.limits import MAX_POINTS, MAX_SHAPES
from safelight.lib.refusals import BadInput

Shape = Mapping[str, Any]

DIGITS = 6
RECTANGLE = ("x", "y", "w", "h")


class BadCover(BadInput):
    """The geometry of a cover does not have the form it must have."""

    code = "bad_cover"

    def __init__(self) -> None:
        """Say so; nothing is drawn by half."""
        super().__init__(
            "The cover on this photo could not be understood, so the photo was not shown.",
            remedy="Draw the cover again.",
        )


def _fraction(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadCover
    if not 0.0 <= value <= 1.0:
        raise BadCover
    return round(float(value), DIGITS)


def _rectangle(shape: Shape) -> dict[str, Any]:
    if set(shape) != {"kind", *RECTANGLE}:
        raise BadCover
    return {"kind": "rect", **{name: _fraction(shape[name]) for name in RECTANGLE}}


def _stroke(shape: Shape) -> dict[str, Any]:
    points = shape.get("points")
    if set(shape) != {"kind", "points", "width"} or not isinstance(points, Sequence) or not points:
        raise BadCover
    if any(not isinstance(point, Sequence) or len(point) != 2 for point in points):
        raise BadCover
    return {
        "kind": "stroke",
        "points": [[_fraction(x), _fraction(y)] for x, y in points],
        "width": _fraction(shape["width"]),
    }


def checked_cover(shapes: Sequence[Shape]) -> list[dict[str, Any]]:
    """Return the shapes in our own form. Raises BadCover for anything else: never covers less."""
    if len(shapes) > MAX_SHAPES:
        raise BadCover
    checked = []
    for shape in shapes:
        kind = shape.get("kind") if isinstance(shape, Mapping) else None
        if kind not in ("rect", "stroke"):
            raise BadCover
        checked.append(_rectangle(shape) if kind == "rect" else _stroke(shape))
    if sum(len(shape.get("points", ())) for shape in checked) > MAX_POINTS:
        raise BadCover
    return checked


def checked_turn(turn: int) -> int:
    """Return a turn clockwise in degrees, when it is one of the four."""
    if turn not in (0, 90, 180, 270):
        raise BadInput("A photo can be turned by a quarter, a half or three quarters only.")
    return int(turn)
