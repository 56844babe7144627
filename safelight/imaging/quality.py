"""Quality: what can be measured of a picture to warn a person in time (photo standards, 5)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safelight.imaging.results import Quality

LUMA_EDGE = 768
"""About how long the measured picture is. It is made in whole steps: a broken ratio costs as much
as all the measuring, and phones' photos come out alike (720 to 800) either way."""
TILES = 8
CENTRE = slice(2, 6)
DARK, BRIGHT = 5, 250
GLARE_CELLS = 32
GLARE_SHARE = 0.5
HASH_COLUMNS, HASH_ROWS = 9, 8
DIGITS = 4

Mask = NDArray[np.bool_]


def _bands(luma: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
    """Yield the Laplacian in TILES bands from top to bottom, small enough to stay in the cache."""
    high = max(0, luma.shape[0] - 2) // TILES
    for top in range(0, high * TILES, high) if high else ():
        levels = luma[top : top + high + 2].astype(np.int16)
        curvature = levels[1:-1, 1:-1] * 4
        for shifted in (levels[1:-1, :-2], levels[1:-1, 2:], levels[:-2, 1:-1], levels[2:, 1:-1]):
            curvature -= shifted
        yield curvature.astype(np.float32)


def _sharpness(luma: NDArray[np.uint8]) -> tuple[float, float]:
    """Return the variance of the Laplacian over all, and its median over the central tiles."""
    wide = max(0, luma.shape[1] - 2) // TILES
    starts = range(0, wide * TILES, wide) if wide else ()
    total = squared = count = 0.0
    tiles: list[float] = []
    for number, band in enumerate(_bands(luma)):
        sums, squares = band.sum(axis=0), np.einsum("rc,rc->c", band, band)
        total, squared, count = total + sums.sum(), squared + squares.sum(), count + band.size
        if CENTRE.start <= number < CENTRE.stop and wide:
            size = band.shape[0] * wide
            means = np.add.reduceat(sums[: wide * TILES], starts) / size
            spreads = np.add.reduceat(squares[: wide * TILES], starts) / size - means**2
            tiles.extend(spreads[CENTRE].tolist())
    if not count or not tiles:
        return 0.0, 0.0
    return max(0.0, float(squared / count - (total / count) ** 2)), max(
        0.0, float(np.median(tiles))
    )


def _largest_patch(bright: Mask) -> int:
    """Count the cells of the largest connected patch."""
    left = {(int(row), int(column)) for row, column in np.argwhere(bright)}
    largest = 0
    while left:
        edge = [left.pop()]
        size = 0
        while edge:
            row, column = edge.pop()
            size += 1
            for cell in (
                (row + 1, column),
                (row - 1, column),
                (row, column + 1),
                (row, column - 1),
            ):
                if cell in left:
                    left.remove(cell)
                    edge.append(cell)
        largest = max(largest, size)
    return largest


def _glare(luma: Image.Image) -> float:
    wide, high = luma.size
    centre = luma.crop((wide // 4, high // 4, wide - wide // 4, high - high // 4))
    bright = centre.point([0] * BRIGHT + [255] * (256 - BRIGHT))
    cells = np.asarray(bright.resize((GLARE_CELLS, GLARE_CELLS), Image.Resampling.BOX))
    return _largest_patch(cells >= 255 * GLARE_SHARE) / GLARE_CELLS**2


def luma_of(picture: Image.Image) -> Image.Image:
    """Return the lightness of a rendition, shrunk in whole steps to the size that is measured."""
    luma = picture.convert("L")
    steps = round(max(luma.size) / LUMA_EDGE)
    return luma.reduce(steps) if steps > 1 else luma


def measure(luma: Image.Image) -> Quality:
    """Measure the luma of a rendition. Nothing is refused here: a person decides."""
    counts = luma.histogram()
    total = sum(counts)
    sharpness, centre = _sharpness(np.asarray(luma))
    return Quality(
        sharpness=round(sharpness, DIGITS),
        centre_sharpness=round(centre, DIGITS),
        dark=round(sum(counts[: DARK + 1]) / total, DIGITS),
        clipped=round(sum(counts[BRIGHT:]) / total, DIGITS),
        glare=round(_glare(luma), DIGITS),
        mean=round(sum(level * count for level, count in enumerate(counts)) / total, 1),
    )


def dhash64(luma: Image.Image) -> int:
    """Return the 64-bit difference hash: alike pictures have hashes a few bits apart."""
    size = (HASH_COLUMNS, HASH_ROWS)
    levels = np.asarray(luma.resize(size, Image.Resampling.BOX))
    brighter = (levels[:, 1:] > levels[:, :-1]).flatten()
    return int.from_bytes(np.packbits(brighter).tobytes(), "big")
