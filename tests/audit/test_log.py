"""Writing the log: the entry, its leaf, and the transaction they share with the act."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from safelight.audit import reading, tree
from safelight.audit.actions import UnknownAction
from safelight.audit.actor import Actor
from safelight.audit.leaf import NotForTheLeaf, leaf_text
from safelight.audit.log import LogDisturbed, OutsideTransaction, grow, record
from safelight.audit.models import Detail, Entry, Frontier, Node
from tests.audit.conftest import ADA, ELSEWHERE, HERE, NOON, PATIENT, Write


def root_of(practice: UUID) -> bytes:
    return tree.root([bytes.fromhex(text) for text in Frontier.objects.get(pk=practice).hashes])


def root_from_leaves(practice: UUID) -> bytes:
    frontier: list[bytes] = []
    leaves = Entry.objects.filter(practice=practice).order_by("n").values_list("leaf", flat=True)
    for size, leaf in enumerate(leaves):
        frontier, _ = tree.append(size, frontier, tree.leaf_hash(leaf.encode()))
    return tree.root(frontier)


@pytest.mark.django_db
def test_a_leaf_is_written_in_its_one_true_spelling(write: Write) -> None:
    entry = write("photo.viewed", of="photo:01980000-0000-7000-8000-0000000000b1", patient=PATIENT)
    assert entry.leaf == (
        '{"action":"photo.viewed","actor":"01980000-0000-7000-8000-0000000000a1",'
        '"detail_commit":"","device":"01980000-0000-7000-8000-0000000000f1","n":0,'
        '"object":"photo:01980000-0000-7000-8000-0000000000b1","outcome":"done",'
        '"patient":"01980000-0000-7000-8000-0000000000aa","purpose":"","role":"GP",'
        '"t":"2026-07-08T02:30:00.000000Z"}'
    )
    assert bytes(entry.leaf_hash) == tree.leaf_hash(entry.leaf.encode())


@given(
    n=st.integers(0, 2**53 - 1),
    at=st.datetimes(
        timezones=st.sampled_from([timezone(timedelta(hours=h)) for h in range(-9, 12)])
    ),
    who=st.none() | st.builds(Actor, st.none() | st.uuids(), st.sampled_from(["", "GP+M"])),
    patient=st.none() | st.uuids(),
)
def test_every_leaf_is_canonical_and_says_again_what_it_was_given(
    n: int, at: datetime, who: Actor | None, patient: UUID | None
) -> None:
    text = leaf_text(
        n,
        "photo.viewed",
        by=who,
        of="",
        patient=patient,
        at=at,
        purpose="",
        outcome="done",
        detail_commit="",
    )
    found: dict[str, Any] = json.loads(text)
    assert rfc8785.dumps(found).decode() == text
    assert found["n"] == n
    assert datetime.fromisoformat(found["t"]) == at
    assert found["patient"] == (str(patient) if patient else None)


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(OutsideTransaction):
        record("photo.viewed", practice=HERE, by=ADA, at=NOON)
    assert not Entry.objects.exists()


@transaction.atomic
def file_and_fail() -> None:
    record("photo.filed", practice=HERE, by=ADA, at=NOON, detail="said in words")
    raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_leaves_no_entry(write: Write) -> None:
    write()
    before = root_of(HERE)
    with pytest.raises(ZeroDivisionError):
        file_and_fail()
    assert (Entry.objects.count(), Detail.objects.count()) == (1, 0)
    assert root_of(HERE) == before
    assert write().n == 1


@pytest.mark.django_db
def test_an_unknown_action_is_refused(write: Write) -> None:
    with pytest.raises(UnknownAction):
        write("photo.admired")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        {"purpose": "Referral for Pat Sample"},
        {"outcome": "Pat said no"},
        {"of": "patient:Pat Sample"},
        {"of": "Pat"},
        {"by": Actor(id=None, role="Dr Ada Example")},
        {"at": datetime(2026, 7, 8)},  # noqa: DTZ001 - a time without a zone is the point
    ],
)
def test_free_text_never_reaches_a_leaf(write: Write, words: dict[str, Any]) -> None:
    with pytest.raises(NotForTheLeaf):
        write(**words)
    assert not Entry.objects.exists()


@dataclass
class Someone:
    """Anything that says who acts."""

    def actor(self) -> Actor:
        return ADA


@pytest.mark.django_db
def test_a_person_an_actor_and_nobody_can_act(write: Write) -> None:
    assert write(by=Someone()).actor_id == ADA.id
    assert write(by=ADA).phone_id == ADA.phone
    assert write(by=None).actor_id is None


@pytest.mark.django_db
def test_each_practice_has_its_own_log(write: Write) -> None:
    assert [write().n, write(practice=ELSEWHERE).n, write().n] == [0, 0, 1]
    assert (reading.size(HERE), reading.size(ELSEWHERE)) == (2, 1)


@pytest.mark.django_db
def test_the_frontier_and_the_nodes_are_those_of_the_leaves(write: Write) -> None:
    with transaction.atomic():
        for number in range(600):
            record("photo.viewed", practice=HERE, by=ADA, at=NOON, of=f"photo:{number}")
    assert root_of(HERE) == root_from_leaves(HERE)
    assert Node.objects.filter(level=4).count() == 600 // 16
    assert Node.objects.filter(level=8).count() == 600 // 256
    assert Node.objects.exclude(level__in=[4, 8]).count() == 0


@pytest.mark.django_db
def test_words_are_sealed_beside_the_leaf_and_open_again(write: Write) -> None:
    entry = write("break_glass.opened", detail="Pat collapsed in the waiting room")
    detail = Detail.objects.get(entry=entry)
    assert "collapsed" not in entry.leaf
    assert b"collapsed" not in bytes(detail.ciphertext)
    assert reading.detail_of(entry) == "Pat collapsed in the waiting room"
    assert reading.detail_of(write()) == ""


@pytest.mark.django_db
def test_equal_words_do_not_look_alike(write: Write) -> None:
    one, other = write(detail="the same"), write(detail="the same")
    assert one.detail_commit != other.detail_commit


@pytest.mark.django_db
def test_shredded_words_are_gone_and_the_tree_still_stands(write: Write) -> None:
    entry = write("break_glass.opened", detail="Pat collapsed")
    before = root_of(HERE)
    Detail.objects.get(entry=entry).delete()
    assert reading.detail_of(entry) is None
    assert root_from_leaves(HERE) == before


@pytest.mark.django_db
def test_words_put_in_place_of_others_are_not_shown(write: Write) -> None:
    entry, other = write(detail="what was said"), write(detail="what was not")
    replaced = Detail.objects.get(entry=other)
    Detail.objects.get(entry=entry).delete()
    replaced.delete()
    Detail(entry=entry, salt=replaced.salt, ciphertext=replaced.ciphertext).save()
    with pytest.raises(reading.DetailAltered):
        reading.detail_of(entry)


@pytest.mark.django_db
def test_the_newest_time_never_goes_back(write: Write) -> None:
    assert reading.newest_time(HERE) is None
    write(at=NOON)
    write(at=NOON - timedelta(hours=3))
    write(at=NOON + timedelta(days=1), practice=ELSEWHERE)
    assert reading.newest_time(HERE) == NOON
    assert reading.newest_time() == NOON + timedelta(days=1)


@pytest.mark.django_db
def test_a_frontier_that_moved_meanwhile_stops_the_append(write: Write) -> None:
    write()
    stale = Frontier.objects.get(pk=HERE)
    write()
    entry = Entry(practice=HERE, n=stale.size, at=NOON, leaf_hash=b"\0" * 32)
    with pytest.raises(LogDisturbed):
        grow(stale, entry)


@pytest.mark.django_db(transaction=True)
def test_64_appends_at_once_give_64_places_in_one_unbroken_tree() -> None:
    start = Barrier(64)

    def append(number: int) -> int:
        start.wait()
        try:
            with transaction.atomic():
                made = record("photo.viewed", practice=HERE, by=ADA, at=NOON, of=f"photo:{number}")
            return made.n
        finally:
            connection.close()

    with ThreadPoolExecutor(64) as threads:
        places = list(threads.map(append, range(64)))
    assert sorted(places) == list(range(64))
    assert reading.size(HERE) == 64
    assert root_of(HERE) == root_from_leaves(HERE)
