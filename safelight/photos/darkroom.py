"""The darkroom: this process's sandboxed decoder. Nothing is decoded anywhere else."""

from functools import cache

from safelight.imaging.sandbox import Decoder


@cache
def decoder() -> Decoder:
    """Return the process's decoder. It starts its locked-down child at the first picture."""
    return Decoder()
