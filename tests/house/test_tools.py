"""The scripts a newcomer meets first: they say one line, and ask for nothing twice."""

import os
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def run_as(folder: Path, uid: int) -> "subprocess.CompletedProcess[str]":
    """Run the script on a machine that has no browser, as somebody, with apt written down."""
    for name, words in {
        "id": f"echo {uid}",
        "apt-get": f'echo "$@" >> {folder}/apt',
        "ls": "exit 2",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{words}\n")
        (folder / name).chmod(0o755)
    return subprocess.run(
        ["/bin/sh", str(TOOLS / "get_test_tools.sh")],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_whoever_is_not_root_gets_the_one_line_to_run(tmp_path: Path) -> None:
    told = run_as(tmp_path, 1000)
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert "Run:  sudo apt-get install chromium postgresql " in line
    assert not (tmp_path / "apt").exists()


def test_root_gets_what_is_missing_without_a_question(tmp_path: Path) -> None:
    assert run_as(tmp_path, 0).returncode == 0
    update, install = (tmp_path / "apt").read_text().splitlines()
    assert update.startswith("update")
    assert {"install", "-y", "chromium", "postgresql"} <= set(install.split())


@pytest.mark.parametrize("path", sorted(TOOLS.glob("*.sh")), ids=lambda path: path.name)
def test_a_script_can_be_run_and_stops_at_its_first_failure(path: Path) -> None:
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in path.read_text()
