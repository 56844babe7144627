"""Lying: where a place in the picture as it is seen lies in the picture as it is stored, and back.

Covers and crops are kept as fractions of the stored picture; people draw on the upright one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Point = tuple[float, float]

SEEN: Final[dict[int, Callable[[float, float], Point]]] = {
    1: lambda x, y: (x, y),
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (1 - y, x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (y, 1 - x),
}
"""A stored point as it is seen, for each EXIF orientation (table of CIPA DC-008, 4.6.4)."""
BACK: Final = {6: 8, 8: 6}
"""The orientation that undoes one; every other undoes itself."""
SELF_UPRIGHT: Final = frozenset({"heic", "heif", "avif", "tiff"})
"""Kinds whose decoders set them upright: their fractions count so already (imaging/conceal.py)."""
TURNS: Final = {0: 1, 90: 6, 180: 3, 270: 8}
SIDEWAYS: Final = frozenset({5, 6, 7, 8})
DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Lie:
    """How a photo lies: what its file says of itself, how it was turned, its size as seen."""

    orientation: int
    turn: int
    width: int
    height: int

    def seen(self, x: float, y: float) -> Point:
        """Return where a stored point is seen."""
        return SEEN[TURNS[self.turn]](*SEEN[self.orientation](x, y))

    def stored(self, x: float, y: float) -> Point:
        """Return where a seen point is stored."""
        turn = TURNS[self.turn]
        back = SEEN[BACK.get(turn, turn)](x, y)
        return SEEN[BACK.get(self.orientation, self.orientation)](*back)

    @property
    def stretch(self) -> float:
        """What a share of the width as seen is, as a share of the width as stored."""
        lies = (self.orientation in SIDEWAYS) != (self.turn in (90, 270))
        return self.width / self.height if lies else 1.0


def orientation_of(kind: str, orientation: int) -> int:
    """Return how a file's pixels lie once its decoder has them: what its EXIF says, or upright."""
    return 1 if kind in SELF_UPRIGHT else orientation


def stored_shape(lie: Lie, shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return a shape drawn on the upright picture in fractions of the stored one."""
    return _moved(shape, lie.stored, lie.stretch)


def seen_shape(lie: Lie, shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored shape in fractions of the upright picture, to be drawn on it."""
    return _moved(shape, lie.seen, 1 / lie.stretch)


def _moved(
    shape: Mapping[str, Any], way: Callable[[float, float], Point], stretch: float
) -> dict[str, Any]:
    if shape.get("shape", "rect") == "rect":
        kind = {"shape": "rect"} if "shape" in shape else {}
        return {**kind, **_box(shape, way)}
    moved = {"shape": shape["shape"], "points": [list(_held(way(*at))) for at in shape["points"]]}
    if "width" in shape:
        moved["width"] = round(min(1.0, shape["width"] * stretch), DIGITS)
    return moved


def _box(box: Mapping[str, Any], way: Callable[[float, float], Point]) -> dict[str, float]:
    corners = (
        _held(way(box["x"], box["y"])),
        _held(way(box["x"] + box["w"], box["y"] + box["h"])),
    )
    left, top = (min(pair) for pair in zip(*corners, strict=True))
    right, bottom = (max(pair) for pair in zip(*corners, strict=True))
    wide, high = round(right - left, DIGITS), round(bottom - top, DIGITS)
    return {"x": left, "y": top, "w": wide, "h": high}


def _held(at: Sequence[float]) -> Point:
    x, y = (round(min(1.0, max(0.0, value)), DIGITS) for value in at)
    return x, y
