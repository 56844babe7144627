"""Turning: a JPEG set upright by moving and signing its coefficients, where its size allows.

Mirroring moves blocks from one edge to the other, so that edge must end on a whole block; else the
half-filled blocks would land inside the picture (ITU-T T.81, A.2.4).
"""

from dataclasses import dataclass

import numpy as np

from safelight.imaging.cleaning.coefficients import SIDE, Frame, Plane, rework


@dataclass(frozen=True, slots=True)
class Turn:
    """What sets a picture right: swap rows and columns first, then mirror."""

    swap: bool = False
    mirror: bool = False
    flip: bool = False


TURNS = {
    1: Turn(),
    2: Turn(mirror=True),
    3: Turn(mirror=True, flip=True),
    4: Turn(flip=True),
    5: Turn(swap=True),
    6: Turn(swap=True, mirror=True),
    7: Turn(swap=True, mirror=True, flip=True),
    8: Turn(swap=True, flip=True),
}
"""By EXIF orientation: table of CIPA DC-008, 4.6.4. The first only codes the blocks again."""
ODD = np.where(np.arange(SIDE) % 2, -1, 1).astype(np.int16)
MOST_BLOCKS = 4_000_000
"""Read and written they lie in memory twice; more would not fit in the child."""


class NotWhole(Exception):
    """The picture cannot be turned without leaving blocks cut at an inner edge."""


def _turned_plane(plane: Plane, turn: Turn) -> Plane:
    blocks, across, down = plane.blocks, plane.across, plane.down
    if turn.swap:
        blocks, across, down = blocks.transpose(1, 0, 3, 2), down, across
    if turn.mirror:
        blocks = blocks[:, ::-1] * ODD
    if turn.flip:
        blocks = blocks[::-1] * ODD[:, None]
    return Plane(blocks, across, down)


def _turned(frame: Frame, turn: Turn) -> Frame:
    if sum(plane.blocks.shape[0] * plane.blocks.shape[1] for plane in frame.planes) > MOST_BLOCKS:
        raise NotWhole
    planes = [_turned_plane(plane, turn) for plane in frame.planes]
    width, height = (frame.height, frame.width) if turn.swap else (frame.width, frame.height)
    if turn.mirror and width % (SIDE * max(plane.across for plane in planes)):
        raise NotWhole
    if turn.flip and height % (SIDE * max(plane.down for plane in planes)):
        raise NotWhole
    return Frame(width, height, planes)


def turn_jpeg(data: bytes, orientation: int) -> bytes | None:
    """Set a JPEG upright without loss; None when its size or this machine does not allow it.

    One that is upright loses what lies between its coded blocks, and every code that none uses.
    """
    turn = TURNS[orientation]
    try:
        return rework(data, lambda frame: _turned(frame, turn), transposed=turn.swap)
    except NotWhole:
        return None
