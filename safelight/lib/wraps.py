"""Wraps: the tables whose rows keep a key wrapped by the practice's own, and whose each key is.

A room that keeps such keys puts its wrap into the wiring (`vault.wrap.…`); a house test finds one
that did not. When the practice's key is followed by another, each is wrapped anew.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import QuerySet

from safelight.lib.wiring import all_wired


@dataclass(frozen=True, slots=True)
class Kept:
    """A wrapped key as a row keeps it, and what it is bound to."""

    row: Any
    wrapped: bytes
    practice: UUID
    photo: UUID
    patient: UUID | None


@dataclass(frozen=True, slots=True)
class Wrap:
    """One table's column `wrapped_key`, and the columns that say what its keys are bound to."""

    model: str
    practice: str
    photo: str
    patient: str

    def between(
        self, practice: UUID, bounds: tuple[bytes, bytes], *, most: int, after: Any = None
    ) -> list[Kept]:
        """Return a practice's keys that sort between two bounds, in the order of their rows."""
        rows = self._between(practice, bounds)
        if after is not None:
            rows = rows.filter(pk__gt=after)
        columns = ("pk", "wrapped_key", self.practice, self.photo, self.patient)
        found = rows.order_by("pk").values_list(*columns)[:most]
        return [Kept(row, bytes(wrapped), *bound) for row, wrapped, *bound in found]

    def count(self, practice: UUID, bounds: tuple[bytes, bytes]) -> int:
        """Return how many of a practice's keys sort between two bounds."""
        return self._between(practice, bounds).count()

    def put(self, kept: Kept, wrapped: bytes) -> bool:
        """Keep another wrap of the same key, if the row still has the one that was read.

        A key that was thrown away, or bound to another patient meanwhile, stays so.
        """
        rows = self._rows().filter(pk=kept.row, wrapped_key=kept.wrapped)
        return rows.update(wrapped_key=wrapped) == 1

    def _between(self, practice: UUID, bounds: tuple[bytes, bytes]) -> "QuerySet[Any]":
        first, end = bounds
        sort = {"wrapped_key__gte": first, "wrapped_key__lt": end}
        return self._rows().filter(**{self.practice: practice}, **sort)

    def _rows(self) -> "QuerySet[Any]":
        rows: QuerySet[Any] = apps.get_model(self.model)._default_manager.all()
        return rows


def wraps() -> list[Wrap]:
    """Return every table of this installation that keeps wrapped keys."""
    found: list[Wrap] = all_wired("vault.wrap.")
    return found
