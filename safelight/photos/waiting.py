"""Waiting: a consent that came sealed from a phone's queue, recorded now or when matched."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from safelight.consent.arriving import discussion, record_arrival
from safelight.consent.models import Consent
from safelight.consent.recording import ConsentDiffers
from safelight.consent.rules.asking import YES
from safelight.consent.uses import CARE
from safelight.patients.models import Patient
from safelight.patients.reading import named
from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.photos.meta import BadMeta, ConsentMeta
from safelight.photos.models import Capture, WaitingConsent
from safelight.photos.opening import require_theirs, taker
from safelight.photos.receipts import CONSENT


def file_consent(capture: Capture, meta: ConsentMeta, *, at: datetime) -> str:
    """Record a consent from a capsule, or keep it beside its photos until the patient is known.

    The same consent twice changes nothing; another one under its id is refused.
    """
    person = taker(capture, meta.person, taken_at=at)
    patient_id = _patient_id(meta)
    if patient_id is None:
        _keep_waiting(capture, meta, person, at=at)
    else:
        patient = named(person, patient_id)
        require_theirs(person, patient, Act.CONSENT_RECORD, at=at)
        record_arrival(
            patient,
            id=meta.consent,
            body=meta.body,
            by=person,
            at=at,
            phone=capture.phone,
            was_in_duty=True,
        )
    return CONSENT


def record_waiting(
    waiting: WaitingConsent, patient: Patient, *, by: Person, at: datetime
) -> Consent:
    """Record a waiting consent for the patient it turned out to be; the matcher decided who.

    It stays the record of the one who asked. Recorded once already, it must be the same patient.
    """
    if waiting.consent_id is not None and waiting.consent is not None:
        return waiting.consent
    body = {**waiting.body, "patient": str(patient.pk), "visit": None}
    with transaction.atomic():
        consent = record_arrival(
            patient,
            id=waiting.pk,
            body=body,
            by=waiting.person,
            at=at,
            phone=waiting.capture.phone,
            was_in_duty=True,
        )
        WaitingConsent.objects.filter(pk=waiting.pk).update(consent=consent)
    return consent


def says_yes(waiting: WaitingConsent) -> bool:
    """Say whether a waiting consent is a yes to photos for care; a no keeps nothing."""
    talk = discussion(waiting.body)
    return talk.is_emergency or talk.said(CARE) == YES


def _keep_waiting(capture: Capture, meta: ConsentMeta, person: Person, *, at: datetime) -> None:
    """Keep the words until the patient is known; a wrong form is refused now."""
    discussion(meta.body)
    kept, _ = WaitingConsent.objects.get_or_create(
        pk=meta.consent,
        defaults={
            "practice": capture.practice,
            "capture": capture,
            "person": person,
            "hint": str(meta.hint or ""),
            "body": meta.body,
            "received_at": at,
        },
    )
    if kept.practice_id != capture.practice_id or kept.body != meta.body:
        raise ConsentDiffers


def _patient_id(meta: ConsentMeta) -> UUID | None:
    value = meta.body.get("patient")
    try:
        return UUID(value) if value else None
    except (ValueError, TypeError, AttributeError):
        raise BadMeta("patient") from None
