"""Limits: what a picture may cost before it is refused (security design, section 7)."""

from dataclasses import dataclass

MIB = 1024 * 1024

MAX_BYTES = 64 * MIB
MAX_PIXELS = 100_000_000
MAX_SIDE = 20_000
MAX_METADATA = 64 * 1024
"""For each kind of metadata that is read. Kinds that are never read are bounded by MAX_BYTES."""
MAX_PRESS_PROFILE = 2 * MIB
"""Press (CMYK) colour profiles are tables, and honest ones are larger than MAX_METADATA."""

VIEW_EDGE = 1600
THUMB_EDGE = 320

MAX_SHAPES = 64
MAX_POINTS = 4000
MAX_WORDS = 160
"""Letters that may be drawn over a picture."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one decoding child may use. Beyond it the child is ended, never the server."""

    memory: int = 1536 * MIB
    cpu_seconds: int = 8
    wall_seconds: float = 10.0
    answer_bytes: int = 96 * MIB


WITHOUT_LOSS = Limits(memory=2048 * MIB, cpu_seconds=60, wall_seconds=90.0, answer_bytes=320 * MIB)
"""For cleaning and concealing, more than for viewing: whole pictures are coded without loss."""
