"""The check before a file leaves: it knows nothing of the cleaners, and lets nothing past."""

import io
from pathlib import Path

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.imaging.cleaning import REMAINS, NotProved, act, clean, verify
from safelight.imaging.cleaning.act import Draft
from safelight.imaging.cleaning.heic import box
from safelight.imaging.cleaning.results import CannotClean
from safelight.imaging.cleaning.sandbox import CleaningDecoder
from safelight.imaging.cleaning.spaces import named
from safelight.imaging.cleaning.verify import verify_layout
from tests.imaging.cleaning.making import (
    JPEG_PLACES,
    PNG_PLACES,
    SECRET,
    coded,
    riff,
    skin,
    webp_chunks,
)


def heic() -> bytes:
    target = io.BytesIO()
    pillow_heif.from_pillow(skin(128, 96)).save(target, quality=80)
    return target.getvalue()


SOURCES = {
    "jpeg": coded(skin(), "JPEG", icc_profile=named("sRGB")),
    "png": coded(skin(), "PNG", icc_profile=named("sRGB")),
    "webp": coded(skin(), "WEBP", icc_profile=named("sRGB")),
    "heic": heic(),
}
CODED = {"jpeg": b"\xff\xda", "png": b"IDAT", "webp": b"VP8 ", "heic": b"mdat"}
"""What follows these is picture, which only a decoder can judge."""


@pytest.fixture(scope="module")
def cleaned(cleaner: CleaningDecoder) -> dict[str, bytes]:
    return {kind: clean(data, decoder=cleaner).data for kind, data in SOURCES.items()}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_cleaned_file_passes(
    kind: str, cleaned: dict[str, bytes], cleaner: CleaningDecoder
) -> None:
    assert verify_layout(cleaned[kind]) == kind
    verify(cleaned[kind], decoder=cleaner)


@pytest.mark.parametrize("place", JPEG_PLACES)
def test_it_refuses_a_jpeg_with_the_secret_in(place: str, cleaned: dict[str, bytes]) -> None:
    with pytest.raises(NotProved):
        verify_layout(JPEG_PLACES[place](cleaned["jpeg"]))


@pytest.mark.parametrize("place", PNG_PLACES)
def test_it_refuses_a_png_with_the_secret_in(place: str, cleaned: dict[str, bytes]) -> None:
    with pytest.raises(NotProved):
        verify_layout(PNG_PLACES[place](cleaned["png"]))


def test_it_refuses_a_webp_with_more_chunks(cleaned: dict[str, bytes]) -> None:
    parts = webp_chunks(cleaned["webp"])
    for extra in ((b"EXIF", SECRET), (b"XMP ", SECRET), (b"PRIV", SECRET), parts[-1]):
        with pytest.raises(NotProved):
            verify_layout(riff(*parts, extra))
    with pytest.raises(NotProved):
        verify_layout(cleaned["webp"] + SECRET)


def test_it_refuses_a_heic_with_more_boxes(cleaned: dict[str, bytes]) -> None:
    for extra in (box(b"uuid", SECRET), box(b"free", SECRET), SECRET):
        with pytest.raises(NotProved):
            verify_layout(cleaned["heic"] + extra)


@pytest.mark.parametrize("kind", SOURCES)
@settings(max_examples=120, deadline=None)
@given(place=st.integers(0, 1_000_000), piece=st.binary(min_size=1, max_size=24))
def test_it_notices_bytes_put_in_anywhere_before_the_picture(
    kind: str, place: int, piece: bytes, cleaned: dict[str, bytes]
) -> None:
    data = cleaned[kind]
    place %= data.rindex(CODED[kind])
    longer = data[:place] + piece + data[place:]
    if longer.startswith(data[: data.rindex(CODED[kind])]):
        return  # the piece is what was there anyway
    with pytest.raises(NotProved):
        verify_layout(longer)


@pytest.mark.parametrize("kind", SOURCES)
@settings(max_examples=60, deadline=None)
@given(piece=st.binary(min_size=1, max_size=64))
def test_it_notices_bytes_behind_the_end(
    kind: str, piece: bytes, cleaned: dict[str, bytes]
) -> None:
    with pytest.raises(NotProved):
        verify_layout(cleaned[kind] + piece)


@pytest.mark.parametrize("other", [coded(skin(seed=2), "JPEG"), coded(skin(80, 64), "JPEG")])
def test_a_cleaner_that_changes_pixels_is_caught(
    other: bytes, cleaner: CleaningDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Draft(clean(other, decoder=cleaner).data, "jpeg", [], ["picture"])
    monkeypatch.setitem(act.CLEANERS, "jpeg", lambda *_: wrong)
    with pytest.raises(NotProved):
        clean(coded(skin(), "JPEG"), decoder=cleaner)


def test_a_cleaner_that_changes_colours_is_caught(
    cleaner: CleaningDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = coded(skin(), "JPEG", icc_profile=named("Display P3"))
    grey = clean(coded(skin(), "JPEG"), decoder=cleaner).data
    monkeypatch.setitem(act.CLEANERS, "jpeg", lambda *_: Draft(grey, "jpeg", [], ["picture"]))
    with pytest.raises(NotProved):
        clean(data, decoder=cleaner)


def test_a_cleaner_that_leaves_something_is_caught(
    cleaner: CleaningDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = coded(skin(), "JPEG", comment=SECRET)
    monkeypatch.setitem(act.CLEANERS, "jpeg", lambda *_: Draft(data, "jpeg", [], ["picture"]))
    with pytest.raises(NotProved):
        clean(data, decoder=cleaner)


def test_a_picture_that_does_not_open_is_not_proved(
    cleaned: dict[str, bytes], cleaner: CleaningDecoder
) -> None:
    data = cleaned["jpeg"]
    with pytest.raises(CannotClean):
        verify(data[: len(data) * 2 // 3] + b"\xff\xd9", decoder=cleaner)


def test_the_documentation_lists_all_that_remains() -> None:
    page = (Path(__file__).parents[3] / "docs" / "cleaning.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for name, words in REMAINS.items():
        assert f"| {name} | {words} |" in rows
