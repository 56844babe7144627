"""Asking: may this photo leave, on the basis that this release names? Asked again at each step."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from safelight.consent.going import Answers, MayNotGo, Missing, answers_of, may_go
from safelight.consent.uses import USES
from safelight.lib.refusals import Refusal
from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.policy.dates import day_words, local_day
from safelight.sharing.models import Release, ReleasedPhoto
from safelight.sharing.rules.bases import (
    CONSENT,
    DISCLOSURE,
    EXPECTED,
    HOME,
    RESEARCH,
    basis_words,
    cannot_stand,
    facts_missing,
    stands_in,
)
from safelight.sharing.standing import note

UNDECIDED = frozenset({"other_recipient", "second_person"})
"""What a consent may still lack before the recipient is named and a second person has looked."""
SECOND = frozenset({"second_person"})
"""What a consent may still lack until a second person has looked."""
NO = frozenset({"said_no", "withdrawn"})
"""What the patient themselves ended: no later question is needed to know it."""
OVER = NO | {"review_passed", "young_person_unasked", "parent_lapsed"}
"""What ended a yes that stood when the photos left."""
BY_YES = frozenset({CONSENT, EXPECTED, RESEARCH})
"""Bases that stand on what the patient said, or at least never against it."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Why one photo may leave: words for the ledger, and the consent behind them, if any."""

    words: str
    consent_id: UUID | None = None


def may_leave(
    release: Release,
    photo: Photo,
    *,
    at: datetime,
    checked_by: Person | None = None,
    still_open: frozenset[str] = frozenset(),
    answers: Answers | None = None,
) -> Leave:
    """Return why a photo may leave in this release, or refuse with all that is missing.

    Consent is asked through `may_go`, the one function for it. `still_open` are the things that a
    later step settles; the worker passes none, so what leaves has passed all of them. `answers` are
    for pages: whoever decides reads what the patient said anew.
    """
    refusal = cannot_stand(release.basis, use=release.use, country=release.recipient_country)
    if refusal:
        raise MayNotGo([Missing("basis", refusal, "Choose another reason, or another use.")])
    wanted = facts_missing(release.basis, release.basis_reason, release.basis_facts)
    if wanted:
        raise MayNotGo([Missing("facts", "The reason is not complete.", ask) for ask in wanted])
    if release.basis == RESEARCH:
        _refuse_against_a_no(release, photo, at=at, answers=answers)
    if release.basis not in (CONSENT, EXPECTED):
        return Leave(basis_words(release.basis, release.use))
    left: list[Missing] = []
    try:
        leave = _by_consent(release, photo, at=at, checked_by=checked_by, answers=answers)
    except MayNotGo as refused:
        codes = {item.code for item in refused.missing}
        if stands_in(release.basis, codes):
            return Leave(basis_words(release.basis, release.use))
        left = [item for item in refused.missing if item.code not in still_open]
        leave = Leave(f"Consent: {USES[release.use].title}", refused.consent_id)
    used = _used_before(release, leave.consent_id) if USES[release.use].each_time else None
    if used is not None:
        left.append(_each_time(release.use, local_day(used, photo.practice.zone)))
    if left:
        raise MayNotGo(left, consent_id=leave.consent_id)
    return leave


def _refuse_against_a_no(
    release: Release, photo: Photo, *, at: datetime, answers: Answers | None
) -> None:
    """Refuse what the patient was asked about and does not want: asking was not impracticable."""
    try:
        _by_consent(release, photo, at=at, checked_by=None, answers=answers)
    except MayNotGo as refused:
        said = [item for item in refused.missing if item.code in NO]
        if said:
            raise MayNotGo(said, consent_id=refused.consent_id) from None


def is_over(release: Release, *, at: datetime, codes: frozenset[str] = OVER) -> bool:
    """Say whether what the patient said has ended, by one of these codes, for any of the photos."""
    if release.basis not in BY_YES:
        return False
    items = items_of(release)
    answers = answers_to(items, at=at)
    for item in items:
        said = answers.get(item.photo.patient_id) if item.photo.patient_id else None
        try:
            may_leave(release, item.photo, at=at, checked_by=release.checked_by, answers=said)
        except MayNotGo as refused:
            if any(one.code in codes for one in refused.missing):
                return True
    return False


def _by_consent(
    release: Release,
    photo: Photo,
    *,
    at: datetime,
    checked_by: Person | None,
    answers: Answers | None,
) -> Leave:
    abroad = release.recipient_country
    basis = may_go(
        photo,
        use=release.use,
        at=at,
        recipient=release.recipient_name,
        recipient_kind=release.recipient_kind,
        abroad="" if abroad == HOME else abroad,
        name_hidden=release.name_hidden,
        by=release.made_by,
        checked_by=checked_by,
        answers=answers,
    )
    return Leave(basis.words, basis.consent_id)


def _used_before(release: Release, consent_id: UUID | None) -> datetime | None:
    """Return when a yes that holds for one occasion was used for another one, if it was."""
    never_left = (Release.State.DRAFT, Release.State.UNDONE, Release.State.REFUSED)
    others = Release.objects.filter(items__consent=consent_id, use=release.use)
    others = others.exclude(pk=release.pk).exclude(state__in=never_left)
    first = others.order_by("confirmed_at").first() if consent_id is not None else None
    return (first.confirmed_at or first.made_at) if first else None


def _each_time(use: str, day: date) -> Missing:
    """Say that this use is asked each time, as the consent's own words do (G13)."""
    return Missing(
        "each_time",
        f"{USES[use].title} is asked each time, and this yes was used on {day_words(day)}.",
        "Ask the patient about this occasion and record the answer.",
    )


def items_of(release: Release) -> list[ReleasedPhoto]:
    """Return a release's photos in their order, with what decisions about them need."""
    return list(
        release.items.select_related(
            "photo__patient__practice", "photo__practice", "patient", "copy"
        )
    )


def answers_to(items: Iterable[ReleasedPhoto], *, at: datetime) -> dict[UUID, Answers]:
    """Read what the patients of some photos said, once each, for pages that ask of them all."""
    patients = {item.photo.patient.pk: item.photo.patient for item in items if item.photo.patient}
    return {pk: answers_of(patient, at=at) for pk, patient in patients.items()}


def note_refusal(release: Release, refused: Refusal, *, by: Person | None, at: datetime) -> None:
    """Write down that photos were asked for and may not go. A refusal is part of the record."""
    with transaction.atomic():
        note("share.refused", release, by=by, at=at, outcome="refused", detail=refused.message)


def use_words(use: str) -> str:
    """Return a use as a page says it."""
    return "A disclosure by law" if use == DISCLOSURE else USES[use].title
