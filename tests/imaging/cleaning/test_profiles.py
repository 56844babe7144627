"""Colour profiles: the same colours, none of the words, whatever form the profile has."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from safelight.imaging.cleaning import NotProved, icc
from safelight.imaging.cleaning.spaces import NAMED, cleaned_profile, named
from safelight.imaging.cleaning.verify_icc import check_profile
from tests.imaging.cleaning.conftest import Tidy
from tests.imaging.cleaning.making import FORMS, SECRET, WIDE, coded, skin

MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
LANGUAGES = (b"enUS", b"deDE", b"jaJP", b"arEG", b"zhCN")


def numbers(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def many_words() -> bytes:
    """Words in five languages, as newer profiles carry them."""
    head = b"mluc" + bytes(4) + struct.pack(">II", len(LANGUAGES), 12)
    start = 16 + 12 * len(LANGUAGES)
    rows = b"".join(
        language + struct.pack(">II", len(WIDE), start + index * len(WIDE))
        for index, language in enumerate(LANGUAGES)
    )
    return head + rows + WIDE * len(LANGUAGES)


SPEAKING = {
    b"desc": b"desc" + bytes(4) + struct.pack(">I", len(SECRET) + 1) + SECRET + bytes(79),
    b"cprt": b"text" + bytes(4) + SECRET + b"\0",
    b"dmnd": many_words(),
    b"dmdd": many_words(),
    b"vued": many_words(),
    b"meta": b"dict" + bytes(4) + SECRET,
    b"mmod": b"mmod" + bytes(4) + SECRET,
    b"targ": b"text" + bytes(4) + SECRET + b"\0",
    b"calt": b"dtim" + bytes(4) + struct.pack(">6H", 2024, 3, 9, 11, 12, 13),
    b"psid": b"psid" + bytes(4) + SECRET,
    b"priv": SECRET,
    b"tech": b"sig " + bytes(4) + b"dcam",
}


def profile(
    space: bytes, tags: dict[bytes, bytes], version: int = 4, pcs: bytes = b"XYZ "
) -> bytes:
    """Lay out a profile whose header names a maker, a device and a date."""
    tags = {**SPEAKING, **tags}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for key, element in tags.items():
        table += key + struct.pack(">II", start + len(body), len(element))
        body += element + bytes(-len(element) % 4)
    head = struct.pack(">I", start + len(body)) + b"APPL" + bytes((version, 0x20, 0, 0))
    head += b"mntr" + space + pcs + struct.pack(">6H", 2024, 3, 9, 11, 12, 13) + b"acspAPPL"
    head += bytes(4) + b"FABR" + b"QX77" + bytes(12) + icc.D50 + b"MAKR" + SECRET[:16]
    return head.ljust(128, b"\0") + table + body


def curve(*values: int) -> bytes:
    return (
        b"curv"
        + bytes(4)
        + struct.pack(">I", len(values))
        + struct.pack(f">{len(values)}H", *values)
    )


def colours(*rows: tuple[float, float, float]) -> dict[bytes, bytes]:
    return {
        key: b"XYZ " + bytes(4) + numbers(*row)
        for key, row in zip((b"rXYZ", b"gXYZ", b"bXYZ"), rows, strict=True)
    }


WHITE = {b"wtpt": b"XYZ " + bytes(4) + icc.D50}
ODD = colours((0.50, 0.24, 0.02), (0.30, 0.68, 0.10), (0.1642, 0.08, 0.7049))
TABLE = curve(*(int((index / 63) ** 1.9 * 65535) for index in range(64)))
CURVES = {key: TABLE for key in (b"rTRC", b"gTRC", b"bTRC")}
PARAMETRIC = {
    key: b"para" + bytes(4) + struct.pack(">HH", 1, 0xBEEF) + numbers(2.2, 0.95, 0.05)
    for key in (b"rTRC", b"gTRC", b"bTRC")
}


def old_table(width: int, ins: int) -> bytes:
    """A table of the older kind from device colours to Lab."""
    grid, top = 3, 255 if width == 1 else 65535
    entries = 256 if width == 1 else 2
    draw = np.random.default_rng(4)
    line = np.linspace(0, top, entries).round().astype(int).tolist()
    cells = draw.integers(0, top, grid**ins * 3).tolist()
    form = "B" if width == 1 else "H"
    every = line * ins + cells + line * 3
    head = (b"mft1" if width == 1 else b"mft2") + bytes(4) + bytes((ins, 3, grid, 0))
    head += numbers(1, 0, 0, 0, 1, 0, 0, 0, 1)
    head += b"" if width == 1 else struct.pack(">2H", entries, entries)
    return head + struct.pack(f">{len(every)}{form}", *every) + SECRET


def new_table() -> bytes:
    """A table of the newer kind, its parts out of order and with words between them."""
    plain = curve()
    grid = bytes((2, 2, 2)).ljust(16, b"\0") + bytes((2, 7, 7, 7))
    grid += struct.pack(">24H", *np.random.default_rng(5).integers(0, 65535, 24).tolist())
    matrix = numbers(0.9, 0.05, 0, 0, 0.9, 0.05, 0, 0, 0.9, 0, 0, 0)
    parts, places, body = (grid, plain * 3, matrix, plain * 3, plain * 3), [], b""
    for part in parts:
        body += SECRET + b"!"
        places.append(32 + len(body))
        body += part
    order = (places[1], places[2], places[3], places[0], places[4])
    return b"mAB " + bytes(4) + b"\3\3\0\0" + struct.pack(">5I", *order) + body


PROFILES = {
    "matrix and sampled curves": profile(b"RGB ", {**WHITE, **ODD, **CURVES}),
    "older": profile(b"RGB ", {**WHITE, **ODD, **CURVES}, version=2),
    "matrix and parametric curves": profile(b"RGB ", {**WHITE, **ODD, **PARAMETRIC}),
    "adapted": profile(
        b"RGB ",
        {
            **WHITE,
            **ODD,
            **CURVES,
            b"chad": b"sf32" + bytes(4) + numbers(1, 0, 0, 0, 1, 0, 0, 0, 1),
        },
    ),
    "grey": profile(b"GRAY", {**WHITE, b"kTRC": TABLE}),
    "grey, older": profile(b"GRAY", {**WHITE, b"kTRC": curve(563)}, version=2),
    "ink, 8 bits": profile(b"CMYK", {**WHITE, b"A2B0": old_table(1, 4)}, version=2, pcs=b"Lab "),
    "ink, 16 bits": profile(b"CMYK", {**WHITE, b"A2B0": old_table(2, 4)}, pcs=b"Lab "),
    "table beside a matrix": profile(
        b"RGB ", {**WHITE, **ODD, **CURVES, b"A2B0": old_table(2, 3)}, pcs=b"Lab "
    ),
    "newer table": profile(b"RGB ", {**WHITE, b"A2B0": new_table()}, pcs=b"Lab "),
}


def seen(data: bytes) -> np.ndarray:
    mode = MODES[data[16:20]]
    draw = np.random.default_rng(0).integers(0, 255, 64 * 64 * len(mode), np.uint8)
    picture = Image.frombytes(mode, (64, 64), draw.tobytes())
    shown = ImageCms.profileToProfile(
        picture,
        ImageCms.ImageCmsProfile(io.BytesIO(data)),
        ImageCms.createProfile("sRGB"),
        outputMode="RGB",
    )
    return np.asarray(shown).astype(int)


@pytest.mark.parametrize("name", PROFILES)
def test_words_go_and_colours_stay(name: str) -> None:
    before = PROFILES[name]
    after, _ = cleaned_profile(before)
    assert after is not None
    assert not any(form in after for form in (*FORMS, b"APPL", b"FABR", b"QX77", b"MAKR", b"dcam"))
    check_profile(after)
    assert np.abs(seen(before) - seen(after)).max() <= 1
    assert cleaned_profile(after)[0] == after


@pytest.mark.parametrize("name", PROFILES)
def test_a_picture_with_it_is_cleaned_whole(name: str, tidy: Tidy) -> None:
    mode = MODES[PROFILES[name][16:20]]
    cleaned = tidy(coded(skin(mode=mode), "JPEG", icc_profile=PROFILES[name]))
    assert "colour" in cleaned.what_remains
    assert "names in the colour profile" in cleaned.what_was_removed


@pytest.mark.parametrize("name", NAMED)
def test_named_spaces_are_recognised_by_their_numbers(name: str) -> None:
    parts = icc.read(named(name))
    spoken = profile(b"RGB ", parts.tags, version=2)
    assert cleaned_profile(spoken) == (named(name), name)


@pytest.mark.parametrize("grid", [11, 30])
def test_a_large_profile_in_many_pieces_survives(grid: int, tidy: Tidy) -> None:
    """The larger one has 5 MB, as press profiles with fine tables do."""
    ins = 4
    head = b"mft2" + bytes(4) + bytes((ins, 3, grid, 0)) + numbers(1, 0, 0, 0, 1, 0, 0, 0, 1)
    every = [0, 65535] * ins + [30000] * (grid**ins * 3) + [0, 65535] * 3
    table = head + struct.pack(">2H", 2, 2) + struct.pack(f">{len(every)}H", *every)
    large = profile(b"CMYK", {**WHITE, b"A2B0": table}, pcs=b"Lab ")
    cleaned = tidy(coded(skin(mode="CMYK"), "JPEG", icc_profile=large))
    assert len(Image.open(io.BytesIO(cleaned.data)).info["icc_profile"]) > 65_535


BROKEN = {
    "nothing": b"",
    "text": SECRET * 20,
    "no tags": profile(b"RGB ", {}),
    "a link between devices": profile(b"RGB ", {**WHITE, **ODD, **CURVES}).replace(
        b"mntr", b"link"
    ),
    "a curve longer than itself": profile(
        b"RGB ", {**WHITE, **ODD, **CURVES, b"rTRC": b"curv" + bytes(4) + b"\0\0\xff\xff"}
    ),
    "cut short": profile(b"RGB ", {**WHITE, **ODD, **CURVES})[:600],
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_profile_that_means_nothing_is_left_out(name: str) -> None:
    assert cleaned_profile(BROKEN[name]) == (None, "")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(PROFILES)), st.integers(0, 4000), st.binary(min_size=1, max_size=8))
def test_no_damage_makes_it_crash_or_say_anything(name: str, place: int, piece: bytes) -> None:
    """Whatever comes out passes the independent check, or nothing comes out."""
    data = bytearray(PROFILES[name])
    place %= len(data)
    data[place : place + len(piece)] = piece
    after, _ = cleaned_profile(bytes(data))
    if after is not None:
        check_profile(after)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_the_check_notices_every_changed_byte_that_is_not_a_number(place: int, change: int) -> None:
    clean_one = cleaned_profile(PROFILES["matrix and sampled curves"])[0] or b""
    start = 128 + 4 + 12 * int.from_bytes(clean_one[128:132], "big")
    data = bytearray(clean_one)
    place %= start
    if 8 <= place < 24 or 64 <= place < 68:
        return  # version, class, space and intent have more than one true value
    data[place] ^= change
    with pytest.raises(NotProved):
        check_profile(bytes(data))
