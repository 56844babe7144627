"""The decoder server: imports the libraries once, then forks a locked-down child for each file.

The server itself never looks at a picture. It passes the descriptors on, waits, and says how the
child ended. Started by `sandbox.Decoder`; ends when the other end of its socket closes.
"""

import gc
import json
import mmap
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from safelight.imaging.answers import Answer, frame
from safelight.imaging.limits import Limits
from safelight.imaging.lockdown import LockdownFailed, filter_program, lock_down
from safelight.imaging.refusals import PictureDamaged, PictureRefused, PictureStopped

Work = Callable[[memoryview, dict[str, Any]], Answer]

MESSAGE_BYTES = 160 * 1024
SERVER_FILES = 64
HEIF_BRAND = slice(4, 8)


def needs_threads(data: memoryview) -> bool:
    """Say whether this is a HEIC file, whose decoder cannot work without a thread of its own."""
    return bytes(data[HEIF_BRAND]) == b"ftyp"


def _send(out: int, answer: bytes) -> None:
    rest = memoryview(answer)
    while rest:
        rest = rest[os.write(out, rest) :]


def _decode(work: Work, data: memoryview, order: dict[str, Any]) -> bytes:
    try:
        return frame(work(data, order))
    except PictureRefused as refused:
        return frame(Answer({"refused": refused.code}, []))
    except (MemoryError, PermissionError):
        return frame(Answer({"refused": PictureStopped.code}, []))
    except Exception:
        # Whatever a decoder raises, the file is the cause, and its words are not passed on.
        return frame(Answer({"refused": PictureDamaged.code}, []))


def run_child(
    works: Mapping[str, Work],
    order: dict[str, Any],
    programs: tuple[bytes, bytes],
    limits: Limits,
    source: int,
    out: int,
) -> None:
    """Lock this process down, decode the one file in `source`, and answer on `out`.

    The file is mapped before the walls go up; not one of its bytes is interpreted before that,
    but for the four that say whether threads are needed.
    """
    size = os.fstat(source).st_size
    data = (
        memoryview(
            mmap.mmap(source, size, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, prot=mmap.PROT_READ)
        )
        if size
        else memoryview(b"")
    )
    try:
        lock_down(programs[needs_threads(data)], limits, keep=out)
    except LockdownFailed:
        _send(out, frame(Answer({"unsafe": True}, [])))
        return
    _send(out, _decode(works[order["task"]], data, order))


def _outlast(child: int, seconds: float) -> str:
    """Wait for the child, and end it when its time is over. Says how it ended."""
    handle = os.pidfd_open(child)
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        late = not waiting.poll(seconds * 1000)
        if late:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    finally:
        os.close(handle)
    if late:
        return "late"
    return "done" if os.waitstatus_to_exitcode(status) == 0 else "killed"


def serve(channel: socket.socket, works: Mapping[str, Work], limits: Limits) -> None:
    """Take one order after the other, each with two descriptors: the file, and where to answer."""
    programs = (filter_program(threads=False), filter_program(threads=True))
    gc.collect()
    gc.freeze()
    gc.disable()
    while True:
        message, files, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 2)
        if not message or len(files) != 2:
            return
        source, out = files
        child = os.fork()
        if child == 0:
            status = 1
            try:
                run_child(works, json.loads(message), programs, limits, source, out)
                status = 0
            finally:
                os._exit(status)
        os.close(source)
        os.close(out)
        channel.send(_outlast(child, limits.wall_seconds).encode())


def main(arguments: list[str], works: Mapping[str, Work]) -> int:
    """Serve on the socket and with the limits that `sandbox.Decoder` gives on the command line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SERVER_FILES, SERVER_FILES))
    limits = Limits(**json.loads(arguments[1]))
    with socket.socket(fileno=int(arguments[0])) as channel:
        try:
            serve(channel, works, limits)
        except (LockdownFailed, ConnectionError):
            return 1
    return 0


if __name__ == "__main__":
    # Only here: the worker imports this module's neighbours and must not load a decoder itself.
    from safelight.imaging.prepare import WORKS, warm_up

    warm_up()
    sys.exit(main(sys.argv[1:], WORKS))
