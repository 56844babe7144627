"""The log as a file, and the separate verifier's word on it: with a real database between them."""

import io
import json
import tracemalloc
from base64 import b64encode
from pathlib import Path

import pytest
from django.db import connection

from safelight.audit.checkpoints import checkpoint
from safelight.audit.export import export_log, write_log
from safelight.audit.models import Entry
from safelight.vault.sealing import audit_public_key
from tests.audit.conftest import ADA, ELSEWHERE, HERE, NOON, Write
from tests.audit.exports import leaf, run
from tests.audit.tampering import without_triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key.txt"
    path.write_text(b64encode(audit_public_key()).decode())
    return path


def exported(path: Path) -> Path:
    with path.open("wb") as to:
        export_log(HERE, to=to, by=ADA, at=NOON)
    return path


def test_an_export_is_recorded_signed_and_found_whole(
    write: Write, tmp_path: Path, key: Path
) -> None:
    for _ in range(5):
        write(detail="Pat collapsed", patient=None)
    write(practice=ELSEWHERE)
    kept = tmp_path / "kept.txt"
    kept.write_text(checkpoint(HERE, NOON).note)
    export = exported(tmp_path / "export.jsonl")
    assert Entry.objects.filter(practice=HERE).latest("n").action == "audit.exported"
    lines = [json.loads(line) for line in export.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["log"] + ["entry"] * 6 + ["checkpoint"] * 2
    assert "collapsed" not in export.read_text()
    code, words = run(export, key, kept)
    assert code == 0, words
    assert "6 entries" in words


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            "UPDATE audit_entry SET leaf = replace(leaf, 'photo.viewed', 'photo.filed') "
            "WHERE n = 3",
            "Position 3 is wrong: the entry was edited",
        ),
        ("DELETE FROM audit_entry WHERE n = 2", "Position 2 is wrong: it holds entry 3"),
    ],
)
def test_an_edit_in_the_database_is_found_in_the_export(
    write: Write, tmp_path: Path, key: Path, damage: str, said: str
) -> None:
    for _ in range(6):
        write()
    signed = checkpoint(HERE, NOON)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(damage)
    export = tmp_path / "export.jsonl"
    with export.open("wb") as to:
        write_log(HERE, size=signed.size, to=to)
    code, words = run(export, key)
    assert code == 1
    assert said in words


def test_an_export_ends_at_its_checkpoint_whatever_comes_after(
    write: Write, tmp_path: Path, key: Path
) -> None:
    write()
    size = checkpoint(HERE, NOON).size
    write()
    checkpoint(HERE, NOON)
    export = tmp_path / "export.jsonl"
    with export.open("wb") as to:
        write_log(HERE, size=size, to=to)
    assert len(export.read_text().splitlines()) == 3
    assert run(export, key)[0] == 0


class Nowhere(io.BytesIO):
    """A stream that keeps nothing."""

    def write(self, data: object, /) -> int:
        return 0


def test_memory_does_not_grow_with_the_log() -> None:
    def peak() -> int:
        tracemalloc.start()
        write_log(HERE, size=1_000_000, to=Nowhere())
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def fill(start: int, end: int) -> None:
        text = leaf(0)
        Entry.objects.bulk_create(
            Entry(practice=HERE, n=n, at=NOON, leaf=text, leaf_hash=bytes(32))
            for n in range(start, end)
        )

    fill(0, 6000)
    small = peak()
    fill(6000, 18_000)
    assert peak() < small * 1.1
