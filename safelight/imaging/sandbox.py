"""The sandbox, seen from the worker: hand bytes to a locked-down child, take renditions back.

What comes back is as little trusted as what went in: sizes, types and the renditions' own segments
are checked here, and sentences for people are looked up by code, never taken from a child.
"""

import atexit
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict
from fcntl import (
    F_ADD_SEALS,
    F_SEAL_GROW,
    F_SEAL_SEAL,
    F_SEAL_SHRINK,
    F_SEAL_WRITE,
    F_SETPIPE_SZ,
    fcntl,
)
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from safelight.imaging.answers import Answer, Malformed, prepared_from, rendition_from, unframe
from safelight.imaging.cover import checked_turn
from safelight.imaging.limits import MAX_BYTES, MAX_WORDS, Limits
from safelight.imaging.refusals import (
    BY_CODE,
    PictureRefused,
    PictureStopped,
    PictureTooLarge,
    SandboxUnavailable,
)
from safelight.imaging.results import Prepared

ROOM = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 5.0
READ_BYTES = PIPE_BYTES = 1024 * 1024
SERVER_MODULE = "safelight.imaging.child"
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MALLOC_MMAP_THRESHOLD_": "67108864",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
}
"""All that the server inherits: no setting, secret or address of the worker is in its reach."""


class ServerGone(Exception):
    """The decoder server ended or fell silent."""


def _in_memory(data: bytes) -> int:
    """Put the bytes into a sealed anonymous file, which nobody can change any more."""
    handle = os.memfd_create("picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        fcntl(handle, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)
    except OSError:
        os.close(handle)
        raise
    return handle


def _pipe() -> tuple[int, int]:
    incoming, outgoing = os.pipe2(os.O_CLOEXEC)
    with suppress(OSError):  # a smaller pipe is slower and otherwise the same
        fcntl(outgoing, F_SETPIPE_SZ, PIPE_BYTES)
    return incoming, outgoing


def _read_all(source: int, *, until: float, limit: int) -> bytes:
    waiting = select.poll()
    waiting.register(source, select.POLLIN)
    parts: list[bytes] = []
    size = 0
    while size <= limit:
        left = until - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise ServerGone
        part = os.read(source, READ_BYTES)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    return b""


class Decoder:
    """A decoder server of our own, one picture at a time. Starts itself again when it dies."""

    max_bytes = MAX_BYTES

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        module: str = SERVER_MODULE,
    ) -> None:
        """Choose limits. `module` is there so that tests can send in a hostile child."""
        self.limits = limits or Limits()
        self._command = [sys.executable, "-P", "-m", module]
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._owner = 0

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @property
    def server_pid(self) -> int | None:
        """The process id of the server, for the status page."""
        return self._server.pid if self._server else None

    def start(self) -> None:
        """Start the server and try one empty file. Raises SandboxUnavailable: it fails closed."""
        try:
            self._ask({"task": "prepare", "turn": 0}, b"")
        except PictureRefused:
            return

    def close(self) -> None:
        """End the server. Safe to call twice."""
        with self._lock:
            self._stop()

    def prepare(self, data: bytes, *, turn: int = 0) -> Prepared:
        """Decode every byte, and return the facts with a view and a thumbnail free of metadata.

        Raises PictureRefused when the file is not wholly a photo within the caps.
        """
        answer = self._ask({"task": "prepare", "turn": checked_turn(turn)}, data)
        try:
            return prepared_from(answer, sha256(data).hexdigest())
        except Malformed as problem:
            raise PictureStopped from problem

    def full(self, data: bytes, *, turn: int = 0) -> bytes:
        """Return the whole picture as an upright sRGB JPEG without metadata, for looking at 1:1."""
        answer = self._ask({"task": "full", "turn": checked_turn(turn)}, data)
        try:
            return rendition_from(answer)
        except Malformed as problem:
            raise PictureStopped from problem

    def stamped(
        self, data: bytes, *, words: str, instead: str, turn: int = 0, edge: int | None = None
    ) -> bytes:
        """Return the picture as an upright sRGB JPEG without metadata, with words over it.

        `instead` is drawn where the font cannot write the words. `edge` makes the picture no longer
        than that; without it the picture keeps its size.
        """
        order = {
            "task": "stamped",
            "words": _plain(words),
            "instead": _plain(instead),
            "turn": checked_turn(turn),
            "edge": edge,
        }
        answer = self._ask(order, data)
        try:
            return rendition_from(answer)
        except Malformed as problem:
            raise PictureStopped from problem

    def _ask(self, order: dict[str, Any], data: bytes) -> Answer:
        if len(data) > self.max_bytes:
            raise PictureTooLarge
        with self._lock:
            for _ in range(2):
                try:
                    ending, raw = self._exchange(order, data)
                    break
                except (ServerGone, OSError):
                    self._stop()
            else:
                raise SandboxUnavailable
        return _read_answer(ending, raw)

    def _exchange(self, order: dict[str, Any], data: bytes) -> tuple[str, bytes]:
        channel = self._running()
        until = time.monotonic() + self.limits.wall_seconds + GRACE_SECONDS
        with ExitStack() as ours:  # whatever fails below, no descriptor stays behind
            with ExitStack() as handed_over:
                source = _in_memory(data)
                handed_over.callback(os.close, source)
                incoming, outgoing = _pipe()
                ours.callback(os.close, incoming)
                handed_over.callback(os.close, outgoing)
                socket.send_fds(channel, [json.dumps(order).encode()], [source, outgoing])
            raw = _read_all(incoming, until=until, limit=self.limits.answer_bytes)
        channel.settimeout(max(0.1, until - time.monotonic()))
        ending = channel.recv(READ_BYTES).decode()
        if not ending:
            raise ServerGone
        return ending, raw

    def _running(self) -> socket.socket:
        alive = self._server is not None and self._server.poll() is None
        if not alive or self._channel is None or self._owner != os.getpid():
            self._launch()
        if self._channel is None:
            raise ServerGone
        return self._channel

    def _launch(self) -> None:
        self._stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            numbers = [str(theirs.fileno()), json.dumps(asdict(self.limits))]
            self._server = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [*self._command, *numbers],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**ENVIRONMENT, "PYTHONPATH": str(ROOM)},
                cwd="/",
            )
        self._channel = ours
        self._owner = os.getpid()

    def _stop(self) -> None:
        """Close the socket, which is what ends the server; end it by force if it does not go."""
        channel, server = self._channel, self._server
        self._channel = self._server = None
        if channel is not None:
            channel.close()
        if server is None or self._owner != os.getpid():
            return
        try:
            server.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _plain(words: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in words)[:MAX_WORDS]


def _read_answer(ending: str, raw: bytes) -> Answer:
    try:
        answer = unframe(raw)
    except Malformed as problem:
        raise PictureStopped from problem
    if answer.header.get("unsafe"):
        raise SandboxUnavailable
    if ending != "done":
        raise PictureStopped
    if "refused" in answer.header:
        raise BY_CODE.get(str(answer.header["refused"]), PictureRefused)
    return answer


@cache
def decoder() -> Decoder:
    """Return the decoder of this process, started at first use and ended with the process."""
    ours = Decoder()
    atexit.register(ours.close)
    return ours
