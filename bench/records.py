"""Finding things: 50,000 patients and 100,000 photos, against reading one row by its key."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection

from bench.filling import NOON, PATIENTS, PHOTOS, fill
from bench.measuring import say, table, timed
from bench.place import Place
from safelight.patients.models import Patient
from safelight.patients.reading import find
from safelight.photos import reading
from safelight.policy.models import Practice
from safelight.site.sqlcipher.statistics import keep_statistics

LOOK_INTO = 50
"""An answer that takes more reads by key than this has its queries' plans written beside it."""


def asks(practice: Practice, ids: list[UUID]) -> dict[str, Callable[[], object]]:
    """Return what pages ask, each as an act that asks it."""
    busy, usual = Patient.objects.get(pk=ids[0]), Patient.objects.get(pk=ids[1])
    day = NOON.date()
    deep = reading.timeline(busy).after
    for _ in range(40):
        deep = reading.timeline(busy, after=deep).after
    return {
        "name prefix, 4 letters": lambda: find(practice, "mock", today=day),
        "name prefix, family and given": lambda: find(practice, "samplford ad", today=day),
        "given name prefix": lambda: find(practice, "esm", today=day),
        "a name nobody has": lambda: find(practice, "zzz nobody", today=day),
        "date of birth": lambda: find(practice, "12/3/1968", today=day),
        "record number": lambda: find(practice, "B-0312", today=day),
        "Medicare number": lambda: find(practice, "20000250001", today=day),
        "timeline of a usual patient": lambda: reading.timeline(usual),
        "timeline of one with 5,000 photos": lambda: reading.timeline(busy),
        "its page 42": lambda: reading.timeline(busy, after=deep),
        "one site of one with 5,000 photos": lambda: reading.timeline(
            busy, site_code="70559009", side=""
        ),
        "sites of one with 5,000 photos": lambda: reading.sites_of(busy),
        "everything on Today": lambda: reading.today(practice, at=NOON),
    }


def plans(ask: Callable[[], object]) -> list[str]:
    """Return how the database means to find what an act asks for."""
    asked: list[tuple[str, Any]] = []

    def listen(execute: Callable[..., object], sql: str, params: Any, *rest: object) -> object:
        asked.append((sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(listen):
        ask()
    found: list[str] = []
    with connection.cursor() as cursor:
        for sql, params in asked:
            if sql.startswith("SELECT"):
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
                found.extend(str(row[3]) for row in cursor.fetchall())
    return found


def run(where: Place) -> None:
    """Fill, ask as the pages ask, and say each answer as a multiple of one read by key."""
    say(f"Writing {PATIENTS:,} patients and {PHOTOS:,} photos …")
    practice, _, ids = fill()
    keep_statistics()  # the worker does it every minute
    base = timed(lambda: Patient.objects.get(pk=ids[25_000]))
    rows = [("one patient by key", f"p50 {base.p50:.2f}, p99 {base.p99:.2f} ms", "1.0")]
    slow: dict[str, list[str]] = {}
    for words, ask in asks(practice, ids).items():
        found = timed(ask)
        ratio = found.cpu_p50 / base.cpu_p50
        much = f"p50 {found.p50:.2f}, p99 {found.p99:.2f} ms"
        rows.append((words, much, f"{ratio:.1f} times"))
        if ratio > LOOK_INTO:
            slow[words] = plans(ask)
    table("Finding things", "one patient read by its key; by CPU, same database, same run", rows)
    for words, lines in slow.items():
        say(f"\n{words}:")
        for line in lines:
            say(f"  {line}")
