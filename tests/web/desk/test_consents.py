"""Consents on the desk: asking without script, the record, taking back, reviewing, scans."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from freezegun import freeze_time
from pypdf import PdfReader

from safelight.audit import reading as audit
from safelight.consent.models import Consent, PaperScan
from safelight.consent.moving import move_all
from safelight.consent.papers import MOST_BYTES, add_scan, open_scan
from safelight.consent.rules.asking import Answer
from safelight.consent.withdrawing import open_uses
from safelight.lib.ids import new_id
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos.models import Copy, Photo
from safelight.policy.models import Practice
from safelight.vault import keyring
from safelight.vault.sealing import Unreadable
from safelight.vault.stores import store
from tests.conftest import NOON, POINTS
from tests.consent.talks import WHOLE, keep, talk

Desk = Callable[[Person], Client]
PDF = b"%PDF-1.7\n%a scan\n"
EMERGENCY = talk(
    method="emergency",
    signature=None,
    scope="visit",
    points=(),
    emergency_reason="Unconscious on arrival",
)


@pytest.fixture
def _keys(practice: Practice) -> Iterator[None]:
    keyring.use(keyring.current().with_practice(practice.pk))
    yield
    keyring.use(None)


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with freeze_time(NOON):
        yield


def plain(answer: Any) -> bytes:
    """Return a page without its anti-forgery mark, which is another one each time."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", answer.content)


def filled(**changes: Any) -> dict[str, Any]:
    """Return the form as a nurse fills it in."""
    return {
        "id": str(new_id()),
        "decider": "patient",
        "points": list(POINTS),
        "use_care": "yes",
        "use_referral": "yes",
        "recipient_referral": "Surgeon",
        "abroad_referral": "NZ",
        "method": "spoken",
        "witness_name": "Rec Dummyname",
        "scope": "condition",
        "condition": "Mole",
        "agreed_at": "2026-10-14T12:00",
        "told": "The team here\nSurgeon",
        **changes,
    }


def test_the_form_asks_everything_and_ticks_nothing(
    pat: Patient, ben: Person, at_desk: Desk
) -> None:
    page = at_desk(ben).get(f"/patients/{pat.pk}/consent/new").content.decode()
    for wanted in ("Say these six things", "About why.", "Social media", "Not asked counts as no"):
        assert wanted in page
    ticked = [part for part in page.split("<input") if "checked" in part.split(">")[0]]
    assert not [part for part in ticked if 'name="use_' in part or 'name="points"' in part]


def test_what_is_filled_in_becomes_one_record_however_often_it_is_sent(
    pat: Patient, ben: Person, at_desk: Desk
) -> None:
    desk, form = at_desk(ben), filled(visit=str(pat.visits.get().pk))
    first = desk.post(f"/patients/{pat.pk}/consent/new", form)
    second = desk.post(f"/patients/{pat.pk}/consent/new", form)
    consent = Consent.objects.get()
    assert first.status_code == second.status_code == 302
    assert first["Location"] == f"/consents/{consent.pk}"
    referral = consent.decisions.get(use="referral")
    assert (referral.answer, referral.recipient, referral.abroad) == ("yes", "Surgeon", ["NZ"])
    assert consent.decisions.get(use="teaching").answer == "not_asked"
    assert consent.agreed_at == NOON
    assert consent.visit == pat.visits.get()
    assert consent.told == ["The team here", "Surgeon"]


def test_what_is_not_whole_comes_back_with_everything_it_needs(
    pat: Patient, ben: Person, at_desk: Desk
) -> None:
    form = filled(points=POINTS[:5], witness_name="")
    answer = at_desk(ben).post(f"/patients/{pat.pk}/consent/new", form)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "1 of the 6 things to say." in page
    assert "The name of a witness" in page
    assert 'value="Mole"' in page
    assert not Consent.objects.exists()


def test_reception_may_keep_a_paper_form_only_and_a_manager_none(
    pat: Patient, rec: Person, mo: Person, at_desk: Desk
) -> None:
    desk = at_desk(rec)
    assert desk.post(f"/patients/{pat.pk}/consent/new", filled()).status_code == 403
    answer = desk.post(f"/patients/{pat.pk}/consent/new", filled(method="paper"))
    assert answer.status_code == 302
    assert Consent.objects.get().paper_due
    assert at_desk(mo).get(f"/patients/{pat.pk}/consent/new").status_code == 403


def test_the_record_shows_who_what_and_how_and_looking_is_in_the_log(
    pat: Patient, ada: Person, ben: Person, at_desk: Desk
) -> None:
    consent = keep(pat, ada, talk(uses={"teaching": "no"}, condition="Mole", scope="condition"))
    answer = at_desk(ben).get(f"/consents/{consent.pk}")
    page = answer.content.decode()
    for wanted in (
        "Pat said yes to 1 use and no to 1.",
        "About why.",
        "Mole",
        "Dr Ada Specimen",
        "Version 1",
        "Signed with a finger",
        '<path d="M35.0 90.0L49.0 52.5L70.0 91.5M105.0 75.0L147.0 78.0"/>',
        "the law says we keep it",
    ):
        assert wanted in page
    entry = audit.of_object(pat.practice_id, f"consent:{consent.pk}").entries[0]
    assert (entry.action, entry.actor_id) == ("consent.viewed", ben.pk)


def test_the_pdf_is_a_file_that_names_no_patient_and_printing_is_in_the_log(
    pat: Patient, ada: Person, rec: Person, at_desk: Desk
) -> None:
    consent = keep(pat, ada)
    answer = at_desk(rec).get(f"/consents/{consent.pk}/pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="consent-{consent.pk}.pdf"'
    assert answer["Cache-Control"] == "no-store, private"
    assert len(PdfReader(io.BytesIO(answer.content)).pages) == 1
    entry = audit.of_object(pat.practice_id, f"consent:{consent.pk}").entries[0]
    assert (entry.action, entry.actor_id) == ("consent.printed", rec.pk)


@pytest.mark.parametrize("part", ["", "/pdf", "/withdraw", "/review", "/scan", "/scans/1"])
def test_another_practices_consent_looks_like_none(
    stranger: Patient, cy: Person, ada: Person, at_desk: Desk, part: str
) -> None:
    consent = keep(stranger, cy)
    desk = at_desk(ada)
    answer = desk.get(f"/consents/{consent.pk}{part}")
    absent = desk.get(f"/consents/{new_id()}{part}")
    assert (answer.status_code, absent.status_code) == (404, 404)
    assert plain(answer) == plain(absent)


def test_a_patient_outside_care_stands_behind_the_wall_for_a_carer(
    practice: Practice, pat: Patient, ada: Person, ben: Person, at_desk: Desk
) -> None:
    consent = keep(pat, ada)
    pat.visits.all().delete()
    assert at_desk(ben).get(f"/consents/{consent.pk}").status_code == 403
    assert at_desk(ben).get(f"/patients/{pat.pk}/consent/new").status_code == 403


def test_any_staff_may_take_a_yes_back_and_the_page_says_what_it_does_first(
    pat: Patient, ada: Person, rec: Person, reg: Person, at_desk: Desk
) -> None:
    consent = keep(pat, ada, talk(uses={"teaching": "yes", "referral": "yes"}))
    page = at_desk(rec).get(f"/consents/{consent.pk}/withdraw").content.decode()
    for wanted in ("What this does", "The law says we keep it", "Teaching our staff", "Everything"):
        assert wanted in page
    unsaid = {"said_by": "Pat, by telephone"}
    assert at_desk(rec).post(f"/consents/{consent.pk}/withdraw", unsaid).status_code == 200
    assert not consent.withdrawals.exists(), "nothing is chosen beforehand"
    for person, use in ((rec, "teaching"), (reg, "everything")):
        words = {"use": use, "said_by": "Pat, by telephone", "why": ""}
        answer = at_desk(person).post(f"/consents/{consent.pk}/withdraw", words)
        assert answer.status_code == 302
    fresh = Consent.objects.get()
    assert open_uses(fresh, at=NOON) == []
    page = at_desk(rec).get(f"/consents/{consent.pk}").content.decode()
    assert "No photo is taken unless a new yes is recorded." in page
    assert "Stands until" not in page
    assert [row.by for row in fresh.withdrawals.order_by("pk")] == [rec, reg]
    nothing = at_desk(rec).get(f"/consents/{consent.pk}/withdraw").content.decode()
    assert "no yes here to take back" in nothing


def test_the_it_person_reads_and_withdraws_no_consent(
    pat: Patient, ada: Person, ivy: Person, at_desk: Desk
) -> None:
    consent = keep(pat, ada)
    for part in ("", "/pdf", "/withdraw", "/review", "/scan"):
        assert at_desk(ivy).get(f"/consents/{consent.pk}{part}").status_code == 403


def test_an_emergency_is_reviewed_from_its_page(pat: Patient, ada: Person, at_desk: Desk) -> None:
    consent = keep(pat, ada, EMERGENCY)
    desk = at_desk(ada)
    page = desk.get(f"/patients/{pat.pk}/consents").content.decode()
    assert "has not been asked yet." in page
    assert "Review it" in desk.get(f"/consents/{consent.pk}").content.decode()
    words = {"outcome": "agreed", "words": "Told her on the ward"}
    assert desk.post(f"/consents/{consent.pk}/review", words).status_code == 302
    page = desk.get(f"/consents/{consent.pk}").content.decode()
    assert "Review it" not in page
    assert "Told her on the ward" in page


@pytest.mark.usefixtures("_keys")
def test_a_scan_is_sealed_as_it_came_and_given_back_as_a_file(
    pat: Patient, ada: Person, rec: Person, at_desk: Desk
) -> None:
    consent = keep(pat, ada, talk(method="paper", signature=None))
    desk = at_desk(rec)
    sent = SimpleUploadedFile("Pat Testcase.exe", PDF, content_type="text/html")
    assert desk.post(f"/consents/{consent.pk}/scan", {"scan": sent}).status_code == 302
    kept = PaperScan.objects.get()
    assert not Consent.objects.get().paper_due
    assert kept.media_type == "application/pdf"
    assert b"a scan" not in store().get(kept.blob)
    answer = desk.get(f"/consents/{consent.pk}/scans/{kept.pk}")
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == (
        f'attachment; filename="consent-{consent.pk}-{kept.pk}.pdf"'
    )
    entry = audit.of_object(pat.practice_id, f"consent:{consent.pk}").entries[0]
    assert (entry.action, entry.purpose) == ("consent.viewed", "scan")


@pytest.mark.parametrize("content", [b"<html>", PDF + b"0" * MOST_BYTES])
@pytest.mark.usefixtures("_keys")
def test_what_is_no_scan_or_too_large_is_not_kept(
    pat: Patient, ada: Person, at_desk: Desk, content: bytes
) -> None:
    consent = keep(pat, ada, talk(method="paper", signature=None))
    sent = SimpleUploadedFile("scan.pdf", content, content_type="application/pdf")
    answer = at_desk(ada).post(f"/consents/{consent.pk}/scan", {"scan": sent})
    assert answer.status_code == 400
    assert not PaperScan.objects.exists()
    assert Consent.objects.get().paper_due


@pytest.mark.usefixtures("_keys")
def test_a_scan_opens_only_for_the_patient_it_is_bound_to(
    pat: Patient, quinn: Patient, ada: Person, at_desk: Desk
) -> None:
    consent = keep(pat, ada)
    scan = add_scan(consent, content=PDF, by=ada, at=NOON)
    Consent.objects.update(patient=quinn)
    with pytest.raises(Unreadable):
        open_scan(Consent.objects.get(), scan.pk, by=ada, at=NOON)
    Consent.objects.update(patient=pat)
    move_all(pat, quinn, by=ada, at=NOON)
    assert open_scan(Consent.objects.get(), scan.pk, by=ada, at=NOON)[0] == PDF


@pytest.mark.usefixtures("_keys")
def test_a_scan_added_while_records_are_joined_opens_for_the_one_kept(
    pat: Patient, quinn: Patient, ada: Person
) -> None:
    seen_before = keep(pat, ada)
    move_all(pat, quinn, by=ada, at=NOON)
    scan = add_scan(seen_before, content=PDF, by=ada, at=NOON)
    assert open_scan(Consent.objects.get(), scan.pk, by=ada, at=NOON)[0] == PDF


def test_a_refusal_reads_as_one(pat: Patient, ada: Person, at_desk: Desk) -> None:
    consent = keep(pat, ada, replace(WHOLE, answers=(Answer("care", "no"),)))
    page = at_desk(ada).get(f"/consents/{consent.pk}").content.decode()
    assert "Pat said no to photos." in page
    assert "Care goes on as before." in page
    listed = at_desk(ada).get(f"/patients/{pat.pk}/consents").content.decode()
    assert "Said no on 14 Oct to photos." in listed


def test_the_record_counts_the_copies_outside_that_rest_on_it(
    photo: Photo, ada: Person, at_desk: Callable[[Person], Client]
) -> None:
    address = f"/consents/{photo.consent_id}"
    assert '<span class="mark" data-state="out">1 copy</span>' in (
        at_desk(ada).get(address).content.decode()
    )
    Copy.objects.filter(photo=photo).update(due_at=NOON - timedelta(days=1))
    assert "1 copy, 1 overdue" in at_desk(ada).get(address).content.decode()


def test_only_what_a_consent_needs_is_asked_of_an_adult(
    pat: Patient, ada: Person, at_desk: Callable[[Person], Client]
) -> None:
    address = f"/patients/{pat.pk}/consent/new"
    assert "Why this young person can decide" not in at_desk(ada).get(address).content.decode()
    Patient.objects.filter(pk=pat.pk).update(born="2012-01-01")
    assert "Why this young person can decide" in at_desk(ada).get(address).content.decode()


def test_every_page_says_whether_a_yes_stands_now(pat: Patient, ada: Person, at_desk: Desk) -> None:
    desk, page = at_desk(ada), f"/patients/{pat.pk}/visits"
    assert "None yet" in desk.get(page).content.decode()
    keep(pat, ada, EMERGENCY)
    assert "Not asked yet, emergency" in desk.get(page).content.decode()
    with freeze_time("2028-01-01T03:00:00Z"):
        assert "None now" in at_desk(ada).get(page).content.decode()
