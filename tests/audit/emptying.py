"""Between tests Django empties every table; the log's triggers refuse that. The way round.

It exists in tests only, and only while Django empties: the triggers are back before the next test.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import connection

TABLES = ("audit_entry", "audit_node", "audit_checkpoint", "audit_detail", "audit_frontier")


def lifting(database: Any) -> tuple[list[str], list[str]]:
    """Return the statements that lift the triggers and those that put them back."""
    if database.vendor == "postgresql":
        return (
            [
                "SET CONSTRAINTS ALL IMMEDIATE",  # no table is altered with checks outstanding
                *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TABLES),
            ],
            [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in TABLES],
        )
    with database.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = [row for row in cursor.fetchall() if row[0].startswith("audit_")]
    return [f"DROP TRIGGER {name}" for name, _ in found], [sql for _, sql in found]


@pytest.fixture(scope="session", autouse=True)
def log_can_be_emptied() -> Iterator[None]:
    """Let Django's flush, and nothing else, pass the log's triggers."""
    operations = type(connection.ops)
    real = operations.sql_flush

    def sql_flush(self: Any, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        statements = real(self, style, tables, **options)
        lift, put_back = lifting(self.connection)
        return [*lift, *statements, *put_back] if statements else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "sql_flush", sql_flush)
        yield
