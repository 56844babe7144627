"""What the suggestions find and what they get wrong, on the pictures in bench/corpus.

Run by `make bench-regions`, in an environment that has the optional libraries.
"""

import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bench.measuring import say, table
from safelight.imaging.regions import Region, find

CORPUS = Path(__file__).parent / "corpus"
TURNS = {
    "as stored": None,
    "turned 90": Image.Transpose.ROTATE_270,
    "turned 180": Image.Transpose.ROTATE_180,
    "turned 270": Image.Transpose.ROTATE_90,
}
COVERED = 0.9
"""A line of text or a face counts as found when this share of it would be covered."""
WORDS = ("text", "label")
Mask = NDArray[np.bool_]


def area(size: tuple[int, int], shapes: list[list[tuple[float, float]]]) -> Mask:
    """Draw polygons, as a mask."""
    canvas = Image.new("L", size)
    for shape in shapes:
        ImageDraw.Draw(canvas).polygon(shape, fill=1)
    mask: Mask = np.asarray(canvas) != 0
    return mask


def box(region: Region, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Return a region's corners in pixels."""
    wide, high = size
    left, top = region.x * wide, region.y * high
    right, bottom = left + region.w * wide, top + region.h * high
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def turned(mask: Mask, turn: Image.Transpose | None) -> Mask:
    """Turn a mask as its picture is turned."""
    picture = Image.fromarray(mask.astype(np.uint8))
    upright: Mask = np.asarray(picture if turn is None else picture.transpose(turn)) != 0
    return upright


def share(part: Mask, of: Mask) -> float:
    """Return how much of one mask another covers."""
    return float((part & of).sum() / max(1, of.sum()))


class Count:
    """Found and missed, over pictures."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.wanted = self.found = self.named = self.named_found = 0
        self.pictures = self.false = 0
        self.faces = self.faces_found = self.false_faces = 0
        self.seconds = 0.0


def measure_text(name: str, truth: dict[str, Any], turn: Image.Transpose | None, to: Count) -> None:
    """Find in one picture with text, and count."""
    picture = Image.open(CORPUS / name).convert("RGB")
    size = picture.size
    lines = [
        (turned(area(size, [[tuple(corner) for corner in line["quad"]]]), turn), line["id"])
        for line in truth["regions"]
    ]
    tattoos = [turned(area(size, [[tuple(c) for c in quad]]), turn) for quad in truth["tattoo"]]
    regions = look(picture if turn is None else picture.transpose(turn), to)
    shown = (size[1], size[0]) if turn in tuple(TURNS.values())[1::2] else size
    words = [area(shown, [box(one, shown)]) for one in regions if one.kind in WORDS]
    covered = np.logical_or.reduce([*words, np.zeros(shown[::-1], np.bool_)])
    for line, names_someone in lines:
        hit = share(covered, line) >= COVERED
        to.wanted += 1
        to.found += hit
        to.named += names_someone
        to.named_found += hit and names_someone
    known = [*(line for line, _ in lines), *tattoos]
    to.false += sum(all(not (word & one).any() for one in known) for word in words)
    to.false_faces += sum(one.kind == "face" for one in regions)
    to.pictures += 1


def look(picture: Image.Image, to: Count) -> list[Region]:
    """Find in a picture, and time it."""
    coded = io.BytesIO()
    picture.save(coded, "JPEG", quality=92)
    begin = time.perf_counter()
    regions = find(coded.getvalue())
    to.seconds += time.perf_counter() - begin
    return regions


def measure_face(name: str, where: list[float], to: Count) -> None:
    """Find in one picture with a face, and count."""
    picture = Image.open(CORPUS / name).convert("RGB")
    x, y, w, h = where
    true = area(picture.size, [box(Region("face", x, y, w, h, 1.0), picture.size)])
    hit = False
    for one in look(picture, to):
        if one.kind == "face":
            found = share(area(picture.size, [box(one, picture.size)]), true) >= COVERED
            hit, to.false_faces = hit or found, to.false_faces + (not found)
    to.faces += 1
    to.faces_found += hit
    to.pictures += 1


def rows_of(count: Count) -> list[tuple[str, str, str]]:
    """Put a count into rows."""
    return [
        ("lines of text found", f"{count.found} of {count.wanted}", ""),
        ("  of those that name someone", f"{count.named_found} of {count.named}", ""),
        ("faces found", f"{count.faces_found} of {count.faces}", ""),
        ("false text", f"{count.false}", f"{count.false / count.pictures:.2f} a picture"),
        ("false faces", f"{count.false_faces}", f"{count.false_faces / count.pictures:.2f}"),
        ("seconds a picture", f"{count.seconds / count.pictures:.1f}", "with loading"),
    ]


def run() -> None:
    """Measure every picture in four positions; write a table for each."""
    texts: dict[str, Any] = json.loads((CORPUS / "text_truth.json").read_text())
    faces: dict[str, list[float]] = json.loads((CORPUS / "face_truth.json").read_text())
    for words, turn in TURNS.items():
        count = Count()
        for name, truth in texts.items():
            if (CORPUS / name).exists():
                measure_text(name, truth, turn, count)
        if turn is None:
            for name, where in faces.items():
                measure_face(name, where, count)
        table(f"Suggestions, pictures {words}", "what is marked in bench/corpus", rows_of(count))
    say("Tattoos, scars, birthmarks and labels without text are never suggested.")


if __name__ == "__main__":
    run()
