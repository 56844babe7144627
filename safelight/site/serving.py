"""Serving: one process tree. The parent holds ROOT in memory, the socket, and its children.

Web processes answer; worker processes file. A child that ends is started again, more slowly each
time; when the parent ends, all end. ROOT goes to children by an open descriptor, never by a name.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from safelight.site.config import Config
from safelight.vault import keyring
from safelight.vault.root import HANDED_OVER, hand_over

# glibc gives large buffers back at once and takes them again for every photo. Told otherwise, an
# upload costs half the CPU (performance, section 7a).
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "67108864", "MALLOC_TRIM_THRESHOLD_": "268435456"}
LISTEN_FD = "SAFELIGHT_LISTEN_FD"
LONGEST_PAUSE = 30.0  # seconds before a child that keeps ending is started again
STEADY = 60.0  # seconds after which a child counts as well again
GRACE = 20.0  # seconds a child gets to finish what it holds


@dataclass
class Child:
    """One process we keep alive."""

    words: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = 0.5
    due: float = 0.0


def listen(config: Config) -> socket.socket:
    """Open the one listening socket. An address in use fails here, before any child starts."""
    family = socket.AF_INET6 if ":" in config.listen else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((config.listen, config.port))
    server.listen(2048)
    server.set_inheritable(True)
    return server


def serve(config: Config) -> int:
    """Run web and worker until told to stop. Returns the exit code for the command."""
    server = listen(config)
    environment = {**os.environ, **ALLOCATOR, LISTEN_FD: str(server.fileno())}
    environment["SAFELIGHT_DATA"] = str(config.data)
    handles = [server.fileno()]
    root = keyring.root_of_process()
    if root is not None:
        handle = hand_over(root.key, source=root.source)
        os.set_inheritable(handle, True)
        environment[HANDED_OVER] = str(handle)
        handles.append(handle)
    python = [sys.executable, "-m"]
    children = [Child([*python, "safelight.site.web"]) for _ in range(config.workers)]
    children.append(Child([*python, "safelight.site.working"]))
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        for child in children:
            _keep(child, environment, handles)
        time.sleep(0.2)
    _end(children)
    return 0


def _keep(child: Child, environment: dict[str, str], handles: Sequence[int]) -> None:
    """Start a child that is not running, unless it ended so often that it must wait."""
    moment = time.monotonic()
    if child.process is not None:
        if child.process.poll() is None:
            if moment - child.started > STEADY:
                child.pause = 0.5
            return
        child.process = None
        child.due = moment + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)
    if moment < child.due:
        return
    child.process = subprocess.Popen(  # noqa: S603 - our own modules, no shell
        child.words, env=environment, pass_fds=handles
    )
    child.started = moment


def _end(children: Sequence[Child]) -> None:
    """Ask every child to finish, then end those that do not."""
    alive = [child.process for child in children if child.process is not None]
    for process in alive:
        process.send_signal(signal.SIGTERM)
    limit = time.monotonic() + GRACE
    for process in alive:
        try:
            process.wait(max(0.1, limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
