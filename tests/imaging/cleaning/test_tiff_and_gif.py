"""TIFF and GIF: the same pixels in a PNG, because their own containers are all tags and blocks."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from safelight.imaging.cleaning import CannotClean, clean
from safelight.imaging.cleaning.sandbox import CleaningDecoder
from safelight.imaging.cleaning.spaces import named
from tests.imaging.cleaning.conftest import Tidy
from tests.imaging.cleaning.making import SECRET, coded, holds_secret, opened, skin


def tagged(picture: Image.Image, **options: object) -> bytes:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag in (270, 271, 272, 305, 306, 315, 316, 33432, 65000):
        tags.tagtype[tag] = 2
        tags[tag] = SECRET.decode()
    return coded(picture, "TIFF", tiffinfo=tags, **options)


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "RGBA", "LA", "P"])
@pytest.mark.parametrize("packing", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_tags_are_gone_and_pixels_are_the_same(mode: str, packing: str | None, tidy: Tidy) -> None:
    data = tagged(skin().convert(mode), compression=packing)
    assert holds_secret(data)
    cleaned = tidy(data + SECRET)
    assert (cleaned.kind, cleaned.how) == ("png", "coded anew")
    before, after = (np.asarray(opened(one).convert("RGBA")) for one in (data, cleaned.data))
    assert np.array_equal(before, after)


def test_sixteen_bits_stay_sixteen(tidy: Tidy) -> None:
    deep = np.arange(600, dtype=np.uint16).reshape(20, 30) * 100
    cleaned = tidy(tagged(Image.fromarray(deep)))
    assert np.array_equal(np.asarray(opened(cleaned.data)), deep)


def test_a_profile_goes_along(tidy: Tidy) -> None:
    cleaned = tidy(tagged(skin(), icc_profile=named("Adobe RGB")))
    assert opened(cleaned.data).info["icc_profile"] == named("Adobe RGB")


def test_ink_becomes_light(tidy: Tidy) -> None:
    assert opened(tidy(tagged(skin(mode="CMYK"))).data).mode == "RGB"


def test_a_lying_page_is_set_upright(tidy: Tidy) -> None:
    data = coded(skin(), "TIFF", tiffinfo={274: 6})
    wanted = skin().transpose(Image.Transpose.ROTATE_270)
    assert np.array_equal(np.asarray(opened(tidy(data).data)), np.asarray(wanted))


@pytest.mark.parametrize("options", [{}, {"transparency": 3}])
def test_comments_of_a_gif_are_gone(options: dict[str, int], tidy: Tidy) -> None:
    data = coded(skin().quantize(64), "GIF", comment=SECRET, **options) + SECRET
    cleaned = tidy(data)
    assert cleaned.kind == "png"
    before, after = (np.asarray(opened(one).convert("RGBA")) for one in (data, cleaned.data))
    assert np.array_equal(before, after)


def pages(kind: str) -> bytes:
    target = io.BytesIO()
    skin().save(target, kind, save_all=True, append_images=[skin(seed=2)])
    return target.getvalue()


def with_thumbnail(tag: int, value: int) -> bytes:
    """A page, and after it a smaller copy that says of itself that it is one."""
    small, tags = skin(24, 16, seed=7), TiffImagePlugin.ImageFileDirectory_v2()
    tags[tag] = value
    small.encoderinfo = {"tiffinfo": tags}
    target = io.BytesIO()
    skin().save(target, "TIFF", save_all=True, append_images=[small])
    return target.getvalue()


@pytest.mark.parametrize(("tag", "value"), [(254, 1), (255, 2)])
def test_a_thumbnail_is_not_a_page_and_stays_behind(tag: int, value: int, tidy: Tidy) -> None:
    cleaned = tidy(with_thumbnail(tag, value))
    assert np.array_equal(np.asarray(opened(cleaned.data)), np.asarray(skin()))
    assert cleaned.how == "coded anew"


def forty_eight_bits() -> bytes:
    """A page of sixteen bits in each of three channels, which the decoder halves."""
    rows = np.random.default_rng(2).integers(0, 65535, (20, 30, 3), np.uint16)
    entries = [
        (256, 3, 1, 30), (257, 3, 1, 20), (258, 3, 3, 200), (259, 3, 1, 1), (262, 3, 1, 2),
        (273, 4, 1, 300), (277, 3, 1, 3), (278, 3, 1, 20), (279, 4, 1, rows.nbytes),
    ]  # fmt: skip
    table = b"".join(
        struct.pack("<HHI", *entry[:3]) + struct.pack("<I", entry[3]) for entry in entries
    )
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + table + bytes(4)
    whole = head.ljust(200, b"\0") + struct.pack("<3H", 16, 16, 16)
    return whole.ljust(300, b"\0") + rows.astype("<u2").tobytes()


def test_it_says_when_shades_or_inks_could_not_be_kept(tidy: Tidy) -> None:
    assert tidy(forty_eight_bits()).how == "re-encoded"
    assert tidy(tagged(skin(mode="CMYK"))).how == "re-encoded"


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_several_pages_are_refused(kind: str, cleaner: CleaningDecoder) -> None:
    with pytest.raises(CannotClean, match="more than one picture"):
        clean(pages(kind), decoder=cleaner)


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_a_file_that_is_cut_short_is_refused(kind: str, cleaner: CleaningDecoder) -> None:
    data = coded(skin(), kind)
    with pytest.raises(CannotClean):
        clean(data[: len(data) // 2], decoder=cleaner)
