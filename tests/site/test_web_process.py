"""The web process: it takes the parent's socket for what it is, and answers without a pause."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import pytest
from django.conf import settings

from safelight.site.serving import LISTEN_FD

PATIENCE = 60.0
ACKNOWLEDGED_LATE = 0.04
"""Seconds that Linux waits before it acknowledges a part of an answer (TCP_DELACK_MIN)."""


@pytest.fixture
def line() -> Iterator[HTTPConnection]:
    """Start a web process on a socket of ours, and connect to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.set_inheritable(True)
        told = {
            LISTEN_FD: str(server.fileno()),
            "SAFELIGHT_DATA": str(settings.SAFELIGHT_DATA),
            "SAFELIGHT_ROOT_KEY_FILE": str(settings.SAFELIGHT_ROOT_KEY_FILE),
            "DJANGO_SETTINGS_MODULE": "safelight.site.settings",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "safelight.site.web"],
            env={**os.environ, **told},
            pass_fds=[server.fileno()],
        )
        try:
            port = server.getsockname()[1]
            with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as opened:
                yield opened
        finally:
            process.terminate()
            process.wait(PATIENCE)


def seconds(line: HTTPConnection) -> float:
    begin = time.perf_counter()
    line.request("GET", "/phone/api/captures/none")
    assert line.getresponse().read()
    return time.perf_counter() - begin


def test_answers_on_a_kept_connection_wait_for_no_acknowledgement(line: HTTPConnection) -> None:
    # The best of many: other programs make some slow, a missing TCP_NODELAY makes all of them so.
    assert min(seconds(line) for _ in range(30)) < ACKNOWLEDGED_LATE / 2
