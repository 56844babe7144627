"""Hostile bytes: whatever a file is, it is cleaned wholly or refused in words. Nothing else."""

import io
from contextlib import suppress

import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.imaging.cleaning import CannotClean, clean
from safelight.imaging.cleaning.boxes import Item, Items, item_bytes
from safelight.imaging.cleaning.sandbox import CleaningDecoder
from safelight.imaging.cleaning.verify import verify_layout
from safelight.imaging.limits import MAX_BYTES
from tests.imaging.cleaning.making import coded, exif_block, skin


def heic() -> bytes:
    target = io.BytesIO()
    pillow_heif.from_pillow(skin(64, 64)).save(target, quality=60, exif=exif_block())
    return target.getvalue()


FILES = {
    "jpeg": coded(skin(), "JPEG", exif=b"Exif\0\0" + exif_block(), comment=b"words"),
    "progressive": coded(skin(), "JPEG", progressive=True),
    "png": coded(skin(), "PNG", exif=exif_block()),
    "webp": coded(skin(), "WEBP", exif=exif_block()),
    "heic": heic(),
    "tiff": coded(skin(24, 16), "TIFF"),
    "gif": coded(skin(24, 16), "GIF"),
}
HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\0\0\0WEBP", b"II*\0", b"GIF89a",
         b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")  # fmt: skip
ONCE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def cleaned_or_refused(data: bytes, cleaner: CleaningDecoder) -> None:
    with suppress(CannotClean):
        verify_layout(clean(data, decoder=cleaner).data)


@pytest.mark.parametrize("name", FILES)
@ONCE
@given(place=st.integers(0, 1_000_000), piece=st.binary(min_size=1, max_size=6))
def test_changed_bytes(name: str, place: int, piece: bytes, cleaner: CleaningDecoder) -> None:
    data = bytearray(FILES[name])
    place %= len(data)
    data[place : place + len(piece)] = piece
    cleaned_or_refused(bytes(data), cleaner)


@pytest.mark.parametrize("name", FILES)
@ONCE
@given(end=st.integers(0, 1_000_000))
def test_files_cut_short(name: str, end: int, cleaner: CleaningDecoder) -> None:
    """A picture that lost a part of itself is refused; never is half of one let through."""
    data = FILES[name]
    cleaned_or_refused(data[: end % len(data)], cleaner)


@pytest.mark.parametrize("head", HEADS)
@ONCE
@given(rest=st.binary(max_size=400))
def test_garbage_behind_a_true_beginning(
    head: bytes, rest: bytes, cleaner: CleaningDecoder
) -> None:
    with pytest.raises(CannotClean):
        clean(head + rest, decoder=cleaner)


def test_a_file_over_the_cap_is_not_looked_at(cleaner: CleaningDecoder) -> None:
    with pytest.raises(CannotClean, match="64 MB"):
        clean(b"\xff\xd8\xff" + bytes(MAX_BYTES), decoder=cleaner)


def test_a_small_file_whose_items_overlap_does_not_become_large() -> None:
    """Every tile points at the same bytes: moved one by one they would fill the memory."""
    items = Items(items={n: Item(b"hvc1", 0, [(0, 900)]) for n in range(3)})
    item_bytes(bytes(1000), items, items.items[0])
    with pytest.raises(CannotClean):
        item_bytes(bytes(1000), items, items.items[1])


@pytest.mark.parametrize("data", [b"", b"\xff", b"%PDF-1.7", b"<svg/>", b"PK\3\4", bytes(64)])
def test_other_kinds_are_refused_by_name(data: bytes, cleaner: CleaningDecoder) -> None:
    with pytest.raises(CannotClean, match="not a kind of photo"):
        clean(data, decoder=cleaner)
