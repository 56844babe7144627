"""Concealing: what is covered or cut away is in no byte of the result; what is not stays exact."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from safelight.imaging.child import MESSAGE_BYTES
from safelight.imaging.cleaning.coefficients import Frame, rework
from safelight.imaging.cleaning.results import NotProved, UnknownKind
from safelight.imaging.cleaning.verify import verify_layout
from safelight.imaging.conceal import (
    BadCrop,
    Concealed,
    ConcealingDecoder,
    checked_shapes,
    conceal,
)
from safelight.imaging.concealing_lossless import wiping, work
from safelight.imaging.cover import BadCover
from safelight.imaging.limits import MAX_POINTS
from safelight.imaging.metadata import jpeg_profile
from safelight.imaging.refusals import PictureFrames, PictureRefused
from safelight.lib.refusals import BadInput
from tests.imaging.cleaning.making import SECRET as CANARY
from tests.imaging.cleaning.making import (
    after_start,
    before_scan,
    half_height,
    holds_secret,
    more_in_the_scan,
)
from tests.imaging.pictures import exif_with, jpeg_segment, saved, scene, seen, with_segments

File = Callable[[str], bytes]
Pixels = NDArray[np.uint8]

WIDE, HIGH = 640, 480
SECRET = (192, 128, 288, 224)
"""Left, top, right and bottom of what must vanish: whole blocks of every size."""
RECT: dict[str, Any] = {"shape": "rect", "x": 0.29, "y": 0.26, "w": 0.17, "h": 0.22}
POLYGON = {
    "shape": "polygon",
    "points": [[0.28, 0.2], [0.47, 0.24], [0.5, 0.5], [0.36, 0.55], [0.27, 0.5]],
}
STROKE = {"shape": "stroke", "points": [[0.28, 0.37], [0.46, 0.36]], "width": 0.2}
SHAPES: list[dict[str, Any]] = [RECT, POLYGON, STROKE]
CUT = {"x": 0.5, "y": 0.125, "w": 0.4, "h": 0.75}


@pytest.fixture(scope="module")
def darkroom() -> Iterator[ConcealingDecoder]:
    with ConcealingDecoder() as running:
        yield running


@pytest.fixture(scope="module")
def revealing() -> Iterator[ConcealingDecoder]:
    with ConcealingDecoder(module="tests.imaging.revealing") as running:
        yield running


def pair() -> tuple[Image.Image, Image.Image]:
    """Two pictures that differ only in the secret part."""
    one = scene(WIDE, HIGH)
    other = one.copy()
    other.paste(scene(96, 96, seed=9), SECRET[:2])
    return one, other


def with_alpha(picture: Image.Image) -> Image.Image:
    clear = picture.convert("RGBA")
    ramp = np.linspace(40, 255, WIDE).astype(np.uint8)
    clear.putalpha(Image.fromarray(np.tile(ramp, (HIGH, 1))))
    return clear


def palette(picture: Image.Image) -> Image.Image:
    grey = Image.fromarray(np.asarray(picture.convert("L")) // 8)
    indexed = Image.fromarray(np.asarray(grey))
    indexed.putpalette([value for step in range(256) for value in (step, 255 - step, 90)])
    return indexed


def deep(picture: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)


def coded(how: str, picture: Image.Image) -> bytes:
    ways: dict[str, Callable[[], bytes]] = {
        "jpeg 4:4:4": lambda: saved(picture, subsampling=0),
        "jpeg 4:2:2": lambda: saved(picture, subsampling=1),
        "jpeg 4:2:0": lambda: saved(picture, subsampling=2),
        "jpeg coarse": lambda: saved(picture, subsampling=2, quality=20),
        "jpeg best": lambda: saved(picture, subsampling=2, quality=100),
        "jpeg RGB": lambda: saved(picture, keep_rgb=True),
        "jpeg grey": lambda: saved(picture.convert("L")),
        "jpeg progressive": lambda: saved(picture, subsampling=2, progressive=True),
        "jpeg restarts": lambda: saved(picture, subsampling=2, restart_marker_blocks=3),
        "jpeg CMYK": lambda: saved(picture.convert("CMYK")),
        "png": lambda: saved(picture, "PNG"),
        "png alpha": lambda: saved(with_alpha(picture), "PNG"),
        "png palette": lambda: saved(palette(picture), "PNG"),
        "png grey": lambda: saved(picture.convert("L"), "PNG"),
        "png deep": lambda: saved(deep(picture), "PNG"),
        "png bits": lambda: saved(picture.convert("1", dither=Image.Dither.NONE), "PNG"),
        "png key": lambda: saved(picture, "PNG", transparency=(0, 0, 0)),
        "webp exact": lambda: saved(picture, "WEBP", lossless=True),
        "tiff": lambda: saved(picture, "TIFF"),
        "gif": lambda: saved(picture.convert("L"), "GIF"),
    }
    return ways[how]()


JPEGS = (
    "jpeg 4:4:4", "jpeg 4:2:2", "jpeg 4:2:0", "jpeg coarse", "jpeg best", "jpeg RGB", "jpeg grey",
    "jpeg progressive", "jpeg restarts",
)  # fmt: skip
EXACT = (
    "png", "png alpha", "png palette", "png grey", "png deep", "png bits", "png key", "webp exact",
    "tiff", "gif",
)  # fmt: skip


def frame_of(jpeg: bytes) -> Frame:
    """Read the coefficients with nothing changed."""
    kept: list[Frame] = []

    def keep(frame: Frame) -> Frame:
        kept.append(frame)
        return frame

    assert rework(jpeg, keep) is not None
    return kept[0]


def luma(data: bytes) -> Pixels:
    picture = Image.open(io.BytesIO(data))
    if picture.format == "JPEG":
        picture.draft("L", picture.size)
    if picture.mode == "I;16":
        return (np.asarray(picture) >> 8).astype(np.uint8)
    return np.asarray(picture.convert("L"))


def is_whole(made: Concealed) -> None:
    """Clean, and of the size that is said."""
    verify_layout(made.data)
    with Image.open(io.BytesIO(made.data)) as picture:
        assert picture.size == (made.width, made.height)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["shape"])
@pytest.mark.parametrize("how", [*JPEGS, "jpeg CMYK", *EXACT])
def test_nothing_of_what_is_covered_is_in_any_byte(
    darkroom: ConcealingDecoder, how: str, shape: dict[str, Any]
) -> None:
    one, other = (coded(how, picture) for picture in pair())
    assert one != other
    first = darkroom.conceal(one, shapes=[shape])
    assert first.data == darkroom.conceal(other, shapes=[shape]).data
    assert first.data != darkroom.conceal(one, shapes=[]).data
    is_whole(first)
    left, top, right, bottom = SECRET
    if shape is not STROKE:
        assert luma(first.data)[top:bottom, left:right].max() == 0


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["shape"])
@pytest.mark.parametrize("how", JPEGS)
def test_every_block_outside_keeps_its_coefficients(
    darkroom: ConcealingDecoder, how: str, shape: dict[str, Any]
) -> None:
    data = coded(how, scene(WIDE, HIGH))
    made = darkroom.conceal(data, shapes=[shape])
    assert made.how == "exact"
    before, after = frame_of(data), frame_of(made.data)
    wide = 8 * max(plane.across for plane in before.planes)
    high = 8 * max(plane.down for plane in before.planes)
    black = luma(made.data)[: HIGH // high * high, : WIDE // wide * wide]
    cells = black.reshape(HIGH // high, high, WIDE // wide, wide).max(axis=(1, 3)) == 0
    assert 0 < cells.sum() < cells.size * 0.25
    for one, other in zip(before.planes, after.planes, strict=True):
        inside = np.repeat(np.repeat(cells, one.down, axis=0), one.across, axis=1)
        assert np.array_equal(one.blocks[~inside], other.blocks[~inside])
        emptied = other.blocks[inside].reshape(-1, 64)
        assert not emptied[:, 1:].any()
        assert len(np.unique(emptied[:, 0])) == 1


@pytest.mark.parametrize("how", EXACT)
def test_every_pixel_outside_stays_as_it_was(darkroom: ConcealingDecoder, how: str) -> None:
    data = coded(how, scene(WIDE, HIGH))
    made = darkroom.conceal(data, shapes=[RECT])
    assert (made.kind, made.how) == ("png", "coded anew")
    mode = {"png deep": "I;16", "png alpha": "RGBA", "png key": "RGBA"}.get(how, "RGB")
    before: Image.Image = Image.open(io.BytesIO(data))
    after: Image.Image = Image.open(io.BytesIO(made.data))
    if mode != "I;16":
        before, after = before.convert(mode), after.convert(mode)
    same = np.asarray(before) == np.asarray(after)
    if same.ndim == 3:
        same = same.all(axis=2)
    changed = np.argwhere(~same)
    top, left = changed.min(axis=0)
    bottom, right = changed.max(axis=0) + 1
    assert min(left - 185, top - 124) >= 0
    assert max(right - 296, bottom - 232) <= 0


def test_what_is_covered_is_no_longer_see_through(darkroom: ConcealingDecoder) -> None:
    made = darkroom.conceal(coded("png alpha", scene(WIDE, HIGH)), shapes=[RECT])
    after = np.asarray(Image.open(io.BytesIO(made.data)))
    left, top, right, bottom = SECRET
    assert (after[top:bottom, left:right] == (0, 0, 0, 255)).all()


def test_a_loop_drawn_twice_leaves_no_hole(darkroom: ConcealingDecoder) -> None:
    loop = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]
    for points in (loop * 2, [*loop, *reversed(loop), *loop]):
        made = darkroom.conceal(
            coded("png", scene(WIDE, HIGH)), shapes=[{"shape": "polygon", "points": points}]
        )
        assert luma(made.data)[96:384, 128:512].max() == 0


def test_the_smallest_shapes_still_cover(darkroom: ConcealingDecoder) -> None:
    data = coded("png", scene(WIDE, HIGH))
    for corner in (0.0, 0.5, 1.0):
        for shape in (
            {"shape": "rect", "x": corner, "y": corner, "w": 0, "h": 0},
            {"shape": "stroke", "points": [[corner, corner]], "width": 0},
            {"shape": "polygon", "points": [[corner, corner]] * 3},
        ):
            made = darkroom.conceal(data, shapes=[shape])
            place = (min(HIGH - 1, int(corner * HIGH)), min(WIDE - 1, int(corner * WIDE)))
            assert luma(made.data)[place] == 0


@pytest.mark.parametrize("how", [*JPEGS, "jpeg CMYK", *EXACT])
def test_nothing_outside_a_crop_is_in_any_byte(darkroom: ConcealingDecoder, how: str) -> None:
    one, other = (coded(how, picture) for picture in pair())
    first = darkroom.conceal(one, shapes=[], crop=CUT)
    assert first.data == darkroom.conceal(other, shapes=[], crop=CUT).data
    is_whole(first)
    left, top, right, bottom = first.box
    assert min(left - 320, top - 60, 576 - right, 420 - bottom) >= 0


@pytest.mark.parametrize("how", JPEGS)
def test_a_crop_keeps_the_coefficients_of_whole_blocks(
    darkroom: ConcealingDecoder, how: str
) -> None:
    data = coded(how, scene(WIDE, HIGH))
    made = darkroom.conceal(data, shapes=[], crop=CUT)
    assert made.how == "exact"
    before, after = frame_of(data), frame_of(made.data)
    left, top, right, bottom = made.box
    wide = max(plane.across for plane in before.planes)
    high = max(plane.down for plane in before.planes)
    assert (made.width, made.height) == (right - left, bottom - top)
    assert ((right - left) % (8 * wide), (bottom - top) % (8 * high)) == (0, 0)
    for one, other in zip(before.planes, after.planes, strict=True):
        columns = slice(left // 8 * one.across // wide, right // 8 * one.across // wide)
        rows = slice(top // 8 * one.down // high, bottom // 8 * one.down // high)
        assert np.array_equal(one.blocks[rows, columns], other.blocks)


def test_a_crop_to_the_edge_keeps_the_edge(darkroom: ConcealingDecoder) -> None:
    data = saved(scene(653, 491), subsampling=2)
    made = darkroom.conceal(data, shapes=[], crop={"x": 0.5, "y": 0.5, "w": 0.5, "h": 0.5})
    assert (made.how, made.box) == ("exact", (336, 256, 653, 491))
    assert np.abs(seen(made.data).astype(int) - seen(data)[256:, 336:])[1:, 1:].max() <= 8


def test_a_small_crop_is_cut_to_the_pixel(darkroom: ConcealingDecoder) -> None:
    data = saved(scene(WIDE, HIGH), subsampling=2)
    made = darkroom.conceal(
        data, shapes=[], crop={"x": 100 / WIDE, "y": 50 / HIGH, "w": 41 / WIDE, "h": 37 / HIGH}
    )
    assert (made.how, made.box) == ("re-encoded", (100, 50, 141, 87))
    inner = np.abs(seen(made.data).astype(int) - seen(data)[50:87, 100:141])
    assert inner[2:-2, 2:-2].mean() < 6


def test_no_colour_runs_into_a_small_crop_from_beside_it(darkroom: ConcealingDecoder) -> None:
    crop = {"x": SECRET[2] / WIDE, "y": 150 / HIGH, "w": 41 / WIDE, "h": 37 / HIGH}
    one, other = (
        darkroom.conceal(saved(picture, subsampling=2), shapes=[], crop=crop) for picture in pair()
    )
    assert (one.how, one.box) == ("re-encoded", (288, 150, 329, 187))
    assert one.data == other.data


def test_a_crop_and_a_cover_work_together(darkroom: ConcealingDecoder) -> None:
    data = saved(scene(WIDE, HIGH), subsampling=2)
    crop = {"x": 0.2, "y": 0.2, "w": 0.5, "h": 0.5}
    made = darkroom.conceal(data, shapes=[RECT], crop=crop)
    left, top, _, _ = made.box
    hidden = luma(made.data)[SECRET[1] - top : SECRET[3] - top, SECRET[0] - left : SECRET[2] - left]
    assert made.how == "exact"
    assert hidden.shape == (96, 96)
    assert hidden.max() == 0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("how", ["jpeg", "png", "jpeg odd"])
def test_shapes_lie_on_the_picture_as_stored_and_the_result_is_upright(
    darkroom: ConcealingDecoder, how: str, orientation: int
) -> None:
    size = (653, 491) if how == "jpeg odd" else (WIDE, HIGH)
    kind = "PNG" if how == "png" else "JPEG"
    corner = {"shape": "rect", "x": 0.0, "y": 0.0, "w": 0.25, "h": 0.25}
    plain = darkroom.conceal(saved(scene(*size), kind), shapes=[corner])
    made = darkroom.conceal(saved(scene(*size), kind, exif=exif_with(orientation)), shapes=[corner])
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }  # fmt: skip
    wanted = Image.open(io.BytesIO(plain.data)).convert("RGB")
    if orientation > 1:
        wanted = wanted.transpose(turns[orientation])
    apart = np.abs(np.asarray(wanted).astype(int) - seen(made.data).astype(int))
    assert apart.mean() < (5 if made.how == "re-encoded" else 0.6)
    is_whole(made)
    ways = {"png": {"coded anew"}, "jpeg": {"exact", "turned"}}
    assert made.how in ways.get(how, {"exact", "turned", "re-encoded"})


@pytest.mark.parametrize(("turn", "corner"), [(90, "right top"), (180, "bottom"), (270, "left")])
def test_a_turn_that_a_person_asked_for_comes_on_top(
    darkroom: ConcealingDecoder, turn: int, corner: str
) -> None:
    shape = {"shape": "rect", "x": 0.0, "y": 0.0, "w": 0.2, "h": 0.2}
    made = darkroom.conceal(saved(scene(WIDE, HIGH)), shapes=[shape], turn=turn)
    assert made.how == "turned"
    dark = luma(made.data)
    places = {
        "right top": dark[:120, -90:], "bottom": dark[-90:, -120:], "left": dark[-120:, :90]
    }  # fmt: skip
    assert places[corner].max() == 0


@pytest.mark.parametrize(
    "name",
    [
        *("j-exif.jpg", "j-gps.jpg", "j-iptc.jpg", "j-irb-thumb.jpg", "j-makernote.jpg"),
        *("j-motion.jpg", "j-mpf.jpg", "j-trailing-jpeg.jpg", "j-xmp.jpg", "j-c2pa.jpg"),
        *("j-icc-device.jpg", "j-adobergb-exif.jpg", "j-cmyk.jpg", "j-orient6.jpg"),
        *("p-acropalypse.png", "p-alpha.png", "p-exif-orient6.png", "p-text.png"),
        *("t-orient6.tif", "w-exif-orient8.webp", "w-trailing.webp", "g-comment.gif"),
        *("h-exif.heic", "h-icc.heic", "h-irot-exif6.heic"),
    ],
)
def test_only_pixels_and_colours_are_left(
    darkroom: ConcealingDecoder, file: File, name: str
) -> None:
    made = darkroom.conceal(file(name), shapes=[RECT])
    is_whole(made)
    bare = darkroom.conceal(file(name), shapes=[])
    is_whole(bare)
    assert bare.data != made.data


@pytest.mark.parametrize("name", ["j-icc-device.jpg", "j-adobergb-exif.jpg"])
def test_the_colours_keep_their_meaning(darkroom: ConcealingDecoder, file: File, name: str) -> None:
    for crop in (None, {"x": 0.4, "y": 0.4, "w": 0.02, "h": 0.02}):
        assert jpeg_profile(darkroom.conceal(file(name), shapes=[RECT], crop=crop).data)


def test_heic_is_covered_with_a_margin(darkroom: ConcealingDecoder, file: File) -> None:
    made = darkroom.conceal(file("h-exif.heic"), shapes=[RECT])
    assert (made.kind, made.how) == ("jpeg", "re-encoded")
    wide, high = made.stored_size
    dark = luma(made.data)
    part = dark[
        int(0.26 * high) - 6 : int(0.48 * high) + 6, int(0.29 * wide) - 6 : int(0.46 * wide)
    ]
    assert part.max() < 24


RARE = Path(__file__).parent / "cleaning" / "rare"
ODD: dict[str, bytes] = {
    **{file.stem: file.read_bytes() for file in sorted(RARE.iterdir())},
    "data behind the last block": more_in_the_scan(saved(scene(WIDE, HIGH), "JPEG")),
    "rows cut off by the header": half_height(saved(scene(WIDE, HIGH), "JPEG")),
    "bytes between segments": before_scan(CANARY)(saved(scene(WIDE, HIGH), "JPEG")),
    "a thousand comments": after_start(jpeg_segment(0xFE, CANARY) * 3000)(
        saved(scene(WIDE, HIGH), "JPEG")
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_what_can_be_cleaned_can_be_covered(darkroom: ConcealingDecoder, name: str) -> None:
    made = darkroom.conceal(ODD[name], shapes=[RECT])
    assert made.how == "exact"
    is_whole(made)
    assert not holds_secret(made.data)
    x, y = int((RECT["x"] + 0.08) * made.width), int((RECT["y"] + 0.1) * made.height)
    assert luma(made.data)[y, x] == 0


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF"])
def test_several_pictures_are_refused_as_what_they_are(
    darkroom: ConcealingDecoder, kind: str
) -> None:
    target = io.BytesIO()
    scene(WIDE, HIGH).save(target, kind, save_all=True, append_images=[scene(WIDE, HIGH, seed=2)])
    with pytest.raises(PictureFrames):
        darkroom.conceal(target.getvalue(), shapes=[RECT])


def test_damaged_files_are_refused(darkroom: ConcealingDecoder, file: File) -> None:
    for name in ("j-truncated.jpg", "j-bomb.jpg", "p-bomb.png"):
        with pytest.raises(PictureRefused):
            darkroom.conceal(file(name), shapes=[RECT])
    with pytest.raises(UnknownKind):
        darkroom.conceal(b"not a picture", shapes=[RECT])
    whole = saved(scene(WIDE, HIGH))
    with pytest.raises(PictureRefused):
        darkroom.conceal(whole[: len(whole) // 2] + b"\xff\xd9", shapes=[RECT])


@pytest.mark.parametrize(
    "shape",
    [
        {**RECT, "shape": "blur"},
        {**RECT, "kind": "rect"},
        {**RECT, "more": 1},
        {**RECT, "x": -0.01},
        {**RECT, "w": 1.01},
        {**RECT, "x": float("nan")},
        {**RECT, "y": float("inf")},
        {**RECT, "x": "0"},
        {**RECT, "x": True},
        {"shape": "rect", "x": 0, "y": 0, "w": 1},
        {**STROKE, "points": []},
        {**STROKE, "points": [[0.1]]},
        {**STROKE, "points": [[0.1, None]]},
        {**STROKE, "points": "11"},
        {**STROKE, "points": [[0, 0]] * 4001},
        {**STROKE, "width": 2},
        {**POLYGON, "points": [[0, 0], [1, 1]]},
        {**POLYGON, "width": 0.1},
        {"shape": ["rect"], "x": 0, "y": 0, "w": 1, "h": 1},
        "rect",
        None,
    ],
)
def test_geometry_that_is_not_clear_is_refused(darkroom: ConcealingDecoder, shape: Any) -> None:
    with pytest.raises(BadCover):
        darkroom.conceal(saved(scene(64, 64)), shapes=[shape])


def test_the_order_of_a_full_cover_fits_in_one_message(darkroom: ConcealingDecoder) -> None:
    points = [[0.123456789, 0.987654321]] * MAX_POINTS
    shape = {"shape": "stroke", "points": points, "width": 0.01}
    assert len(json.dumps(checked_shapes([shape]))) < MESSAGE_BYTES
    assert darkroom.conceal(saved(scene(64, 64)), shapes=[shape]).kind == "jpeg"


def test_too_many_shapes_are_refused() -> None:
    assert len(checked_shapes([RECT] * 64)) == 64
    hostile: list[Any] = [[RECT] * 65, "rect", None]
    for shapes in hostile:
        with pytest.raises(BadCover):
            checked_shapes(shapes)


@pytest.mark.parametrize(
    "crop",
    [
        {"x": 0, "y": 0, "w": 0, "h": 1},
        {"x": 0, "y": 0, "w": 1},
        {"x": 0, "y": 0, "w": 1, "h": 1.5},
        {"x": 0, "y": 0, "w": 1, "h": float("nan")},
        {"x": 0.5, "y": 0.5, "w": 0.001, "h": 0.001},
        {"x": 1, "y": 1, "w": 1, "h": 1},
        [0, 0, 1, 1],
    ],
)
def test_a_crop_that_is_not_clear_is_refused(darkroom: ConcealingDecoder, crop: Any) -> None:
    for kind in ("JPEG", "PNG"):
        with pytest.raises(BadCrop):
            darkroom.conceal(saved(scene(64, 64), kind), shapes=[], crop=crop)


def test_only_quarter_turns_are_taken(darkroom: ConcealingDecoder) -> None:
    with pytest.raises(BadInput):
        darkroom.conceal(saved(scene(64, 64)), shapes=[], turn=45)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_child_that_lies_is_found_out(revealing: ConcealingDecoder, turn: int) -> None:
    data = saved(scene(WIDE, HIGH))
    with pytest.raises(NotProved):
        revealing.conceal(data, shapes=[RECT], turn=turn)


def test_a_child_that_leaves_words_in_the_file_is_found_out(revealing: ConcealingDecoder) -> None:
    carrying = with_segments(saved(scene(WIDE, HIGH)), jpeg_segment(0xFE, b"a comment"))
    assert revealing.conceal(carrying, shapes=[]).how == "exact"
    with pytest.raises(NotProved):
        revealing.conceal(carrying, shapes=[], turn=90)


def test_a_child_that_keeps_more_than_the_crop_is_found_out(revealing: ConcealingDecoder) -> None:
    with pytest.raises(NotProved):
        revealing.conceal(saved(scene(WIDE, HIGH)), shapes=[], crop=CUT)
    assert revealing.conceal(saved(scene(WIDE, HIGH)), shapes=[]).how == "exact"


def test_the_same_order_gives_the_same_bytes_at_every_call() -> None:
    data = saved(scene(WIDE, HIGH))
    first = conceal(data, shapes=[RECT], crop=CUT)
    assert first == conceal(data, shapes=[RECT], crop=CUT)
    assert first.how == "exact"


@pytest.mark.parametrize("how", ["jpeg 4:2:0", "jpeg grey", "jpeg progressive", "jpeg CMYK"])
def test_a_machine_without_the_library_codes_anew_and_leaks_nothing(
    monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(wiping, "library", lambda: None)
    order = {"kind": "jpeg", "shapes": [RECT], "crop": None, "turn": 0}
    first, second = (work.conceal(memoryview(coded(how, picture)), order) for picture in pair())
    assert first.header["how"] == "re-encoded"
    assert first.blobs == second.blobs
    left, top, right, bottom = SECRET
    assert luma(first.blobs[0])[top:bottom, left:right].max() <= 2
    seen_again = work.look(memoryview(first.blobs[0]), {**order, **first.header})
    assert seen_again.header == {"within": True, "size": True, "dark": True}
