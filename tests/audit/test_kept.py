"""Rows of the log are added, never changed: by the models, and by the database itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from safelight.audit.checkpoints import checkpoint
from safelight.audit.models import Checkpoint, Detail, Entry, Frontier, NeverChanged, Node
from tests.audit.conftest import ADA, HERE, NOON, Write

pytestmark = pytest.mark.django_db

CHANGES = [
    "UPDATE audit_entry SET action = 'photo.filed'",
    "UPDATE audit_entry SET leaf = leaf",
    "DELETE FROM audit_entry",
    "UPDATE audit_node SET hash = hash",
    "DELETE FROM audit_node",
    "UPDATE audit_checkpoint SET size = size + 1",
    "DELETE FROM audit_checkpoint",
    "UPDATE audit_detail SET salt = salt",
    "DELETE FROM audit_frontier",
    "UPDATE audit_frontier SET size = size - 1",
    "UPDATE audit_frontier SET size = size + 2",
    "UPDATE audit_frontier SET hashes = hashes",
    "UPDATE audit_frontier SET practice = '01980000000070008000000000000009', size = size + 1",
]


@pytest.fixture
def rows(write: Write) -> list[Any]:
    """One row in each table of the log."""
    write(detail="words")
    Node(practice=HERE, level=8, index=0, hash=b"\0" * 32).save()
    return [Entry.objects.get(), Node.objects.get(), checkpoint(HERE, NOON), Detail.objects.get()]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_to_change_the_log(rows: list[Any], statement: str) -> None:
    with (
        pytest.raises(IntegrityError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize("table", ["entry", "node", "checkpoint", "detail", "frontier"])
def test_the_database_refuses_to_write_over_a_row_or_to_empty_a_table(
    rows: list[Any], table: str
) -> None:
    if connection.vendor == "postgresql":
        statement = f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE audit_{table} CASCADE"
    else:
        statement = f"INSERT OR REPLACE INTO audit_{table} SELECT * FROM audit_{table}"
    if (connection.vendor, table) == ("postgresql", "detail"):
        return  # details may go; shredding all of them is still no change to the tree
    with (
        pytest.raises(IntegrityError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize("place", range(4))
def test_a_row_that_was_written_cannot_be_saved_again(rows: list[Any], place: int) -> None:
    with pytest.raises(NeverChanged):
        rows[place].save()


@pytest.mark.parametrize("place", range(3))
def test_a_row_of_the_tree_cannot_be_deleted(rows: list[Any], place: int) -> None:
    with pytest.raises(NeverChanged):
        rows[place].delete()


@pytest.mark.parametrize("model", [Entry, Node, Checkpoint])
@pytest.mark.parametrize(
    "act",
    [
        lambda rows: rows.delete(),
        lambda rows: rows.update(practice=HERE),
        lambda rows: rows.bulk_update(list(rows), ["practice"]),
        lambda rows: rows.bulk_create(
            list(rows), update_conflicts=True, unique_fields=["id"], update_fields=["practice"]
        ),
        lambda rows: rows.bulk_create(list(rows), ignore_conflicts=True),
        lambda rows: rows.update_or_create(defaults={"practice": HERE}),
    ],
)
def test_rows_cannot_be_changed_many_at_once(
    rows: list[Any], model: Any, act: Callable[[Any], Any]
) -> None:
    with pytest.raises(NeverChanged):
        act(model.objects.all())


def test_a_new_object_with_a_known_key_does_not_become_an_update(rows: list[Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry(pk=rows[0].pk, practice=HERE, n=7, at=NOON, leaf_hash=b"", outcome="").save()
    assert Entry.objects.get().n == 0


def test_no_place_is_taken_twice(rows: list[Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry(practice=HERE, n=0, at=NOON, leaf_hash=b"", outcome="").save()


def test_only_a_detail_may_go_and_its_entry_stays(rows: list[Any]) -> None:
    Detail.objects.all().delete()
    assert Entry.objects.count() == 1


def test_rows_say_what_they_are_without_a_name(write: Write, rows: list[Any]) -> None:
    said = [str(row) for row in (*rows, Frontier.objects.get())]
    assert said == [
        "entry 0: photo.viewed",
        "node 8/0",
        "checkpoint at 1",
        f"detail of entry {rows[0].pk}",
        "log of 1 entries",
    ]
    assert str(ADA.id) not in "".join(said)
