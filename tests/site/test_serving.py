"""Serving: one process tree that ends as a whole, and says plainly why it cannot begin."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.site.config import Config
from safelight.site.serving import CannotServe, take_address
from tests.site.test_command import ROOT, clean_environment, command, free_port, init

PATIENCE = 60.0


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A practice of its own on a free port; its folder is this module's."""
    folder = tmp_path_factory.getbasetemp() / "served"
    folder.mkdir()
    port = free_port()
    assert init(folder, origin=f"http://localhost:{port}").returncode == 0
    with (folder / "data" / "safelight.toml").open("a") as config:
        config.write(f"port = {port}\n")
    return f"http://localhost:{port}"


def answers(origin: str) -> bool:
    try:
        with urllib.request.urlopen(f"{origin}/sign-in", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < limit
        time.sleep(0.05)


def children_of(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [pid for child in listed for pid in (int(child), *children_of(int(child)))]


def is_running(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_however_the_parent_ends_nothing_stays_behind(
    origin: str, tmp_path_factory: pytest.TempPathFactory, how: signal.Signals
) -> None:
    data = tmp_path_factory.getbasetemp() / "served" / "data"
    words = [sys.executable, "-m", "safelight.site.cli", "--data", str(data), "serve"]
    # Whoever runs the tests may themselves have been told to outlive a terminal.
    words = ["env", "--default-signal=HUP", *words]
    with subprocess.Popen(
        words, env=clean_environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        wait_until(lambda: answers(origin))
        children = children_of(parent.pid)
        assert len(children) >= 2
        # Ctrl-C in a terminal reaches the parent alone, who ends the others in order.
        assert os.getpgid(parent.pid) not in map(os.getpgid, children)
        parent.send_signal(how)
        try:
            told, _ = parent.communicate(timeout=PATIENCE)
        finally:
            parent.kill()
    wait_until(lambda: not any(map(is_running, children)))
    assert not answers(origin)
    if how != signal.SIGKILL:
        assert parent.returncode == 0
        assert "Everything is where it was." in told


def test_told_to_outlive_its_terminal_it_does(
    origin: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.getbasetemp() / "served" / "data"
    words = ["nohup", sys.executable, "-m", "safelight.site.cli", "--data", str(data), "serve"]
    with subprocess.Popen(
        words, env=clean_environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        wait_until(lambda: answers(origin))
        parent.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            parent.wait(timeout=1)
        parent.terminate()
        assert parent.wait(timeout=PATIENCE) == 0


def test_a_taken_address_is_told_in_words_before_anything_else(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "safelight.toml").write_text(f"port = {port}\n")
        told = command(tmp_path, "demo")
    assert told.returncode == 1
    assert f"127.0.0.1 port {port} cannot be used" in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "data" / "keyring").exists()


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_certificate_that_cannot_be_used_is_told_in_words(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cert.pem"
    if content:
        path.write_text(content)
    chosen = Config(tmp_path, tmp_path / "k", certificate=str(path), port=free_port())
    with pytest.raises(CannotServe, match="certificate"):
        take_address(chosen)
