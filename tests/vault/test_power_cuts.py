"""At any call the power may go: what was promised is there, and what was there before is whole."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from safelight.lib.refusals import Refusal
from safelight.vault import files, keyfiles, keyring, recovery, root
from safelight.vault.ballast import Ballast
from safelight.vault.blobs import BlobMissing
from safelight.vault.disk import DiskStore
from safelight.vault.files import ReadOnly, StoreFull
from safelight.vault.inbox import Arrival, Floor, Inbox
from tests.vault.conftest import Saved
from tests.vault.damage import NOON
from tests.vault.power import BAD, FULL, Breaking, watching

BYTES = b"sealed bytes" * 100
OLD = b"bytes from before" * 100
NO_FLOOR = Floor(bytes=0, share=0)


def _refusal_of(breaking: Breaking, act: Callable[[], object]) -> Refusal | None:
    """Do an act on a breaking disk and return how it was refused."""
    try:
        with breaking.calls():
            act()
    except Refusal as refusal:
        return refusal
    return None


def _send_all(arrival: Arrival) -> None:
    arrival.append(0, BYTES[:700])
    arrival.append(700, BYTES[700:])
    arrival.finish()


def test_a_blob_is_durable_before_its_name_is_given_out(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    old = store.put(OLD)
    promised: list[str] = [old]
    calls: list[str] = []

    def check(disk: Path) -> None:
        after = DiskStore(disk)
        for name in promised:
            after.get(name)
        try:
            after.get(hashlib.sha256(BYTES).hexdigest())
        except BlobMissing:
            return

    with watching(store.folder, tmp_path / "spare", check, calls):
        promised.append(store.put(BYTES))
        store.put(b"one more, so that every disk is checked after the promise")
    assert len(calls) > 10


def test_file_then_name_then_folder_in_that_order(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    store.put(BYTES)
    calls: list[str] = []
    with watching(store.folder, tmp_path / "spare", lambda disk: None, calls):
        store.put(BYTES)
    assert calls == [
        "open file",
        "write file",
        "fsync file",
        "rename file",
        "fsync folder",
    ]


def test_a_capsule_is_durable_before_finish_returns(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox", floor=NO_FLOOR)
    capture, digest = uuid4(), hashlib.sha256(BYTES).hexdigest()
    promised: list[bool] = []

    def check(disk: Path) -> None:
        after = Inbox(disk, floor=NO_FLOOR)
        if promised or after.sha256_of(capture):
            assert after.read(capture) == BYTES

    with watching(inbox.folder, tmp_path / "spare", check):
        arrival = inbox.begin(capture, size=len(BYTES), sha256=digest)
        arrival.append(0, BYTES[:500])
        arrival.append(500, BYTES[500:])
        arrival.finish()
        promised.append(True)
        inbox.begin(uuid4(), size=5, sha256=digest).append(0, b"other")


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_keyring_opens_whenever_the_power_goes(
    saved: Saved, tmp_path: Path, everywhere: bool
) -> None:
    practice = uuid4()
    save = keyfiles.save_everywhere if everywhere else keyfiles.save_keyring
    for _ in range(3):
        keyfiles.save_keyring(
            saved.folder, saved.root, keyring.open_keyring(saved.folder, saved.root)
        )
    promised: list[bool] = []

    def check(disk: Path) -> None:
        after = keyring.open_keyring(disk, saved.root)
        assert promised == [] or practice in after.keks
        recovery.open_with_kit(disk, saved.kits[0].identity)

    with watching(saved.folder, tmp_path / "spare", check):
        before = keyring.open_keyring(saved.folder, saved.root)
        save(saved.folder, saved.root, before.with_practice(practice))
        promised.append(True)
        keyfiles.save_keyring(
            saved.folder, saved.root, keyring.open_keyring(saved.folder, saved.root)
        )


def test_a_root_key_changes_hands_without_a_moment_in_which_neither_opens(
    saved: Saved, tmp_path: Path
) -> None:
    new = root.new_root()
    in_force = [saved.root]

    def check(disk: Path) -> None:
        keyring.open_keyring(disk, in_force[0])

    def switch() -> None:
        in_force[0] = new

    with watching(saved.folder, tmp_path / "spare", check):
        keyring.rotate_root(saved.folder, old=saved.root, new=new, switch=switch)
    with pytest.raises(keyfiles.WrongRoot):
        keyring.open_keyring(saved.folder, saved.root)


@pytest.mark.parametrize("number", [FULL, BAD])
def test_whatever_call_fails_a_blob_is_refused_cleanly(tmp_path: Path, number: int) -> None:
    for nth in range(1, 99):
        store = DiskStore(tmp_path / f"blobs{nth}")
        old = store.put(OLD)
        breaking = Breaking(nth, number)
        refusal = _refusal_of(breaking, partial(store.put, BYTES))
        if breaking.is_done:
            break
        assert isinstance(refusal, StoreFull | ReadOnly)
        assert isinstance(refusal, StoreFull) == (number == FULL and breaking.broke != "fsync")
        assert store.is_read_only == (breaking.broke == "fsync")
        assert not list(store.folder.rglob(".tmp-*"))
        assert store.get(old) == OLD
    assert 6 < nth < 20


def test_a_failed_fsync_closes_the_store_until_a_person_looked(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    store.put(OLD)
    breaking = Breaking(3, BAD)  # mkdir is known to be there; open, write, fsync
    with breaking.calls(), pytest.raises(ReadOnly):
        store.put(OLD)
    assert breaking.broke == "fsync"
    for again in (store, DiskStore(store.folder)):
        for data in (OLD, BYTES):
            with pytest.raises(ReadOnly):
                again.put(data)
    assert store.get(hashlib.sha256(OLD).hexdigest()) == OLD
    files.start_again(store.folder)
    assert store.get(store.put(BYTES)) == BYTES


@pytest.mark.parametrize("number", [FULL, BAD])
def test_whatever_call_fails_an_arrival_is_refused_and_may_go_on(
    tmp_path: Path, number: int
) -> None:
    digest = hashlib.sha256(BYTES).hexdigest()
    for nth in range(1, 99):
        inbox = Inbox(tmp_path / f"inbox{nth}", floor=NO_FLOOR)
        capture = uuid4()
        arrival = inbox.begin(capture, size=len(BYTES), sha256=digest)
        breaking = Breaking(nth, number)
        refusal = _refusal_of(breaking, partial(_send_all, arrival))
        if breaking.is_done:
            break
        assert isinstance(refusal, StoreFull | ReadOnly)
        (inbox.folder / "STOPPED").unlink(missing_ok=True)
        again = inbox.begin(capture, size=len(BYTES), sha256=digest)
        if not again.is_stored:
            again.append(again.offset, BYTES[again.offset :])
        again.finish()
        assert inbox.read(capture) == BYTES
    assert 5 < nth < 20


@pytest.mark.parametrize("number", [FULL, BAD])
def test_whatever_call_fails_the_keyring_from_before_still_opens(saved: Saved, number: int) -> None:
    before = keyring.open_keyring(saved.folder, saved.root)
    for nth in range(1, 99):
        breaking = Breaking(nth, number)
        refusal = _refusal_of(
            breaking, lambda: keyfiles.save_keyring(saved.folder, saved.root, before)
        )
        assert breaking.is_done or isinstance(refusal, StoreFull | ReadOnly)
        (saved.folder / "STOPPED").unlink(missing_ok=True)
        after = keyring.open_keyring(saved.folder, saved.root)
        assert replace(after, generation=1, damaged=()) == before
        assert after.damaged == ()
        if breaking.is_done:
            break
    assert 8 < nth < 30


def test_what_a_crash_left_half_written_is_swept_after_a_day(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    name = store.put(BYTES)
    left = store.folder / name[:2] / ".tmp-left"
    left.write_bytes(b"half")
    written = left.stat().st_mtime
    assert list(store.names()) == [name]
    assert store.sweep(now=written + 3600) == 0
    assert store.sweep(now=written + 25 * 3600) == 1
    assert store.get(name) == BYTES


def test_ballast_holds_room_and_gives_it_up(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path, size=1 << 20)
    for _ in range(2):
        ballast.hold()
    assert ballast.path.stat().st_blocks * 512 >= 1 << 20
    assert [ballast.release(), ballast.release()] == [True, False]


def test_keys_are_made_at_noon_and_their_files_are_ours_alone(saved: Saved) -> None:
    ring = keyring.open_keyring(saved.folder, saved.root)
    assert ring.newest_capture_key.made_at == NOON
    for path in (saved.folder, *saved.folder.iterdir()):
        assert path.stat().st_mode & 0o077 == 0
