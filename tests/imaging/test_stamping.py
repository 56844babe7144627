"""Stamping: the words are in the pixels, everywhere, and nothing else comes out."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from safelight.imaging.metadata import leftovers
from safelight.imaging.sandbox import Decoder


@pytest.fixture
def plain() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1200, 900), (150, 110, 90)).save(out, "JPEG", quality=92)
    return out.getvalue()


def test_the_words_run_across_the_whole_picture(decoder: Decoder, plain: bytes) -> None:
    made = Image.open(io.BytesIO(decoder.stamped(plain, words="Dr Nil Dummy, 14 Oct 12:00")))
    changed = np.abs(np.asarray(made).astype(int) - (150, 110, 90)).max(axis=2) > 30
    thirds = [part for band in np.array_split(changed, 3) for part in np.array_split(band, 3, 1)]
    assert made.size == (1200, 900)
    assert all(part.mean() > 0.005 for part in thirds)


def test_a_stamped_picture_is_bare_and_no_longer_than_asked(
    decoder: Decoder, file: Callable[[str], bytes], plain: bytes
) -> None:
    made = decoder.stamped(plain, words="Dr Nil Dummy\r\n\x00" * 40, edge=600)
    assert max(Image.open(io.BytesIO(made)).size) == 600
    assert leftovers(made) == []
