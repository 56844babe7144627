"""Setting up: what is typed wrongly is asked again, and what fails leaves nothing half made."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from safelight.lib.refusals import BadInput
from safelight.site.first_run import Answers, Asking, _config_lines, _email, _origin, _zone
from safelight.site.kits import NoRoomForKits, kit_paths, write_kits
from safelight.vault.recovery import make_recovery_kits
from tests.site.test_command import command, init

ANSWERS = Answers(
    name="Test Street Practice",
    place="VIC",
    zone="Australia/Melbourne",
    address="",
    contact="",
    given="Mo",
    family="Prototype",
    email="mo@example.invalid",
    origin="https://photos.example:8443",
)


def test_a_typed_mistake_is_asked_again_and_an_option_is_refused() -> None:
    typed = iter(["Melbourne", "Mars/Base", ""])
    heard: list[str] = []
    asked = Asking(ask=lambda _: next(typed), say=heard.append)
    assert asked(None, "Time zone", _zone, "Australia/Perth") == "Australia/Perth"
    assert len(heard) == 2
    assert all("Australia/Melbourne" in line for line in heard)
    with pytest.raises(BadInput):
        asked("Mars/Base", "Time zone", _zone)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [(_email, "mo at example"), (_origin, "http://photos.example"), (_zone, "")],
)
def test_what_would_not_work_later_is_not_taken(right: object, wrong: str) -> None:
    assert callable(right)
    with pytest.raises(BadInput):
        right(wrong)


def test_settings_made_before_setting_up_stay_as_they_are(tmp_path: Path) -> None:
    before = '# ours\npostgres = "dbname=safelight"\nport = 8443\n'
    made = _config_lines(before, ANSWERS, tmp_path / "root.key")
    assert made.endswith(before)
    assert tomllib.loads(made) == {
        "origin": "https://photos.example:8443",
        "hosts": ["photos.example", "localhost", "127.0.0.1"],
        "root_key_file": str(tmp_path / "root.key"),
        "postgres": "dbname=safelight",
        "port": 8443,
    }
    assert _config_lines(made, ANSWERS, tmp_path / "root.key") == made


def test_a_kit_is_never_written_over_nor_anywhere_it_cannot_be(tmp_path: Path) -> None:
    paths = kit_paths(tmp_path)
    write_kits(make_recovery_kits(), paths, practice="P", at=datetime(2026, 2, 3, tzinfo=UTC))
    before = paths[1].read_bytes()
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(NoRoomForKits):
            kit_paths(folder)
    assert paths[1].read_bytes() == before


def test_a_kit_in_the_way_is_told_before_any_key_is_made(tmp_path: Path) -> None:
    (tmp_path / "safelight-recovery-kit-B.html").write_text("an older one")
    done = init(tmp_path)
    assert done.returncode == 1
    assert "a recovery kit already" in done.stderr
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "root.key").exists()


def test_a_set_up_that_fails_later_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    unreachable = 'postgres = "host=/nowhere dbname=none"\n'
    (data / "safelight.toml").write_text(unreachable)
    assert init(tmp_path).returncode != 0
    assert (data / "safelight.toml").read_text() == unreachable
    assert not (data / "keyring").exists()
    assert not (tmp_path / "root.key").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def test_a_database_without_its_keys_is_never_taken_for_an_empty_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "safelight.db").write_bytes(b"patients, and their keys are in a safe")
    done = init(tmp_path)
    assert done.returncode == 1
    assert "without its keys" in done.stderr
    assert (data / "safelight.db").read_bytes() == b"patients, and their keys are in a safe"
    assert not (data / "keyring").exists()


@pytest.mark.parametrize("wrong", ["root.key", "safelight.toml"])
def test_what_is_wrong_from_the_start_is_told_in_words_and_left_alone(
    tmp_path: Path, wrong: str
) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "root.key" if wrong == "root.key" else tmp_path / "data" / wrong
    path.write_text("not = [ours")
    done = init(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("safelight: ")
    assert path.read_text() == "not = [ours"
    assert not (tmp_path / "data" / "keyring").exists()


def test_new_kits_end_the_old_ones(tmp_path: Path) -> None:
    assert init(tmp_path).returncode == 0
    old = _secret(tmp_path / "safelight-recovery-kit-A.html")
    (tmp_path / "new").mkdir()
    made = command(tmp_path, "kits", "--kits", str(tmp_path / "new"))
    assert made.returncode == 0, made.stderr
    assert "key.kits_made" in command(tmp_path, "audit", "export", "-").stdout
    new = _secret(tmp_path / "new" / "safelight-recovery-kit-B.html")
    (tmp_path / "root.key").unlink()
    key = ("--key-file", str(tmp_path / "root.key"))
    assert command(tmp_path, "recover", *key, ask=old + "\n").returncode == 1
    assert command(tmp_path, "recover", *key, ask=new + "\n").returncode == 0
    assert command(tmp_path, "status").returncode == 0


def _secret(kit: Path) -> str:
    found = re.search(r"AGE-SECRET-KEY-\w+", kit.read_text())
    assert found
    return found.group()
