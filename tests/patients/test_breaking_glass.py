"""Breaking the glass: reason, words, who is told, who reviews."""

import pytest

from safelight.audit.models import Entry
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.patients.breaking_glass import break_glass, review_break_glass, to_review
from safelight.patients.models import BreakGlass, Patient
from safelight.people.models import Person
from tests.conftest import NOON
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
