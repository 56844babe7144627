"""Where ROOT comes from, in its order, and every way in which it is refused."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from safelight.vault import ciphers, root, words
from tests.vault.damage import NOON, refuses_damage

CHEAP = ciphers.Cost(kib=16, passes=1)
WORDS = "one two three four five six"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "keyring").mkdir(parents=True)
    return tmp_path / "data"


@pytest.fixture
def key() -> bytes:
    return root.new_root()


def _keep(data: Path, key: bytes) -> Path:
    root.keep_by_passphrase(data / "keyring", key, WORDS, cost=CHEAP)
    return data / "keyring"


def test_the_passphrase_brings_the_root_back_however_it_is_typed(data: Path, key: bytes) -> None:
    folder = _keep(data, key)
    for typed in (WORDS, WORDS.upper(), f"  {WORDS.replace(' ', '  ')}\n", WORDS.replace(" ", "-")):
        assert root.unseal(folder, typed, at=NOON) == key


def test_the_cost_is_read_from_the_file_and_the_usual_one_is_full(data: Path, key: bytes) -> None:
    folder = _keep(data, key)
    told = json.loads((folder / "root.passphrase").read_bytes())
    assert (told["kib"], told["passes"], told["lanes"]) == (16, 1, 1)
    root.keep_by_passphrase(folder, key, WORDS, replace=True)
    told = json.loads((folder / "root.passphrase").read_bytes())
    assert (told["kib"], told["passes"], told["lanes"]) == (256 * 1024, 3, 1)
    assert root.unseal(folder, WORDS, at=NOON) == key


def test_a_wrong_passphrase_is_refused_and_two_a_minute_is_all(data: Path, key: bytes) -> None:
    folder = _keep(data, key)
    for seconds in (0, 10):
        with pytest.raises(root.WrongPassphrase):
            root.unseal(folder, "one two three four five seven", at=NOON + timedelta(0, seconds))
    for typed in ("a third guess", WORDS):
        with pytest.raises(root.TooManyTries):
            root.unseal(folder, typed, at=NOON + timedelta(0, 20))
    assert root.unseal(folder, WORDS, at=NOON + timedelta(0, 61)) == key
    for _ in range(2):  # a right one clears the slate
        with pytest.raises(root.WrongPassphrase):
            root.unseal(folder, "wrong again", at=NOON + timedelta(0, 62))


def test_a_passphrase_is_not_set_over_another_unless_told(data: Path, key: bytes) -> None:
    folder = _keep(data, key)
    with pytest.raises(root.RootExists):
        root.keep_by_passphrase(folder, root.new_root(), "other words", cost=CHEAP)
    assert root.unseal(folder, WORDS, at=NOON) == key


def test_no_damaged_passphrase_file_opens(data: Path, key: bytes) -> None:
    folder = _keep(data, key)
    path = folder / "root.passphrase"

    def open_it(raw: bytes) -> None:
        path.write_bytes(raw)
        (folder / "root.tries").unlink(missing_ok=True)
        root.unseal(folder, WORDS, at=NOON)

    refuses_damage(path.read_bytes(), open_it)


def test_six_words_of_a_long_list_are_given_and_never_fewer() -> None:
    assert len(words.word_list()) >= 7_000
    given = [words.new_passphrase(3).split() for _ in range(200)]
    assert all(len(one) == 6 for one in given)
    assert {word for one in given for word in one} <= set(words.word_list())
    assert len({tuple(one) for one in given}) == 200


def test_a_key_file_brings_the_root_back_and_is_ours_alone(data: Path, key: bytes) -> None:
    path = data.parent / "keys" / "root.key"
    root.write_key_file(path, key, data=data)
    assert path.stat().st_mode & 0o777 == 0o600
    assert root.read_key_file(path, data=data) == key
    with pytest.raises(root.RootExists):
        root.write_key_file(path, root.new_root(), data=data)
    assert root.read_key_file(path, data=data) == key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_key_file_that_others_may_read_is_refused(data: Path, key: bytes, mode: int) -> None:
    path = data.parent / "root.key"
    root.write_key_file(path, key, data=data)
    path.chmod(mode)
    with pytest.raises(root.RootUnsafe):
        root.read_key_file(path, data=data)


def test_a_key_file_inside_the_data_folder_is_refused(data: Path, key: bytes) -> None:
    (data.parent / "way-in").symlink_to(data)
    for path in (data / "root.key", data.parent / "way-in" / "root.key"):
        with pytest.raises(root.RootUnsafe):
            root.write_key_file(path, key, data=data)
        path.write_text(key.hex())
        path.chmod(0o600)
        with pytest.raises(root.RootUnsafe):
            root.read_key_file(path, data=data)


def test_no_damaged_key_file_gives_a_root_of_another_length(data: Path, key: bytes) -> None:
    path = data.parent / "root.key"
    for text in ("", "00", key.hex()[:-1], key.hex()[:-2], key.hex() + "00", "zz" * 32, "é" * 64):
        path.write_text(text)
        path.chmod(0o600)
        with pytest.raises(root.RootUnsafe):
            root.read_key_file(path, data=data)


def _find(data: Path, **given: object) -> root.Root:
    ways: dict[str, Any] = {"key_file": None, "ask": None, "credentials": None, **given}
    return root.find_root(data, at=NOON, **ways)


def test_the_ways_in_are_tried_in_their_order(data: Path) -> None:
    typed, credential, filed = (root.new_root() for _ in range(3))
    _keep(data, typed)
    credentials = data.parent / "credentials"
    credentials.mkdir()
    (credentials / "safelight-root").write_text(credential.hex())
    key_file = data.parent / "root.key"
    root.write_key_file(key_file, filed, data=data)
    every = {"ask": lambda: WORDS, "credentials": credentials, "key_file": key_file}

    assert _find(data, **every) == root.Root(typed, "passphrase")
    assert _find(data, **{**every, "ask": None}) == root.Root(credential, "systemd credential")
    assert _find(data, key_file=key_file) == root.Root(filed, "key file")
    with pytest.raises(root.RootMissing):
        _find(data)
    with pytest.raises(root.RootMissing):
        _find(data, key_file=data.parent / "nowhere", credentials=data)


def test_a_wrong_passphrase_does_not_fall_through_to_a_weaker_way(data: Path) -> None:
    _keep(data, root.new_root())
    key_file = data.parent / "root.key"
    root.write_key_file(key_file, root.new_root(), data=data)
    with pytest.raises(root.WrongPassphrase):
        _find(data, ask=lambda: "wrong", key_file=key_file)


def test_nobody_is_asked_for_words_that_were_never_set(data: Path, key: bytes) -> None:
    key_file = data.parent / "root.key"
    root.write_key_file(key_file, key, data=data)

    def ask() -> str:
        raise AssertionError("asked")

    assert _find(data, ask=ask, key_file=key_file).key == key


def test_a_process_is_handed_the_root_in_memory(data: Path, key: bytes) -> None:
    handle = root.hand_over(key, source="passphrase")
    try:
        for _ in range(2):  # each process that inherits it reads it whole
            assert _find(data, handed_over=handle) == root.Root(key, "passphrase")
        assert not os.get_inheritable(handle)
        os.ftruncate(handle, 31)
        with pytest.raises(root.RootMissing):
            _find(data, handed_over=handle)
    finally:
        os.close(handle)
