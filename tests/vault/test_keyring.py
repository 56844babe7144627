"""Three generations, any one of which may be damaged; and the one keyring of a process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from safelight.vault import keyfiles, keyring, root
from safelight.vault.keys import Keyring
from tests.vault.conftest import Saved
from tests.vault.damage import NOON, refuses_damage


def _save(saved: Saved, ring: Keyring) -> Keyring:
    return keyfiles.save_keyring(saved.folder, saved.root, ring)


def _open(saved: Saved) -> Keyring:
    return keyring.open_keyring(saved.folder, saved.root)


def _names(saved: Saved) -> list[str]:
    return sorted(p.name for p in saved.folder.iterdir() if p.suffix in (".keyring", ".age"))


def test_a_keyring_comes_back_as_it_was_saved(saved: Saved) -> None:
    practice = uuid4()
    made = _open(saved).with_practice(practice).next_epoch(practice).rotate_capture_key(NOON)
    kept = _save(saved, made)
    assert _open(saved) == kept == replace(made, generation=2)
    assert len({kept.database_key, kept.pepper, kept.detail_key, kept.text_key}) == 4


def test_a_keyring_is_never_made_over_another(saved: Saved) -> None:
    before = _names(saved)
    with pytest.raises(keyfiles.KeyringExists):
        keyring.create_keyring(
            saved.folder, root=root.new_root(), recovery=[k.recipient for k in saved.kits], at=NOON
        )
    assert _names(saved) == before
    _open(saved)


def test_a_keyring_is_not_made_where_only_a_recovery_file_is_left(saved: Saved) -> None:
    (saved.folder / "00000001.keyring").unlink()
    with pytest.raises(keyfiles.KeyringExists):
        keyring.create_keyring(
            saved.folder, root=saved.root, recovery=[k.recipient for k in saved.kits], at=NOON
        )


@pytest.mark.parametrize("how_many", [0, 1])
def test_a_keyring_is_not_made_without_two_kits(
    saved: Saved, tmp_path: Path, how_many: int
) -> None:
    recipients = [kit.recipient for kit in saved.kits][:how_many]
    for bad in (recipients, recipients * 2, [*recipients, "age1notarecipient"]):
        with pytest.raises(keyfiles.TwoKitsNeeded):
            keyring.create_keyring(tmp_path / "new", root=root.new_root(), recovery=bad, at=NOON)


def test_three_generations_are_kept_and_older_ones_go(saved: Saved) -> None:
    for _ in range(5):
        _save(saved, _open(saved))
    assert _names(saved) == sorted(
        f"{number:08d}{kind}" for number in (4, 5, 6) for kind in (".keyring", ".age")
    )


def test_the_files_hold_no_key_in_the_clear(saved: Saved) -> None:
    ring = _open(saved)
    for path in saved.folder.iterdir():
        raw = path.read_bytes()
        for secret in (ring.database_key, ring.pepper, ring.receipt_private, saved.root):
            assert secret not in raw
            assert secret.hex().encode() not in raw
        assert b"database_key" not in raw


def test_no_damaged_keyring_file_opens(saved: Saved) -> None:
    path = saved.folder / "00000001.keyring"

    def open_it(raw: bytes) -> None:
        path.write_bytes(raw)
        _open(saved)

    refuses_damage(path.read_bytes(), open_it)


@pytest.mark.parametrize("bad", [b"", b"SLR1", b"SLR1 half of it", os.urandom(900)])
def test_a_damaged_newest_generation_gives_way_to_the_one_before_and_is_named(
    saved: Saved, bad: bytes
) -> None:
    before = _save(saved, _open(saved))
    newest = _save(saved, before)
    path = saved.folder / f"{newest.generation:08d}.keyring"
    path.write_bytes(bad)
    opened = _open(saved)
    assert replace(opened, damaged=()) == before
    assert opened.damaged == (path.name,)

    # The next save goes past the damaged number; it never writes over it.
    assert _save(saved, opened).generation == newest.generation + 1
    assert _open(saved).damaged == ()


def test_an_older_file_under_a_newer_name_is_not_believed(saved: Saved) -> None:
    old = (saved.folder / "00000001.keyring").read_bytes()
    _save(saved, _open(saved))
    (saved.folder / "00000003.keyring").write_bytes(old)
    opened = _open(saved)
    assert (opened.generation, opened.damaged) == (2, ("00000003.keyring",))


def test_a_crash_between_the_two_files_changes_nothing(saved: Saved) -> None:
    practice = uuid4()
    before = _open(saved)
    _save(saved, before.with_practice(practice))
    (saved.folder / "00000002.keyring").unlink()  # only the recovery file was written
    assert _open(saved) == before
    assert _save(saved, before).generation == 3


def test_a_file_left_behind_by_a_crash_is_passed_over(saved: Saved) -> None:
    (saved.folder / ".tmp-0123456789abcdef").write_bytes(b"SLR1 half")
    (saved.folder / "notes.keyring").write_bytes(b"not ours")
    assert _open(saved).damaged == ()
    assert _save(saved, _open(saved)).generation == 2


def test_another_root_opens_nothing(saved: Saved) -> None:
    with pytest.raises(keyfiles.WrongRoot):
        keyring.open_keyring(saved.folder, root.new_root())


def test_no_keyring_and_no_whole_keyring_are_told_apart(saved: Saved, tmp_path: Path) -> None:
    with pytest.raises(keyfiles.KeyringMissing):
        keyring.open_keyring(tmp_path / "nowhere", saved.root)
    path = saved.folder / "00000001.keyring"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(keyfiles.KeyringDamaged):
        _open(saved)


def test_a_destroyed_key_is_in_no_generation(saved: Saved) -> None:
    practice = uuid4()
    for _ in range(3):
        _save(saved, _open(saved).with_practice(practice))
    gone = _open(saved).next_epoch(practice).without_epochs(practice, before=2)
    keyfiles.save_everywhere(saved.folder, saved.root, gone)
    assert len(_names(saved)) == 6
    for name in keyfiles.generations(saved.folder):
        for other in keyfiles.generations(saved.folder):
            if other != name:
                keyfiles.path_of(saved.folder, other).rename(saved.folder / f"{other}.away")
        assert set(_open(saved).keks[practice]) == {2}
        for path in saved.folder.glob("*.away"):
            path.rename(keyfiles.path_of(saved.folder, int(path.stem)))


def test_what_is_destroyed_is_overwritten_before_it_is_unlinked(saved: Saved) -> None:
    with (saved.folder / "00000001.keyring").open("rb") as held:
        before = held.read()
        keyfiles.save_everywhere(saved.folder, saved.root, _open(saved))
        held.seek(0)
        after = held.read()
    assert len(after) == len(before)
    assert after[:4] != b"SLR1"
    assert before[20:60] not in after


@pytest.fixture
def process(saved: Saved, monkeypatch: pytest.MonkeyPatch) -> Iterator[Saved]:
    """A process that finds its keyring by the settings, as the server does."""
    key_file = saved.folder.parent.parent / "root.key"
    root.write_key_file(key_file, saved.root, data=saved.folder.parent)
    told = SimpleNamespace(SAFELIGHT_DATA=saved.folder.parent, SAFELIGHT_ROOT_KEY_FILE=key_file)
    monkeypatch.setattr(keyring, "settings", told)
    keyring.use(None)
    yield saved
    keyring.use(None)


def test_a_process_opens_its_keyring_once_and_says_where_root_came_from(process: Saved) -> None:
    assert keyring.current() is keyring.current()
    assert keyring.current() == _open(process)
    found = keyring.root_of_process()
    assert found is not None
    assert found.source == "key file"
    assert process.root.hex() not in repr(found)


def test_what_another_process_saved_is_seen_at_once(process: Saved) -> None:
    practice = uuid4()
    assert practice not in keyring.current().keks
    _save(process, _open(process).with_practice(practice))
    assert practice in keyring.current().keks


def test_changes_made_side_by_side_are_both_kept(process: Saved) -> None:
    practices = [uuid4() for _ in range(12)]

    def add(practice: UUID) -> None:
        keyring.change(lambda ring: ring.with_practice(practice))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, practices))
    assert set(_open(process).keks) == set(practices) == set(keyring.current().keks)


ADD_SIX = """
import sys, uuid
from django.conf import settings
settings.configure(SAFELIGHT_DATA=sys.argv[1], SAFELIGHT_ROOT_KEY_FILE=sys.argv[2])
from safelight.vault import keyring
for _ in range(6):
    practice = uuid.uuid4()
    keyring.change(lambda ring: ring.with_practice(practice))
"""


def test_changes_made_by_several_processes_are_all_kept(process: Saved) -> None:
    data = process.folder.parent
    told = [sys.executable, "-c", ADD_SIX, str(data), str(data.parent / "root.key")]
    others = [
        subprocess.Popen(told, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL)
        for _ in range(3)
    ]
    assert [other.wait(60) for other in others] == [0, 0, 0]
    assert len(keyring.current().keks) == 18
    assert keyring.current().generation == 19


def test_a_change_that_changes_nothing_saves_nothing(process: Saved) -> None:
    practice = uuid4()
    first = keyring.change(lambda ring: ring.with_practice(practice))
    again = keyring.change(lambda ring: ring.with_practice(practice))
    assert first.generation == again.generation == 2


def test_a_change_everywhere_leaves_the_old_key_nowhere(process: Saved) -> None:
    practice = uuid4()
    keyring.change(lambda ring: ring.with_practice(practice).next_epoch(practice))
    ring = keyring.change(lambda ring: ring.without_epochs(practice, before=2), everywhere=True)
    assert set(ring.keks[practice]) == {2}
    assert keyfiles.generations(process.folder) == [5, 4, 3]
