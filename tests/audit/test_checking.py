"""The check from inside finds damage in any row of the log, and says where."""

import pytest
from django.db import connection, transaction

from safelight.audit.checking import first_wrong
from safelight.audit.checkpoints import checkpoint
from safelight.audit.log import record
from tests.audit.conftest import ADA, ELSEWHERE, HERE, NOON
from tests.audit.tampering import without_triggers

pytestmark = pytest.mark.django_db


def fill(count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            record("photo.viewed", practice=HERE, by=ADA, at=NOON, of=f"photo:{number}")


def test_a_whole_log_has_no_wrong_position() -> None:
    assert first_wrong(HERE) is None
    fill(300)
    checkpoint(HERE, NOON)
    fill(3)
    assert first_wrong(HERE) is None
    assert first_wrong(ELSEWHERE) is None


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        ("UPDATE audit_entry SET leaf = replace(leaf, 'GP', 'NU') WHERE n = 17", 17),
        ("DELETE FROM audit_entry WHERE n = 40", 40),
        ("DELETE FROM audit_entry WHERE n = 302", 302),
        ("UPDATE audit_entry SET n = 999 WHERE n = 5", 5),
        ("DELETE FROM audit_node", 15),
        ("DELETE FROM audit_node WHERE level = 8", 255),
        ("UPDATE audit_checkpoint SET root = (SELECT leaf_hash FROM audit_entry WHERE n = 1)", 299),
        ("UPDATE audit_checkpoint SET size = 4000", 303),
        ("UPDATE audit_frontier SET hashes = '[]'", 303),
        ("UPDATE audit_frontier SET size = 200", 200),
        ("UPDATE audit_frontier SET size = 400", 303),
        ("DELETE FROM audit_frontier", 303),
    ],
)
def test_damage_is_found_at_its_place(damage: str, place: int) -> None:
    fill(300)
    checkpoint(HERE, NOON)
    fill(3)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(damage)
    assert first_wrong(HERE) == place
