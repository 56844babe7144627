"""Crop and covers as a form tells them: drawn with a pointer, or typed as numbers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict

from safelight.imaging.lying import Lie, seen_shape, stored_shape
from safelight.lib.refusals import BadInput

SIDES: Final = ("x", "y", "w", "h")
LONGEST: Final = 200_000
KINDS: Final = {"rect": "A box", "polygon": "A shape", "stroke": "Drawn by hand"}
NOT_READ: Final = "The crop or cover could not be understood. Draw it again."


@dataclass(frozen=True)
class Drawn:
    """What is drawn on one photo, in fractions of the upright picture."""

    crop: dict[str, float] | None
    shapes: list[dict[str, Any]]


def drawn(lie: Lie, crop: Mapping[str, float] | None, shapes: Sequence[Mapping[str, Any]]) -> Drawn:
    """Return what is stored as it is seen on the upright picture."""
    return Drawn(seen_shape(lie, crop) if crop else None, [seen_shape(lie, s) for s in shapes])


def stored(lie: Lie, told: Drawn) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return what was drawn in fractions of the stored picture, for the act that keeps it."""
    crop = stored_shape(lie, told.crop) if told.crop else None
    return crop, [stored_shape(lie, shape) for shape in told.shapes]


def told_in(form: QueryDict) -> Drawn:
    """Read a form: covers so far less those taken away, suggestions taken, a box, the crop."""
    shapes = _shapes(form.get("shapes", "[]"))
    gone = set(form.getlist("gone"))
    kept = [shape for at, shape in enumerate(shapes) if str(at) not in gone]
    accepted = [shape for text in form.getlist("accept") for shape in _shapes(f"[{text}]")]
    kept += [shape for shape in accepted if shape not in kept]
    box = _numbers(form, "box")
    return Drawn(_numbers(form, "crop"), [*kept, {"shape": "rect", **box}] if box else kept)


def _shapes(text: str) -> list[dict[str, Any]]:
    """Read the covers that the page carries; anything but a list of known shapes is refused."""
    if len(text) > LONGEST:
        raise BadInput(NOT_READ)
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        raise BadInput(NOT_READ) from None
    if not isinstance(found, list) or not all(_is_shape(shape) for shape in found):
        raise BadInput(NOT_READ)
    return found


def _is_shape(shape: object) -> bool:
    if not isinstance(shape, dict) or shape.get("shape") not in KINDS:
        return False
    numbers = [shape.get(key) for key in (SIDES if shape["shape"] == "rect" else ())]
    points = shape.get("points", [])
    if not isinstance(points, list) or any(
        not isinstance(at, list) or len(at) != 2 for at in points
    ):
        return False
    numbers += [number for at in points for number in at]
    numbers += [shape["width"]] if shape["shape"] == "stroke" and "width" in shape else []
    return all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers)


def _numbers(form: QueryDict, name: str) -> dict[str, float] | None:
    """Read four typed percentages; all empty means none, some empty is refused."""
    told = [form.get(f"{name}_{side}", "").strip().replace(",", ".") for side in SIDES]
    if not any(told):
        return None
    try:
        x, y, w, h = (round(float(one) / 100, 6) for one in told)
    except ValueError:
        raise BadInput("Fill in all four numbers, or none.") from None
    if not (0 <= x < 1 and 0 <= y < 1 and 0 < w <= 1 and 0 < h <= 1):
        raise BadInput("These numbers lie outside the photo. They are percent of its sides.")
    whole = (x, y, w, h) == (0, 0, 1, 1)
    if name == "crop" and whole:
        return None
    return {"x": x, "y": y, "w": round(min(w, 1 - x), 6), "h": round(min(h, 1 - y), 6)}


def outline(shape: Mapping[str, Any], wide: int, high: int) -> dict[str, Any]:
    """Return one shape in the units of the drawing that lies over the photo."""
    if shape["shape"] == "rect":
        x, y, w, h = (shape[side] for side in SIDES)
        return {
            "is": "rect",
            "x": round(x * wide, 1),
            "y": round(y * high, 1),
            "w": round(w * wide, 1),
            "h": round(h * high, 1),
        }
    points = " ".join(f"{x * wide:.1f},{y * high:.1f}" for x, y in shape["points"])
    thick = round(shape.get("width", 0) * wide, 1)
    return {"is": shape["shape"], "points": points, "thick": thick}


def percents(box: Mapping[str, float] | None) -> dict[str, str]:
    """Return a crop as the four numbers of the form."""
    return {side: f"{box[side] * 100:g}" if box else "" for side in SIDES}
