"""Recording: a discussion becomes a consent record, use by use; a refusal becomes one too."""

import hashlib
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import rfc8785
from django.db import IntegrityError, transaction

from safelight.audit.actor import Actor
from safelight.audit.log import record
from safelight.consent.models import Consent, Decision
from safelight.consent.papers import FORM_ONLY
from safelight.consent.rules.asking import (
    NO,
    PAPER,
    SPOKEN,
    YES,
    Ages,
    Discussion,
    are_strokes,
    missing,
    review_day,
)
from safelight.consent.uses import USES
from safelight.consent.withdrawing import HOOKS
from safelight.lib.refusals import BadInput, NotAllowed, NotFound, Refusal
from safelight.lib.wiring import all_wired
from safelight.patients.models import Patient, Visit
from safelight.people.duties import Act, letters, may, require_duty
from safelight.people.models import Person, Phone
from safelight.policy.dates import local_day
from safelight.policy.models import Notice
from safelight.policy.settings import all_settings
from safelight.policy.sites import checked_site

CLOCK_SLACK: Final = timedelta(minutes=5)  # what a phone's clock may be ahead
LONGEST: Final = {
    "advocate_name": 120,
    "advocate_relationship": 60,
    "advocate_authority": 120,
    "advocate_evidence": 200,
    "maturity_note": 300,
    "interpreter": 120,
    "language": 40,
    "witness_name": 120,
    "condition": 120,
    "emergency_reason": 300,
}


class ConsentIncomplete(Refusal):
    """The discussion is not whole, so the camera stays shut."""

    code = "consent_incomplete"
    status = 400

    def __init__(self, wanted: list[str]) -> None:
        """Say everything that is missing at once."""
        super().__init__(
            "The consent was not kept. It still needs: " + " ".join(wanted),
            remedy="Complete it and keep it again.",
        )
        self.wanted = wanted


class ConsentDiffers(Refusal):
    """A record is never written over by another one that bears its number."""

    code = "consent_differs"

    def __init__(self) -> None:
        """Say that the first one stands."""
        super().__init__(
            "Another consent already has this number. Nothing was changed.",
            remedy="Record the discussion again.",
        )


class JoinedMeanwhile(Refusal):
    """The patient's record was joined to another one while a consent was being kept."""

    code = "joined_meanwhile"
    status = 503

    def __init__(self) -> None:
        """Say what to do: the record that was kept is found the next time."""
        super().__init__(
            "The consent was not kept: this record was joined to another one just now.",
            remedy="Try again.",
        )


def record_consent(
    patient: Patient,
    *,
    id: UUID,
    talk: Discussion,
    notice: Notice,
    agreed_at: datetime,
    by: Person,
    at: datetime,
    visit: Visit | None = None,
    phone: Phone | None = None,
    witness: Person | None = None,
    supersedes: Consent | None = None,
    was_in_duty: bool = False,
) -> Consent:
    """Keep a discussion. Keeping the same one under the same id again changes nothing.

    What is not whole is refused before anything is written, and another one under the same id never
    replaces the first: a fingerprint of what was said tells them apart. `was_in_duty` says that the
    caller asked for the duty as it was at the time: one who left since may have asked before.
    """
    if not was_in_duty:
        require_duty(by, Act.CONSENT_RECORD, also=FORM_ONLY)
    _require_same_practice(patient, notice, by, visit, witness, supersedes)
    _require_form(talk, agreed_at=agreed_at, at=at)
    print_ = fingerprint(talk, notice=notice, agreed_at=agreed_at, visit=visit)
    if (known := Consent.objects.filter(pk=id).first()) is not None:
        return _same(known, patient, print_)
    day = local_day(agreed_at, patient.practice.zone)
    review_on = _checked(talk, patient, notice, day=day, by=by)
    consent = Consent(
        id=id,
        practice=patient.practice,
        patient=patient,
        visit=visit,
        notice=notice,
        agreed_at=agreed_at,
        recorded_at=at,
        recorded_by=by,
        phone=phone,
        witness=witness,
        supersedes=supersedes,
        review_on=review_on,
        paper_due=talk.method == PAPER and not talk.is_refusal,
        fingerprint=print_,
        **_columns(talk),
    )
    try:
        with transaction.atomic():
            _write(consent, talk, by=by, at=at)
    except IntegrityError:  # the same id arrived twice at once: the other one was first
        return _same(Consent.objects.get(pk=id), patient, print_)
    return consent


def require_whole(
    patient: Patient, talk: Discussion, *, notice: Notice, by: Person, at: datetime
) -> None:
    """Refuse a discussion that could not be kept now, before anybody is asked to sign it."""
    _require_same_practice(patient, notice, by)
    _require_form(talk, agreed_at=at, at=at)
    _checked(talk, patient, notice, day=local_day(at, patient.practice.zone), by=by)


def _write(consent: Consent, talk: Discussion, *, by: Person, at: datetime) -> None:
    """Write the record, an answer for every use, and the log's entry, together or not at all."""
    patient = Patient.objects.select_for_update().get(pk=consent.patient_id)
    if patient.merged_into_id is not None:  # what it kept has moved, and this would be left behind
        raise JoinedMeanwhile
    consent.save(force_insert=True)
    answers = {answer.use: answer for answer in talk.answers}
    Decision.objects.bulk_create(
        Decision(
            consent=consent,
            use=use,
            answer=talk.said(use),
            recipient=answers[use].recipient if use in answers else "",
            abroad=list(answers[use].abroad) if use in answers else [],
        )
        for use in USES
    )
    action = "recorded"
    if talk.is_emergency:
        action = "emergency"
    elif talk.is_refusal:
        action = "refused"
    actor = by.actor()
    record(
        f"consent.{action}",
        practice=consent.practice_id,
        by=Actor(id=actor.id, role=actor.role, phone=consent.phone_id),
        at=at,
        of=f"consent:{consent.pk}",
        patient=consent.patient_id,
        detail=consent.emergency_reason,
    )
    if any(talk.said(use) == NO for use in USES):
        for end_what_stood_on_a_yes in all_wired(HOOKS):
            end_what_stood_on_a_yes(consent, "", by=by, at=at)


def fingerprint(
    talk: Discussion, *, notice: Notice, agreed_at: datetime, visit: Visit | None
) -> str:
    """Return the SHA-256 of everything that was sent, so that a repeat can be told from another."""
    words = {
        **asdict(talk),
        "review_on": talk.review_on.isoformat() if talk.review_on else None,
        "notice": str(notice.pk),
        "visit": str(visit.pk) if visit else None,
        "agreed_at": agreed_at.isoformat(),
    }
    return hashlib.sha256(rfc8785.dumps(words)).hexdigest()


def _columns(talk: Discussion) -> dict[str, object]:
    """Return the record's plain columns."""
    kept = {name: getattr(talk, name).strip() for name in LONGEST}
    return kept | {
        "points": list(talk.points),
        "decider": talk.decider,
        "method": talk.method,
        "signature": talk.signature,
        "scope": talk.scope,
        "site_code": talk.site_code,
        "side": talk.side,
        "told": list(talk.told),
    }


def _same(known: Consent, patient: Patient, print_: str) -> Consent:
    if known.practice_id != patient.practice_id:
        raise ConsentDiffers
    if known.fingerprint != print_ or known.patient_id != patient.pk:
        raise ConsentDiffers
    return known


def _require_same_practice(
    patient: Patient, *others: Notice | Person | Visit | Consent | None
) -> None:
    """Refuse what belongs to another practice or another patient, as if it did not exist."""
    for other in others:
        if other is None:
            continue
        if other.practice_id != patient.practice_id:
            raise NotFound
        if isinstance(other, Visit | Consent) and other.patient_id != patient.pk:
            raise NotFound


def _checked(talk: Discussion, patient: Patient, notice: Notice, *, day: date, by: Person) -> date:
    """Return the review date, or refuse a discussion that is not whole or not theirs to record."""
    form_only = FORM_ONLY in letters(by, Act.CONSENT_RECORD) and not may(by, Act.CONSENT_RECORD)
    if form_only and talk.method != PAPER:
        raise NotAllowed(
            "Not kept. Reception records a signed form, not a discussion.",
            remedy="Choose “on paper” and scan the form, or ask a clinician.",
        )
    ages = Ages.of(all_settings(patient.practice))
    keys = [point["key"] for point in notice.points]
    wanted = missing(talk, born=patient.born, day=day, ages=ages, points=keys)
    if talk.method == SPOKEN and not talk.is_refusal and _is_asker(talk.witness_name, by):
        wanted.append("A witness who is someone other than the person who asks.")
    if wanted:
        raise ConsentIncomplete(wanted)
    review_on = review_day(talk, day=day, ages=ages)
    if review_on is None:
        raise BadInput(
            f"The review date lies after the consent, at most {ages.review_months} months on."
        )
    return review_on


def _is_asker(witness_name: str, by: Person) -> bool:
    named = witness_name.strip().casefold()
    return named in {by.name.casefold(), f"{by.given} {by.family}".casefold()}


def _require_form(talk: Discussion, *, agreed_at: datetime, at: datetime) -> None:
    """Refuse values that no page or phone of ours would send; nothing is cut or guessed."""
    choices = {
        "method": (talk.method, Consent.Method.values),
        "scope": (talk.scope, Consent.Scope.values),
        "decider": (talk.decider, Consent.Decider.values),
    }
    for name, (value, known) in choices.items():
        if value not in known:
            raise BadInput(f"The consent’s {name} is not one of those known.")
    for name, most in LONGEST.items():
        if len(getattr(talk, name).strip()) > most:
            raise BadInput(f"The {name.replace('_', ' ')} is longer than {most} characters.")
    if agreed_at > at + CLOCK_SLACK:
        raise BadInput("The consent’s time lies in the future.", remedy="Set the phone’s clock.")
    _require_answers(talk)
    if talk.signature is not None and not are_strokes(talk.signature):
        raise BadInput("The signature is not drawn as strokes.")
    checked_site(talk.site_code, talk.side)


def _require_answers(talk: Discussion) -> None:
    uses = [answer.use for answer in talk.answers]
    if len(uses) != len(set(uses)) or not set(uses) <= set(USES):
        raise BadInput("A use is unknown, or was answered twice.")
    for answer in talk.answers:
        if answer.answer not in Decision.Answer.values:
            raise BadInput("An answer is yes, no or not asked.")
        if (answer.recipient or answer.abroad) and answer.answer != YES:
            raise BadInput("A recipient or a country belongs to a yes.")
