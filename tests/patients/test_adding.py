"""Adding a patient."""

from datetime import timedelta

import pytest

from safelight.audit.models import Entry
from safelight.lib.refusals import NotAllowed
from safelight.patients.adding import add_patient
from safelight.patients.details import DetailsDoubtful, DetailsWrong
from safelight.patients.models import Patient
from safelight.patients.reading import details_of
from safelight.people.models import Person
from tests.conftest import NOON
from tests.patients.helpers import acts_of, details


def test_a_patient_is_added_with_tidy_numbers_and_a_line_in_the_log(rec: Person) -> None:
    patient = add_patient(
        details(ihi="8003 6088 3335 7361", medicare="3278 85119 5 2", family="  O’Newcomer "),
        by=rec,
        at=NOON,
    )
    kept = details_of(Patient.objects.get(pk=patient.pk))
    assert (kept.ihi, kept.medicare, kept.family) == (
        "8003608833357361",
        "32788511952",
        "O’Newcomer",
    )
    assert patient.search_name == "onewcomer noa"
    entry = Entry.objects.get(practice=rec.practice_id)
    assert (entry.action, entry.patient, entry.actor_id) == ("patient.added", patient.pk, rec.pk)
    assert [change.act for change in patient.changes.all()] == ["added"]


def test_the_log_carries_no_name(rec: Person) -> None:
    add_patient(details(), by=rec, at=NOON)
    assert "Newcomer" not in Entry.objects.get().leaf


def test_a_bad_ihi_is_refused_even_when_somebody_is_sure(rec: Person) -> None:
    with pytest.raises(DetailsWrong) as refused:
        add_patient(details(ihi="8003608833357362"), by=rec, at=NOON, sure=True)
    assert "ihi" in refused.value.wrong
    assert not Patient.objects.exists()
    assert acts_of(rec.practice) == []


@pytest.mark.parametrize("words", [{"medicare": "69514496771"}, {"dva": "AX123456"}])
def test_a_doubtful_number_waits_until_somebody_is_sure(rec: Person, words: dict[str, str]) -> None:
    with pytest.raises(DetailsDoubtful) as refused:
        add_patient(details(**words), by=rec, at=NOON)
    assert list(refused.value.doubtful) == list(words)
    assert add_patient(details(**words), by=rec, at=NOON, sure=True).pk


def test_a_record_number_is_given_once(rec: Person, pat: Patient) -> None:
    with pytest.raises(DetailsWrong) as refused:
        add_patient(details(record_number=pat.record_number), by=rec, at=NOON, sure=True)
    assert list(refused.value.wrong) == ["record_number"]


def test_two_practices_may_use_the_same_record_number(rec: Person, stranger: Patient) -> None:
    assert add_patient(details(record_number=stranger.record_number), by=rec, at=NOON).pk


def test_a_namesake_born_the_same_day_is_asked_about(rec: Person, pat: Patient) -> None:
    twin = details(family="TESTCASE", given="Pat", born=pat.born)
    with pytest.raises(DetailsDoubtful) as refused:
        add_patient(twin, by=rec, at=NOON)
    assert pat.record_number in refused.value.doubtful["family"]
    assert "Testcase" not in str(refused.value)


def test_a_card_without_its_line_is_a_familys_and_raises_no_doubt(rec: Person) -> None:
    add_patient(details(medicare="3278851195"), by=rec, at=NOON)
    other = details(family="Sibling", record_number="WL-009001", medicare="3278851195")
    assert add_patient(other, by=rec, at=NOON).pk


@pytest.mark.parametrize("field", ["family", "given", "record_number"])
def test_what_every_record_needs_is_asked_for(rec: Person, field: str) -> None:
    with pytest.raises(DetailsWrong) as refused:
        add_patient(details(**{field: " \u200b "}), by=rec, at=NOON)
    assert field in refused.value.wrong


def test_a_usual_gp_is_one_of_the_practices_own(rec: Person, ada: Person, cy: Person) -> None:
    with pytest.raises(DetailsWrong):
        add_patient(details(usual_gp=cy.pk), by=rec, at=NOON)
    assert add_patient(details(usual_gp=ada.pk), by=rec, at=NOON).usual_gp == ada


def test_it_cannot_add_patients(ivy: Person) -> None:
    with pytest.raises(NotAllowed):
        add_patient(details(), by=ivy, at=NOON)
    assert not Patient.objects.exists()


def test_somebody_who_left_adds_nobody(rec: Person) -> None:
    rec.left_at = NOON - timedelta(days=1)
    with pytest.raises(NotAllowed):
        add_patient(details(), by=rec, at=NOON)
