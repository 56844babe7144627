"""Colour: the profile is honoured, so that red is the red that was photographed."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike

from safelight.imaging.cleaning.spaces import named
from safelight.imaging.metadata import jpeg_profile, jpeg_segments
from safelight.imaging.sandbox import Decoder
from tests.imaging.pictures import (
    ADOBE_TO_XYZ,
    P3_TO_XYZ,
    Numbers,
    flat,
    jpeg_segment,
    saved,
    seen,
    to_srgb,
    with_segments,
)

File = Callable[[str], bytes]

COLOURS = [(190, 110, 90), (230, 190, 160), (90, 60, 50), (140, 40, 50), (120, 160, 120)]
ADOBE_GAMMA = 563 / 256


def middle(jpeg: bytes) -> Numbers:
    return np.asarray(seen(jpeg)[24:40, 24:40].reshape(-1, 3).mean(axis=0))


def near(one: ArrayLike, other: ArrayLike) -> bool:
    return bool(np.abs(np.asarray(one) - np.asarray(other)).max() <= 3)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_display_p3_is_converted(
    decoder: Decoder, file: File, colour: tuple[int, int, int], kind: str
) -> None:
    profile = jpeg_profile(file("j-icc-device.jpg"))
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(flat(colour), kind, icc_profile=profile, **options)
    expected = to_srgb(colour, P3_TO_XYZ, None)
    assert near(middle(decoder.prepare(data).view), expected)
    assert near(middle(decoder.full(data)), expected)


def test_the_conversion_is_not_nothing(decoder: Decoder, file: File) -> None:
    profile = jpeg_profile(file("j-icc-device.jpg"))
    colour = (190, 60, 60)
    assert not near(middle(decoder.prepare(saved(flat(colour), icc_profile=profile)).view), colour)


@pytest.mark.parametrize("colour", COLOURS)
def test_adobe_rgb_is_converted(decoder: Decoder, colour: tuple[int, int, int]) -> None:
    profile = named("Adobe RGB")
    prepared = decoder.prepare(saved(flat(colour), icc_profile=profile))
    assert prepared.icc_name == "Adobe RGB"
    assert near(middle(prepared.view), to_srgb(colour, ADOBE_TO_XYZ, ADOBE_GAMMA))


@pytest.mark.parametrize("colour", COLOURS)
def test_adobe_rgb_that_only_exif_names_is_converted(
    decoder: Decoder, file: File, colour: tuple[int, int, int]
) -> None:
    source = file("j-adobergb-exif.jpg")
    (exif,) = (source[p.start : p.end] for p in jpeg_segments(source) if p.marker == 0xE1)
    prepared = decoder.prepare(with_segments(saved(flat(colour)), jpeg_segment(0xE1, exif)))
    assert near(middle(prepared.view), to_srgb(colour, ADOBE_TO_XYZ, ADOBE_GAMMA))


def test_heic_with_a_p3_profile_is_converted(decoder: Decoder, file: File) -> None:
    plain, wide = decoder.prepare(file("h-exif.heic")), decoder.prepare(file("h-icc.heic"))
    assert "Model" in wide.icc_name
    before, after = seen(plain.view).astype(int), seen(wide.view).astype(int)
    strong = (before.max(axis=2) - before.min(axis=2)) > 40
    spread = [(p[strong].max(axis=1) - p[strong].min(axis=1)).mean() for p in (before, after)]
    assert spread[1] > spread[0] + 3


def test_cmyk_is_the_right_way_round(decoder: Decoder, file: File) -> None:
    plain, press = decoder.prepare(file("j-plain.jpg")), decoder.prepare(file("j-cmyk.jpg"))
    apart = np.abs(seen(plain.view).astype(int) - seen(press.view).astype(int)).mean()
    assert apart < 8
    cyan = decoder.prepare(saved(flat((255, 0, 0, 0), "CMYK")))
    assert near(middle(cyan.view), np.array([0, 255, 255]))


@pytest.mark.parametrize("profile", [b"nonsense" * 20, bytes(128), b"\xff" * 4000])
def test_a_profile_that_cannot_be_read_is_left_out(decoder: Decoder, profile: bytes) -> None:
    prepared = decoder.prepare(saved(flat((190, 110, 90)), icc_profile=profile))
    assert near(middle(prepared.view), np.array([190, 110, 90]))


def test_a_profile_for_another_kind_of_pixel_is_left_out(decoder: Decoder, file: File) -> None:
    profile = jpeg_profile(file("j-icc-device.jpg"))
    prepared = decoder.prepare(saved(flat((120,), "L"), icc_profile=profile))
    assert near(middle(prepared.view), np.array([120] * 3))


def test_srgb_is_left_as_it_is(decoder: Decoder) -> None:
    colour = (190, 110, 90)
    data = saved(flat(colour))
    said = saved(flat(colour), icc_profile=named("sRGB"))
    assert decoder.prepare(said).view == decoder.prepare(data).view


def test_our_own_profiles_name_no_device_and_no_day() -> None:
    profile = named("Adobe RGB")
    assert profile[24:36] == bytes(12)
    assert profile[48:56] == bytes(8)
    assert int.from_bytes(profile[:4], "big") == len(profile)
