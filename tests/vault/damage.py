"""Damage: every way a few bytes go wrong, the same for each format. The dice are seeded."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from safelight.lib.refusals import Refusal

NOON = datetime(2026, 10, 14, 1, 0, tzinfo=UTC)
FLIPS = 2_000


def flipped(raw: bytes, times: int = FLIPS) -> Iterator[bytes]:
    """Give copies with one random bit flipped; all bits, when there are fewer than `times`."""
    bits = range(len(raw) * 8)
    chosen = bits if len(bits) <= times else random.Random(raw[:8]).sample(bits, times)
    for bit in chosen:
        copy = bytearray(raw)
        copy[bit // 8] ^= 1 << bit % 8
        yield bytes(copy)


def truncated(raw: bytes) -> Iterator[bytes]:
    """Give every copy that ends too early."""
    for size in range(len(raw)):
        yield raw[:size]


def refuses_damage(raw: bytes, open_it: Callable[[bytes], object]) -> None:
    """Check that the whole opens, and that every damaged copy is refused and nothing else."""
    open_it(raw)
    for bad in (*flipped(raw), *truncated(raw), raw + b"\0"):
        with pytest.raises(Refusal):
            open_it(bad)
