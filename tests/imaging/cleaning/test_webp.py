"""WebP: the container is written anew around the coded picture."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from safelight.imaging.cleaning import CannotClean, clean
from safelight.imaging.cleaning.sandbox import CleaningDecoder
from safelight.imaging.cleaning.spaces import named
from safelight.imaging.cleaning.webp import read_webp
from safelight.imaging.prepare import UPRIGHT
from tests.imaging.cleaning.conftest import Tidy
from tests.imaging.cleaning.making import (
    SECRET,
    coded,
    exif_block,
    opened,
    riff,
    same_pixels,
    skin,
    webp_chunks,
)


def clear() -> Image.Image:
    picture = skin()
    picture.putalpha(skin(mode="L", seed=3))
    return picture


BASES = {
    "lossy": coded(skin(), "WEBP", quality=80),
    "lossless": coded(skin(), "WEBP", lossless=True),
    "lossy and clear": coded(clear(), "WEBP", quality=80),
    "lossless and clear": coded(clear(), "WEBP", lossless=True),
    "with a profile": coded(skin(), "WEBP", icc_profile=named("Display P3")),
}


def extended(data: bytes, *more: tuple[bytes, bytes], flags: int = 0x2C) -> bytes:
    """Add chunks under an extended header that announces them."""
    parts = [part for part in webp_chunks(data) if part[0] != b"VP8X"]
    header = bytes((flags, 0, 0, 0)) + (95).to_bytes(3, "little") + (63).to_bytes(3, "little")
    return riff((b"VP8X", header), *parts, *more)


@pytest.mark.parametrize("base", BASES)
def test_exif_xmp_and_private_chunks_are_gone(base: str, tidy: Tidy) -> None:
    data = extended(
        BASES[base], (b"EXIF", exif_block()), (b"XMP ", SECRET), (b"PRIV", SECRET), flags=0x3C
    )
    cleaned = tidy(data)
    assert cleaned.how == "exact"
    assert same_pixels(BASES[base], cleaned.data)
    assert {"EXIF", "XMP", "GPS position", "private or unknown block"} <= set(
        cleaned.what_was_removed
    )


@pytest.mark.parametrize("base", BASES)
def test_what_follows_the_container_is_gone(base: str, tidy: Tidy) -> None:
    assert same_pixels(BASES[base], tidy(BASES[base] + SECRET).data)


def test_flags_say_only_what_is_left(tidy: Tidy) -> None:
    data = extended(BASES["lossy and clear"], (b"EXIF", exif_block()), flags=0x3C)
    cleaned = dict(webp_chunks(tidy(data).data))
    assert cleaned[b"VP8X"][0] == 0x10
    assert b"VP8X" not in dict(webp_chunks(tidy(extended(BASES["lossy"])).data))


@pytest.mark.parametrize("base", ["lossy", "lossless"])
def test_bytes_behind_the_coded_picture_are_noticed_and_the_pixels_coded_anew(
    base: str, tidy: Tidy
) -> None:
    name, content = webp_chunks(BASES[base])[0]
    cleaned = tidy(riff((name, content + SECRET)))
    assert cleaned.how == "coded anew"
    assert same_pixels(BASES[base], cleaned.data)


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("base", BASES)
def test_a_lying_picture_is_set_upright_pixel_for_pixel(
    orientation: int, base: str, tidy: Tidy
) -> None:
    cleaned = tidy(extended(BASES[base], (b"EXIF", exif_block(orientation)), flags=0x3C))
    wanted = opened(BASES[base]).transpose(UPRIGHT[orientation]).convert("RGBA")
    assert np.array_equal(np.asarray(opened(cleaned.data).convert("RGBA")), np.asarray(wanted))
    assert ("colour" in cleaned.what_remains) == (base == "with a profile")


def animated() -> bytes:
    target = io.BytesIO()
    skin().save(target, "WEBP", save_all=True, append_images=[skin(seed=2)], duration=100)
    return target.getvalue()


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "an animation": lambda _: animated(),
    "two pictures": lambda data: riff(*webp_chunks(data) * 2),
    "no picture": lambda _: riff((b"EXIF", SECRET)),
    "cut short": lambda data: data[: len(data) // 2],
    "a chunk longer than the file": lambda data: data[:16] + b"\xff\xff\xff\x7f" + data[20:],
    "a canvas of another size": lambda data: extended(data).replace(b"\x5f\0\0\x3f", b"\x6f\0\0?"),
    "coded data that is none": lambda data: riff((b"VP8 ", webp_chunks(data)[0][1][:10] + SECRET)),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_refused_with(fault: str, cleaner: CleaningDecoder) -> None:
    with pytest.raises(CannotClean):
        clean(FAULTS[fault](BASES["lossy"]), decoder=cleaner)


@pytest.mark.parametrize("fault", [name for name in FAULTS if "that is none" not in name])
def test_no_decoder_has_to_be_asked_to_refuse(fault: str) -> None:
    with pytest.raises(CannotClean):
        read_webp(FAULTS[fault](BASES["lossy"]))
