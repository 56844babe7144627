"""Each paper kit alone opens the keyring again; nobody else's does."""

from pathlib import Path
from uuid import uuid4

import pytest

from safelight.vault import ciphers, keyfiles, keyring, recovery, root
from tests.vault.conftest import Saved
from tests.vault.damage import NOON, refuses_damage


@pytest.mark.parametrize("which", [0, 1])
def test_either_kit_alone_brings_the_keyring_back_under_a_new_root(
    saved: Saved, which: int
) -> None:
    practice = uuid4()
    before = keyfiles.save_keyring(
        saved.folder,
        saved.root,
        keyring.open_keyring(saved.folder, saved.root).with_practice(practice),
    )
    new = root.new_root()
    restored = recovery.restore_keyring(saved.folder, saved.kits[which].identity, root=new)
    assert restored.keks == before.keks
    assert restored.database_key == before.database_key
    assert keyring.open_keyring(saved.folder, new) == restored
    with pytest.raises(keyfiles.WrongRoot):
        keyring.open_keyring(saved.folder, saved.root)


def test_a_kit_opens_when_every_keyring_file_is_lost(saved: Saved) -> None:
    before = keyring.open_keyring(saved.folder, saved.root)
    for path in saved.folder.glob("*.keyring"):
        path.unlink()
    assert recovery.open_with_kit(saved.folder, saved.kits[0].identity) == before


def test_a_kit_typed_in_small_letters_with_gaps_opens(saved: Saved) -> None:
    identity = saved.kits[0].identity.lower()
    typed = " ".join(identity[i : i + 6] for i in range(0, len(identity), 6))
    recovery.open_with_kit(saved.folder, typed)


def test_a_kit_of_another_practice_or_mistyped_is_refused(saved: Saved, tmp_path: Path) -> None:
    other = recovery.make_recovery_kit().identity
    mine = saved.kits[0].identity
    mistyped = mine[:-1] + ("Q" if mine[-1] != "Q" else "P")
    for bad in (other, mistyped, mine[:-1], "", "AGE-SECRET-KEY-1", saved.kits[0].recipient):
        with pytest.raises(ciphers.Unreadable):
            recovery.open_with_kit(saved.folder, bad)
    with pytest.raises(keyfiles.KeyringMissing):
        recovery.open_with_kit(tmp_path / "nowhere", mine)


def test_no_damaged_recovery_file_opens(saved: Saved) -> None:
    path = saved.folder / "00000001.age"

    def open_it(raw: bytes) -> None:
        path.write_bytes(raw)
        recovery.open_with_kit(saved.folder, saved.kits[1].identity)

    refuses_damage(path.read_bytes(), open_it)


def test_an_older_recovery_file_under_a_newer_name_is_not_believed(saved: Saved) -> None:
    old = (saved.folder / "00000001.age").read_bytes()
    keyfiles.save_keyring(saved.folder, saved.root, keyring.open_keyring(saved.folder, saved.root))
    (saved.folder / "00000003.age").write_bytes(old)
    assert recovery.open_with_kit(saved.folder, saved.kits[0].identity).generation == 2


def test_a_kit_is_printed_with_all_that_is_needed_and_loads_nothing(saved: Saved) -> None:
    kit = saved.kits[0]
    for shown in (
        kit.text(name="A", practice="Wattle & Lane", at=NOON),
        kit.page(name="A", practice="Wattle & Lane", at=NOON),
    ):
        assert kit.identity in shown
        assert kit.recipient in shown
        assert "Kit A of two; kit B lies elsewhere." in shown
        assert "14 October 2026" in shown
        assert "safelight recover" in shown
        assert "src=" not in shown
        assert "href=" not in shown
    assert "Wattle &amp; Lane" in kit.page(name="A", practice="Wattle & Lane", at=NOON)
    assert kit.identity not in repr(kit)


def test_the_two_kits_differ() -> None:
    first, second = recovery.make_recovery_kits()
    assert first.identity != second.identity
    assert first.recipient != second.recipient
