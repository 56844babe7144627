"""A place of its own: fresh keys, SQLCipher database, practice and phones in a temporary folder."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from safelight.site.new_keys import make_keys
from safelight.site.starting import ready

PORTS = range(8110, 8120)
STARTS_WITHIN = 60.0
ENDS_WITHIN = 30.0


@dataclass
class Place:
    """A data folder with tables and keys, and the port its server will have."""

    data: Path
    port: int


def free_port() -> int:
    """Return a port that nobody listens on."""
    for port in PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


@contextmanager
def place() -> Iterator[Place]:
    """Make keys and tables as `safelight init` does; the folder goes when the bench ends."""
    folder = Path(tempfile.mkdtemp(prefix="safelight-bench-"))
    try:
        data, port = folder / "data", free_port()
        os.environ["SAFELIGHT_DATA"] = str(data)
        os.environ["SAFELIGHT_ROOT_KEY_FILE"] = str(folder / "root.key")
        make_keys(data, key_file=folder / "root.key", at=datetime.now(UTC))
        (data / "safelight.toml").write_text(f'port = {port}\norigin = "http://localhost:{port}"\n')
        ready("safelight.site.setting_up:make_tables")()
        yield Place(data, port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def served(where: Place) -> Iterator[int]:
    """Run `safelight serve` on the place; give the process id of the tree's top."""
    words = [sys.executable, "-m", "safelight.site.cli", "--data", str(where.data), "serve"]
    with (where.data.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        wait_for(where.port, "/sign-in")
        yield process.pid
    except BaseException:
        sys.stderr.write((where.data.parent / "server.log").read_text())
        raise
    finally:
        process.terminate()
        process.wait(ENDS_WITHIN)


def wait_for(port: int, path: str) -> None:
    """Wait until a server answers."""
    limit = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < limit:
        with suppress(OSError):
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path)
            connection.getresponse().read()
            connection.close()
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")
