"""Slack: bytes in a cleaned file that its picture does not need, found by leaving some out.

A decoder stops when it has all its pixels, and never tells what was left. Runs only in the
locked-down child.
"""

import re

from safelight.imaging.cleaning.coefficients import EARLY_END, STRAY, warnings_of
from safelight.imaging.cleaning.jpeg import Jpeg, read_jpeg, segment
from safelight.imaging.cleaning.opening import open_whole
from safelight.imaging.cleaning.tables import SOS, Tables
from safelight.imaging.cleaning.webp import read_webp, write_webp
from safelight.lib.refusals import Refusal

SPARE = 8
"""Coded WebP pictures end within a few bytes of what the decoder needs."""
RESTART = re.compile(rb"(\xff[\xd0-\xd7])")
STUFFED = b"\xff\0"
"""One byte of coded data that is written as two (ITU-T T.81, B.1.1.5)."""


def _shorter(coded: bytes) -> bytes:
    return coded[: -len(STUFFED)] if coded.endswith(STUFFED) else coded[:-1]


def _refinements(tables: Tables) -> dict[int, int]:
    """Return, by the place of each scan, how many scans have to be whole before it can be read.

    Only a scan that refines is coded by what others left (ITU-T T.81, G.1.2.3).
    """
    depths: dict[int, int] = {}
    reached: dict[int, int] = {}
    for place, part in enumerate(tables.parts):
        if part.marker == SOS:
            component = part.payload[1]
            refines = part.payload[-3] > 0 and part.payload[-1] >> 4 > 0
            depths[place] = reached.get(component, 0) + 1 if refines else 0
            if part.payload[-3] > 0:
                reached[component] = max(reached.get(component, 0), depths[place])
    return depths


def _cut(jpeg: Jpeg, depths: dict[int, int], depth: int) -> tuple[bytes, int]:
    """Return the file with a byte less in every stretch of data of the scans of that depth.

    Deeper scans are left out. Also says how many stretches there are.
    """
    parts, stretches = [b"\xff\xd8"], 0
    for place, part in enumerate(jpeg.tables.parts):
        if part.is_dead or depths.get(place, 0) > depth:
            continue
        coded = RESTART.split(b"".join(jpeg.data[begin:end] for begin, end in part.pieces))
        if depths.get(place) == depth:
            stretches += len(coded[::2])
            coded[::2] = [_shorter(one) for one in coded[::2]]
        parts += [segment(part.marker, part.payload), *coded]
    return b"".join([*parts, b"\xff\xd9"]), stretches


def jpeg_has_slack(data: bytes) -> bool:
    """Say whether a JPEG holds more than its blocks need: data behind them, or codes for none.

    With a byte less, every stretch of coded data must end too early for the decoder.
    """
    jpeg = read_jpeg(data)
    if jpeg.tables.is_arithmetic or jpeg.tables.has_spare_codes():
        return True  # arithmetic data may end early without harm, so nothing can be told of it
    depths = _refinements(jpeg.tables)
    for depth in sorted(set(depths.values())):
        shorter, stretches = _cut(jpeg, depths, depth)
        heard = warnings_of(shorter)
        if heard is None or any(EARLY_END not in it and STRAY not in it for it in heard):
            return False  # nothing can be told, or it is damaged: others say so
        if sum(count for words, count in heard.items() if EARLY_END in words) < stretches:
            return True
    return False


def webp_has_slack(data: bytes) -> bool:
    """Say whether a WebP decodes without its last bytes: then they are not part of the picture."""
    whole = read_webp(data)
    if whole.picture is None:
        return False
    name, content = whole.picture
    shorter: list[tuple[bytes, bytes | None]] = [(content[:-SPARE], whole.alpha)]
    if whole.alpha is not None:
        shorter.append((content, whole.alpha[:-SPARE]))
    for rest, alpha in shorter:
        whole.picture, whole.alpha = (name, rest), alpha
        try:
            open_whole("webp", memoryview(write_webp(whole)[0]), 1)
        except Refusal:
            continue
        return True
    return False
