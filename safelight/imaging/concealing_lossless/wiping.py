"""Wiping: a JPEG's blocks under a cover emptied, all others kept as they are, nothing decoded.

The coefficients are changed where libjpeg-turbo holds them, then coded again with the standard
tables: a table made for this picture would tell of what was there. Runs only in the locked-down
child: a fault in a file ends the process.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from safelight.imaging.cleaning.coefficients import (
    BLOCK_BYTES,
    IMAGE_POOL,
    READER_BYTES,
    SIDE,
    STRAY,
    VERSION,
    WRITER_BYTES,
    Library,
    library,
    new_errors,
)
from safelight.imaging.concealing_lossless.masks import Box, Mask
from safelight.imaging.refusals import PictureDamaged

BLOCK = SIDE * SIDE
GREY, RGB, YCC = 1, 2, 3
"""Colour spaces by libjpeg's numbers: those in which black can be written without decoding."""
LOWEST = 1024
"""How far below the middle a block of black lies: 128 levels, times 8 for the transform's scale."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is known of a JPEG once it is open: size, the cells that go together, colours."""

    width: int
    height: int
    cell: tuple[int, int]
    blocks: int
    is_plain: bool
    """Whether its blocks can be made black as they are; else they are emptied to grey."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which cells to empty, and which part to keep: None is all of it."""

    marked: Mask
    keep: Box | None


@dataclass(slots=True)
class _Open:
    """An open reader with its arrays of coefficients."""

    lib: Library
    reader: Any
    errors: Any
    source: Any
    arrays: Any = None


def _opened(data: bytes) -> _Open | None:
    lib = library()
    if lib is None:
        return None
    reader, errors = lib.ffi.new("Reader *"), new_errors(lib)
    reader.errors = errors
    lib.calls.jpeg_CreateDecompress(reader, VERSION, READER_BYTES)
    source = lib.ffi.from_buffer("unsigned char[]", data)
    lib.calls.jpeg_mem_src(reader, source, len(data))
    lib.calls.jpeg_read_header(reader, 1)
    return _Open(lib, reader, errors, source)


def _sheet(held: _Open) -> Sheet:
    reader = held.reader
    parts = [reader.parts[number] for number in range(reader.count)]
    return Sheet(
        reader.wide,
        reader.high,
        (SIDE * max(part.across for part in parts), SIDE * max(part.down for part in parts)),
        sum(part.columns * part.rows for part in parts),
        reader.space in (GREY, RGB, YCC),
    )


def _black(reader: Any, number: int) -> int:
    """Return the one coefficient of a block that is black in this component, or neutral."""
    if reader.space not in (GREY, RGB, YCC) or (reader.space == YCC and number > 0):
        return 0
    step = reader.steps[reader.parts[number].steps].step[0]
    return int(-LOWEST // step) if step else 0


def _runs(marked: Mask) -> list[tuple[int, int, int]]:
    """Return row, first cell and the cell after the last, for each run of marked cells."""
    edges = np.diff(marked.astype(np.int8), axis=1, prepend=0, append=0)
    rows, places = np.nonzero(edges)
    ends = zip(rows[::2].tolist(), places[::2].tolist(), places[1::2].tolist(), strict=True)
    return list(ends)


def _empty(held: _Open, marked: Mask) -> None:
    """Overwrite every block of every component in the marked cells, wholly."""
    reader, ffi = held.reader, held.lib.ffi
    runs = _runs(marked)
    for number in range(reader.count):
        part, black = reader.parts[number], _black(reader, number)
        for row, first, after in runs:
            begin, end = first * part.across, min(after * part.across, part.columns)
            for line in range(row * part.down, min((row + 1) * part.down, part.rows)):
                place = reader.memory.access(reader, held.arrays[number], line, 1, 1)[0]
                held_bytes = ffi.buffer(place, part.columns * BLOCK_BYTES)
                blocks = np.frombuffer(held_bytes, np.int16).reshape(-1, BLOCK)
                blocks[begin:end] = 0
                blocks[begin:end, 0] = black


def _new_arrays(held: _Open, writer: Any, keep: Box, cell: tuple[int, int]) -> Any:
    """Ask the writer for room for the kept part, in whole cells."""
    wide, high = -(-keep.width // cell[0]), -(-keep.height // cell[1])
    return held.lib.ffi.new(
        "void *[]",
        [
            writer.memory.request(
                writer, IMAGE_POOL, 1, wide * part.across, high * part.down, part.down
            )
            for part in (held.reader.parts[number] for number in range(held.reader.count))
        ],
    )


def _copy(held: _Open, writer: Any, arrays: Any, keep: Box, cell: tuple[int, int]) -> None:
    """Copy the blocks of the kept part, row by row."""
    reader, ffi = held.reader, held.lib.ffi
    left, top = keep.left // cell[0], keep.top // cell[1]
    wide, high = -(-keep.width // cell[0]), -(-keep.height // cell[1])
    for number in range(reader.count):
        part = reader.parts[number]
        columns = min(wide * part.across, part.columns - left * part.across)
        for line in range(min(high * part.down, part.rows - top * part.down)):
            came = reader.memory.access(reader, held.arrays[number], top * part.down + line, 1, 0)[
                0
            ]
            goes = writer.memory.access(writer, arrays[number], line, 1, 1)[0]
            start = ffi.cast("char *", came) + left * part.across * BLOCK_BYTES
            ffi.memmove(goes, start, columns * BLOCK_BYTES)


def _room(data: bytes) -> int:
    """Guess the length of the result: the library asks for more by itself, but then copies."""
    return len(data) * 5 // 4 + 4096


def wiped(data: bytes, choose: Callable[[Sheet], Plan]) -> bytes | None:
    """Return the JPEG with the chosen cells emptied and only the chosen part kept.

    Every coefficient outside is the same number as before. Bytes that belong to no block stay
    behind; raises PictureDamaged when anything else is amiss. Returns None where the library
    cannot be used.
    """
    held = _opened(data)
    if held is None:
        return None
    lib, reader = held.lib, held.reader
    sheet = _sheet(held)
    plan = choose(sheet)
    held.arrays = lib.calls.jpeg_read_coefficients(reader)
    if any(STRAY not in words for words in lib.heard):
        raise PictureDamaged
    _empty(held, plan.marked)
    writer, errors = lib.ffi.new("Writer *"), new_errors(lib)
    writer.errors = errors
    lib.calls.jpeg_CreateCompress(writer, VERSION, WRITER_BYTES)
    lib.calls.jpeg_copy_critical_parameters(reader, writer)
    arrays = held.arrays
    if plan.keep is not None:
        writer.wide, writer.high = plan.keep.width, plan.keep.height
        arrays = _new_arrays(held, writer, plan.keep, sheet.cell)
    room = lib.ffi.new_allocator(should_clear_after_alloc=False)("unsigned char[]", _room(data))
    place, size = lib.ffi.new("unsigned char **", room), lib.ffi.new("unsigned long *", len(room))
    lib.calls.jpeg_mem_dest(writer, place, size)
    lib.calls.jpeg_write_coefficients(writer, arrays)
    if plan.keep is not None:
        _copy(held, writer, arrays, plan.keep, sheet.cell)
    lib.calls.jpeg_finish_compress(writer)
    return bytes(lib.ffi.buffer(place[0], size[0]))
