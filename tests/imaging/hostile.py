"""A decoder server whose children try to get out: the file's words say which way.

Run by the escape tests in place of the real server, behind the same walls. A way that was refused
answers `picture_kind`; one that worked answers `picture_frames`; a child that was ended answers
nothing, which the worker takes for `picture_stopped`.
"""

import ctypes
import errno
import mmap
import os
import platform
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from safelight.imaging.answers import Answer
from safelight.imaging.child import main
from safelight.imaging.limits import MIB
from safelight.imaging.refusals import PictureDamaged, PictureFrames, PictureKind


def tries(act: Callable[[], object]) -> None:
    """Do it: out is out, and refused is refused."""
    try:
        act()
    except OSError as refused:
        if refused.errno != errno.EPERM:
            raise PictureDamaged from refused  # a wall behind the filter: the filter was open
        raise PictureKind from refused
    raise PictureFrames


def spin() -> None:
    while True:
        pass


def eat() -> object:
    return len(bytearray(1024 * MIB))


def executable_memory() -> object:
    return mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def new_process() -> None:
    if os.fork() == 0:
        os._exit(0)  # so that only one process answers


def new_thread() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def raw_call(number: int, *values: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *values) < 0:
        raise OSError(ctypes.get_errno(), "refused")


WAYS: dict[bytes, Callable[[], object]] = {
    b"open": lambda: os.open("/etc/hostname", os.O_RDONLY),
    b"create": lambda: os.open("/dev/shm/escaped", os.O_CREAT | os.O_WRONLY),
    b"list": lambda: os.listdir("/"),
    b"unlink": lambda: os.unlink("/dev/shm/escaped"),
    b"socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    b"unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    b"memfd": lambda: os.memfd_create("more"),
    b"pipe": os.pipe,
    b"signal": lambda: os.kill(os.getppid(), signal.SIGTERM),
    b"become root": lambda: os.setuid(0),
    b"raise limits": lambda: raw_call(302 if platform.machine() == "x86_64" else 261, 0, 7, 0, 0),
    b"executable memory": executable_memory,
    b"fork": new_process,
    b"exec": lambda: os.execv("/bin/true", ["true"]),
    b"thread": new_thread,
    b"eat": eat,
    b"spin": spin,
}


def hostile(data: memoryview, order: dict[str, Any]) -> Answer:
    """Do what the file says."""
    word = bytes(data)
    if word.startswith(b"say "):
        return Answer({"refused": word[4:].decode()}, [])
    if word.startswith(b"flood"):
        return Answer({}, [bytes(2 * MIB)] * 5)
    if word.startswith(b"ftyp", 4):
        tries(WAYS[word[8:]])
    tries(WAYS[word])
    return Answer({}, [])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], {"prepare": hostile}))
