"""The PDF of a consent: tagged, in words, one to two pages, and never obeying what was typed."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pypdf import PdfReader

from safelight.audit import reading as audit
from safelight.consent.pdf import consent_pdf, render_pdf
from safelight.consent.reading import consent_by_id
from safelight.consent.rules.asking import Answer
from safelight.consent.withdrawing import withdraw_consent
from safelight.patients.models import Patient
from safelight.people.models import Person
from tests.conftest import NOON
from tests.consent.talks import STROKES, WHOLE, keep, talk


def words_of(pdf: bytes) -> str:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(text.split())


def test_it_is_tagged_titled_and_has_a_language(pat: Patient, ada: Person) -> None:
    reader = PdfReader(io.BytesIO(render_pdf(keep(pat, ada), at=NOON)))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en-AU"
    assert "/StructTreeRoot" in root
    assert reader.metadata is not None
    assert reader.metadata.title == "Consent to clinical photos"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in bytes(root["/Metadata"].get_data())


def test_it_says_who_decided_what_was_said_and_what_was_agreed(pat: Patient, ada: Person) -> None:
    consent = keep(pat, ada, talk(uses={"referral": "yes", "teaching": "no"}, told=("The team",)))
    withdraw_consent(consent, use="referral", said_by="Pat", why="Moved", by=ada, at=NOON)
    pdf = render_pdf(consent_by_id(pat.practice, consent.pk), at=NOON + timedelta(hours=1))
    words = words_of(pdf)
    for wanted in (
        "TESTCASE, Pat",
        "born 12 Mar 1968",
        "Dr Ada Specimen",
        "Version 1",
        "About why.",
        "Teaching our staff and students, name hidden No",
        "Taken back 14 Oct 2026, 12:00 pm",
        "Why: Moved",
        "Stands until 14 Oct 2027",
        "Signed with a finger",
        "Not asked counts as no",
    ):
        assert wanted in words
    assert len(PdfReader(io.BytesIO(pdf)).pages) <= 2


def test_the_fullest_record_is_at_most_two_pages(pat: Patient, ada: Person) -> None:
    answers = tuple(
        Answer(use, "yes", "Dr Cy Fictional, Harbour Skin Clinic", ("NZ", "GB"))
        for use in ("care", "referral", "peer_opinion", "teaching", "patient_copy")
    )
    full = replace(
        WHOLE,
        answers=answers,
        decider="advocate",
        advocate_name="Par Testcase",
        advocate_relationship="Daughter",
        advocate_authority="Enduring guardian",
        advocate_evidence="Instrument of 3 May 2021 seen",
        interpreter="Ira Sample, NAATI CPN0AA00A",
        language="Auslan",
        condition="Mark on the left forearm",
        told=("Dr Ada Specimen and the team here", "Dr Cy Fictional"),
        signature=[stroke * 40 for stroke in STROKES],
    )
    assert len(PdfReader(io.BytesIO(render_pdf(keep(pat, ada, full), at=NOON))).pages) <= 2


def test_what_was_typed_is_printed_and_never_obeyed(pat: Patient, ada: Person) -> None:
    typed = '#read("/etc/hostname") *bold* $x$ <label> @ref'
    consent = keep(pat, ada, talk(condition=typed, scope="condition"))
    assert typed in words_of(render_pdf(consent, at=NOON))


def test_printing_is_in_the_log_before_the_pdf_is_given_out(pat: Patient, ada: Person) -> None:
    consent = keep(pat, ada)
    assert consent_pdf(consent, by=ada, at=NOON).startswith(b"%PDF-")
    entry = audit.of_object(pat.practice_id, f"consent:{consent.pk}").entries[0]
    assert (entry.action, entry.actor_id) == ("consent.printed", ada.pk)


def test_it_is_made_at_any_moment_not_only_on_a_whole_second(pat: Patient, ada: Person) -> None:
    at = NOON + timedelta(microseconds=123_456)
    assert consent_pdf(keep(pat, ada), by=ada, at=at).startswith(b"%PDF-")
