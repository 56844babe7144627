"""`safelight keys`, as a person runs it: what follows opens, what ended does not."""

import os
import pty
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.site.test_command import ANSWERS, ROOT, clean_environment, command, copy_of, practice

__all__ = ["practice"]
CLI = [sys.executable, "-m", "safelight.site.cli"]


@pytest.fixture
def mine(practice: Path, tmp_path: Path) -> Path:
    """A practice of its own with an empty folder for new kits, and its old root key aside."""
    copy_of(practice, tmp_path)
    (tmp_path / "kits").mkdir()
    shutil.copy2(tmp_path / "root.key", tmp_path / "old.key")
    return tmp_path


def new_root(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return command(folder, "keys", "new-root", "--kits", str(folder / "kits"), *words)


def secret(kit: Path) -> str:
    found = re.search(r"AGE-SECRET-KEY-\w+", kit.read_text())
    assert found
    return found.group()


def test_the_next_epoch_is_made_told_and_entered(mine: Path) -> None:
    done = command(mine, "keys", "next-epoch")
    assert done.returncode == 0, done.stderr
    assert "epoch 2 wraps what is new" in done.stdout
    assert "key.epoch_made" in command(mine, "audit", "export", "-").stdout
    told = command(mine, "status")
    assert told.returncode == 0
    assert "epoch 2" in told.stdout


def test_a_new_root_and_new_kits_open_the_practice_and_the_old_ones_do_not(mine: Path) -> None:
    old_kit = secret(mine / "safelight-recovery-kit-A.html")
    done = new_root(mine)
    assert done.returncode == 0, done.stderr
    assert "destroy the papers and every copy of the old root key" in done.stdout
    assert command(mine, "status").returncode == 0
    assert "key.root_made" in command(mine, "audit", "export", "-").stdout
    new_kit = secret(mine / "kits" / "safelight-recovery-kit-B.html")
    new_key = (mine / "root.key").rename(mine / "new.key")
    (mine / "old.key").rename(mine / "root.key")
    told = command(mine, "status")
    assert told.returncode == 1
    assert "does not belong to this keyring" in told.stderr
    (mine / "root.key").unlink()
    key = ("--key-file", str(mine / "root.key"))
    assert command(mine, "recover", *key, ask=old_kit + "\n").returncode == 1
    new_key.rename(mine / "root.key")
    assert command(mine, "status").returncode == 0
    (mine / "root.key").unlink()
    assert command(mine, "recover", *key, ask=new_kit + "\n").returncode == 0
    assert command(mine, "status").returncode == 0


def test_a_running_server_keeps_its_root_from_a_new_one_and_from_a_kit(mine: Path) -> None:
    config = (mine / "data" / "safelight.toml").read_text()
    found = re.search(r"port = (\d+)", config)
    assert found
    words = [*CLI, "--data", str(mine / "data"), "serve"]
    server = subprocess.Popen(words, env=clean_environment(), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{found.group(1)}/sign-in")
        refused = new_root(mine)
        assert refused.returncode == 1
        assert "Safelight is running" in refused.stderr
        assert (mine / "root.key").read_bytes() == (mine / "old.key").read_bytes()
        assert not list((mine / "kits").iterdir())
        kit = secret(mine / "safelight-recovery-kit-A.html")
        other = mine / "other.key"
        refused = command(mine, "recover", "--key-file", str(other), ask=kit + "\n")
        assert refused.returncode == 1
        assert "Safelight is running" in refused.stderr
        assert "Secret words" not in refused.stdout
        assert not other.exists()
        assert command(mine, "keys", "next-epoch").returncode == 0
    finally:
        server.terminate()
        server.wait(60)
    assert new_root(mine).returncode == 0


def wait_for(address: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)


def test_a_kit_in_the_way_is_told_before_anything_changes(mine: Path) -> None:
    shutil.copy(mine / "safelight-recovery-kit-B.html", mine / "kits")
    told = new_root(mine)
    assert told.returncode == 1
    assert "a recovery kit already" in told.stderr
    assert (mine / "root.key").read_bytes() == (mine / "old.key").read_bytes()
    assert command(mine, "status").returncode == 0


def test_no_kit_is_left_of_a_change_that_was_refused(mine: Path) -> None:
    (mine / "data" / "keyring" / "STOPPED").touch()
    told = new_root(mine)
    assert told.returncode == 1
    assert not list((mine / "kits").iterdir())
    assert sorted(path.name for path in mine.glob("*.key*")) == ["old.key", "root.key"]
    (mine / "data" / "keyring" / "STOPPED").unlink()
    assert "key.root_made" not in command(mine, "audit", "export", "-").stdout


def test_a_credential_is_replaced_by_whoever_gave_it(mine: Path) -> None:
    lent = mine / "lent"
    lent.mkdir()
    (mine / "root.key").rename(lent / "safelight-root")
    env = {**clean_environment(), "CREDENTIALS_DIRECTORY": str(lent)}

    def lending(*words: str) -> "subprocess.CompletedProcess[str]":
        told = [*CLI, "--data", str(mine / "data"), *words]
        return subprocess.run(
            told, env=env, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )

    turn = ("keys", "new-root", "--kits", str(mine / "kits"))
    refused = lending(*turn)
    assert refused.returncode == 1
    assert "which only you can replace" in refused.stderr
    new = mine / "new.key"
    assert lending(*turn, "--key-file", str(new)).returncode == 0
    assert lending("status").returncode == 1
    new.rename(lent / "safelight-root")
    assert lending("status").returncode == 0


def at_a_terminal(folder: Path, *words: str, typed: str) -> tuple[int, str]:
    """Run a command on a terminal of its own and type one line when it asks."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        told = [*CLI, "--data", str(folder / "data"), *words]
        os.execve(told[0], told, clean_environment())
    shown = b""
    try:
        while not shown.endswith(b"Passphrase: "):
            shown += os.read(terminal, 1024)
        os.write(terminal, typed.encode() + b"\n")
        while True:
            try:
                shown += os.read(terminal, 1024)
            except OSError:  # the other end was closed
                break
    finally:
        os.close(terminal)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_a_new_passphrase_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "kits").mkdir()
    told = [word for pair in ANSWERS.items() for word in pair]
    made = command(tmp_path, "init", *told, "--kits", str(tmp_path))
    assert made.returncode == 0, made.stderr
    old = passphrase_in(made.stdout)
    kits = ("--kits", str(tmp_path / "kits"))
    code, shown = at_a_terminal(tmp_path, "keys", "new-root", *kits, typed=old)
    assert code == 0, shown
    new = passphrase_in(shown)
    assert new != old
    assert at_a_terminal(tmp_path, "status", typed=old)[0] == 1
    assert at_a_terminal(tmp_path, "status", typed=new)[0] == 0


def passphrase_in(shown: str) -> str:
    found = re.search(r"^  ([a-z]+(?: [a-z]+){5})\r?$", shown, re.MULTILINE)
    assert found, shown
    return found.group(1)
