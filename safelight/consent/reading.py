"""Reading consents: which one covers a photo, and what it says. Changes nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from safelight.consent.models import Consent
from safelight.consent.rules.asking import EMERGENCY, NO, NOT_ASKED, YES, Ages, Answer
from safelight.consent.rules.covering import Said, Subject, governing, standing
from safelight.consent.uses import CARE, USES
from safelight.lib.refusals import NotFound
from safelight.patients.models import Patient, Visit
from safelight.policy.dates import age_on, day_words, local_day
from safelight.policy.models import Practice
from safelight.policy.settings import all_settings

SLOW_CLOCK: Final = timedelta(minutes=5)  # a phone's clock may be behind the one that agreed


def consents() -> QuerySet[Consent]:
    """Return consents with everything that a decision or a page needs, in few queries."""
    return Consent.objects.select_related(
        "patient", "practice", "notice", "recorded_by", "witness", "phone", "visit", "reviewed_by"
    ).prefetch_related("decisions", "withdrawals__by", "superseded_by")


def deciding(patient: Patient) -> list[Consent]:
    """Return a patient's consents with only what `said_at` reads: it is asked for every photo."""
    later = Prefetch("superseded_by", Consent.objects.only("agreed_at", "supersedes"))
    rows = Consent.objects.filter(patient=patient).order_by("-agreed_at", "-id")
    found = list(rows.prefetch_related("decisions", "withdrawals", later))
    for row in found:
        row.patient, row.practice = patient, patient.practice
    return found


def consents_of(patient: Patient) -> list[Consent]:
    """Return a patient's consents and refusals, newest first."""
    return list(consents().filter(patient=patient).order_by("-agreed_at", "-id"))


def patients_asked(practice: Practice, use: str) -> QuerySet[Patient]:
    """Return the patients who ever said yes to a use, to be narrowed before they are read.

    Whether the yes stands, `may_go` answers.
    """
    rows = Patient.objects.filter(
        practice=practice, consents__decisions__use=use, consents__decisions__answer=YES
    )
    return rows.select_related("practice").distinct().order_by("family", "given", "id")


def consent_by_id(practice: Practice, pk: UUID) -> Consent:
    """Return one consent of this practice; the caller still asks whether the patient is theirs."""
    found = consents().filter(practice=practice, pk=pk).first()
    if found is None:
        raise NotFound
    return found


def patients_of(practice: Practice, consents: Collection[UUID]) -> dict[UUID, Patient]:
    """Return whose these consents of a practice are; one it does not have is left out."""
    rows = Consent.objects.filter(practice=practice, pk__in=consents)
    return {row.pk: row.patient for row in rows.select_related("patient")}


def ages_of(practice: Practice) -> Ages:
    """Return the practice's ages and review period."""
    return Ages.of(all_settings(practice))


def withdrawn_uses(consent: Consent, at: datetime) -> frozenset[str]:
    """Return the uses whose yes was taken back by an instant; a whole withdrawal is every use."""
    taken_back = [row.use for row in consent.withdrawals.all() if row.at <= at]
    return frozenset(USES) if "" in taken_back else frozenset(taken_back)


def said_at(consent: Consent, at: datetime, ages: Ages) -> Said:
    """Return a consent as the rules see it at an instant."""
    zone = consent.practice.zone
    agreed_on = local_day(consent.agreed_at, zone)
    return Said(
        id=consent.pk,
        agreed_at=consent.agreed_at,
        agreed_on=agreed_on,
        review_on=consent.review_on,
        scope=consent.scope,
        visit=consent.visit_id,
        site_code=consent.site_code,
        side=consent.side,
        condition=consent.condition,
        answers={
            row.use: Answer(row.use, row.answer, row.recipient, tuple(row.abroad))
            for row in consent.decisions.all()
        },
        by_parent=consent.decider == Consent.Decider.ADVOCATE
        and age_on(consent.patient.born, agreed_on) < ages.adult_from,
        superseded=any(row.agreed_at <= at for row in consent.superseded_by.all()),
        withdrawn=withdrawn_uses(consent, at),
        told=tuple(consent.told),
    )


def covering_consent(
    patient: Patient,
    *,
    at: datetime,
    use: str = CARE,
    site_code: str = "",
    side: str = "",
    visit: Visit | None = None,
    preferred: UUID | None = None,
) -> Consent | None:
    """Return the consent that lets a photo be taken at an instant, or None: the camera stays shut.

    The newest answer about this visit, condition or site decides, so a no or a withdrawal is never
    passed over for an older yes. `preferred` is what a phone says it was taken under; it is used
    only where that newest answer is a yes that stands.
    """
    ages = ages_of(patient.practice)
    rows = deciding(patient)
    about = Subject(
        born=patient.born,
        day=local_day(at, patient.practice.zone),
        at=at + SLOW_CLOCK,
        site_code=site_code,
        side=side,
        visit=visit.pk if visit else None,
    )
    saids = [said_at(row, at, ages) for row in rows]
    said = governing(saids, about, use, strictly=False)
    if said is None or standing(said, about, use, ages):
        return None
    named = [s for s in saids if s.id == preferred]
    own = governing(named, about, use, strictly=False)
    chosen = own if own and not standing(own, about, use, ages) else said
    return next(row for row in rows if row.pk == chosen.id)


def consent_of_photo(
    patient: Patient,
    *,
    taken_at: datetime,
    at: datetime,
    site_code: str,
    side: str,
    visit: Visit | None,
    preferred: UUID | None = None,
) -> Consent | None:
    """Return the consent that a photo stands on, or None.

    What stood when it was taken counts, even if it was taken back since; so does what was recorded
    afterwards to mend a lack of it.
    """
    for moment in (taken_at, at):
        found = covering_consent(
            patient,
            at=moment,
            site_code=site_code,
            side=side,
            visit=visit,
            preferred=preferred,
        )
        if found is not None:
            return found
    return None


def live_consents(patient: Patient, *, at: datetime) -> list[Consent]:
    """Return the consents and refusals that still speak: not replaced, taken back whole or past."""
    ages = ages_of(patient.practice)
    today = local_day(at, patient.practice.zone)
    return [
        row
        for row in consents_of(patient)
        if row.review_on >= today
        and not (said := said_at(row, at, ages)).superseded
        and not said.withdrawn >= frozenset(USES)
    ]


def answers_at(consent: Consent, at: datetime) -> dict[str, str]:
    """Return each use's answer as it counts now: a yes that was taken back is a no."""
    gone = withdrawn_uses(consent, at)
    found = {row.use: row.answer for row in consent.decisions.all()}
    return {
        use: NO if use in gone and found.get(use) == YES else found.get(use, NOT_ASKED)
        for use in USES
    }


def sentence(consent: Consent, *, at: datetime) -> str:
    """Say a consent in one line, without a name: when, and to what."""
    zone = consent.practice.zone
    day, today = local_day(consent.agreed_at, zone), local_day(at, zone)
    when = day_words(day).removesuffix(f" {today.year}")
    if consent.method == EMERGENCY:
        return f"Emergency on {when}: photos for care in that visit."
    answers = answers_at(consent, at)
    agreed = [USES[use].short for use, answer in answers.items() if answer == YES]
    if agreed:
        return f"Agreed on {when} to photos for {in_words(agreed)}."
    taken_back = any(row.answer == YES for row in consent.decisions.all())
    return f"Agreed on {when}, taken back since." if taken_back else f"Said no on {when} to photos."


def in_words(parts: Sequence[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def summary(consent: Consent, *, at: datetime) -> dict[str, Any]:
    """Return a consent as the phone is given it (phone API calls 5 and 6)."""
    return {
        "id": str(consent.pk),
        "agreed_at": consent.agreed_at.isoformat().replace("+00:00", "Z"),
        "method": consent.method,
        "scope": consent.scope,
        "condition": consent.condition,
        "site_code": consent.site_code,
        "side": consent.side,
        "uses": answers_at(consent, at),
        "review_on": consent.review_on.isoformat(),
        "sentence": sentence(consent, at=at),
    }
