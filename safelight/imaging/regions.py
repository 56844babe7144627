"""Regions: suggestions of what could identify a person in a photo, found on this machine.

They are offered to a person and never applied by themselves: every model misses some, and none
knows a tattoo, a scar or a birthmark. The libraries are an optional part of the installation.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from math import isfinite
from typing import Any, BinaryIO

from safelight.imaging.answers import Malformed
from safelight.imaging.limits import MIB, Limits
from safelight.imaging.refusals import PictureStopped
from safelight.imaging.sandbox import ENVIRONMENT, READ_BYTES, ROOM, decoder
from safelight.lib.refusals import Refusal

KINDS = ("face", "eye", "text", "label")
LIBRARIES = ("cv2", "rapidocr_onnxruntime")
INSTALL = "uv sync --frozen --extra regions"
MODULE = "safelight.imaging.regions_child"
LIMITS = Limits(memory=6144 * MIB, cpu_seconds=45, wall_seconds=90.0, answer_bytes=64 * 1024)
"""Memory is address space, most of it never touched: these libraries reserve far more than they
use."""
MOST = 200
"""Suggestions for one photo; beyond that they help nobody."""
TURNED_BY_DECODER = frozenset({"heic", "tiff"})
"""Kinds whose stored picture is upright already for all who look at it (see conceal)."""


class RegionsMissing(Refusal):
    """The libraries that find faces and text are not installed."""

    code = "regions_missing"
    status = 501

    def __init__(self) -> None:
        """Say how to install them, and that nothing depends on them."""
        super().__init__(
            "Suggestions are not installed on this server, so parts are covered by hand.",
            remedy=f"To have faces and text suggested, run: {INSTALL}",
        )


@dataclass(frozen=True, slots=True)
class Region:
    """One suggestion, as fractions of the picture as stored; the score is the model's own."""

    kind: str
    x: float
    y: float
    w: float
    h: float
    score: float


def is_installed() -> bool:
    """Say whether suggestions can be made, without loading anything."""
    return all(find_spec(name) is not None for name in LIBRARIES)


def stored(region: Region, orientation: int) -> Region:
    """Take a region of the upright picture back to the picture as stored (CIPA DC-008, 4.6.4)."""
    x, y, w, h = region.x, region.y, region.w, region.h
    far_x, far_y = 1 - x - w, 1 - y - h
    places = {
        2: (far_x, y, w, h), 3: (far_x, far_y, w, h), 4: (x, far_y, w, h), 5: (y, x, h, w),
        6: (y, far_x, h, w), 7: (far_y, far_x, h, w), 8: (far_y, x, h, w),
    }  # fmt: skip
    x, y, w, h = (min(1.0, max(0.0, one)) for one in places.get(orientation, (x, y, w, h)))
    return Region(region.kind, x, y, w, h, region.score)


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Malformed
    if not 0 <= value <= 1:
        raise Malformed
    return round(float(value), 6)


def believed(raw: bytes) -> list[Region]:
    """Take the child's answer apart. Raises Malformed for anything but our own form."""
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError) as problem:
        raise Malformed from problem
    if not isinstance(told, list) or len(told) > MOST:
        raise Malformed
    found = []
    for one in told:
        if not isinstance(one, dict) or set(one) != set(Region.__slots__):
            raise Malformed
        if one["kind"] not in KINDS:
            raise Malformed
        found.append(Region(one["kind"], *(_share(one[name]) for name in Region.__slots__[1:])))
    return found


def _read_answer(source: int, until: float) -> bytes:
    waiting, raw = select.poll(), b""
    waiting.register(source, select.POLLIN)
    while len(raw) <= LIMITS.answer_bytes:
        left = until - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise PictureStopped
        part = os.read(source, READ_BYTES)
        if not part:
            break
        raw += part
    return raw


def _in_memory(view: bytes) -> BinaryIO:
    """Put the picture where no disk ever holds it."""
    picture = os.fdopen(os.memfd_create("picture", os.MFD_CLOEXEC), "w+b")
    picture.write(view)
    picture.seek(0)
    return picture


def ask(view: bytes, *, module: str = MODULE, seconds: float = LIMITS.wall_seconds) -> bytes:
    """Run the child on a picture of our own making, within its time, and return what it says.

    The picture goes by memory, never by disk. `module` is there for tests to send a hostile child.
    """
    with tempfile.TemporaryDirectory() as room, _in_memory(view) as picture:
        incoming, outgoing = os.pipe2(os.O_CLOEXEC)
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", module, str(outgoing)],
            stdin=picture,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(outgoing,),
            env={**ENVIRONMENT, "PYTHONPATH": str(ROOM), "MPLCONFIGDIR": room},
            cwd="/",
        )
        os.close(outgoing)
        try:
            return _read_answer(incoming, time.monotonic() + seconds)
        finally:
            os.close(incoming)
            child.kill()
            child.wait()


def find(data: bytes) -> list[Region]:
    """Return suggestions for a photo, faces first. Raises RegionsMissing without the libraries.

    Safe because the file is decoded in the sandbox first; the models see only our own rendition,
    in a process without network or files, and their answer decides nothing.
    """
    if not is_installed():
        raise RegionsMissing
    prepared = decoder().prepare(data)
    try:
        found = believed(ask(prepared.view))
    except Malformed as problem:
        raise PictureStopped from problem
    orientation = 1 if prepared.kind in TURNED_BY_DECODER else prepared.orientation
    placed = [stored(region, orientation) for region in found]
    return sorted(placed, key=lambda region: (KINDS.index(region.kind), -region.score))


def as_rows(found: list[Region]) -> list[dict[str, Any]]:
    """Return the suggestions as plain values, for JSON."""
    return [asdict(region) for region in found]
