"""Coefficients: the numbers a JPEG is made of, read and written without ever making pixels.

libjpeg-turbo does it, the one that Pillow carries and keeps patched; its interface is the one that
has not changed since 1998 (JPEG_LIB_VERSION 62), and it checks the sizes of both structures itself.
A fault in a file ends the process, so this runs only in the locked-down child.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from cffi import FFI
from numpy.typing import NDArray

from safelight.imaging.refusals import PictureDamaged

VERSION = 62
SIDE = 8
BLOCK_BYTES = 128
IMAGE_POOL = 1
STRAY = b"extraneous bytes before marker"
EARLY_END = b"premature end of data segment"
"""Parts of the library's own words for two of its warnings: there is more data, or less."""
FAULT = 3
"""How the child ends when libjpeg gives a file up: it must not be returned to."""

INTERFACE = """
typedef struct { uint16_t step[64]; int sent; } Steps;
typedef struct {
    int id, index, across, down, steps, dc, ac;
    unsigned int columns, rows;
    int scaled; unsigned int wide, high; int needed;
    int mcu[6]; Steps *saved; void *table;
} Component;
typedef struct {
    void (*fault)(void *); void (*message)(void *, int); void (*output)(void *);
    void (*format)(void *, char *); void (*reset)(void *);
    int code; char words[80]; int level; long warnings; void *tables[2]; int last[2]; void *more;
} Errors;
typedef struct {
    void *small, *large, *samples, *blocks, *request_samples;
    void *(*request)(void *, int, int, unsigned int, unsigned int, unsigned int);
    void (*realize)(void *);
    void *access_samples;
    int16_t **(*access)(void *, void *, unsigned int, unsigned int, int);
    void *free_pool, *destroy; long most[2];
} Memory;
typedef struct {
    Errors *errors; Memory *memory; void *progress, *client; int reads, state; void *source;
    unsigned int wide, high; int count; int space;
    char before[%(read_before)d];
    Steps *steps[4]; void *codes[8]; int bits;
    Component *parts; int progressive, arithmetic;
    char after[%(read_after)d];
} Reader;
typedef struct {
    Errors *errors; Memory *memory; void *progress, *client; int reads, state; void *target;
    unsigned int wide, high; int inputs, input_space; double gamma; int bits; int count; int space;
    Component *parts; Steps *steps[4]; void *codes[8]; unsigned char arithmetic[48];
    int scans; void *script; int raw, arithmetic_code, optimize;
    char after[%(write_after)d];
} Writer;
Errors *jpeg_std_error(Errors *);
void jpeg_CreateDecompress(Reader *, int, size_t);
void jpeg_CreateCompress(Writer *, int, size_t);
void jpeg_mem_src(Reader *, const unsigned char *, unsigned long);
void jpeg_mem_dest(Writer *, unsigned char **, unsigned long *);
int jpeg_read_header(Reader *, int);
void **jpeg_read_coefficients(Reader *);
void jpeg_copy_critical_parameters(Reader *, Writer *);
void jpeg_simple_progression(Writer *);
void jpeg_write_coefficients(Writer *, void **);
void jpeg_finish_compress(Writer *);
void jpeg_destroy_decompress(Reader *);
"""
READER_BYTES, WRITER_BYTES = 632, 520
GAPS = {"read_before": 136, "read_after": 312, "write_after": 252}


@dataclass(slots=True)
class Plane:
    """One component: its blocks by row and column, each 8 by 8, and its share of an MCU."""

    blocks: NDArray[np.int16]
    across: int
    down: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of the picture in pixels, and its planes."""

    width: int
    height: int
    planes: list[Plane]


@dataclass(frozen=True, slots=True)
class Library:
    """The loaded library, and the functions that it calls when it gives up or warns."""

    ffi: Any
    calls: Any
    fault: Any
    message: Any
    heard: Counter[bytes]
    """How often each warning came since the last file was opened."""


def _library_path() -> str:
    beside = Path(PIL.__file__).parent.parent / "pillow.libs"
    found = sorted(beside.glob("libjpeg-*.so.62*"))
    return str(found[0]) if found else "libjpeg.so.62"


@cache
def library() -> Library | None:
    """Load libjpeg-turbo; None where its interface is another one, and then nothing is turned."""
    ffi = FFI()
    ffi.cdef(INTERFACE % GAPS)
    if (ffi.sizeof("Reader"), ffi.sizeof("Writer")) != (READER_BYTES, WRITER_BYTES):
        return None
    try:
        calls = ffi.dlopen(_library_path())
    except OSError:
        return None

    heard: Counter[bytes] = Counter()

    def give_up(_: object) -> None:
        os._exit(FAULT)

    def hear(reader: object, level: int) -> None:
        if level < 0:
            errors = ffi.cast("Reader *", reader).errors
            errors.warnings += 1
            heard[ffi.string(ffi.cast("char **", errors.tables[0])[errors.code])] += 1

    return Library(
        ffi,
        calls,
        ffi.callback("void(void *)", give_up),
        ffi.callback("void(void *, int)", hear),
        heard,
    )


def new_errors(lib: Library) -> Any:
    """Return what the library is to do when it gives up or warns."""
    errors = lib.ffi.new("Errors *")
    lib.calls.jpeg_std_error(errors)
    errors.fault, errors.message = lib.fault, lib.message
    lib.heard.clear()
    return errors


def _read_plane(lib: Library, reader: Any, part: Any, array: Any) -> Plane:
    blocks = np.empty((part.rows, part.columns, SIDE, SIDE), np.int16)
    for row in range(part.rows):
        line = reader.memory.access(reader, array, row, 1, 0)[0]
        coded = lib.ffi.buffer(line, part.columns * BLOCK_BYTES)
        blocks[row] = np.frombuffer(coded, np.int16).reshape(blocks.shape[1:])
    return Plane(blocks, part.across, part.down)


def _write_plane(lib: Library, writer: Any, plane: Plane, array: Any) -> None:
    for row, blocks in enumerate(plane.blocks):
        line = writer.memory.access(writer, array, row, 1, 1)[0]
        lib.ffi.buffer(line, blocks.size * 2)[:] = np.ascontiguousarray(blocks).tobytes()


def _up(number: int, step: int) -> int:
    return -(-number // step) * step


def _set_sizes(writer: Any, frame: Frame, *, transposed: bool) -> None:
    writer.wide, writer.high = frame.width, frame.height
    for number, plane in enumerate(frame.planes):
        writer.parts[number].across, writer.parts[number].down = plane.across, plane.down
    if transposed:
        for steps in writer.steps:
            if steps:
                square = np.array(list(steps.step), np.uint16).reshape(SIDE, SIDE)
                steps.step = [int(one) for one in square.T.flatten()]


def warnings_of(data: bytes) -> Counter[bytes] | None:
    """Read all coefficients of a JPEG and count what the library warns of.

    Returns None where the library cannot be used.
    """
    lib = library()
    if lib is None:
        return None
    reader = lib.ffi.new("Reader *")
    errors = reader.errors = new_errors(lib)
    lib.calls.jpeg_CreateDecompress(reader, VERSION, READER_BYTES)
    source = lib.ffi.from_buffer("unsigned char[]", data)
    lib.calls.jpeg_mem_src(reader, source, len(data))
    lib.calls.jpeg_read_header(reader, 1)
    lib.calls.jpeg_read_coefficients(reader)
    lib.calls.jpeg_destroy_decompress(reader)
    del errors
    return Counter(lib.heard)


def rework(
    data: bytes, change: Callable[[Frame], Frame], *, transposed: bool = False
) -> bytes | None:
    """Code the JPEG again with its coefficients changed, nothing decoded, nothing rounded.

    Bytes that belong to no block stay behind. Raises PictureDamaged when anything else is amiss.
    Returns None where the library cannot be used. `transposed` turns the quantising steps too.
    """
    lib = library()
    if lib is None:
        return None
    ffi, calls = lib.ffi, lib.calls
    reader, writer = ffi.new("Reader *"), ffi.new("Writer *")
    errors = [new_errors(lib), new_errors(lib)]
    reader.errors, writer.errors = errors
    calls.jpeg_CreateDecompress(reader, VERSION, READER_BYTES)
    calls.jpeg_CreateCompress(writer, VERSION, WRITER_BYTES)
    source = ffi.from_buffer("unsigned char[]", data)
    calls.jpeg_mem_src(reader, source, len(data))
    calls.jpeg_read_header(reader, 1)
    arrays = calls.jpeg_read_coefficients(reader)
    if any(STRAY not in words for words in lib.heard):
        raise PictureDamaged
    planes = [
        _read_plane(lib, reader, reader.parts[number], arrays[number])
        for number in range(reader.count)
    ]
    frame = change(Frame(reader.wide, reader.high, planes))
    calls.jpeg_copy_critical_parameters(reader, writer)
    _set_sizes(writer, frame, transposed=transposed)
    writer.optimize = 1
    if reader.progressive:
        calls.jpeg_simple_progression(writer)
    wanted = [
        writer.memory.request(
            writer, IMAGE_POOL, 1,
            _up(plane.blocks.shape[1], plane.across), _up(plane.blocks.shape[0], plane.down),
            plane.down,
        )
        for plane in frame.planes
    ]  # fmt: skip
    given = ffi.new("void *[]", wanted)
    place, size = ffi.new("unsigned char **"), ffi.new("unsigned long *")
    calls.jpeg_mem_dest(writer, place, size)
    calls.jpeg_write_coefficients(writer, given)
    for plane, array in zip(frame.planes, wanted, strict=True):
        _write_plane(lib, writer, plane, array)
    calls.jpeg_finish_compress(writer)
    return bytes(ffi.buffer(place[0], size[0]))
