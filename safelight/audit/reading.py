"""Reading the log: who did what to a patient, to an object, and lately. Looking changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from safelight.audit.actions import SIGHTS
from safelight.audit.leaf import commitment
from safelight.audit.models import Detail, Entry, Frontier
from safelight.lib.refusals import NotFound, Refusal
from safelight.lib.wiring import wired

PAGE = 50


class DetailAltered(Refusal):
    """The sealed words beside an entry are not those it was written with."""

    code = "audit_detail_altered"
    status = 500

    def __init__(self) -> None:
        """Say that the words are not shown."""
        super().__init__("The words kept with this entry were changed, so they are not shown.")


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first, and the `before` that gives the next page (None at the end)."""

    entries: Sequence[Entry]
    before: int | None


@dataclass(frozen=True, slots=True)
class Sought:
    """What narrows the log: by whom (None for anybody), which act, from when until before when."""

    actor: UUID | None = None
    itself: bool = False  # what the server did by itself, which has no actor
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> Q:
        """Return what an entry must meet. Nothing sought is met by every entry."""
        found = Q(actor_id=self.actor) if self.actor else Q()
        if self.itself:
            found &= Q(actor_id=None)
        if self.action:
            found &= Q(action=self.action)
        if self.since:
            found &= Q(at__gte=self.since)
        return found & Q(at__lt=self.until) if self.until else found


ANYTHING: Final = Sought()


def of_patient(
    practice: UUID,
    patient: UUID,
    *,
    sought: Sought = ANYTHING,
    before: int | None = None,
    limit: int = PAGE,
) -> Page:
    """Return what was done with a patient's record, in this practice only; all of it or some."""
    found = _entries(practice).filter(sought.condition(), patient=patient)
    return _page(found, before, limit)


def views_of_patient(
    practice: UUID, patient: UUID, *, before: int | None = None, limit: int = PAGE
) -> Page:
    """Return who saw a patient's photos: only acts that showed one, in this practice only."""
    seen = _entries(practice).filter(patient=patient, action__in=sorted(SIGHTS))
    return _page(seen, before, limit)


def of_object(
    practice: UUID,
    of: str,
    *,
    actions: Sequence[str] = (),
    before: int | None = None,
    limit: int = PAGE,
) -> Page:
    """Return what was done to one thing ("photo:…"), in this practice only; all acts or some."""
    found = _entries(practice).filter(object=of)
    return _page(found.filter(action__in=actions) if actions else found, before, limit)


def newest(
    practice: UUID, *, sought: Sought = ANYTHING, before: int | None = None, limit: int = PAGE
) -> Page:
    """Return the practice's log, newest first: the whole of it, or what is sought."""
    return _page(_entries(practice).filter(sought.condition()), before, limit)


def entry_at(practice: UUID, number: int) -> Entry:
    """Return the entry at one place of the practice's own log."""
    found: Entry | None = _entries(practice).filter(n=number).first()
    if found is None:
        raise NotFound
    return found


def newest_time(practice: UUID | None = None) -> datetime | None:
    """Return the latest time the log has seen (of all practices without one), to check a clock."""
    logs = Frontier.objects.all() if practice is None else Frontier.objects.filter(pk=practice)
    latest: datetime | None = logs.aggregate(latest=Max("newest_at"))["latest"]
    return latest


def size(practice: UUID) -> int:
    """Return how many entries the practice's log has."""
    frontier = Frontier.objects.filter(practice=practice).first()
    return frontier.size if frontier else 0


def detail_of(entry: Entry) -> str | None:
    """Return the words kept with an entry: "" if it never had any, None if they were shredded.

    They are opened only if the leaf vouches for them.
    """
    if not entry.detail_commit:
        return ""
    detail = Detail.objects.filter(entry=entry).first()
    if detail is None:
        return None
    salt, ciphertext = bytes(detail.salt), bytes(detail.ciphertext)
    if commitment(salt, ciphertext) != entry.detail_commit:
        raise DetailAltered
    words: str = wired("audit.open_detail")(ciphertext)
    return words


def _entries(practice: UUID) -> QuerySet[Any]:
    return Entry.objects.filter(practice=practice)


def _page(entries: QuerySet[Any], before: int | None, limit: int) -> Page:
    """Cut one page by key, so that a page costs the same however far back it lies."""
    if before is not None:
        entries = entries.filter(n__lt=before)
    rows = list(entries.order_by("-n")[: limit + 1])
    more = len(rows) > limit
    return Page(rows[:limit], rows[limit - 1].n if more else None)
