"""A new root key: whenever it is cut off, the old way or the new one opens the keyring."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from safelight.vault import files, keyfiles, keyring, recovery, root
from safelight.vault.ciphers import Unreadable
from safelight.vault.staging import NotReadBack, RootFixed, stage_key_file, stage_passphrase
from tests.vault.conftest import Saved
from tests.vault.damage import NOON
from tests.vault.power import watching


@pytest.fixture
def key_file(saved: Saved) -> Path:
    """Keep the root of the saved keyring in a file, as an installation without a passphrase."""
    path = saved.folder.parent.parent / "root.key"
    root.write_key_file(path, saved.root, data=saved.folder.parent)
    return path


@pytest.fixture
def process(
    saved: Saved, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SimpleNamespace]:
    """A process that finds its keyring by the settings, as a command does."""
    told = SimpleNamespace(SAFELIGHT_DATA=saved.folder.parent, SAFELIGHT_ROOT_KEY_FILE=key_file)
    monkeypatch.setattr(keyring, "settings", told)
    keyring.use(None)
    yield told
    keyring.use(None)


def kits() -> tuple[recovery.Kit, recovery.Kit]:
    return recovery.make_recovery_kits()


@contextmanager
def a_disk_that_lies(about: Callable[[bytes], bytes | None]) -> Iterator[None]:
    """Let the disk keep something else than it was given, without a word."""
    real = os.write

    def write(handle: int, data: Any) -> int:
        other = about(bytes(data))
        return real(handle, data if other is None else other)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", write)
        yield


def opened_by_a_kit(folder: Path, identities: list[str]) -> keyring.Keyring:
    for identity in identities:
        try:
            return recovery.open_with_kit(folder, identity)
        except Unreadable:
            continue
    raise AssertionError("no kit opens the keyring")


def test_a_key_file_opens_the_keyring_whenever_the_power_goes(
    saved: Saved, key_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    top, data = key_file.parent, saved.folder.parent
    before, new, papers = keyring.open_keyring(saved.folder, saved.root), root.new_root(), kits()
    held: list[bytes] = []

    def check(disk: Path) -> None:
        path = disk / "root.key"
        path.chmod(0o600)
        found = root.read_key_file(path, data=disk / "data")
        after = keyring.open_keyring(disk / "data" / "keyring", found)
        assert (after.database_key, after.keks) == (before.database_key, before.keks)
        opened_by_a_kit(
            disk / "data" / "keyring", [kit.identity for kit in (saved.kits[0], papers[1])]
        )
        held.append(found)

    spare = tmp_path_factory.mktemp("spare")
    with watching(top, spare, check):
        staged = stage_key_file(key_file, new, data=data)
        keyring.rotate_root(
            saved.folder,
            old=saved.root,
            new=new,
            switch=staged.put,
            recovery=[kit.recipient for kit in papers],
        )
        staged.clear()
    assert {*held} == {saved.root, new}
    assert held[-1] == new


def test_afterwards_nothing_here_opens_with_the_old_root_or_an_old_kit(
    saved: Saved, process: SimpleNamespace, key_file: Path
) -> None:
    new, papers = root.new_root(), kits()
    keyring.current()
    staged = stage_key_file(key_file, new, data=saved.folder.parent)
    keyring.turn_root(new, recovery=[kit.recipient for kit in papers], switch=staged.put)
    staged.clear()
    numbers = keyfiles.generations(saved.folder)
    assert len(numbers) == len(keyfiles.generations(saved.folder, keyfiles.FOR_KITS)) == 3
    for number in numbers:
        with pytest.raises(keyfiles.WrongRoot):
            keyfiles._open_one(keyfiles.path_of(saved.folder, number), saved.root, number)
    for kit in saved.kits:
        with pytest.raises(Unreadable):
            recovery.open_with_kit(saved.folder, kit.identity)
    for kit in papers:
        assert recovery.open_with_kit(saved.folder, kit.identity) == keyring.current()
    changed = keyring.change(lambda ring: ring.rotate_capture_key(NOON))
    keyring.use(None)  # another process, which reads the new key file
    assert keyring.current() == changed
    assert sorted(path.name for path in key_file.parent.iterdir()) == ["data", "root.key"]


def test_the_old_key_files_bytes_are_overwritten(saved: Saved, key_file: Path) -> None:
    with key_file.open("rb") as held:
        stage_key_file(key_file, root.new_root(), data=saved.folder.parent).put()
        assert saved.root.hex().encode() not in held.read()


def test_cut_off_again_and_again_before_the_switch_the_old_root_still_opens(saved: Saved) -> None:
    class CutOff(Exception):
        pass

    def cut() -> None:
        raise CutOff

    before = keyring.open_keyring(saved.folder, saved.root)
    for _ in range(5):
        with pytest.raises(CutOff):
            keyring.rotate_root(saved.folder, old=saved.root, new=root.new_root(), switch=cut)
        assert keyring.open_keyring(saved.folder, saved.root).keks == before.keks


def test_what_did_not_read_back_is_never_switched_to(saved: Saved) -> None:
    switched: list[bool] = []

    def spoilt(data: bytes) -> bytes | None:
        return data[:-1] + bytes([data[-1] ^ 1]) if data.startswith(keyfiles.MAGIC) else None

    with a_disk_that_lies(spoilt), pytest.raises(keyfiles.KeyringDamaged):
        keyring.rotate_root(
            saved.folder,
            old=saved.root,
            new=root.new_root(),
            switch=lambda: switched.append(True),
        )
    assert switched == []
    assert keyring.open_keyring(saved.folder, saved.root)


def test_a_key_file_that_does_not_read_back_replaces_nothing(saved: Saved, key_file: Path) -> None:
    def spoilt(data: bytes) -> bytes | None:
        return b"0" * 64 + b"\n" if len(data) == 65 else None

    with a_disk_that_lies(spoilt), pytest.raises(NotReadBack):
        stage_key_file(key_file, root.new_root(), data=saved.folder.parent)
    assert root.read_key_file(key_file, data=saved.folder.parent) == saved.root


def test_a_passphrase_is_replaced_by_one_rename_and_was_opened_before(saved: Saved) -> None:
    root.keep_by_passphrase(saved.folder, saved.root, "the old words")
    place = saved.folder / root.SEALED_ROOT_FILE
    old, new = place.read_bytes(), root.new_root()
    staged = stage_passphrase(saved.folder, new, "quite other words", at=NOON)
    assert place.read_bytes() == old
    staged.put()
    staged.clear()
    assert root.unseal(saved.folder, "quite other words", at=NOON) == new
    with pytest.raises(root.WrongPassphrase):
        root.unseal(saved.folder, "the old words", at=NOON)
    assert not (saved.folder / ".next").exists()


def test_a_key_file_in_a_folder_that_is_closed_is_told_first(
    saved: Saved, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root, who may all
    with pytest.raises(RootFixed):
        stage_key_file(key_file, root.new_root(), data=saved.folder.parent)
    assert root.read_key_file(key_file, data=saved.folder.parent) == saved.root


def test_a_root_is_not_turned_while_another_process_has_the_keyring_open(
    saved: Saved, process: SimpleNamespace
) -> None:
    keyring.current()
    other = files.share(saved.folder)
    switched: list[bool] = []
    told = [kit.recipient for kit in kits()]
    with pytest.raises(keyring.KeyringInUse):
        keyring.turn_root(root.new_root(), recovery=told, switch=lambda: switched.append(True))
    assert switched == []
    assert keyring.open_keyring(saved.folder, saved.root).generation == 1
    os.close(other)
    assert keyring.take_alone().key == saved.root


def test_a_keyring_in_memory_has_no_root_to_turn() -> None:
    keyring.use(keyring.new_keyring(recovery=(), at=NOON))
    with pytest.raises(keyring.KeyringInUse):
        keyring.take_alone()
    keyring.use(None)
