"""Serving: one process tree. The parent holds ROOT in memory, the socket, and its children.

Web processes answer; worker processes file. A child that ends is started again, more slowly each
time; when the parent ends, however it ends, all end: each child watches a pipe that only the parent
can write to. ROOT goes to children by an open descriptor, never by a name.
"""

import logging
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from safelight.lib.refusals import Refusal
from safelight.site.config import Config
from safelight.vault import keyring
from safelight.vault.root import HANDED_OVER, hand_over

log = logging.getLogger(__name__)

# glibc gives large buffers back at once and takes them again for every photo. Told otherwise, an
# upload costs half the CPU (performance, section 7a).
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "67108864", "MALLOC_TRIM_THRESHOLD_": "268435456"}
LISTEN_FD = "SAFELIGHT_LISTEN_FD"
LIFELINE_FD = "SAFELIGHT_LIFELINE_FD"
LONGEST_PAUSE = 30.0  # seconds before a child that keeps ending is started again
STEADY = 60.0  # seconds after which a child counts as well again
MEANWHILE_EVERY = 60.0  # seconds
GRACE = 20.0  # seconds a child gets to finish what it holds


@dataclass
class Child:
    """One process we keep alive."""

    words: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = 0.5
    due: float = 0.0


class CannotServe(Refusal):
    """The address or the certificate cannot be used. Nothing was started."""

    code = "cannot_serve"


def take_address(config: Config) -> socket.socket:
    """Take the address before any other work, so that a wrong one is told at once.

    Nobody is answered before the web process listens: tables are brought up to date first.
    """
    _try_certificate(config)
    family = socket.AF_INET6 if ":" in config.listen else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((config.listen, config.port))
    except OSError as trouble:
        server.close()
        raise CannotServe(
            f"{config.listen} port {config.port} cannot be used: {trouble.strerror}.",
            remedy="Stop what is there, or choose another `listen` and `port`; ports below 1024"
            " need a right of their own (see docs/running.md).",
        ) from None
    return server


def _try_certificate(config: Config) -> None:
    """Read the certificate as the web process will, so that a wrong one is told in words."""
    if not config.certificate:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            config.certificate, config.certificate_key or None
        )
    except OSError as trouble:  # a missing file, one we may not read, or no certificate at all
        raise CannotServe(
            f"The certificate cannot be used: {trouble.strerror or trouble}.",
            remedy="`certificate` and `certificate_key` name PEM files that belong together and"
            " that the user who runs Safelight may read.",
        ) from None


def serve(
    config: Config,
    server: socket.socket,
    *,
    say: Callable[[str], None],
    meanwhile: Callable[[], None] | None = None,
) -> int:
    """Run web and worker until told to stop. Returns the exit code for the command.

    What is to be done meanwhile is called once a minute, and a failure of it ends nothing.
    """
    server.listen(2048)
    server.set_inheritable(True)
    lifeline, held = os.pipe()  # `held` stays with us alone: when we are gone, the pipe ends
    environment, handles = _inheritance(config, server, lifeline)
    python = [sys.executable, "-m"]
    children = [Child([*python, "safelight.site.web"]) for _ in range(config.workers)]
    children.append(Child([*python, "safelight.site.working"]))
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: outlive the terminal
        signal.signal(signal.SIGHUP, stop)
    due = time.monotonic() + MEANWHILE_EVERY
    while not stopping:
        for child in children:
            _keep(child, environment, handles)
        if meanwhile is not None and time.monotonic() > due:
            due = time.monotonic() + MEANWHILE_EVERY
            _try(meanwhile)
        time.sleep(0.2)
    say("Stopping.")
    _end(children)
    say("Safelight has stopped. Everything is where it was.")
    os.close(held)
    return 0


def _inheritance(
    config: Config, server: socket.socket, lifeline: int
) -> tuple[dict[str, str], list[int]]:
    """Return what every child is given: its settings, and the handles they name.

    The root key goes through memory that no other process can name, never through the settings.
    """
    os.set_inheritable(lifeline, True)
    environment = {**os.environ, **ALLOCATOR, LISTEN_FD: str(server.fileno())}
    environment[LIFELINE_FD] = str(lifeline)
    environment["SAFELIGHT_DATA"] = str(config.data)
    handles = [server.fileno(), lifeline]
    root = keyring.root_of_process()
    if root is not None:
        handle = hand_over(root.key, source=root.source)
        os.set_inheritable(handle, True)
        environment[HANDED_OVER] = str(handle)
        handles.append(handle)
    return environment, handles


def end_with_parent() -> None:
    """Let this child end, as if told to, when its parent is gone: no server without its keeper."""
    if LIFELINE_FD not in os.environ:
        return  # run by hand
    lifeline = int(os.environ[LIFELINE_FD])

    def watch() -> None:
        os.read(lifeline, 1)  # nobody ever writes: it returns when the other end is closed
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def _try(meanwhile: Callable[[], None]) -> None:
    try:
        meanwhile()
    except Exception:
        log.exception("what is done meanwhile failed")


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
    # In a group of its own: Ctrl-C reaches the parent, who ends the children in order.
    child.process = subprocess.Popen(  # noqa: S603 - our own modules, no shell
        child.words, env=environment, pass_fds=handles, process_group=0
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
