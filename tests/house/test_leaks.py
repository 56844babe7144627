"""The guards over every test: no name in a technical log, no step outside this computer."""

import logging
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from safelight.lib.tokens import new_token
from safelight.patients.models import Patient
from tests.conftest import GUARD
from tests.leaks import said_in

OUTSIDE = "192.0.2.1"  # nobody has this address (RFC 5737)
log = logging.getLogger("safelight.photos")


def test_a_name_or_a_token_in_a_log_is_heard(pat: Patient) -> None:
    log.info("filed %s", pat.pk)
    assert GUARD.found() == []
    for slip in (pat.name, pat.record_number, pat.address, f"/s#{new_token()}"):
        log.warning("filed %s", slip)
        (heard,) = GUARD.found()
        assert slip in heard


def test_a_name_in_the_trace_of_an_error_is_heard(pat: Patient) -> None:
    try:
        raise ValueError(f"Key (name)=({pat.family}) already exists")
    except ValueError:
        log.exception("not kept")
    assert len(GUARD.found()) == 1


def test_numbers_of_ours_are_not_taken_for_tokens(pat: Patient) -> None:
    assert said_in(f"refused {pat.pk} {'0a' * 32} safelight.web.desk.shares_steps") == []


@pytest.mark.parametrize(
    "step",
    [
        lambda ours: ours.connect((OUTSIDE, 443)),
        lambda ours: ours.sendto(b"x", (OUTSIDE, 53)),
        lambda ours: socket.getaddrinfo("example.org", 443),
    ],
)
def test_a_step_outside_is_refused_and_noted(step: Callable[[socket.socket], object]) -> None:
    # Told by its words: beside other workers the guard stands in the child's own module.
    refused = pytest.raises(RuntimeError, match=r"^socket\.")
    with socket.socket(type=socket.SOCK_DGRAM) as ours, refused:
        step(ours)
    assert len(GUARD.found()) == 1


def test_a_child_process_is_refused_too() -> None:
    words = f"import socket; socket.socket().connect(('{OUTSIDE}', 443))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True)
    assert "OutsideTried" in done.stderr
    assert GUARD.found() == [f"socket.connect {OUTSIDE}"]


def test_this_computer_may_be_spoken_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    assert GUARD.found() == []
