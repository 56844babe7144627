"""Suggestions: where they lie, what is believed of an answer, and that they are optional.

The models run here too, without mediapipe; how much they find is measured by `make bench-regions`.
"""

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from safelight.imaging.answers import Malformed
from safelight.imaging.conceal import checked_shapes
from safelight.imaging.refusals import PictureStopped
from safelight.imaging.regions import (
    INSTALL,
    MOST,
    Region,
    RegionsMissing,
    ask,
    believed,
    find,
    stored,
)
from safelight.site.cli import main
from tests.imaging.pictures import exif_with, saved, scene

LIARS = "tests.imaging.region_liars"
FAIR = {"kind": "face", "x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4, "score": 0.9}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_region_is_taken_back_to_the_picture_as_stored(orientation: int) -> None:
    marked = np.zeros((200, 400, 3), np.uint8)
    marked[40:80, 100:260] = 255
    out = io.BytesIO()
    Image.fromarray(marked).save(out, "PNG", exif=exif_with(orientation))
    exif_free = Image.open(io.BytesIO(out.getvalue()))
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }  # fmt: skip
    upright = exif_free.transpose(turns[orientation]) if orientation > 1 else exif_free
    rows, columns = np.nonzero(np.asarray(upright.convert("L")))
    wide, high = upright.size
    seen = Region(
        "text",
        columns.min() / wide,
        rows.min() / high,
        (columns.max() + 1 - columns.min()) / wide,
        (rows.max() + 1 - rows.min()) / high,
        0.5,
    )
    found = stored(seen, orientation)
    assert (found.x, found.y, found.w, found.h) == pytest.approx((0.25, 0.2, 0.4, 0.2))


def test_a_region_can_be_covered_as_it_is() -> None:
    one = stored(Region("face", 0.0, 0.3, 1.0, 0.7, 1.0), 3)
    shape = {"shape": "rect", "x": one.x, "y": one.y, "w": one.w, "h": one.h}
    assert checked_shapes([shape])


def test_an_answer_in_our_form_is_believed() -> None:
    assert believed(json.dumps([FAIR]).encode()) == [Region("face", 0.1, 0.2, 0.3, 0.4, 0.9)]
    assert believed(b"[]") == []


@pytest.mark.parametrize(
    "told",
    [
        {},
        [1],
        [{**FAIR, "kind": "<script>"}],
        [{**FAIR, "more": 1}],
        [{**FAIR, "x": "0"}],
        [{**FAIR, "x": True}],
        [{**FAIR, "w": 1.01}],
        [{**FAIR, "score": float("nan")}],
        [FAIR] * (MOST + 1),
    ],
)
def test_any_other_answer_is_thrown_away(told: Any) -> None:
    with pytest.raises(Malformed):
        believed(json.dumps(told).encode())


@pytest.mark.parametrize("raw", [b"", b"[", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_list_is_thrown_away(raw: bytes) -> None:
    with pytest.raises(Malformed):
        believed(raw)


def test_the_child_gets_the_picture_and_its_answer_is_read() -> None:
    assert believed(ask(b"fair", module=LIARS)) == [Region("face", 0.1, 0.2, 0.3, 0.4, 0.9)]


@pytest.mark.parametrize("way", ["flood", "nothing"])
def test_a_child_that_says_too_much_or_nothing_is_not_believed(way: str) -> None:
    with pytest.raises(Malformed):
        believed(ask(way.encode(), module=LIARS))


def test_a_child_that_hangs_is_ended() -> None:
    begin = time.monotonic()
    with pytest.raises(PictureStopped):
        ask(b"hang", module=LIARS, seconds=0.5)
    assert time.monotonic() - begin < 20


def test_the_child_inherits_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFELIGHT_SECRET", "told to nobody")
    assert b"SAFELIGHT" not in ask(b"leaks", module=LIARS)


def test_without_the_libraries_it_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(saved(scene()))
    with pytest.raises(RegionsMissing):
        find(photo.read_bytes())
    assert main(["regions", str(photo), "--json"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert INSTALL in told.err
    assert "by hand" in told.err


CORPUS = Path(__file__).resolve().parents[2] / "bench" / "corpus"


def holds(region: Region, x: float, y: float) -> bool:
    return region.x <= x <= region.x + region.w and region.y <= y <= region.y + region.h


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_face_and_its_eyes_are_found_where_they_are_stored(orientation: int) -> None:
    name = "face-astronaut.jpg"
    upright = Image.open(CORPUS / name)
    back = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}[orientation]
    lying, out = upright.transpose(back) if back is not None else upright, io.BytesIO()
    lying.save(out, "JPEG", quality=92, exif=exif_with(orientation))
    left, top, wide, high = json.loads((CORPUS / "face_truth.json").read_text())[name]
    x, y = left + wide / 2, top + high / 2
    there = {1: (x, y), 3: (1 - x, 1 - y), 6: (y, 1 - x)}[orientation]
    found = find(out.getvalue())
    assert any(one.kind == "face" and holds(one, *there) for one in found)
    assert {"face", "eye"} <= {one.kind for one in found}


def test_writing_is_found_and_lines_close_together_are_a_label() -> None:
    found = find((CORPUS / "text-01.jpg").read_bytes())
    assert {"text", "label"} <= {one.kind for one in found}
    assert all(0 <= one.x <= one.x + one.w <= 1.000001 for one in found)


def test_bare_skin_gives_nothing_to_suggest() -> None:
    plain = Image.new("RGB", (800, 600), (200, 160, 140))
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=90)
    assert find(out.getvalue()) == []
