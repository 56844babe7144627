"""The consent record as a tagged PDF (PDF/UA-1), made from data and handed to the patient."""

import json
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

import typst
from django.db import transaction

from safelight.audit.log import record
from safelight.consent.models import Consent
from safelight.consent.papers import FORM_ONLY
from safelight.consent.rules.asking import ADVOCATE, SIGNED
from safelight.consent.words import document
from safelight.lib.refusals import NotFound
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person
from safelight.policy.dates import day_words, moment_words

STANDARD: Final = "ua-1"  # tagged, titled, with a language: a screen reader can read it


@cache
def _fonts() -> typst.Fonts:
    """Return the fonts that come with typst, so that every server prints the same page."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


@cache
def _template() -> bytes:
    return (files("safelight.consent") / "record.typ").read_bytes()


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
    """Draw the PDF in memory. Words go in as data, so none of them can be an instruction."""
    compiler = typst.Compiler(_template(), font_paths=_fonts())
    made = compiler.compile(
        format="pdf",
        sys_inputs={"record": json.dumps(_data(consent, at=at))},
        pdf_standards=[STANDARD],
        timestamp=int(at.timestamp()),  # a PDF's clock has whole seconds
    )
    if not isinstance(made, bytes):
        raise TypeError("One document gives one PDF.")
    return made


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
