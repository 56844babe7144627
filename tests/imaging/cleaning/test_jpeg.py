"""JPEG: wherever the secret is put, it is gone, and not one pixel has changed."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from safelight.imaging.cleaning import CannotClean, clean
from safelight.imaging.cleaning.jpeg import read_jpeg
from safelight.imaging.cleaning.sandbox import CleaningDecoder
from safelight.imaging.cleaning.spaces import named
from safelight.imaging.prepare import UPRIGHT
from safelight.imaging.refusals import PictureTooLarge
from tests.imaging.cleaning.conftest import Tidy
from tests.imaging.cleaning.making import (
    JPEG_PLACES,
    SECRET,
    coded,
    exif_block,
    half_height,
    holds_secret,
    more_before_restarts,
    more_in_the_scan,
    opened,
    quantiser,
    same_pixels,
    segment,
    skin,
    spare_codes,
)

BASES = {
    "ordinary": coded(skin(), "JPEG", quality=88),
    "progressive": coded(skin(), "JPEG", quality=88, progressive=True),
    "grey": coded(skin(mode="L"), "JPEG"),
    "ink": coded(skin(mode="CMYK"), "JPEG"),
    "restarts": coded(skin(), "JPEG", restart_marker_blocks=3),
    "without halved colour": coded(skin(), "JPEG", subsampling=0, quality=97),
}

SEEKERS = {
    "jfif thumbnail", "second jfif", "adobe with more", "unused quantiser", "unused codes",
    "comment before the last scan", "xmp before the last scan",
    "codes before the last scan",
}  # fmt: skip
RARE = Path(__file__).parent / "rare"


@pytest.mark.parametrize("place", JPEG_PLACES)
@pytest.mark.parametrize("base", ["ordinary", "progressive"])
def test_the_secret_is_gone_from(place: str, base: str, tidy: Tidy) -> None:
    data = JPEG_PLACES[place](BASES[base])
    cleaned = tidy(data)
    assert cleaned.how == "exact"
    assert same_pixels(BASES[base], cleaned.data)
    assert cleaned.what_was_removed


@pytest.mark.parametrize("base", BASES)
def test_all_places_at_once(base: str, tidy: Tidy) -> None:
    data = BASES[base]
    # First those that look for their place. A file with stray bytes is for lenient decoders only.
    for name in sorted(JPEG_PLACES, key=lambda name: name not in SEEKERS):
        if name != "stray bytes":
            data = JPEG_PLACES[name](data)
    assert holds_secret(data)
    assert same_pixels(BASES[base], tidy(data).data)


@pytest.mark.parametrize("base", BASES)
def test_the_coded_data_is_copied_bit_for_bit(base: str, tidy: Tidy) -> None:
    """The tail from the first scan on is the very same, so the coefficients are."""
    data = BASES[base]
    cleaned = tidy(data[:2] + segment(0xE1, b"Exif\0\0" + exif_block()) + data[2:]).data
    assert cleaned.endswith(data[data.index(b"\xff\xda") :])


BEHIND: dict[str, Callable[[bytes], bytes]] = {
    "codes of a table": spare_codes,
    "data behind the last block": more_in_the_scan,
    "a byte behind the last block": lambda data: data[:-2] + b"C" + data[-2:],
    "data before each restart": more_before_restarts,
}


PACKED = {**BASES, "optimal codes": coded(skin(), "JPEG", optimize=True)}


@pytest.mark.parametrize(
    ("place", "base"),
    [
        *((place, "optimal codes") for place in BEHIND if "restart" not in place),
        *((place, "progressive") for place in BEHIND if "behind" in place),
        *((place, "restarts") for place in BEHIND if "table" not in place),
    ],
)  # fmt: skip
def test_what_no_block_needs_is_gone_from_the_coded_data(place: str, base: str, tidy: Tidy) -> None:
    """Nothing of it can be seen by walking: only who leaves bytes out learns what is needed."""
    cleaned = tidy(BEHIND[place](PACKED[base]))
    assert cleaned.how == "exact"
    assert "bytes that no picture needs" in cleaned.what_was_removed
    assert same_pixels(PACKED[base], cleaned.data)
    assert len(cleaned.data) <= len(PACKED[base])


@pytest.mark.parametrize("base", ["ordinary", "restarts"])
def test_rows_cut_off_by_the_header_alone_are_gone(base: str, tidy: Tidy) -> None:
    """Whoever writes the height back into the header would see them again."""
    plain = BASES[base]
    cleaned = tidy(half_height(plain))
    whole, left = np.asarray(opened(plain)), np.asarray(opened(cleaned.data))
    assert left.shape[0] == whole.shape[0] // 2
    assert np.array_equal(whole[: left.shape[0] - 8], left[:-8])
    assert len(cleaned.data) < len(plain) * 0.7


def test_a_quantiser_that_comes_too_late_for_every_component_is_gone(tidy: Tidy) -> None:
    data = BASES["progressive"]
    at = data.rindex(b"\xff\xda")
    cleaned = tidy(data[:at] + quantiser(0) + data[at:])
    assert same_pixels(data, cleaned.data)
    assert cleaned.what_was_removed == ["tables that nothing uses"]


@pytest.mark.parametrize("name", ["arithmetic", "uneven-colour", "colour-in-eighths"])
def test_a_rare_way_of_coding_is_cleaned_too(name: str, tidy: Tidy) -> None:
    """The quick decoder does not open the last two; made with cjpeg."""
    data = (RARE / f"{name}.jpg").read_bytes()
    cleaned = tidy(data[:2] + segment(0xE1, b"Exif\0\0" + exif_block()) + data[2:] + SECRET)
    assert cleaned.how == "exact"
    assert same_pixels(data, cleaned.data)


def test_a_scan_header_that_some_cameras_leave_empty_is_filled_in(tidy: Tidy) -> None:
    data = BASES["ordinary"]
    at = data.index(b"\xff\xda") + 11
    spoilt = data[:at] + b"\0\0\0" + data[at + 3 :]
    assert spoilt != data
    assert tidy(spoilt).data == tidy(data).data


def test_ink_with_a_colour_mark_that_is_none_is_opened_as_all_decoders_do(tidy: Tidy) -> None:
    ink = np.asarray(skin(mode="CMYK"))
    data = bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(ink), 90, "CMYK"))
    at = data.index(b"Adobe") + 11
    assert data[at] == 2
    assert tidy(data[:at] + b"\1" + data[at + 1 :]).data == tidy(data).data


def test_a_density_that_spells_something_is_none(tidy: Tidy) -> None:
    data = BASES["ordinary"]
    assert data[6:11] == b"JFIF\0"
    cleaned = tidy(data[:14] + SECRET[:4] + data[18:]).data
    assert cleaned[14:18] == b"\0\1\0\1"


def test_the_adobe_marker_that_ink_needs_stays_and_loses_what_follows_it(tidy: Tidy) -> None:
    data = BASES["ink"]
    at = data.index(b"Adobe")
    longer = data[: at - 4] + segment(0xEE, data[at : at + 12] + SECRET) + data[at + 12 :]
    cleaned = tidy(longer)
    assert "colour marks" in cleaned.what_remains
    assert np.array_equal(np.asarray(opened(cleaned.data)), np.asarray(opened(data)))


def test_colours_coded_as_red_green_blue_stay_so_without_jfif(tidy: Tidy) -> None:
    data = coded(skin(), "JPEG", keep_rgb=True)
    assert same_pixels(data, tidy(data + SECRET).data)


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("base", ["ordinary", "progressive", "grey", "ink"])
def test_a_picture_of_whole_blocks_is_turned_without_loss(
    orientation: int, base: str, tidy: Tidy
) -> None:
    """Turned back by its coefficients, it is the same file to the last coefficient."""
    data = BASES[base]
    lying = data[:2] + segment(0xE1, b"Exif\0\0" + exif_block(orientation)) + data[2:]
    cleaned = tidy(lying)
    assert cleaned.how == "turned"
    wanted = np.asarray(opened(data).transpose(UPRIGHT[orientation])).astype(int)
    apart = np.abs(wanted - np.asarray(opened(cleaned.data)).astype(int))
    assert apart.mean() < 0.6
    back = {6: 8, 8: 6}.get(orientation, orientation)
    returned = tidy(
        cleaned.data[:2] + segment(0xE1, b"Exif\0\0" + exif_block(back)) + cleaned.data[2:]
    )
    assert same_pixels(data, returned.data)


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_picture_of_broken_blocks_is_turned_and_coded_again(orientation: int, tidy: Tidy) -> None:
    data = coded(skin(101, 75), "JPEG", quality=90)
    cleaned = tidy(data[:2] + segment(0xE1, b"Exif\0\0" + exif_block(orientation)) + data[2:])
    assert cleaned.how == ("turned" if orientation == 5 else "re-encoded")
    wanted = np.asarray(opened(data).transpose(UPRIGHT[orientation])).astype(int)
    apart = np.abs(wanted - np.asarray(opened(cleaned.data)).astype(int))
    assert apart.mean() < 2.0


def test_an_orientation_that_is_none_turns_nothing(tidy: Tidy) -> None:
    data = BASES["ordinary"]
    cleaned = tidy(data[:2] + segment(0xE1, b"Exif\0\0" + exif_block(9)) + data[2:])
    assert cleaned.how == "exact"


def twelve_bits(data: bytes) -> bytes:
    at = data.index(b"\xff\xc0")
    return data[: at + 4] + b"\x0c" + data[at + 5 :]


def no_height(data: bytes) -> bytes:
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + b"\0\0" + data[at + 7 :]


def two_frames(data: bytes) -> bytes:
    at = data.index(b"\xff\xc0")
    size = int.from_bytes(data[at + 2 : at + 4], "big") + 2
    return data[:at] + data[at : at + size] * 2 + data[at + size :]


def scan_twice(data: bytes) -> bytes:
    at = data.index(b"\xff\xda")
    return data[:-2] + data[at:]


REFUSED: dict[str, Callable[[bytes], bytes]] = {
    "twelve bits": twelve_bits,
    "lossless": lambda data: data.replace(b"\xff\xc0", b"\xff\xc3", 1),
    "hierarchical": lambda data: data.replace(b"\xff\xc0", b"\xff\xc5", 1),
    "no height": no_height,
    "two frames": two_frames,
    "the scan twice": scan_twice,
    "cut short": lambda data: data[: len(data) // 2],
    "without an end": lambda data: data[:-2],
    "a table that is too long": lambda data: data[:2] + segment(0xDB, bytes(70)) + data[2:],
    "a table number that is none": lambda data: data[:2] + segment(0xDB, b"\7" * 65) + data[2:],
    "a segment longer than the file": lambda data: data[:2] + b"\xff\xe1\xff\xff" + data[2:],
}


@pytest.mark.parametrize("fault", REFUSED)
def test_it_is_refused_with(fault: str, cleaner: CleaningDecoder) -> None:
    with pytest.raises(CannotClean) as refused:
        clean(REFUSED[fault](BASES["ordinary"]), decoder=cleaner)
    assert refused.value.message.endswith(".")
    assert refused.value.remedy


@pytest.mark.parametrize("fault", REFUSED)
def test_no_decoder_has_to_be_asked_to_refuse(fault: str) -> None:
    with pytest.raises(CannotClean):
        read_jpeg(REFUSED[fault](BASES["ordinary"]))


def test_a_picture_over_the_caps_is_refused_before_it_is_decoded(cleaner: CleaningDecoder) -> None:
    data = BASES["ordinary"]
    at = data.index(b"\xff\xc0")
    bomb = data[: at + 5] + b"\xff\xdc" * 2 + data[at + 9 :]
    with pytest.raises(PictureTooLarge):
        read_jpeg(bomb)
    with pytest.raises(CannotClean, match="larger than"):
        clean(bomb, decoder=cleaner)


def test_a_profile_in_pieces_out_of_order_keeps_its_colours(tidy: Tidy) -> None:
    profile = named("Display P3")
    cut = len(profile) // 2
    pieces = [
        segment(0xE2, b"ICC_PROFILE\0\2\2" + profile[cut:]),
        segment(0xE2, b"ICC_PROFILE\0\1\2" + profile[:cut]),
    ]
    data = BASES["ordinary"]
    cleaned = tidy(data[:2] + b"".join(pieces) + data[2:])
    assert Image.open(io.BytesIO(cleaned.data)).info["icc_profile"] == profile
