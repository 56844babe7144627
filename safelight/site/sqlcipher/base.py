"""SQLite as Django knows it, on connections that SQLCipher encrypts.

Django's backend names the standard library's module in a few places; this one gives the same
class the `sqlcipher3` module, a keyed connection, and the settings that durability needs
(security-design, section 4). What reads back different from what was asked is refused.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3._functions import register
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from sqlcipher3 import dbapi2 as Database

from safelight.vault.keyring import current

# What is asked of each connection, and what it must answer.
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: a committed row survives power loss
    "foreign_keys": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
}

for _type, _read in (
    ("bool", b"1".__eq__),
    ("date", lambda raw: parse_date(raw.decode())),
    ("time", lambda raw: parse_time(raw.decode())),
    ("datetime", lambda raw: parse_datetime(raw.decode())),
    ("timestamp", lambda raw: parse_datetime(raw.decode())),
):
    Database.register_converter(_type, _read)
Database.register_adapter(Decimal, str)
Database.register_adapter(date, date.isoformat)
Database.register_adapter(datetime, lambda moment: moment.isoformat(" "))


class Cursor(Database.Cursor):  # type: ignore[misc] # sqlcipher3 has no types
    """A cursor that takes Django's %s and %(name)s, as its own SQLite cursor does."""

    convert_query = base.SQLiteCursorWrapper.convert_query

    def execute(self, query: str, params: Any = None) -> Any:
        """Run one statement; parameters are bound, never pasted."""
        if params is None:
            return super().execute(query)
        names = list(params) if isinstance(params, Mapping) else None
        return super().execute(self.convert_query(query, param_names=names), params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run one statement for each row of parameters."""
        return super().executemany(self.convert_query(query, param_names=None), param_list)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite wrapper over SQLCipher."""

    display_name = "SQLite through SQLCipher"
    Database = Database

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open, key and check a connection. The key is raw, so nothing is stretched at connect."""
        connection = Database.connect(**conn_params)
        connection.execute(f"PRAGMA key = \"x'{current().database_key.hex()}'\"")
        connection.execute("PRAGMA legacy_alter_table = OFF")
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
            answer = connection.execute(f"PRAGMA {name}").fetchone()[0]
            if answer != value and not (name == "journal_mode" and answer == "memory"):
                connection.close()
                raise ImproperlyConfigured(f"SQLite would not set {name}: it says {answer!r}.")
        register(connection)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """Give a cursor that speaks Django's parameter styles."""
        return self.connection.cursor(factory=Cursor)
