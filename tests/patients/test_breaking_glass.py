"""Breaking the glass: reason, words, who is told, who reviews."""

from dataclasses import replace
from datetime import timedelta

import pytest

from safelight.audit.models import Entry
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.patients.access import live_grant, way_to
from safelight.patients.breaking_glass import break_glass, review_break_glass, to_review
from safelight.patients.editing import edit_patient
from safelight.patients.models import BreakGlass, Patient
from safelight.patients.reading import details_of
from safelight.patients.visits import add_visit
from safelight.people.models import Person
from safelight.policy.models import Practice
from tests.conftest import NOON, make_patient
from tests.patients.helpers import acts_of

WORDS = "Walked in with a rash"


def test_the_privacy_officer_is_told_and_the_words_lie_sealed(
    ada: Person, mo: Person, pat: Patient
) -> None:
    grant = break_glass(pat, reason="treating", words=WORDS, by=ada, at=NOON)
    assert grant.told_to == [str(mo.pk)]
    assert to_review(mo) == [grant]
    entry = Entry.objects.get(action="break_glass.opened")
    assert (entry.patient, entry.purpose) == (pat.pk, "treating")
    assert WORDS not in entry.leaf


def test_breaking_it_again_while_open_changes_nothing(ada: Person, pat: Patient) -> None:
    first = break_glass(pat, reason="treating", words=WORDS, by=ada, at=NOON)
    assert break_glass(pat, reason="other", words=WORDS + " again", by=ada, at=NOON) == first
    assert BreakGlass.objects.count() == 1


@pytest.mark.parametrize(
    ("reason", "words"), [("", WORDS), ("curious", WORDS), ("other", "."), ("other", "x" * 301)]
)
def test_a_reason_and_words_are_needed(ada: Person, pat: Patient, reason: str, words: str) -> None:
    with pytest.raises(BadInput):
        break_glass(pat, reason=reason, words=words, by=ada, at=NOON)
    assert not BreakGlass.objects.exists()
    assert acts_of(ada.practice) == []


def test_only_gps_and_nurses_may_break_it(
    reg: Person, rec: Person, mo: Person, ivy: Person, ben: Person, pat: Patient
) -> None:
    for person in (reg, rec, mo, ivy):
        with pytest.raises(NotAllowed):
            break_glass(pat, reason="treating", words=WORDS, by=person, at=NOON)
    assert break_glass(pat, reason="treating", words=WORDS, by=ben, at=NOON).pk


def test_another_practices_glass_is_not_there(cy: Person, pat: Patient) -> None:
    with pytest.raises(NotFound):
        break_glass(pat, reason="treating", words=WORDS, by=cy, at=NOON)


def test_a_review_is_noted_once(ada: Person, mo: Person, pat: Patient) -> None:
    grant = break_glass(pat, reason="treating", words=WORDS, by=ada, at=NOON)
    for _ in range(2):
        review_break_glass(grant.pk, by=mo, at=NOON)
    assert to_review(mo) == []
    assert acts_of(ada.practice).count("break_glass.reviewed") == 1


def test_nobody_reviews_their_own(ada: Person, mo: Person, pat: Patient) -> None:
    ada.roles = ["GP", "P"]
    ada.save(update_fields=["roles"])
    grant = break_glass(pat, reason="treating", words=WORDS, by=ada, at=NOON)
    assert grant.told_to == [str(mo.pk)]
    assert to_review(ada) == []
    with pytest.raises(NotAllowed):
        review_break_glass(grant.pk, by=ada, at=NOON)


def test_without_another_officer_the_managers_are_told(
    ada: Person, mo: Person, pat: Patient
) -> None:
    mo.roles = ["M"]
    mo.save(update_fields=["roles"])
    grant = break_glass(pat, reason="treating", words=WORDS, by=ada, at=NOON)
    assert grant.told_to == [str(mo.pk)]
    assert to_review(mo) == [grant]


def test_reception_and_other_practices_review_nothing(
    ada: Person, rec: Person, cy: Person, pat: Patient
) -> None:
    grant = break_glass(pat, reason="treating", words=WORDS, by=ada, at=NOON)
    cy.roles = ["P"]
    cy.save(update_fields=["roles"])
    for person in (rec, cy):
        assert to_review(person) == []
        with pytest.raises(NotFound):
            review_break_glass(grant.pk, by=person, at=NOON)


@pytest.fixture
def walled(practice: Practice) -> Patient:
    """A patient nobody here has seen for years."""
    return make_patient(practice, "Wally", "Faraway", "WL-9001")


def ways_in() -> list[tuple[str, object]]:
    return [(row.reason, row.person_id) for row in BreakGlass.objects.order_by("at")]


@pytest.mark.parametrize("who", ["ada", "reg"])
def test_a_visit_that_opens_a_record_to_whoever_adds_it_is_on_the_officers_list(
    walled: Patient, mo: Person, ada: Person, who: str, request: pytest.FixtureRequest
) -> None:
    person: Person = request.getfixturevalue(who)
    add_visit(walled, clinician=person, starts_at=NOON, by=person, at=NOON, reason="A neighbour")
    assert way_to(person, walled, at=NOON) is not None
    noted = to_review(mo)
    assert [(row.reason, row.person, row.words) for row in noted] == [
        ("visit", person, "A neighbour")
    ]
    assert live_grant(person, walled, at=NOON) is None
    entry = Entry.objects.get(action="break_glass.opened")
    assert (entry.at, entry.patient, entry.purpose) == (NOON, walled.pk, "visit")
    review_break_glass(noted[0].pk, by=mo, at=NOON)
    assert to_review(mo) == []


def test_a_visit_far_ahead_is_noted_when_it_is_added(walled: Patient, ada: Person) -> None:
    later = NOON + timedelta(days=60)
    add_visit(walled, clinician=ada, starts_at=later, by=ada, at=NOON)
    assert ways_in() == [("visit", ada.pk)]
    assert Entry.objects.get(action="break_glass.opened").at == NOON


def test_a_visit_added_while_the_glass_is_broken_is_noted_as_well(
    walled: Patient, ada: Person
) -> None:
    break_glass(walled, reason="treating", words=WORDS, by=ada, at=NOON)
    add_visit(walled, clinician=ada, starts_at=NOON, by=ada, at=NOON + timedelta(minutes=1))
    assert ways_in() == [("treating", ada.pk), ("visit", ada.pk)]


def test_an_everyday_visit_is_on_no_list(
    walled: Patient, pat: Patient, ada: Person, ben: Person, rec: Person
) -> None:
    add_visit(walled, clinician=ada, starts_at=NOON, by=rec, at=NOON)  # reception opens no records
    add_visit(walled, clinician=ben, starts_at=NOON, by=ben, at=NOON)  # in care by now
    add_visit(pat, clinician=ben, starts_at=NOON, by=ben, at=NOON)
    assert ways_in() == []


def test_a_restricted_record_is_not_opened_by_a_visit(walled: Patient, ada: Person) -> None:
    Patient.objects.filter(pk=walled.pk).update(restricted=True)
    walled.refresh_from_db()
    add_visit(walled, clinician=ada, starts_at=NOON, by=ada, at=NOON)
    assert way_to(ada, walled, at=NOON) is None
    assert ways_in() == []


def test_becoming_the_usual_gp_past_a_wall_is_on_the_officers_list(
    walled: Patient, pat: Patient, ada: Person
) -> None:
    for patient in (walled, pat):
        details = replace(details_of(patient), usual_gp=ada.pk, address="9 Sample Street")
        edit_patient(patient, details, by=ada, at=NOON, sure=True)
    assert ways_in() == [("usual_gp", ada.pk)]
