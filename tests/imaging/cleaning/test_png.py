"""PNG: chunks that say anything are gone, and so are rows that nobody sees."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from safelight.imaging.cleaning import CannotClean, clean
from safelight.imaging.cleaning.png import read_png, write_png
from safelight.imaging.cleaning.sandbox import CleaningDecoder
from safelight.imaging.prepare import UPRIGHT
from tests.imaging.cleaning.conftest import Tidy
from tests.imaging.cleaning.making import (
    PNG_PLACES,
    SECRET,
    after_header,
    chunk,
    coded,
    exif_block,
    holds_secret,
    opened,
    same_pixels,
    skin,
)


def clear(mode: str = "RGBA") -> Image.Image:
    picture = skin()
    picture.putalpha(skin(mode="L", seed=3))
    return picture.convert(mode)


def deep() -> bytes:
    """Sixteen bits in each of three channels, which Pillow cannot write."""
    rows = np.random.default_rng(2).integers(0, 65535, (20, 30, 3), np.uint16)
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", 30, 20, 16, 2, 0, 0, 0)
    packed = chunk(b"IDAT", zlib.compress(lines))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + packed + chunk(b"IEND", b"")


BASES = {
    "colour": coded(skin(), "PNG"),
    "clear": coded(clear(), "PNG"),
    "grey and clear": coded(clear("LA"), "PNG"),
    "grey": coded(skin(mode="L"), "PNG"),
    "two tones": coded(skin(mode="1"), "PNG"),
    "palette": coded(skin().quantize(40), "PNG"),
    "palette and clear": coded(skin().quantize(40), "PNG", transparency=3),
    "deep grey": coded(Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30)), "PNG"),
    "deep": deep(),
}
WHOLE = [name for name in PNG_PLACES if name != "rows beyond"]


@pytest.mark.parametrize("place", WHOLE)
@pytest.mark.parametrize("base", ["colour", "palette and clear"])
def test_the_secret_is_gone_from(place: str, base: str, tidy: Tidy) -> None:
    data = PNG_PLACES[place](BASES[base])
    cleaned = tidy(data)
    assert cleaned.how == "exact"
    assert same_pixels(BASES[base], cleaned.data)
    assert cleaned.what_was_removed


def spelling() -> Image.Image:
    """A picture of five colours whose palette goes on with what someone else left there."""
    picture = Image.fromarray((np.arange(4000) % 5).astype(np.uint8).reshape(50, 80)).convert("P")
    picture.putpalette((bytes(range(40, 55)) + SECRET * 40)[:768])
    return picture


@pytest.mark.parametrize(
    "data",
    [
        coded(spelling(), "PNG"),
        coded(spelling(), "PNG", transparency=(bytes((0, 200, 255)) + SECRET * 20)[:256]),
        coded(spelling(), "GIF", optimize=False),
    ],
    ids=["png", "png with transparency", "gif"],
)
def test_colours_that_no_pixel_has_are_gone_from_the_palette(data: bytes, tidy: Tidy) -> None:
    assert holds_secret(data)
    cleaned = tidy(data)
    assert cleaned.what_was_removed
    assert same_pixels(data, cleaned.data)


def test_marks_that_say_colours_stay_and_those_that_cannot_go(tidy: Tidy) -> None:
    whites = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    sound = chunk(b"cHRM", whites) + chunk(b"cICP", b"\x0c\x0d\0\1") + chunk(b"sRGB", b"\0")
    plain = BASES["colour"]
    assert sound[:44] in tidy(after_header(sound)(plain)).data
    odd = chunk(b"cICP", SECRET[:4]) + chunk(b"sRGB", b"C") + chunk(b"gAMA", SECRET[:4])
    assert tidy(after_header(odd)(plain)).data == tidy(plain).data


@pytest.mark.parametrize("base", BASES)
def test_all_places_at_once(base: str, tidy: Tidy) -> None:
    data = BASES[base]
    for name in WHOLE:
        if name not in ("text in the end", "more behind the rows"):
            data = PNG_PLACES[name](data)
    assert holds_secret(data)
    cleaned = tidy(data).data
    assert cleaned[cleaned.index(b"IDAT") :] == BASES[base][BASES[base].index(b"IDAT") :]


def test_rows_beyond_the_picture_are_cut_off(tidy: Tidy) -> None:
    """A lower picture in the header leaves the rows below it in the file: they must go."""
    cleaned = tidy(PNG_PLACES["rows beyond"](BASES["colour"])).data
    upper = opened(BASES["colour"]).crop((0, 0, 96, 32))
    assert np.array_equal(np.asarray(opened(cleaned)), np.asarray(upper))
    packed = cleaned[cleaned.index(b"IDAT") + 4 : -16]
    assert len(zlib.decompress(packed)) == 32 * (1 + 3 * 96)


def test_an_interlaced_picture_is_kept_as_it_is(tidy: Tidy) -> None:
    assert tidy(laced() + SECRET).data == laced()


def laced() -> bytes:
    """A picture of 3 by 3 in the seven passes of Adam7."""
    grey = np.arange(9, dtype=np.uint8).reshape(3, 3) * 20
    passes = [grey[0:1, 0:1], grey[0:1, 2:3], grey[2:3, 0:3:2], grey[0:3:2, 1:2], grey[1:2, 0:3]]
    lines = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    header = struct.pack(">IIBBBBB", 3, 3, 8, 0, 0, 0, 1)
    rows = chunk(b"IDAT", zlib.compress(lines))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + rows + chunk(b"IEND", b"")


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("base", [name for name in BASES if name != "deep"])
def test_a_lying_picture_is_set_upright_pixel_for_pixel(
    orientation: int, base: str, tidy: Tidy
) -> None:
    cleaned = tidy(after_header(chunk(b"eXIf", exif_block(orientation)))(BASES[base]))
    assert cleaned.how == "coded anew"
    before = opened(BASES[base])
    wanted = before.transpose(UPRIGHT[orientation])
    wanted.info = before.info
    found = opened(cleaned.data)
    if "I" not in before.mode:
        wanted, found = wanted.convert("RGBA"), found.convert("RGBA")
    assert np.array_equal(np.asarray(found), np.asarray(wanted))


def test_colour_marks_and_density_stay(tidy: Tidy) -> None:
    marks = (
        chunk(b"gAMA", struct.pack(">I", 45455))
        + chunk(b"cHRM", struct.pack(">8I", *range(31270, 31278)))
        + chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1))
    )
    cleaned = tidy(after_header(marks)(BASES["colour"]))
    assert {"colour marks", "density"} <= set(cleaned.what_remains)
    assert opened(cleaned.data).info["gamma"] == 0.45455


def test_a_profile_loses_its_name(tidy: Tidy) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET.decode(), zip=True)
    data = coded(skin(), "PNG", pnginfo=text, icc_profile=open_profile())
    cleaned = tidy(data)
    assert b"iCCPICC\0" in cleaned.data
    assert "colour" in cleaned.what_remains


def open_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "a wrong checksum": lambda data: data[:-13] + bytes((data[-13] ^ 1,)) + data[-12:],
    "two headers": lambda data: data[:33] + data[8:],
    "a critical chunk nobody knows": after_header(chunk(b"CRIT", SECRET)),
    "no rows": lambda data: data[:33] + chunk(b"IEND", b""),
    "rows cut short": lambda data: data[:33] + chunk(b"IDAT", zlib.compress(b"\0")) + data[-12:],
    "rows that do not unpack": lambda data: data[:33] + chunk(b"IDAT", SECRET) + data[-12:],
    "no end": lambda data: data[:-12],
    "a chunk longer than the file": lambda data: data[:33] + b"\x7f\xff\xff\xfftEXt" + data[33:],
    "an animation": after_header(chunk(b"acTL", struct.pack(">II", 2, 0))),
    "a colour type that is none": lambda data: data[:8] + chunk(
        b"IHDR", data[16:24] + b"\x08\x07\0\0\0"
    ) + data[33:],
    "sixteen bits on its side": lambda _: after_header(chunk(b"eXIf", exif_block(6)))(deep()),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_refused_with(fault: str, cleaner: CleaningDecoder) -> None:
    with pytest.raises(CannotClean) as refused:
        clean(FAULTS[fault](BASES["colour"]), decoder=cleaner)
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("fault", [name for name in FAULTS if "side" not in name])
def test_no_decoder_has_to_be_asked_to_refuse(fault: str) -> None:
    with pytest.raises(CannotClean):
        write_png(read_png(FAULTS[fault](BASES["colour"])))


def test_a_moving_picture_is_refused(cleaner: CleaningDecoder) -> None:
    target = io.BytesIO()
    skin().save(target, "PNG", save_all=True, append_images=[skin(seed=2)])
    with pytest.raises(CannotClean, match="more than one picture"):
        clean(target.getvalue(), decoder=cleaner)
