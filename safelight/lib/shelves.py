"""Shelves: the tables whose rows name stored blobs. What no shelf names is swept away.

A room that stores bytes puts its shelf into the wiring (`vault.shelf.…`); a house test finds one
that did not. A shelf says in the room's own words whose a blob is.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import F, JSONField, Q, QuerySet

from safelight.lib.wiring import all_wired


@dataclass(frozen=True, slots=True)
class Named:
    """A blob that a row names, and what an alarm about it says."""

    blob: str
    row: Any
    about: str
    practice: UUID
    patient: UUID | None


@dataclass(frozen=True)
class Shelf:
    """One column in which a table names its blobs: a name, or a JSON object of names."""

    model: str
    column: str
    about: str
    """What an alarm is about, from the row's columns: "photo:{photo_id}"."""
    practice: str
    patient: str
    kept: Q = field(default_factory=Q)
    """Which rows still have their blobs."""

    def names(self) -> Iterator[str]:
        """Give every name, in order."""
        if self._is_many:
            yield from sorted(name for row in self._column() for name in row.values())
        else:
            yield from self._column().order_by(self.column).iterator()

    def holding(self, names: Collection[str]) -> set[str]:
        """Return which of these names a row holds now."""
        if self._is_many:
            return {name for row in self._column() for name in row.values()} & set(names)
        return set(self._column().filter(**{f"{self.column}__in": list(names)}))

    def unread(self, *, before: datetime, most: int) -> list[Named]:
        """Return the blobs of the rows that were not read since then, the longest ago first."""
        wanted = [self.column, "pk", self.practice, self.patient, *self._words]
        due = Q(checked_at__isnull=True) | Q(checked_at__lt=before)
        rows = self._rows().filter(due).order_by(F("checked_at").asc(nulls_first=True))[:most]
        return [
            Named(
                blob,
                row["pk"],
                self.about.format(**row),
                row[self.practice],
                row[self.patient],
            )
            for row in rows.values(*wanted)
            for blob in self._names_in(row[self.column])
        ]

    def note_read(self, read: Sequence[Named], *, at: datetime) -> None:
        """Note that these were read."""
        self._rows().filter(pk__in={one.row for one in read}).update(checked_at=at)

    @property
    def _is_many(self) -> bool:
        return isinstance(apps.get_model(self.model)._meta.get_field(self.column), JSONField)

    @property
    def _words(self) -> list[str]:
        return [part.split("}")[0] for part in self.about.split("{")[1:]]

    def _rows(self) -> "QuerySet[Any]":
        rows: QuerySet[Any] = apps.get_model(self.model)._default_manager.filter(self.kept)
        empty: object = {} if self._is_many else ""
        return rows.exclude(**{self.column: empty})

    def _column(self) -> "QuerySet[Any, Any]":
        column: QuerySet[Any, Any] = self._rows().values_list(self.column, flat=True)
        return column

    def _names_in(self, value: Any) -> list[str]:
        return list(value.values()) if self._is_many else [value]


def shelves() -> list[Shelf]:
    """Return every shelf of this installation."""
    found: list[Shelf] = all_wired("vault.shelf.")
    return found
