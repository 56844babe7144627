"""Spaces: the colour spaces that have a name, recognised by their numbers and replaced by ours.

A profile that means sRGB, Display P3 or Adobe RGB is one of millions afterwards, whoever made it.
"""

import struct
from functools import cache

from safelight.imaging.cleaning import icc

Row = tuple[float, float, float]
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""IEC 61966-2-1, as a parametric curve of kind 3."""
ADOBE_GAMMA = 563 / 256
NAMED: dict[str, tuple[tuple[Row, Row, Row], float | None]] = {
    "sRGB": (
        ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)),
        None,
    ),
    "Display P3": (
        ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
        None,
    ),
    "Adobe RGB": (
        ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
        ADOBE_GAMMA,
    ),
}
"""Red, green and blue under D50, and the gamma; None stands for the sRGB curve. From IEC 61966-2-1,
SMPTE EG 432-1 and Adobe RGB (1998), annex C."""
NEAR = 0.0012
"""Columns that differ by less mean the same primaries: profiles round differently."""
NEAR_CURVE = 0.002
PROBES = tuple(index / 32 for index in range(33))


def _fixed(values: tuple[float, ...]) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _curve_of(gamma: float | None) -> bytes:
    if gamma is None:
        return b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _fixed(SRGB_CURVE)
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


@cache
def named(name: str) -> bytes:
    """Return our own profile of a named space."""
    columns, gamma = NAMED[name]
    tags = {b"wtpt": b"XYZ " + bytes(4) + icc.D50}
    for letter, column in zip((b"r", b"g", b"b"), columns, strict=True):
        tags[letter + b"XYZ"] = b"XYZ " + bytes(4) + _fixed(column)
        tags[letter + b"TRC"] = _curve_of(gamma)
    return icc.write(icc.Profile(4, b"mntr", b"RGB ", b"XYZ ", 0, tags), name)


def _column(element: bytes) -> Row:
    x, y, z = struct.unpack(">3i", element[8:20])
    return x / 65536, y / 65536, z / 65536


def _power(base: float, exponent: float) -> float:
    return min(max(base, 0.0) ** exponent, 4.0) if base > 0 else 0.0


def _parametric(kind: int, p: list[float], x: float) -> float:
    if kind == 0:
        return _power(x, p[0])
    g, a, b = p[:3]
    if kind in (1, 2):
        c = p[3] if kind == 2 else 0.0
        return _power(a * x + b, g) + c if a and x >= -b / a else c
    e, f = (p[5], p[6]) if kind == 4 else (0.0, 0.0)
    return _power(a * x + b, g) + e if x >= p[4] else p[3] * x + f


def curve_at(element: bytes, x: float) -> float:
    """Return what a curve makes of x, from 0 to 1."""
    if element[:4] == b"para":
        kind = int.from_bytes(element[8:10], "big")
        count = icc.PARAMETERS[kind]
        given = [one / 65536 for one in struct.unpack(f">{count}i", element[12 : 12 + 4 * count])]
        return _parametric(kind, given, x)
    count = int.from_bytes(element[8:12], "big")
    if count == 0:
        return x
    if count == 1:
        return _power(x, int.from_bytes(element[12:14], "big") / 256)
    place = x * (count - 1)
    low = min(int(place), count - 2)
    first, second = struct.unpack(">2H", element[12 + 2 * low : 16 + 2 * low])
    return float((first + (second - first) * (place - low)) / 65535)


def _is(profile: icc.Profile, name: str) -> bool:
    columns, gamma = NAMED[name]
    wanted = _curve_of(gamma)
    for letter, column in zip((b"r", b"g", b"b"), columns, strict=True):
        found = _column(profile.tags[letter + b"XYZ"])
        if any(abs(one - two) > NEAR for one, two in zip(found, column, strict=True)):
            return False
        curve = profile.tags[letter + b"TRC"]
        if any(abs(curve_at(curve, x) - curve_at(wanted, x)) > NEAR_CURVE for x in PROBES):
            return False
    return True


def cleaned_profile(data: bytes | None) -> tuple[bytes | None, str]:
    """Return a profile that means the same colours and says nothing else, and the space's name.

    A profile that cannot be read is left out, as every decoder would leave it out.
    """
    if data is None:
        return None, ""
    try:
        profile = icc.read(data)
    except (icc.Unusable, struct.error, OverflowError):
        return None, ""
    has_table = any(key in profile.tags for key in icc.TABLES)
    if profile.space == b"RGB " and not has_table:
        for name in NAMED:
            if _is(profile, name):
                return named(name), name
    return icc.write(profile), ""
