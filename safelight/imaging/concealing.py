"""Concealing: draw a cover over a rendition, solid, before it is coded."""

from math import ceil, floor
from typing import Any

from PIL import Image, ImageDraw

BLACK = (0, 0, 0)


def _dot(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=BLACK)


def _stroke(draw: ImageDraw.ImageDraw, shape: dict[str, Any], wide: int, high: int) -> None:
    points = [(x * wide, y * high) for x, y in shape["points"]]
    thick = max(1, ceil(shape["width"] * wide)) + 1
    if len(points) > 1:
        draw.line(points, fill=BLACK, width=thick, joint="curve")
    for x, y in points:
        _dot(draw, x, y, thick / 2)


def conceal(picture: Image.Image, cover: list[dict[str, Any]]) -> None:
    """Paint every shape black. Edges are rounded outwards: never a pixel less than was asked for.

    The pixels are replaced before the rendition is coded, so no trace of them is in its bytes.
    """
    wide, high = picture.size
    draw = ImageDraw.Draw(picture)
    for shape in cover:
        if shape["kind"] == "stroke":
            _stroke(draw, shape, wide, high)
            continue
        left, top = floor(shape["x"] * wide), floor(shape["y"] * high)
        right = ceil((shape["x"] + shape["w"]) * wide)
        bottom = ceil((shape["y"] + shape["h"]) * high)
        draw.rectangle((left, top, right, bottom), fill=BLACK)
