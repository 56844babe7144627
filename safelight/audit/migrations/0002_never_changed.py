"""Let the database itself refuse to change the log.

A later migration that makes SQLite rebuild one of these tables drops its triggers with it; it must
put them back (tests/audit/test_kept.py looks at a database with all migrations run).
"""

from django.db import migrations

MESSAGE = "the audit log is added to, never changed"
KEPT = {
    # table: (columns that name a row, what is refused)
    "audit_entry": (["id"], ["practice", "n"]),
    "audit_node": (["id"], ["practice", "level", "index"]),
    "audit_checkpoint": (["id"], ["practice", "size"]),
    "audit_detail": (["id"], ["entry_id"]),
}
DELETABLE = {"audit_detail"}


def same(columns):
    return " AND ".join(f'"{column}" = NEW."{column}"' for column in columns)


def sqlite():
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    for table, (key, place) in KEPT.items():
        yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}"
        # INSERT OR REPLACE removes the old row without firing delete triggers.
        yield (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS "
            f"(SELECT 1 FROM {table} WHERE ({same(key)}) OR ({same(place)})) {refuse}"
        )
        if table not in DELETABLE:
            yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}"
    yield (
        "CREATE TRIGGER audit_frontier_only_grows BEFORE UPDATE ON audit_frontier "
        "WHEN NEW.practice IS NOT OLD.practice OR NEW.size <> OLD.size + 1 " + refuse
    )
    yield (
        "CREATE TRIGGER audit_frontier_no_replace BEFORE INSERT ON audit_frontier WHEN EXISTS "
        "(SELECT 1 FROM audit_frontier WHERE practice = NEW.practice) " + refuse
    )
    yield f"CREATE TRIGGER audit_frontier_no_delete BEFORE DELETE ON audit_frontier {refuse}"


def postgresql():
    yield (
        "CREATE FUNCTION audit_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    refuse = "EXECUTE FUNCTION audit_never_changed()"
    for table in [*KEPT, "audit_frontier"]:
        events = [] if table == "audit_frontier" else ["UPDATE"]
        events += [] if table in DELETABLE else ["DELETE"]
        yield (
            f"CREATE TRIGGER {table}_kept BEFORE {' OR '.join(events)} ON {table} "
            f"FOR EACH ROW {refuse}"
        )
        if table not in DELETABLE:
            yield (
                f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} "
                f"FOR EACH STATEMENT {refuse}"
            )
    yield (
        "CREATE TRIGGER audit_frontier_only_grows BEFORE UPDATE ON audit_frontier FOR EACH ROW "
        "WHEN (NEW.practice IS DISTINCT FROM OLD.practice OR NEW.size <> OLD.size + 1) " + refuse
    )


def add(apps, schema_editor):
    made = sqlite() if schema_editor.connection.vendor == "sqlite" else postgresql()
    for statement in made:
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    for statement in sqlite() if schema_editor.connection.vendor == "sqlite" else ():
        schema_editor.execute(f"DROP TRIGGER {statement.split()[2]}")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION audit_never_changed() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(add, remove)]
