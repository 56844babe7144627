"""Checkpoints: signed roots, and proofs that each begins with the one before."""

from base64 import b64decode
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from safelight.audit import tree
from safelight.audit.checkpoints import (
    LogAltered,
    checkpoint,
    consistency,
    latest,
)
from safelight.audit.log import record
from safelight.audit.models import Checkpoint, Entry
from safelight.lib.refusals import BadInput, NotFound
from safelight.vault.sealing import audit_public_key
from tests.audit.conftest import ADA, ELSEWHERE, HERE, NOON, Write
from tests.audit.tampering import without_triggers

pytestmark = pytest.mark.django_db


def fill(count: int, practice: UUID = HERE) -> None:
    with transaction.atomic():
        for number in range(count):
            record("photo.viewed", practice=practice, by=ADA, at=NOON, of=f"photo:{number}")


def test_a_checkpoint_is_three_lines_that_the_key_signed(write: Write) -> None:
    write()
    made = checkpoint(HERE, NOON)
    name, size, root, end = made.text.split("\n")
    assert (name, size, end) == (f"safelight/audit/v1/{HERE}", "1", "")
    assert b64decode(root) == bytes(Entry.objects.get().leaf_hash)
    public = Ed25519PublicKey.from_public_bytes(audit_public_key())
    public.verify(bytes(made.signature), made.text.encode())
    assert made.note.startswith(made.text)
    assert b64decode(made.note.split("\n")[3]) == bytes(made.signature)


def test_nothing_new_gives_the_same_checkpoint_again(write: Write) -> None:
    write()
    assert checkpoint(HERE, NOON) == checkpoint(HERE, NOON)
    write()
    assert checkpoint(HERE, NOON).size == 2
    assert Checkpoint.objects.count() == 2


def test_latest_is_the_largest_of_this_practice_and_signs_nothing(write: Write) -> None:
    assert latest(HERE) is None
    write()
    first = checkpoint(HERE, NOON)
    write(practice=ELSEWHERE)
    checkpoint(ELSEWHERE, NOON)
    write()
    assert latest(HERE) == first


def test_an_empty_log_is_not_signed() -> None:
    with pytest.raises(NotFound):
        checkpoint(HERE, NOON)


@pytest.mark.django_db(transaction=True)
def test_what_may_still_be_undone_is_not_signed(write: Write) -> None:
    write()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        checkpoint(HERE, NOON)
    assert latest(HERE) is None


def test_every_pair_of_checkpoints_is_proved_from_the_stored_rows() -> None:
    marks = []
    for count in (1, 2, 61, 192, 1, 255, 88, 300):
        fill(count)
        marks.append(checkpoint(HERE, NOON))
    fill(5, ELSEWHERE)
    for first in marks:
        for second in marks:
            if first.size > second.size:
                continue
            proof = [bytes.fromhex(text) for text in consistency(HERE, first.size, second.size)]
            roots = {"old": bytes(first.root), "new": bytes(second.root)}
            assert tree.extends(first.size, second.size, **roots, proof=proof)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (3, 2), (2, 4), (-1, 2)])
def test_sizes_the_log_never_had_are_refused(write: Write, first: int, second: int) -> None:
    fill(3)
    with pytest.raises(BadInput):
        consistency(HERE, first, second)
    with pytest.raises(BadInput):
        consistency(ELSEWHERE, 1, 2)


def test_a_proof_in_a_long_log_reads_few_rows(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    fill(700)
    with django_assert_max_num_queries(4):
        consistency(HERE, 333, 700)


@pytest.mark.parametrize(
    ("size", "damage"),
    [
        (
            6,
            "UPDATE audit_entry SET leaf_hash = (SELECT leaf_hash FROM audit_entry WHERE n = 2) "
            "WHERE n = 1",
        ),
        (6, "DELETE FROM audit_entry WHERE n = 3"),
        (258, "UPDATE audit_node SET hash = (SELECT leaf_hash FROM audit_entry WHERE n = 2)"),
        (258, "DELETE FROM audit_node"),
        (258, "UPDATE audit_checkpoint SET size = size - 1"),
        (258, "UPDATE audit_checkpoint SET size = size + 50"),
        (258, 'UPDATE audit_frontier SET hashes = \'["{0}", "{0}", "{0}"]\''.format("00" * 32)),
    ],
)
def test_a_log_changed_since_it_was_signed_is_not_signed_again(size: int, damage: str) -> None:
    fill(size)
    checkpoint(HERE, NOON)
    fill(3)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(damage)
    fill(1)
    with pytest.raises(LogAltered):
        checkpoint(HERE, NOON)
    assert Checkpoint.objects.count() == 1
