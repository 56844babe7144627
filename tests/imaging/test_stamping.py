"""Stamping: the words are in the pixels, everywhere, and nothing else comes out."""

import io
from collections.abc import Callable
from unicodedata import normalize

import numpy as np
import pytest
from PIL import Image

from safelight.imaging.metadata import leftovers
from safelight.imaging.sandbox import Decoder
from safelight.imaging.stamping import NO_SIGN, written

NAMES = ("Dr Müller", "José Peña", "Nguyễn Thị Ánh", "Żółć", "Ångström", "Ελένη", "Иван Ґудзь")


@pytest.fixture
def plain() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1200, 900), (150, 110, 90)).save(out, "JPEG", quality=92)
    return out.getvalue()


def test_the_words_run_across_the_whole_picture(decoder: Decoder, plain: bytes) -> None:
    made = Image.open(
        io.BytesIO(decoder.stamped(plain, words="Dr Nil Dummy, 14 Oct 12:00", instead=""))
    )
    changed = np.abs(np.asarray(made).astype(int) - (150, 110, 90)).max(axis=2) > 30
    thirds = [part for band in np.array_split(changed, 3) for part in np.array_split(band, 3, 1)]
    assert made.size == (1200, 900)
    assert all(part.mean() > 0.005 for part in thirds)


def test_a_stamped_picture_is_bare_and_no_longer_than_asked(
    decoder: Decoder, file: Callable[[str], bytes], plain: bytes
) -> None:
    made = decoder.stamped(plain, words="Dr Nil Dummy\r\n\x00" * 40, instead="", edge=600)
    assert max(Image.open(io.BytesIO(made)).size) == 600
    assert leftovers(made) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_written_with_every_sign_it_has(name: str) -> None:
    assert written(f"{name} · 14 Oct", "nobody") == f"{name} · 14 Oct"
    assert written(normalize("NFD", name), "nobody") == name


def test_what_the_font_lacks_is_never_a_row_of_boxes(decoder: Decoder, plain: bytes) -> None:
    assert written(f"Dr {NO_SIGN}", "nil@dummy.example") == "nil@dummy.example"
    assert written("李明 · 14 Oct", "李@dummy.example · 14 Oct") == "@dummy.example · 14 Oct"
    other = decoder.stamped(plain, words="李明", instead="nil@dummy.example")
    assert other == decoder.stamped(plain, words="nil@dummy.example", instead="")
    assert other != decoder.stamped(plain, words="Müller", instead="nil@dummy.example")
