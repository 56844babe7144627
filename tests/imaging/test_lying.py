"""Where a place on the upright picture lies in the stored one, held against the pixels."""

from typing import Any

import pytest
from PIL import Image

from safelight.imaging.lying import Lie, seen_shape, stored_shape
from safelight.imaging.prepare import TURNS, UPRIGHT

WIDE, HIGH = 40, 30


def upright(picture: Image.Image, orientation: int, turn: int) -> Image.Image:
    """Set a picture right as the darkroom does."""
    if orientation in UPRIGHT:
        picture = picture.transpose(UPRIGHT[orientation])
    return picture.transpose(TURNS[turn]) if turn in TURNS else picture


def painted(shape: dict[str, float], size: tuple[int, int]) -> Image.Image:
    picture = Image.new("L", size, 0)
    left, top = round(shape["x"] * size[0]), round(shape["y"] * size[1])
    box = (left, top, left + round(shape["w"] * size[0]), top + round(shape["h"] * size[1]))
    picture.paste(255, box)
    return picture


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_hides_the_same_pixels_however_the_picture_lies(orientation: int, turn: int) -> None:
    shown = upright(Image.new("L", (WIDE, HIGH)), orientation, turn).size
    lie = Lie(orientation, turn, *shown)
    drawn: dict[str, Any] = {"shape": "rect", "x": 0.1, "y": 0.2, "w": 0.3, "h": 0.5}
    stored = stored_shape(lie, drawn)
    assert seen_shape(lie, stored) == pytest.approx(drawn)
    seen = upright(painted(stored, (WIDE, HIGH)), orientation, turn)
    assert seen.getbbox() == painted(drawn, shown).getbbox()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_points_come_back_and_a_stroke_keeps_its_width_in_pixels(
    orientation: int, turn: int
) -> None:
    shown = upright(Image.new("L", (WIDE, HIGH)), orientation, turn).size
    lie = Lie(orientation, turn, *shown)
    drawn: dict[str, Any] = {"shape": "stroke", "points": [[0.1, 0.2], [0.7, 0.9]], "width": 0.1}
    stored = stored_shape(lie, drawn)
    assert seen_shape(lie, stored)["points"] == drawn["points"]
    assert stored["width"] * WIDE == pytest.approx(drawn["width"] * shown[0], abs=1e-3)


def test_what_is_drawn_over_the_edge_stays_inside() -> None:
    drawn = {"shape": "polygon", "points": [[-0.5, 0.5], [1.5, 0.5], [0.5, 2.0]]}
    stored = stored_shape(Lie(6, 90, 30, 40), drawn)
    assert all(0 <= value <= 1 for point in stored["points"] for value in point)
