"""HEIC: the coded picture moves to a new file; messages, items and boxes that say more do not."""

import io
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from safelight.imaging.cleaning import CannotClean, clean
from safelight.imaging.cleaning.boxes import boxes, read_items
from safelight.imaging.cleaning.heic import box, read_heic, write_heic
from safelight.imaging.cleaning.sandbox import CleaningDecoder
from safelight.imaging.cleaning.spaces import named
from tests.imaging.cleaning.conftest import Tidy
from tests.imaging.cleaning.making import SECRET, exif_block, opened, same_pixels, skin


def heic(picture: Image.Image, **options: object) -> bytes:
    target = io.BytesIO()
    pillow_heif.from_pillow(picture).save(target, quality=80, **options)
    return target.getvalue()


def clear() -> Image.Image:
    picture = skin(128, 96)
    picture.putalpha(skin(128, 96, "L", seed=3))
    return picture


BASES = {
    "plain": heic(skin(128, 96)),
    "clear": heic(clear()),
    "grey": heic(skin(128, 96, "L")),
}
XMP = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"


@pytest.mark.parametrize("base", BASES)
def test_exif_and_xmp_items_are_gone_and_nothing_was_decoded(base: str, tidy: Tidy) -> None:
    picture = opened(BASES[base])
    data = heic(picture, exif=b"Exif\0\0" + exif_block(), xmp=XMP)
    cleaned = tidy(data)
    assert cleaned.how == "exact"
    assert {"EXIF", "XMP or other text"} <= set(cleaned.what_was_removed)
    assert same_pixels(data, cleaned.data)
    assert ("transparency" in cleaned.what_remains) == (base == "clear")


def test_messages_beside_the_slices_are_gone(tidy: Tidy) -> None:
    """Encoders write their name and settings there, cameras what they like."""
    message = b"\x4e\x01\x05" + SECRET
    parts = read_heic(BASES["plain"])
    only = next(iter(parts.kept.values()))
    only.data = len(message).to_bytes(4, "big") + message + only.data
    sets, is_needed = only.properties[0]
    start = sets.index(b"hvcC") + 4
    array = b"\xa7\0\1" + len(message).to_bytes(2, "big") + message
    config = sets[start : start + 22] + bytes((sets[start + 22] + 1,)) + sets[start + 23 :] + array
    only.properties[0] = (box(b"hvcC", config), is_needed)
    data = write_heic(parts)[0]
    assert data.count(SECRET) == 2
    assert same_pixels(data, tidy(data).data)


def test_second_pictures_and_thumbnails_are_gone(tidy: Tidy) -> None:
    target = io.BytesIO()
    many = pillow_heif.from_pillow(skin(128, 96))
    many.add_from_pillow(skin(256, 192, seed=4))
    many.save(target, quality=80, primary_index=0)
    cleaned = tidy(target.getvalue())
    assert len(pillow_heif.open_heif(cleaned.data)) == 1
    assert "second picture or thumbnail" in cleaned.what_was_removed


@pytest.mark.parametrize("piece", [box(b"uuid", SECRET), box(b"free", SECRET), SECRET])
def test_boxes_and_bytes_behind_the_picture_are_gone(piece: bytes, tidy: Tidy) -> None:
    assert same_pixels(BASES["plain"], tidy(BASES["plain"] + piece).data)


def test_a_profile_keeps_its_colours_and_loses_its_names(tidy: Tidy) -> None:
    picture = skin(128, 96)
    picture.info["icc_profile"] = named("Adobe RGB")
    cleaned = tidy(heic(picture))
    assert pillow_heif.open_heif(cleaned.data).info["icc_profile"] == named("Adobe RGB")


def test_a_picture_in_tiles_keeps_every_tile(tidy: Tidy) -> None:
    data = tiled()
    cleaned = tidy(data)
    assert cleaned.how == "exact"
    assert same_pixels(data, cleaned.data)


def tiled() -> bytes:
    """Two pictures of one size, side by side in a grid, under one extra name for each item."""
    heic_parts = read_heic(BASES["plain"])
    number, only = next(iter(heic_parts.kept.items()))
    size = [one for one in only.properties if b"ispe" not in one[0]]
    whole = box(b"ispe", bytes(4), (256).to_bytes(4, "big"), (96).to_bytes(4, "big"))
    grid = type(only)(b"grid", b"\0\0\0\1" + b"\1\0\0\x60", [(whole, False)], False)
    tiles = {
        number + 1 + index: type(only)(b"hvc1", only.data, list(only.properties), True)
        for index in range(2)
    }
    assert size
    heic_parts.kept = {number: grid, **tiles}
    heic_parts.references = [(b"dimg", number, tuple(tiles))]
    return write_heic(heic_parts)[0]


def test_a_crop_hides_pixels_so_the_picture_is_coded_anew(tidy: Tidy) -> None:
    """What a crop cuts away is still in the coded data: only what is seen may go."""
    parts = read_heic(BASES["plain"])
    only = next(iter(parts.kept.values()))
    numbers = (64, 1, 96, 1, -32 & 0xFFFFFFFF, 1, 0, 1)
    crop = box(b"clap", *(number.to_bytes(4, "big") for number in numbers))
    only.properties.append((crop, True))
    data = write_heic(parts)[0]
    assert opened(data).size == (64, 96)
    cleaned = tidy(data)
    assert (cleaned.kind, cleaned.how) == ("png", "coded anew")
    assert np.array_equal(np.asarray(opened(cleaned.data)), np.asarray(opened(data)))


def test_a_shape_of_pixels_that_spells_something_is_gone(tidy: Tidy) -> None:
    parts = read_heic(BASES["plain"])
    only = next(iter(parts.kept.values()))
    only.properties.append((box(b"pasp", SECRET[:8]), False))
    data = write_heic(parts)[0]
    assert SECRET[:8] in data
    assert SECRET[:8] not in tidy(data).data


def test_one_item_is_left_and_it_has_no_name(tidy: Tidy) -> None:
    cleaned = tidy(heic(skin(128, 96), exif=exif_block(), xmp=XMP)).data
    meta = dict(boxes(cleaned))[b"meta"]
    assert [item.kind for item in read_items(meta).items.values()] == [b"hvc1"]


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[: len(data) // 2],
    "no meta box": lambda data: data.replace(b"meta", b"free"),
    "a length beyond the data": lambda data: data[: data.index(b"mdat") + 4] + b"\xff" * 64,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_refused_with(fault: str, cleaner: CleaningDecoder) -> None:
    with pytest.raises(CannotClean):
        clean(FAULTS[fault](BASES["plain"]), decoder=cleaner)
