"""Capsules arrive in pieces, cut, repeated, side by side, and end whole or not at all."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from uuid import UUID, uuid4

import pytest

from safelight.lib.refusals import BadInput, NotFound
from safelight.vault import inbox as inboxes
from safelight.vault.capsules import MAX_CAPSULE_BYTES
from safelight.vault.files import StoreFull
from safelight.vault.inbox import Arrival, ArrivedDamaged, Floor, Inbox, OtherContent, WrongOffset

BYTES = os.urandom(300_000)
DIGEST = hashlib.sha256(BYTES).hexdigest()
PIECE = 64 * 1024


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox", floor=Floor(bytes=0, share=0))


@pytest.fixture
def capture() -> UUID:
    return uuid4()


def _begin(inbox: Inbox, capture: UUID, raw: bytes = BYTES) -> Arrival:
    return inbox.begin(capture, size=len(raw), sha256=hashlib.sha256(raw).hexdigest())


def _send(arrival: Arrival, raw: bytes = BYTES) -> None:
    while arrival.offset < len(raw):
        arrival.append(arrival.offset, raw[arrival.offset : arrival.offset + PIECE])


def test_pieces_make_a_whole(inbox: Inbox, capture: UUID) -> None:
    arrival = _begin(inbox, capture)
    assert (arrival.offset, arrival.is_stored) == (0, False)
    _send(arrival)
    arrival.finish()
    assert arrival.is_stored
    assert inbox.read(capture) == BYTES
    assert inbox.sha256_of(capture) == DIGEST
    assert list(inbox.waiting()) == [capture]
    assert [p.suffix for p in inbox.folder.iterdir() if p.name != ".lock"] == [".capsule"]


@pytest.mark.parametrize("offset", [-1, 0, 1, PIECE - 1, PIECE + 1, 2 * PIECE, 1 << 40])
def test_a_piece_at_a_wrong_offset_is_refused_with_the_true_one(
    inbox: Inbox, capture: UUID, offset: int
) -> None:
    arrival = _begin(inbox, capture)
    arrival.append(0, BYTES[:PIECE])
    with pytest.raises(WrongOffset) as refused:
        arrival.append(offset, BYTES[PIECE : 2 * PIECE])
    assert refused.value.offset == PIECE
    assert arrival.offset == PIECE


def test_a_piece_sent_twice_is_added_once(inbox: Inbox, capture: UUID) -> None:
    arrival = _begin(inbox, capture)
    for at in range(0, len(BYTES), PIECE):
        arrival.append(at, BYTES[at : at + PIECE])
        with pytest.raises(WrongOffset):
            arrival.append(at, BYTES[at : at + PIECE])
    arrival.finish()
    assert inbox.read(capture) == BYTES


def test_an_arrival_cut_anywhere_goes_on_in_another_process(tmp_path: Path) -> None:
    for cut in range(0, len(BYTES), PIECE):
        capture = uuid4()
        first = Inbox(tmp_path / "inbox", floor=Floor(0, 0))
        _begin(first, capture).append(0, BYTES[:cut])
        second = Inbox(tmp_path / "inbox", floor=Floor(0, 0))
        arrival = _begin(second, capture)
        assert arrival.offset == cut
        with pytest.raises(WrongOffset):
            arrival.finish()
        _send(arrival)
        arrival.finish()
        assert second.read(capture) == BYTES


def test_the_same_pieces_side_by_side_are_added_once(inbox: Inbox, capture: UUID) -> None:
    def send(_: int) -> None:
        arrival = _begin(inbox, capture)
        while not arrival.is_stored and arrival.offset < len(BYTES):
            here = arrival.offset
            try:
                arrival.append(here, BYTES[here : here + 10_000])
            except WrongOffset:
                continue
        arrival.finish()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))
    assert inbox.read(capture) == BYTES
    assert len(list(inbox.waiting())) == 1


def test_a_repeat_that_comes_in_the_middle_of_a_piece_waits_for_it(
    inbox: Inbox, capture: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrival = _begin(inbox, capture)
    real = os.write
    answers: list[int] = []

    def repeat() -> None:
        try:
            arrival.append(0, BYTES[:PIECE])
        except WrongOffset as refused:
            answers.append(refused.offset)

    second = Thread(target=repeat)

    def write(handle: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", real)
        second.start()
        second.join(0.3)  # it cannot end before this piece is written
        return real(handle, data)

    monkeypatch.setattr(os, "write", write)
    assert arrival.append(0, BYTES[:PIECE]) == PIECE
    second.join()
    assert answers == [PIECE]
    assert arrival.offset == PIECE


def test_what_is_whole_is_not_taken_again(inbox: Inbox, capture: UUID) -> None:
    arrival = _begin(inbox, capture)
    _send(arrival)
    arrival.finish()
    again = _begin(inbox, capture)
    assert (again.is_stored, again.offset) == (True, len(BYTES))
    with pytest.raises(WrongOffset) as refused:
        again.append(0, BYTES[:10])
    assert refused.value.offset == len(BYTES)
    again.finish()
    assert inbox.read(capture) == BYTES


def test_other_bytes_under_the_same_id_are_refused_and_the_first_kept(
    inbox: Inbox, capture: UUID
) -> None:
    other = BYTES[::-1]
    late = _begin(inbox, capture, other)
    _send(late, other)
    arrival = _begin(inbox, capture)
    _send(arrival)
    arrival.finish()
    with pytest.raises(OtherContent):
        late.finish()
    with pytest.raises(OtherContent):
        _begin(inbox, capture, other)
    with pytest.raises(OtherContent):
        inbox.begin(capture, size=len(BYTES), sha256="0" * 64)
    assert inbox.read(capture) == BYTES


def test_what_came_damaged_is_dropped_and_may_be_sent_again(inbox: Inbox, capture: UUID) -> None:
    arrival = _begin(inbox, capture)
    _send(arrival, BYTES[:-1] + b"\0" if BYTES[-1] else BYTES[:-1] + b"\1")
    with pytest.raises(ArrivedDamaged):
        arrival.finish()
    assert arrival.offset == 0
    assert inbox.sha256_of(capture) is None
    _send(arrival)
    arrival.finish()
    assert inbox.read(capture) == BYTES


def test_more_than_was_announced_is_refused(inbox: Inbox, capture: UUID) -> None:
    arrival = _begin(inbox, capture)
    with pytest.raises(BadInput):
        arrival.append(0, BYTES + b"\0")
    assert arrival.offset == 0


@pytest.mark.parametrize("size", [-1, 0, MAX_CAPSULE_BYTES + 1])
def test_a_size_that_cannot_be_is_refused(inbox: Inbox, capture: UUID, size: int) -> None:
    with pytest.raises(BadInput):
        inbox.begin(capture, size=size, sha256=DIGEST)


@pytest.mark.parametrize(
    "digest",
    ["", "0" * 63, "G" * 64, "../" * 21 + "x", DIGEST + "\n"],
    ids=["empty", "short", "no digits", "a path", "one more line"],
)
def test_a_hash_that_is_none_never_becomes_a_path(inbox: Inbox, capture: UUID, digest: str) -> None:
    with pytest.raises(BadInput):
        inbox.begin(capture, size=10, sha256=digest)
    assert not [p for p in inbox.folder.iterdir() if p.name != ".lock"]


def test_a_disk_near_its_floor_takes_nothing_new(tmp_path: Path, capture: UUID) -> None:
    full = Inbox(tmp_path / "inbox", floor=Floor(bytes=1 << 60, share=0))
    with pytest.raises(StoreFull) as refused:
        _begin(full, capture)
    assert refused.value.status == 507
    assert list(full.folder.iterdir()) == []
    with pytest.raises(StoreFull):
        _begin(Inbox(tmp_path / "inbox", floor=Floor(bytes=0, share=1.0)), capture)


def test_a_whole_capsule_is_told_of_even_when_the_disk_is_full(inbox: Inbox, capture: UUID) -> None:
    arrival = _begin(inbox, capture)
    _send(arrival)
    arrival.finish()
    full = Inbox(inbox.folder, floor=Floor(bytes=1 << 60, share=0))
    assert _begin(full, capture).is_stored


def test_the_floor_is_the_larger_of_two_gib_and_five_percent() -> None:
    assert Floor().least(10 * 1024**3) == 2 * 1024**3
    assert Floor().least(1000 * 1024**3) == 50 * 1024**3


def test_a_capsule_that_rotted_on_disk_is_refused(inbox: Inbox, capture: UUID) -> None:
    arrival = _begin(inbox, capture)
    _send(arrival)
    arrival.finish()
    (path,) = inbox.folder.glob("*.capsule")
    path.write_bytes(BYTES[:1000] + b"rot" + BYTES[1003:])
    with pytest.raises(ArrivedDamaged):
        inbox.read(capture)


def test_removing_takes_the_capsule_and_its_parts_and_lets_it_come_again(
    inbox: Inbox, capture: UUID
) -> None:
    _begin(inbox, capture, b"another try").append(0, b"ano")
    arrival = _begin(inbox, capture)
    _send(arrival)
    arrival.finish()
    assert inbox.remove(capture)
    assert not inbox.remove(capture)
    assert [p.name for p in inbox.folder.iterdir()] == [".lock"]
    with pytest.raises(NotFound):
        inbox.read(capture)
    assert _begin(inbox, capture).offset == 0


def test_parts_that_nobody_adds_to_are_swept_after_a_month(inbox: Inbox, capture: UUID) -> None:
    _begin(inbox, capture).append(0, BYTES[:100])
    (part,) = inbox.folder.glob("*.part")
    written = part.stat().st_mtime
    assert inbox.sweep(now=written + inboxes.PART_AGE - 60) == 0
    assert inbox.sweep(now=written + inboxes.PART_AGE + 60) == 1
    assert _begin(inbox, capture).offset == 0
