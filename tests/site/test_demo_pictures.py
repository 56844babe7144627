"""Demo pictures: real size, plain skin, the same every time."""

import numpy as np
import pytest

from safelight.imaging.sandbox import decoder
from safelight.site.demo_pictures import picture
from safelight.site.demo_skin import MOTIFS
from tests.imaging.pictures import seen


@pytest.mark.parametrize(("motif", "tone"), list(zip(MOTIFS, (1, 3, 6, 4, 2), strict=True)))
def test_a_demo_picture_is_like_what_a_phone_sends(motif: str, tone: int) -> None:
    data = picture(motif, tone, 0.3, seed=5, orientation=6, taken="2026:02:03 09:10:11")
    prepared = decoder().prepare(data)
    assert 1_500_000 < len(data) < 6_000_000
    assert (prepared.width, prepared.height, prepared.orientation) == (3024, 4032, 6)
    assert prepared.icc_name == "sRGB"
    assert prepared.evidence.taken == "2026:02:03 09:10:11"
    assert prepared.quality.sharpness > 10
    assert prepared.quality.dark < 0.05
    assert prepared.quality.clipped < 0.02


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert picture("clear", 2, seed=8) == picture("clear", 2, seed=8)
    assert picture("clear", 2, seed=8) != picture("clear", 2, seed=9)


def test_a_wound_heals_in_its_series_and_stays_where_it_was() -> None:
    share = []
    for stage in (0.0, 0.5, 1.0):
        pixels = seen(decoder().prepare(picture("wound", 2, stage, seed=5, ruler=False)).view)
        red = (pixels[..., 0].astype(int) - pixels[..., 1]) > 70
        rows, columns = np.nonzero(red)
        assert abs(rows.mean() / red.shape[0] - 0.5) < 0.1
        assert abs(columns.mean() / red.shape[1] - 0.5) < 0.1
        share.append(red.mean())
    assert share[0] > 1.5 * share[1]
    assert share[1] > 1.5 * share[2] > 0
