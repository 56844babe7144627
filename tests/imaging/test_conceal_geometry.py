"""Masks: no point of a shape is ever left uncovered, no pixel outside a crop is kept."""

from math import ceil, floor
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.imaging.concealing_lossless.masks import (
    Box,
    cells,
    inside,
    on_grid,
    pixels,
    pixels_of,
    touched,
)

fractions = st.floats(0, 1, allow_nan=False).map(lambda one: round(one, 9))
places = st.tuples(fractions, fractions).map(list)
sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))
rectangles = st.fixed_dictionaries(
    {"shape": st.just("rect"), "x": fractions, "y": fractions, "w": fractions, "h": fractions}
)
strokes = st.fixed_dictionaries(
    {
        "shape": st.just("stroke"),
        "points": st.lists(places, min_size=1, max_size=6),
        "width": fractions,
    }
)
polygons = st.fixed_dictionaries(
    {"shape": st.just("polygon"), "points": st.lists(places, min_size=3, max_size=8)}
)
shares = st.floats(0, 1, allow_nan=False)


def pixel(x: float, y: float, size: tuple[int, int]) -> tuple[int, int]:
    """The pixel that a point lies in."""
    return min(size[1] - 1, floor(y)), min(size[0] - 1, floor(x))


@given(sizes, rectangles, shares, shares)
def test_every_point_of_a_rectangle_is_covered(
    size: tuple[int, int], shape: dict[str, Any], across: float, down: float
) -> None:
    mask = pixels(touched([shape], size), size)
    x = min(1, shape["x"] + shape["w"] * across) * size[0]
    y = min(1, shape["y"] + shape["h"] * down) * size[1]
    assert mask[pixel(x, y, size)]


@given(sizes, rectangles)
def test_a_rectangle_covers_no_pixel_that_it_does_not_touch(
    size: tuple[int, int], shape: dict[str, Any]
) -> None:
    rows, columns = np.nonzero(pixels(touched([shape], size), size))
    wide, high = size
    left = min(floor(shape["x"] * wide - 1e-3), wide - 1)
    top = min(floor(shape["y"] * high - 1e-3), high - 1)
    assert columns.min() >= left
    assert rows.min() >= top
    assert columns.max() <= max(left + 1, ceil((shape["x"] + shape["w"]) * wide + 1e-3))
    assert rows.max() <= max(top + 1, ceil((shape["y"] + shape["h"]) * high + 1e-3))


@given(sizes, strokes, shares, shares, st.floats(0, 7))
def test_every_point_of_a_stroke_is_covered(
    size: tuple[int, int], shape: dict[str, Any], along: float, out: float, angle: float
) -> None:
    mask = pixels(touched([shape], size), size)
    points = [(x * size[0], y * size[1]) for x, y in shape["points"]]
    far = shape["width"] * size[0] / 2 * out
    for (x0, y0), (x1, y1) in zip(points, points[1:] or points, strict=False):
        x = x0 + (x1 - x0) * along + far * np.cos(angle)
        y = y0 + (y1 - y0) * along + far * np.sin(angle)
        if 0 <= x < size[0] and 0 <= y < size[1]:
            assert mask[pixel(x, y, size)]


@given(sizes, polygons, st.lists(shares, min_size=3, max_size=3))
def test_every_point_of_a_polygon_is_covered(
    size: tuple[int, int], shape: dict[str, Any], shares_of: list[float]
) -> None:
    mask = pixels(touched([shape], size), size)
    points = [(x * size[0], y * size[1]) for x, y in shape["points"]]
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        for share in shares_of:
            assert mask[pixel(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, size)]
    if len(points) == 3:
        total = sum(shares_of) or 1.0
        parts = [share / total for share in shares_of] if sum(shares_of) else [1.0, 0.0, 0.0]
        x = sum(part * point[0] for part, point in zip(parts, points, strict=True))
        y = sum(part * point[1] for part, point in zip(parts, points, strict=True))
        assert mask[pixel(x, y, size)]


@settings(max_examples=60)
@given(
    sizes,
    st.lists(st.one_of(rectangles, strokes, polygons), min_size=0, max_size=4),
    st.sampled_from([(8, 8), (16, 16), (16, 8), (32, 8)]),
)
def test_cells_hold_every_touched_pixel_and_no_cell_is_marked_for_nothing(
    size: tuple[int, int], shapes: list[dict[str, Any]], cell: tuple[int, int]
) -> None:
    patches = touched(shapes, size)
    mask, marked = pixels(patches, size), cells(patches, size, cell)
    assert not (mask & ~pixels_of(marked, *cell, size)).any()
    for row, column in np.argwhere(marked):
        top, left = row * cell[1], column * cell[0]
        assert mask[top : top + cell[1], left : left + cell[0]].any()


@given(sizes, rectangles, st.sampled_from([(8, 8), (16, 16), (16, 8)]), st.booleans())
def test_a_crop_keeps_nothing_that_was_not_asked_for(
    size: tuple[int, int], crop: dict[str, Any], cell: tuple[int, int], whole: bool
) -> None:
    asked = inside(crop, *size)
    kept = on_grid(asked, cell, size, whole=whole)
    for box in (asked, kept):
        if box.is_empty:
            continue
        assert box.left >= crop["x"] * size[0] - 1e-3
        assert box.top >= crop["y"] * size[1] - 1e-3
        assert box.right <= min(size[0], (crop["x"] + crop["w"]) * size[0] + 1e-3)
        assert box.bottom <= min(size[1], (crop["y"] + crop["h"]) * size[1] + 1e-3)
    if not kept.is_empty:
        assert (kept.left % cell[0], kept.top % cell[1]) == (0, 0)
        assert kept.right % cell[0] == 0 or kept.right == size[0]
        assert not whole or kept.bottom % cell[1] == 0


def test_no_crop_is_everything() -> None:
    assert inside(None, 7, 5) == Box(0, 0, 7, 5)
