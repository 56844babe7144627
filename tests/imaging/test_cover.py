"""Covers: what is under one is in no rendition."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from safelight.imaging.cover import BadCover, checked_cover
from safelight.imaging.sandbox import Decoder
from safelight.lib.refusals import BadInput
from tests.imaging.pictures import exif_with, saved, scene, seen

File = Callable[[str], bytes]

RECT: dict[str, Any] = {"kind": "rect", "x": 0.25, "y": 0.5, "w": 0.25, "h": 0.25}
STROKE: dict[str, Any] = {
    "kind": "stroke",
    "points": [[0.1, 0.1], [0.4, 0.2], [0.4, 0.4]],
    "width": 0.05,
}


def test_a_rectangle_is_black_to_its_edges_and_nothing_else_changes(decoder: Decoder) -> None:
    data = saved(scene())
    covered = decoder.prepare(data, cover=[RECT])
    pictures = (covered.view, covered.thumb, decoder.full(data, cover=[RECT]))
    plain = decoder.prepare(data)
    before = (plain.view, plain.thumb, decoder.full(data))
    for after_bytes, before_bytes in zip(pictures, before, strict=True):
        after, clear = seen(after_bytes).astype(int), seen(before_bytes).astype(int)
        high, wide = after.shape[:2]
        inside = after[high // 2 : high * 3 // 4, wide // 4 : wide // 2]
        assert inside.max() <= 40  # ringing at the edge
        assert inside[9:-9, 9:-9].max() <= 8
        changed = np.abs(after - clear).max(axis=2)
        changed[high // 2 - 20 : high * 3 // 4 + 20, wide // 4 - 20 : wide // 2 + 20] = 0
        assert changed.max() <= 1


@pytest.mark.parametrize("shape", [RECT, STROKE])
def test_what_lies_under_a_cover_leaves_no_trace(
    decoder: Decoder, shape: dict[str, object]
) -> None:
    one, other = scene(), scene()
    if shape is RECT:
        other.paste((255, 255, 255), (320, 480, 640, 720))
    else:
        other.paste((255, 255, 255), (480, 220, 540, 380))
    first, second = (saved(picture, "PNG") for picture in (one, other))
    assert decoder.prepare(first).view != decoder.prepare(second).view
    assert decoder.full(first, cover=[shape]) == decoder.full(second, cover=[shape])
    hidden = decoder.prepare(first, cover=[shape]), decoder.prepare(second, cover=[shape])
    assert hidden[0].view == hidden[1].view
    assert hidden[0].thumb == hidden[1].thumb


def test_a_stroke_is_solid_along_its_way(decoder: Decoder) -> None:
    seen_now = seen(decoder.prepare(saved(scene()), cover=[STROKE]).view)
    high, wide = seen_now.shape[:2]
    for start, end in zip(STROKE["points"], STROKE["points"][1:], strict=False):
        for step in np.linspace(0, 1, 50):
            x = (start[0] + (end[0] - start[0]) * step) * wide
            y = (start[1] + (end[1] - start[1]) * step) * high
            for away in (-0.02, 0.0, 0.02):
                assert seen_now[int(y), int(x + away * wide * 0.9)].max() < 40 or away
                assert seen_now[int(y + away * wide * 0.9), int(x)].max() < 40 or away
            assert seen_now[int(y), int(x)].max() < 10


def test_a_dot_is_a_stroke_of_one_point(decoder: Decoder) -> None:
    dot = {"kind": "stroke", "points": [[0.5, 0.5]], "width": 0.1}
    after = seen(decoder.prepare(saved(scene()), cover=[dot]).view)
    assert after[480, 640].max() < 10
    assert after[480, 640 + 50].max() < 10


def test_the_smallest_rectangle_still_covers_its_pixel(decoder: Decoder) -> None:
    tiny = {"kind": "rect", "x": 0.5, "y": 0.5, "w": 0.0, "h": 0.0}
    data = saved(scene(4000, 3000))
    assert decoder.prepare(data, cover=[tiny]).view != decoder.prepare(data).view


def test_the_cover_is_drawn_on_the_picture_as_it_is_seen(decoder: Decoder) -> None:
    corner = {"kind": "rect", "x": 0.0, "y": 0.0, "w": 0.2, "h": 0.2}
    for data, turn in ((saved(scene(), exif=exif_with(6)), 0), (saved(scene()), 90)):
        after = seen(decoder.prepare(data, cover=[corner], turn=turn).view)
        assert after.shape[0] > after.shape[1]
        assert after[5:150, 5:150].max() < 30
        assert after[-150:, -150:].mean() > 60


def test_the_measures_are_of_the_photo_not_of_its_cover(decoder: Decoder) -> None:
    data = saved(scene())
    all_of_it = [{"kind": "rect", "x": 0, "y": 0, "w": 1, "h": 1}]
    assert decoder.prepare(data, cover=all_of_it).quality == decoder.prepare(data).quality


@pytest.mark.parametrize(
    "shape",
    [
        {"kind": "blur", "x": 0, "y": 0, "w": 1, "h": 1},
        {"kind": "rect", "x": 0, "y": 0, "w": 1},
        {**RECT, "more": 1},
        {**RECT, "x": -0.1},
        {**RECT, "w": 1.5},
        {**RECT, "x": "0"},
        {**RECT, "x": True},
        {**RECT, "x": float("nan")},
        {**RECT, "x": float("inf")},
        {**STROKE, "points": []},
        {**STROKE, "points": [[0.1]]},
        {**STROKE, "points": [[0.1, None]]},
        {**STROKE, "points": "11"},
        {**STROKE, "points": [[0, 0]] * 4001},
        {**STROKE, "width": 2},
        "rect",
        None,
    ],
)
def test_geometry_that_is_not_clear_is_refused(decoder: Decoder, file: File, shape: Any) -> None:
    with pytest.raises(BadCover):
        decoder.prepare(file("j-plain.jpg"), cover=[shape])
    with pytest.raises(BadCover):
        decoder.full(file("j-plain.jpg"), cover=[shape])


def test_too_many_shapes_are_refused() -> None:
    assert len(checked_cover([RECT] * 64)) == 64
    with pytest.raises(BadCover):
        checked_cover([RECT] * 65)


@pytest.mark.parametrize("turn", [45, -90, 360, 1])
def test_only_quarter_turns_are_taken(decoder: Decoder, file: File, turn: int) -> None:
    with pytest.raises(BadInput):
        decoder.prepare(file("j-plain.jpg"), turn=turn)
