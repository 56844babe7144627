"""Masks: from shapes to the pixels they touch, and from pixels to the cells that must go with them.

Every rounding is outwards for what is covered and inwards for what is kept: never a pixel less is
hidden, never a pixel more is shown. Runs only in the locked-down child.
"""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Mask = NDArray[np.bool_]
Size = tuple[int, int]
Points = list[tuple[float, float]]

SLACK = 1e-4
"""A ten-thousandth of a pixel: more than any rounding of a fraction, less than can be seen."""
DRAWN = 2
"""Pixels by which drawn edges are widened: the library rounds slanted edges by up to one."""
INK = 255


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture in pixels; right and bottom are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """How many columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """How many rows."""
        return self.bottom - self.top

    @property
    def is_empty(self) -> bool:
        """Whether not one pixel is inside."""
        return self.width < 1 or self.height < 1


@dataclass(frozen=True, slots=True)
class Patch:
    """The pixels that a shape touches: those inked in a box, or all of it."""

    box: Box
    inked: Mask | None


def _rectangle(shape: dict[str, Any], wide: int, high: int) -> Box:
    """Round a rectangle outwards; the thinnest one still covers a pixel."""
    left, top = floor(shape["x"] * wide - SLACK), floor(shape["y"] * high - SLACK)
    right = ceil((shape["x"] + shape["w"]) * wide + SLACK)
    bottom = ceil((shape["y"] + shape["h"]) * high + SLACK)
    return Box(left, top, max(left + 1, right), max(top + 1, bottom))


def _thickness(shape: dict[str, Any], wide: int) -> int:
    return ceil(shape["width"] * wide if shape["shape"] == "stroke" else 1) + 2 * DRAWN


def _room(shape: dict[str, Any], wide: int, high: int, grow: int) -> Box:
    """Return a box that is sure to hold everything that is drawn for a shape."""
    if shape["shape"] == "rect":
        box, more = _rectangle(shape, wide, high), grow
    else:
        across = [x * wide for x, _ in shape["points"]]
        down = [y * high for _, y in shape["points"]]
        box = Box(floor(min(across)), floor(min(down)), ceil(max(across)), ceil(max(down)))
        more = _thickness(shape, wide) + grow
    return Box(
        max(0, min(box.left - more, wide - 1)),
        max(0, min(box.top - more, high - 1)),
        max(1, min(box.right + more, wide)),
        max(1, min(box.bottom + more, high)),
    )


def _inside(points: Points, wide: int, high: int) -> Mask:
    """Return the pixels whose middle a closed line goes round at least once.

    Going round twice counts as inside too: a loop drawn over itself must leave no hole.
    """
    steps = np.zeros((high, wide + 1), np.int16)
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        low, top = (y0, y1) if y0 < y1 else (y1, y0)
        rows = np.arange(max(0, ceil(low - 0.5)), min(high, ceil(top - 0.5)))
        if rows.size:
            crossed = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
            columns = np.clip(np.ceil(crossed - 0.5), 0, wide).astype(np.intp)
            steps[rows, columns] += 1 if y0 < y1 else -1
    around: Mask = np.cumsum(steps, axis=1, dtype=np.int16)[:, :wide] != 0
    return around


def _drawn(points: Points, thick: int, wide: int, high: int) -> Mask:
    """Return the pixels along a line, round at its ends and corners."""
    canvas = Image.new("L", (wide, high))
    draw = ImageDraw.Draw(canvas)
    if len(points) > 1:
        draw.line(points, fill=INK, width=thick, joint="curve")
    half = thick / 2
    for x, y in points:
        draw.ellipse((x - half, y - half, x + half, y + half), fill=INK)
    inked: Mask = np.asarray(canvas) != 0
    return inked


def _patch(shape: dict[str, Any], size: Size, grow: int) -> Patch:
    """Draw one shape: a rectangle is its box; a polygon is its inside and all of its outline."""
    wide, high = size
    box = _room(shape, wide, high, grow)
    if shape["shape"] == "rect":
        return Patch(box, None)
    points = [(x * wide - box.left, y * high - box.top) for x, y in shape["points"]]
    thick = _thickness(shape, wide) + 2 * grow
    if shape["shape"] == "stroke":
        return Patch(box, _drawn(points, thick, box.width, box.height))
    outline = _drawn([*points, points[0]], thick, box.width, box.height)
    return Patch(box, outline | _inside(points, box.width, box.height))


def touched(shapes: list[dict[str, Any]], size: Size, *, grow: int = 0) -> list[Patch]:
    """Return the pixels that each shape touches, its edges rounded outwards."""
    return [_patch(shape, size, grow) for shape in shapes]


def pixels(patches: list[Patch], size: Size) -> Mask:
    """Return the touched pixels of a whole picture."""
    whole = np.zeros((size[1], size[0]), np.bool_)
    for patch in patches:
        box = patch.box
        place = np.s_[box.top : box.bottom, box.left : box.right]
        whole[place] = True if patch.inked is None else whole[place] | patch.inked
    return whole


def _cells_of_ink(inked: Mask, box: Box, cell: Size, across: int, down: int) -> Mask:
    wide, high = cell
    room = np.zeros((down * high, across * wide), np.bool_)
    y, x = box.top % high, box.left % wide
    room[y : y + box.height, x : x + box.width] = inked
    rows = room.reshape(down, high, across * wide).any(axis=1)
    found: Mask = np.logical_or.reduce(rows.reshape(down, across, wide), axis=2)
    return found


def cells(patches: list[Patch], size: Size, cell: Size) -> Mask:
    """Return which cells hold a touched pixel."""
    wide, high = cell
    marked = np.zeros((-(-size[1] // high), -(-size[0] // wide)), np.bool_)
    for patch in patches:
        box = patch.box
        left, top = box.left // wide, box.top // high
        right, bottom = -(-box.right // wide), -(-box.bottom // high)
        part = marked[top:bottom, left:right]
        if patch.inked is None:
            part[:] = True
        else:
            part |= _cells_of_ink(patch.inked, box, cell, right - left, bottom - top)
    return marked


def pixels_of(marked: Mask, wide: int, high: int, size: tuple[int, int]) -> Mask:
    """Return the pixels that lie in marked cells, for a picture of that width and height."""
    whole = np.repeat(np.repeat(marked, high, axis=0), wide, axis=1)
    return whole[: size[1], : size[0]]


def inside(crop: dict[str, float] | None, wide: int, high: int) -> Box:
    """Return the pixels that lie wholly inside a crop."""
    if crop is None:
        return Box(0, 0, wide, high)
    return Box(
        ceil(crop["x"] * wide - SLACK),
        ceil(crop["y"] * high - SLACK),
        min(wide, floor((crop["x"] + crop["w"]) * wide + SLACK)),
        min(high, floor((crop["y"] + crop["h"]) * high + SLACK)),
    )


def on_grid(box: Box, cell: tuple[int, int], size: tuple[int, int], *, whole: bool) -> Box:
    """Pull a box inwards to whole cells. Where it ends with the picture it may end within a cell.

    `whole` takes that away, for a picture that will be turned.
    """

    def end(at: int, step: int, last: int) -> int:
        return at if at == last and not whole else at // step * step

    return Box(
        -(-box.left // cell[0]) * cell[0],
        -(-box.top // cell[1]) * cell[1],
        end(box.right, cell[0], size[0]),
        end(box.bottom, cell[1], size[1]),
    )
