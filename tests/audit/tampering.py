"""A database administrator at work: the log's triggers lifted, as someone with the file can do."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.audit.emptying import lifting


@contextmanager
def without_triggers() -> Iterator[None]:
    """Change what the log's triggers would refuse; they are back afterwards."""
    lift, put_back = lifting(connection)
    with connection.cursor() as cursor:
        for statement in lift:
            cursor.execute(statement)
        yield
        for statement in put_back:
            cursor.execute(statement)
