"""Answers: what a decoding child sent back, taken apart and believed only as far as it is checked.

A child that a hostile file has taken over can send any bytes. None of them reaches a person as
text, and a rendition is accepted only when every segment of it is pixels.
"""

import json
import struct
from dataclasses import dataclass
from math import isfinite
from typing import Any

from safelight.imaging.limits import MAX_SIDE, THUMB_EDGE, VIEW_EDGE
from safelight.imaging.metadata import jpeg_size, leftovers
from safelight.imaging.results import Evidence, Prepared, Quality

MAGIC = b"SLP1"
START = len(MAGIC) + 4
MAX_HEADER = 16 * 1024
MAX_TEXT = 80
KINDS = frozenset({"jpeg", "png", "heic", "webp", "tiff"})


class Malformed(Exception):
    """Not an answer that our own code writes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A header and its blobs, not yet believed."""

    header: dict[str, Any]
    blobs: list[bytes]


def frame(answer: Answer) -> bytes:
    """Lay out an answer: a JSON header, then the blobs, whose lengths the header lists."""
    head = json.dumps({**answer.header, "blobs": [len(blob) for blob in answer.blobs]}).encode()
    return b"".join([MAGIC, struct.pack("!I", len(head)), head, *answer.blobs])


def unframe(raw: bytes) -> Answer:
    """Take an answer apart. Raises Malformed unless every byte is accounted for."""
    if raw[: len(MAGIC)] != MAGIC or len(raw) < START:
        raise Malformed
    size = int.from_bytes(raw[len(MAGIC) : START], "big")
    if size > MAX_HEADER:
        raise Malformed
    try:
        header = json.loads(raw[START : START + size])
    except (ValueError, RecursionError) as problem:
        raise Malformed from problem
    if not isinstance(header, dict):
        raise Malformed
    lengths = header.get("blobs")
    if not isinstance(lengths, list) or not all(type(one) is int and one >= 0 for one in lengths):
        raise Malformed
    blobs, place = [], START + size
    for length in lengths:
        blobs.append(raw[place : place + length])
        place += length
    if place != len(raw):
        raise Malformed
    return Answer(header, blobs)


def _whole(facts: dict[str, Any], name: str, lowest: int, highest: int) -> int:
    value = facts.get(name)
    if type(value) is not int or not lowest <= value <= highest:
        raise Malformed
    return value


def _number(facts: dict[str, Any], name: str) -> float:
    value = facts.get(name)
    if not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise Malformed
    return float(value)


def _text(facts: dict[str, Any], name: str) -> str:
    value = facts.get(name)
    if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable():
        raise Malformed
    return value


def _part(facts: dict[str, Any], name: str) -> dict[str, Any]:
    value = facts.get(name)
    if not isinstance(value, dict):
        raise Malformed
    return value


def _rendition(blob: bytes, longest: int) -> bytes:
    width, height = jpeg_size(blob)
    if not 0 < max(width, height) <= longest or leftovers(blob):
        raise Malformed
    return blob


def prepared_from(answer: Answer, digest: str) -> Prepared:
    """Build the result. Numbers must be in range, text short and printable, renditions bare."""
    facts = answer.header
    if len(answer.blobs) != 2 or facts.get("kind") not in KINDS:
        raise Malformed
    quality, evidence = _part(facts, "quality"), _part(facts, "evidence")
    return Prepared(
        kind=facts["kind"],
        width=_whole(facts, "width", 1, MAX_SIDE),
        height=_whole(facts, "height", 1, MAX_SIDE),
        orientation=_whole(facts, "orientation", 1, 8),
        view=_rendition(answer.blobs[0], VIEW_EDGE),
        thumb=_rendition(answer.blobs[1], THUMB_EDGE),
        icc_name=_text(facts, "icc_name"),
        quality=Quality(**{name: _number(quality, name) for name in Quality.__slots__}),
        sha256=digest,
        dhash64=_whole(facts, "dhash64", 0, 2**64 - 1),
        view_size=jpeg_size(answer.blobs[0]),
        thumb_size=jpeg_size(answer.blobs[1]),
        evidence=Evidence(**{name: _text(evidence, name) for name in Evidence.__slots__}),
    )


def rendition_from(answer: Answer) -> bytes:
    """Return the one rendition in the answer, if it is a bare JPEG."""
    if len(answer.blobs) != 1:
        raise Malformed
    return _rendition(answer.blobs[0], MAX_SIDE)
