"""Editing a patient's details, and restricting a record."""

from dataclasses import replace
from datetime import timedelta

import pytest

from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.patients.access import WallUp
from safelight.patients.adding import add_patient
from safelight.patients.breaking_glass import break_glass
from safelight.patients.details import DetailsDoubtful, DetailsWrong
from safelight.patients.editing import ChangedMeanwhile, edit_patient, newest_change, restrict
from safelight.patients.models import Patient
from safelight.patients.reading import changes_of, details_of
from safelight.people.models import Person
from tests.conftest import NOON
from tests.patients.helpers import acts_of, details, log_of

LATER = NOON + timedelta(hours=1)


def test_an_edit_keeps_what_was_there_before(rec: Person) -> None:
    patient = add_patient(details(medicare="32788511952"), by=rec, at=NOON)
    after = replace(details_of(patient), family="Married", medicare="22968184811")
    edit_patient(patient, after, by=rec, at=LATER, reason="Married in September")
    patient.refresh_from_db()
    assert details_of(patient) == after
    assert patient.search_name == "married noa"
    newest = changes_of(patient)[0]
    assert (newest.act, newest.by, newest.reason) == ("edited", rec, "Married in September")
    assert newest.before["family"] == "Newcomer"
    assert newest.before["medicare"] == "32788511952"
    assert acts_of(rec.practice) == ["patient.added", "patient.edited"]


def test_the_same_details_again_change_nothing(rec: Person) -> None:
    patient = add_patient(details(), by=rec, at=NOON)
    edit_patient(patient, details(family=" Newcomer "), by=rec, at=LATER)
    assert acts_of(rec.practice) == ["patient.added"]


def test_a_change_made_meanwhile_is_not_overrun(rec: Person, ada: Person) -> None:
    patient = add_patient(details(), by=rec, at=NOON)
    seen = newest_change(patient)
    edit_patient(patient, details(address="1 First Street"), by=ada, at=LATER, seen=seen)
    with pytest.raises(ChangedMeanwhile):
        edit_patient(patient, details(address="2 Second Street"), by=rec, at=LATER, seen=seen)
    assert details_of(Patient.objects.get(pk=patient.pk)).address == "1 First Street"


def test_an_edit_is_checked_like_an_addition(rec: Person, pat: Patient) -> None:
    patient = add_patient(details(), by=rec, at=NOON)
    with pytest.raises(DetailsWrong):
        edit_patient(patient, details(record_number=pat.record_number), by=rec, at=LATER)
    with pytest.raises(DetailsDoubtful):
        edit_patient(patient, details(medicare="69514496771"), by=rec, at=LATER)
    assert details_of(Patient.objects.get(pk=patient.pk)) == details()


def test_an_identifier_can_be_taken_away(rec: Person) -> None:
    patient = add_patient(details(ihi="8003608833357361"), by=rec, at=NOON)
    edit_patient(patient, details(), by=rec, at=LATER)
    assert not patient.identifiers.exists()


def test_another_practices_patient_cannot_be_edited(cy: Person, pat: Patient) -> None:
    with pytest.raises(NotFound):
        edit_patient(pat, details(), by=cy, at=NOON)


def test_a_record_is_restricted_with_a_reason(mo: Person, pat: Patient) -> None:
    restrict(pat, True, reason="Works here", by=mo, at=NOON)
    pat.refresh_from_db()
    assert (pat.restricted, pat.restricted_reason) == (True, "Works here")
    assert log_of(mo.practice) == [("patient.restricted", "on")]
    restrict(pat, True, reason="again", by=mo, at=NOON)
    assert len(log_of(mo.practice)) == 1


def test_restricting_needs_a_reason_and_a_duty(
    mo: Person, rec: Person, ben: Person, pat: Patient
) -> None:
    with pytest.raises(BadInput):
        restrict(pat, True, reason=" ", by=mo, at=NOON)
    for person in (rec, ben):
        with pytest.raises(NotAllowed):
            restrict(pat, True, reason="Works here", by=person, at=NOON)
    pat.refresh_from_db()
    assert not pat.restricted


def test_a_gp_lifts_a_restriction_only_from_inside(ada: Person, mo: Person, pat: Patient) -> None:
    restrict(pat, True, reason="Works here", by=mo, at=NOON)
    pat.refresh_from_db()
    with pytest.raises(WallUp):
        restrict(pat, False, reason="In my way", by=ada, at=NOON)
    break_glass(pat, reason="treating", words="Seen in room 2 now", by=ada, at=NOON)
    restrict(pat, False, reason="No longer works here", by=ada, at=NOON)
    pat.refresh_from_db()
    assert (pat.restricted, pat.restricted_reason) == (False, "")
