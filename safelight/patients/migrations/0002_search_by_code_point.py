"""On PostgreSQL, the columns searched by their beginning sort by code point, as on SQLite.

A prefix is then one range of a plain index on both databases, whatever language the server speaks.
"""

from django.db import migrations

COLUMNS = (
    ("patients_patient", "search_name", "varchar(170)"),
    ("patients_patient", "search_given", "varchar(170)"),
    ("patients_patient", "record_number", "varchar(40)"),
    ("patients_identifier", "value", "varchar(40)"),
)


def sort_by_code_point(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, column, kind in COLUMNS:
        schema_editor.execute(
            f'ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} COLLATE "C"'
        )


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]
    operations = [migrations.RunPython(sort_by_code_point, migrations.RunPython.noop)]
