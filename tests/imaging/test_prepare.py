"""Preparing: upright, in sRGB, within the caps, and nothing but pixels."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from safelight.imaging.limits import THUMB_EDGE, VIEW_EDGE
from safelight.imaging.metadata import jpeg_segments, jpeg_size, leftovers
from safelight.imaging.results import look_alike
from safelight.imaging.sandbox import Decoder
from safelight.lib.refusals import BadInput
from tests.imaging.conftest import CORPUS
from tests.imaging.pictures import GREY, exif_with, flat, png, quarters, saved, scene, seen

File = Callable[[str], bytes]

REFUSED = {"j-bomb.jpg", "p-bomb.png", "j-truncated.jpg", "g-comment.gif", "d-photo.dcm"}
ACCEPTED = sorted(
    one.name for one in CORPUS.iterdir() if one.suffix != ".md" and one.name not in REFUSED
)
SETS_RIGHT = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.swapaxes(0, 1),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: np.rot90(p, 2).swapaxes(0, 1),
    8: lambda p: np.rot90(p, 1),
}


def apart(one: object, other: object) -> float:
    return float(np.abs(np.asarray(one, int) - np.asarray(other, int)).mean())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(decoder: Decoder, kind: str, orientation: int) -> None:
    stored = quarters()
    prepared = decoder.prepare(saved(stored, kind, exif=exif_with(orientation)))
    upright = SETS_RIGHT[orientation](np.asarray(stored))
    assert prepared.kind == kind.lower()
    assert prepared.orientation == orientation
    assert (prepared.height, prepared.width) == upright.shape[:2]
    assert apart(seen(prepared.view), upright) < 4
    assert apart(seen(prepared.thumb), upright) < 5
    assert apart(seen(decoder.full(saved(stored, kind, exif=exif_with(orientation)))), upright) < 4


@pytest.mark.parametrize(("turn", "quarter_turns"), [(0, 0), (90, -1), (180, 2), (270, 1)])
def test_a_turn_asked_for_comes_on_top_of_the_orientation(
    decoder: Decoder, turn: int, quarter_turns: int
) -> None:
    data = saved(quarters(), exif=exif_with(6))
    prepared = decoder.prepare(data, turn=turn)
    expected = np.rot90(np.rot90(np.asarray(quarters()), -1), quarter_turns)
    assert (prepared.height, prepared.width) == expected.shape[:2]
    assert apart(seen(prepared.view), expected) < 4


@pytest.mark.parametrize("turn", [45, -90, 360, 1])
def test_only_quarter_turns_are_taken(decoder: Decoder, file: File, turn: int) -> None:
    with pytest.raises(BadInput):
        decoder.prepare(file("j-plain.jpg"), turn=turn)


def test_heic_is_turned_once_though_both_irot_and_exif_say_so(decoder: Decoder, file: File) -> None:
    flat_one, turned = (
        decoder.prepare(file("h-exif.heic")),
        decoder.prepare(file("h-irot-exif6.heic")),
    )
    assert (turned.width, turned.height) == (flat_one.height, flat_one.width)
    straight = seen(flat_one.view)
    assert min(apart(np.rot90(straight, k), seen(turned.view)) for k in (1, -1)) < 4


@pytest.mark.parametrize("name", ACCEPTED)
def test_renditions_hold_pixels_and_nothing_else(decoder: Decoder, file: File, name: str) -> None:
    prepared = decoder.prepare(file(name))
    for rendition in (prepared.view, prepared.thumb, decoder.full(file(name))):
        assert leftovers(rendition) == []
        allowed = {0xC0, 0xC4, 0xDA, 0xDB, 0xE0}
        assert {part.marker for part in jpeg_segments(rendition)} <= allowed
        for word in (b"Fabrikam", b"Model", b"Exif", b"xap", b"ICC_", b"<script", b"JFXX", b"http"):
            assert word not in rendition
    assert max(jpeg_size(prepared.view)) <= VIEW_EDGE
    assert max(jpeg_size(prepared.thumb)) <= THUMB_EDGE


@pytest.mark.parametrize(
    "name", [name for name in ACCEPTED if name.startswith("j-") and name not in ("j-plain.jpg",)]
)
def test_what_renditions_are_checked_with_sees_what_the_files_hold(file: File, name: str) -> None:
    assert leftovers(file(name)) != []
    assert leftovers(file("j-plain.jpg")) == []


@pytest.mark.parametrize("name", ["j-trailing-jpeg.jpg", "j-motion.jpg", "j-mpf.jpg", "j-html.jpg"])
def test_what_trails_the_picture_does_not_survive(decoder: Decoder, file: File, name: str) -> None:
    plain, odd = decoder.prepare(file("j-plain.jpg")), decoder.prepare(file(name))
    assert odd.view == plain.view
    assert odd.thumb == plain.thumb


def test_a_cropped_screenshot_shows_only_what_was_left(decoder: Decoder, file: File) -> None:
    prepared = decoder.prepare(file("p-acropalypse.png"))
    assert (prepared.width, prepared.height) == (300, 240)


@pytest.mark.parametrize(
    ("size", "view"),
    [
        ((4032, 3024), (1512, 1134)),
        ((3264, 2448), (1600, 1200)),
        ((1600, 1200), (1600, 1200)),
        ((1700, 300), (1488, 263)),
        ((640, 480), (640, 480)),
    ],
)
def test_views_are_made_no_larger_than_1600(
    decoder: Decoder, size: tuple[int, int], view: tuple[int, int]
) -> None:
    small = quarters(4, 4).resize(size, Image.Resampling.BICUBIC)
    prepared = decoder.prepare(saved(small))
    assert (prepared.width, prepared.height) == size
    assert prepared.view_size == jpeg_size(prepared.view) == view
    assert prepared.thumb_size == jpeg_size(prepared.thumb)
    expected = np.asarray(small.resize(view, Image.Resampling.BOX))
    assert apart(seen(prepared.view), expected) < 6


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (1, 400), (9, 2)])
def test_the_smallest_pictures_come_through(decoder: Decoder, size: tuple[int, int]) -> None:
    for kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        data = saved(flat(GREY).resize(size), kind)
        prepared = decoder.prepare(data)
        assert (prepared.width, prepared.height) == jpeg_size(decoder.full(data)) == size
        assert apart(seen(prepared.view), GREY) < 3


def test_full_gives_every_pixel(decoder: Decoder) -> None:
    picture = scene(2000, 1500)
    full = decoder.full(saved(picture))
    assert jpeg_size(full) == (2000, 1500)
    assert apart(seen(full), picture) < 5


def test_sixteen_bits_come_out_as_eight(decoder: Decoder) -> None:
    deep = np.array([40000, 12000, 60000], ">u2")
    rows = b"".join(b"\0" + np.tile(deep, 32).tobytes() for _ in range(32))
    prepared = decoder.prepare(png(32, 32, 16, 2, rows))
    assert apart(seen(prepared.view)[16, 16], deep >> 8) < 3
    rows = b"".join(b"\0" + np.full(32, 40000, ">u2").tobytes() for _ in range(32))
    assert apart(seen(decoder.prepare(png(32, 32, 16, 0, rows)).view)[16, 16], [156] * 3) < 3


def test_transparency_is_laid_on_white(decoder: Decoder) -> None:
    clear = flat((200, 0, 0, 0), "RGBA")
    assert apart(seen(decoder.prepare(saved(clear, "PNG")).view), 255) < 2
    assert apart(seen(decoder.prepare(saved(clear, "WEBP", lossless=True)).view), 255) < 2


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("L", "JPEG"), ("L", "PNG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG"), ("L", "TIFF"),
     ("CMYK", "TIFF"), ("RGB", "WEBP"), ("RGBA", "TIFF")],
)  # fmt: skip
def test_other_modes_keep_their_look(decoder: Decoder, mode: str, kind: str) -> None:
    picture = quarters().quantize(8) if mode == "P" else quarters().convert(mode)
    options = {"lossless": True} if kind == "WEBP" else {}
    prepared = decoder.prepare(saved(picture, kind, **options))
    assert apart(seen(prepared.view), picture.convert("RGB")) < 6


def test_facts_are_read_as_evidence(decoder: Decoder, file: File) -> None:
    prepared = decoder.prepare(file("j-exif.jpg"))
    assert prepared.evidence.make == "Fabrikam Optics"
    assert prepared.evidence.taken == "2025:04:11 14:04:16"
    assert decoder.prepare(file("j-plain.jpg")).evidence.make == ""


def test_blur_darkness_and_glare_are_measured(decoder: Decoder) -> None:
    sharp = scene()
    soft = sharp.resize((200, 150)).resize(sharp.size, Image.Resampling.BICUBIC)
    good, blurred = decoder.prepare(saved(sharp)).quality, decoder.prepare(saved(soft)).quality
    assert blurred.sharpness < 4 < 10 < good.sharpness
    assert blurred.centre_sharpness < 4 < 10 < good.centre_sharpness
    assert decoder.prepare(saved(flat((2, 2, 2)))).quality.dark == 1
    assert decoder.prepare(saved(flat((255, 255, 255)))).quality.clipped == 1
    shiny = sharp.copy()
    shiny.paste((255, 255, 255), (560, 400, 720, 560))
    assert good.glare == 0
    assert 0.05 < decoder.prepare(saved(shiny)).quality.glare < 0.15
    assert abs(good.mean - np.asarray(sharp.convert("L")).mean()) < 2


def test_look_alikes_are_found_by_their_hash(decoder: Decoder) -> None:
    first = decoder.prepare(saved(scene()))
    again = decoder.prepare(saved(scene().resize((900, 675)), quality=60))
    other = decoder.prepare(saved(scene(seed=9)))
    assert look_alike(first.alike, again.alike)
    assert not look_alike(first.alike, other.alike)
    assert not look_alike(first.alike, "")
    assert first.alike == f"{first.dhash64:016x}"
    assert first.sha256 != again.sha256
