"""The consent record as a tagged PDF (PDF/UA-1), made from data and handed to the patient."""

from datetime import datetime
from typing import Any

from django.db import transaction

from safelight.audit.log import record
from safelight.consent.models import Consent
from safelight.consent.papers import FORM_ONLY
from safelight.consent.rules.asking import ADVOCATE, SIGNED
from safelight.consent.words import document
from safelight.lib.refusals import NotFound
from safelight.lib.typesetting import drawn
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person
from safelight.policy.dates import day_words, moment_words


def consent_pdf(consent: Consent, *, by: Person, at: datetime) -> bytes:
    """Return the record as a PDF. That it was printed is in the log before a byte is given out."""
    require_duty(by, Act.CONSENT_VIEW, also=FORM_ONLY)
    if consent.practice_id != by.practice_id:
        raise NotFound
    with transaction.atomic():
        record(
            "consent.printed",
            practice=consent.practice_id,
            by=by,
            at=at,
            of=f"consent:{consent.pk}",
            patient=consent.patient_id,
        )
    return render_pdf(consent, at=at)


def render_pdf(consent: Consent, *, at: datetime) -> bytes:
    """Draw the PDF in memory."""
    told = _data(consent, at=at)
    return drawn("safelight.consent", "record", told, at=at, is_tagged=True)


def _data(consent: Consent, *, at: datetime) -> dict[str, Any]:
    told, patient, practice = document(consent, at=at), consent.patient, consent.practice
    signer = consent.advocate_name if consent.decider == ADVOCATE else ""
    return {
        "practice": practice.name,
        "address": practice.address,
        "heading": "Consent to clinical photos",
        "title": told.title,
        "patient": (
            f"{patient.name} · born {day_words(patient.born)} · record {patient.record_number}"
        ),
        "facts": told.facts,
        "uses": [
            {"title": line.title, "answer": line.answer, "more": line.more} for line in told.uses
        ],
        "points": [
            {"title": title, "words": words, "said": said} for title, words, said in told.points
        ],
        "evidence": told.evidence,
        "told": told.told,
        "until": told.until,
        "strokes": [s for s in consent.signature or [] if s] if consent.method == SIGNED else [],
        "signer": signer or f"{patient.given} {patient.family}",
        "withdrawals": told.withdrawals,
        "review": told.review,
        "change": told.change,
        "footer": f"{practice.name}. Printed {moment_words(at, practice.zone)}.",
    }
