"""Owing: what consents still owe, by when. Emergencies, papers, and grown children to be asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from safelight.consent.models import Consent
from safelight.consent.reading import consents, said_at, withdrawn_uses
from safelight.consent.rules.asking import EMERGENCY, YES, Ages
from safelight.consent.uses import USES
from safelight.policy.dates import anniversary, local_day
from safelight.policy.models import Practice
from safelight.policy.settings import all_settings

ROWS: Final = 50
"""How many of each kind a page of today shows, the longest due first."""
BEYOND: Final = [code for code, use in USES.items() if not use.is_care]


@dataclass(frozen=True)
class Owed:
    """Something a consent still owes: what, since when, and by when it should be done."""

    kind: str  # emergency, paper, young_person
    consent: Consent
    since: datetime
    due_at: datetime
    overdue: bool

    @property
    def words(self) -> str:
        """What is owed, as the today page says it."""
        return {
            "emergency": "Emergency photos to review",
            "paper": "Signed paper to scan",
            "young_person": "Old enough now to be asked themselves",
        }[self.kind]


@dataclass(frozen=True)
class Limits:
    """How long a practice leaves each thing, its ages, and its day."""

    review: timedelta
    scan: timedelta
    ages: Ages
    today: date


Owes = Callable[[Consent, Limits, datetime], Owed | None]


def owed(practice: Practice, *, at: datetime, start: int = 0, most: int = ROWS) -> list[Owed]:
    """Return what consents owe, oldest due first: of each kind those from `start` on.

    No more of a kind than a page can show; whoever asks for one more learns if there is more.
    """
    limits = _limits(practice, at)
    rows = consents().filter(practice=practice, patient__merged_into=None)
    # What was taken back whole owes nothing, and would be read for nothing each time.
    rows = rows.exclude(withdrawals__use="", withdrawals__at__lte=at).order_by("agreed_at", "pk")
    asked = rows.filter(
        decider=Consent.Decider.ADVOCATE,
        review_on__gte=limits.today,
        patient__born__lte=anniversary(limits.today, -limits.ages.parent_review_at),
        decisions__use__in=BEYOND,
        decisions__answer=YES,
        superseded_by=None,
    ).distinct()
    kinds: list[tuple[QuerySet[Consent], Owes]] = [
        (rows.filter(method=EMERGENCY, reviewed_at=None), _emergency),
        (rows.filter(paper_due=True), _paper),
        (asked.order_by("patient__born", "pk"), _young_person),
    ]
    found = [_first(some, limits, at, owes, start + most)[start:] for some, owes in kinds]
    return sorted((item for some in found for item in some), key=lambda item: item.due_at)


def owed_of(consent: Consent, *, at: datetime) -> list[Owed]:
    """Return what this one consent owes, oldest due first."""
    limits = _limits(consent.practice, at)
    found = [owes(consent, limits, at) for owes in (_emergency, _paper, _young_person)]
    return sorted((item for item in found if item), key=lambda item: item.due_at)


def _limits(practice: Practice, at: datetime) -> Limits:
    settings = all_settings(practice)
    return Limits(
        review=timedelta(days=settings["emergency_review_days"]),
        scan=timedelta(days=settings["paper_scan_days"]),
        ages=Ages.of(settings),
        today=local_day(at, practice.zone),
    )


def _first(
    rows: QuerySet[Consent], limits: Limits, at: datetime, owes: Owes, most: int
) -> list[Owed]:
    """Read on, a page at a time, until there are so many or nothing is left."""
    found: list[Owed] = []
    start = 0
    while len(found) < most and (page := list(rows[start : start + ROWS])):
        found += [item for row in page if (item := owes(row, limits, at))]
        start += ROWS
    return found[:most]


def _emergency(consent: Consent, limits: Limits, at: datetime) -> Owed | None:
    is_due = consent.method == EMERGENCY and consent.reviewed_at is None
    return _within(consent, "emergency", limits.review, at) if is_due else None


def _paper(consent: Consent, limits: Limits, at: datetime) -> Owed | None:
    return _within(consent, "paper", limits.scan, at) if consent.paper_due else None


def _within(consent: Consent, kind: str, within: timedelta, at: datetime) -> Owed | None:
    if withdrawn_uses(consent, at) >= frozenset(USES):
        return None
    due_at = consent.agreed_at + within
    return Owed(kind, consent, consent.agreed_at, due_at, at > due_at)


def _young_person(consent: Consent, limits: Limits, at: datetime) -> Owed | None:
    """Say that a parent's yes beyond care is owed: its child has since come to the age."""
    said = said_at(consent, at, limits.ages)
    birthday = anniversary(consent.patient.born, limits.ages.parent_review_at)
    open_uses = {u for u in BEYOND if u in said.answers and said.answers[u].answer == YES}
    if said.superseded or not said.by_parent or not open_uses - said.withdrawn:
        return None
    if consent.review_on < limits.today or not said.agreed_on < birthday <= limits.today:
        return None
    since = datetime.combine(birthday, time.min, ZoneInfo(consent.practice.zone))
    return Owed("young_person", consent, since, since, True)
