"""A consent on the patient's own phone: one code, one reading, one answer, and nothing else."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from safelight.audit.models import Entry
from safelight.consent.models import Consent, Showing
from safelight.consent.own_phone import (
    LASTS,
    NothingToRead,
    answer,
    end_overdue,
    open_by_code,
    page_for,
    show,
    shown_by,
    take_back,
)
from safelight.consent.recording import ConsentDiffers, ConsentIncomplete
from safelight.consent.words import evidence
from safelight.lib.ids import new_id
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.policy.words import newest_notice
from tests.conftest import NOON, POINTS
from tests.consent.talks import STROKES, keep

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=3)


def words(patient: Patient, **changes: Any) -> dict[str, Any]:
    """Return what a phone sends when the talk is over and nobody has signed."""
    yes = {"recipient": "", "abroad": []}
    return {
        "notice": newest_notice(patient.practice).pk,
        "points": list(POINTS),
        "method": "signed",
        "scope": "condition",
        "condition": "Mark on left forearm",
        "uses": [
            {"use": "care", "answer": "yes", **yes},
            {"use": "referral", "answer": "yes", "recipient": "Dr Nil Dummy", "abroad": ["NZ"]},
            {"use": "teaching", "answer": "no", **yes},
        ],
        "told": ["Dr Ada and the team here", "Dr Nil Dummy"],
        **changes,
    }


def shown(patient: Patient, by: Person, **changes: Any) -> tuple[str, Showing]:
    new = show(patient, id=new_id(), body=words(patient, **changes), by=by, at=NOON)
    return new.code, new.row


def test_what_was_shown_is_signed_and_recorded_as_the_askers_own(pat: Patient, ada: Person) -> None:
    code, row = shown(pat, ada)
    assert shown_by(ada, row.pk, at=NOON).state == "waiting"
    session = open_by_code(f" {code[:5].lower()}-{code[5:]} ", at=LATER)
    assert shown_by(ada, row.pk, at=LATER).state == "open"
    page = page_for(session, at=LATER)
    assert (page.reader, page.asker, len(page.points)) == (pat.given, ada.name, 6)
    assert page.yes[0] == "Photos for my care here"
    assert page.yes[1].endswith("(Dr Nil Dummy), also in New Zealand")
    assert len(page.no) == 1
    assert not Consent.objects.filter(pk=row.pk).exists()

    consent = answer(session, agrees=True, signature=STROKES, at=LATER)
    assert (consent.pk, consent.recorded_by, consent.agreed_at) == (row.pk, ada, LATER)
    assert (consent.method, consent.signature) == ("signed", STROKES)
    said = dict(consent.decisions.exclude(answer="not_asked").values_list("use", "answer"))
    assert said == {"care": "yes", "referral": "yes", "teaching": "no"}
    assert "on their own phone, by a code" in evidence(consent)
    row.refresh_from_db()
    assert (row.state, row.body) == ("agreed", {})
    assert page_for(session, at=LATER).state == "agreed"
    acts = Entry.objects.filter(object=f"consent:{row.pk}").order_by("n")
    assert [(act.action, act.role) for act in acts] == [
        ("consent.shown", "GP"),
        ("consent.read", "PT"),
        ("consent.recorded", "GP"),
    ]


def test_a_no_is_recorded_and_leaves_no_yes_beside_it(pat: Patient, ada: Person) -> None:
    code, row = shown(pat, ada)
    consent = answer(open_by_code(code, at=LATER), agrees=False, signature=STROKES, at=LATER)
    assert consent.signature is None
    answers = dict(consent.decisions.values_list("use", "answer"))
    assert (answers["care"], answers["teaching"], answers["referral"]) == ("no", "no", "not_asked")
    assert "on their own phone" in evidence(consent)
    assert shown_by(ada, row.pk, at=LATER).state == "declined"


def test_whoever_decides_for_the_patient_is_the_one_addressed(pat: Patient, ada: Person) -> None:
    advocate = {
        "decider": "advocate",
        "advocate_name": "Max Testcase",
        "advocate_relationship": "Husband",
        "advocate_authority": "Enduring guardian",
    }
    code, _ = shown(pat, ada, **advocate)
    session = open_by_code(code, at=LATER)
    page = page_for(session, at=LATER)
    assert (page.reader, page.for_other, page.given) == ("Max Testcase", True, pat.given)
    answer(session, agrees=True, signature=STROKES, at=LATER)
    assert page_for(session, at=LATER).reader == "Max Testcase"


def test_a_code_works_once(pat: Patient, ada: Person) -> None:
    code, _ = shown(pat, ada)
    open_by_code(code, at=LATER)
    with pytest.raises(NothingToRead):
        open_by_code(code, at=LATER)


def test_a_code_is_over_after_a_quarter_of_an_hour_and_its_reading_too(
    pat: Patient, ada: Person
) -> None:
    code, row = shown(pat, ada)
    with pytest.raises(NothingToRead):
        open_by_code(code, at=NOON + LASTS)
    session = open_by_code(code, at=LATER)
    for act in (page_for, lambda s, at: answer(s, agrees=True, signature=STROKES, at=at)):
        with pytest.raises(NothingToRead):
            act(session, at=NOON + LASTS)
    assert shown_by(ada, row.pk, at=NOON + LASTS).state == "ended"
    assert end_overdue(at=NOON + LASTS) == 1
    row.refresh_from_db()
    assert row.body == {}
    assert Entry.objects.filter(action="consent.taken_off", actor_id=None).count() == 1
    assert not Consent.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("when", ["before it is read", "while it is read"])
def test_what_is_taken_back_opens_and_takes_nothing(pat: Patient, ada: Person, when: str) -> None:
    code, row = shown(pat, ada)
    session = open_by_code(code, at=LATER) if when == "while it is read" else ""
    take_back(ada, row.pk, at=LATER)
    with pytest.raises(NothingToRead):
        open_by_code(code, at=LATER)
    with pytest.raises(NothingToRead):
        answer(session, agrees=True, signature=STROKES, at=LATER)
    row.refresh_from_db()
    assert row.body == {}
    assert Entry.objects.filter(action="consent.taken_off").count() == 1


def test_what_was_answered_is_answered_once_and_cannot_be_taken_back(
    pat: Patient, ada: Person
) -> None:
    code, row = shown(pat, ada)
    session = open_by_code(code, at=LATER)
    answer(session, agrees=True, signature=STROKES, at=LATER)
    with pytest.raises(NothingToRead):
        answer(session, agrees=False, signature=None, at=LATER)
    take_back(ada, row.pk, at=LATER)
    assert shown_by(ada, row.pk, at=LATER).state == "agreed"
    assert Consent.objects.get(pk=row.pk).decisions.filter(answer="yes").count() == 2


def test_a_slip_of_the_finger_is_no_signature_and_may_be_mended(pat: Patient, ada: Person) -> None:
    code, _ = shown(pat, ada)
    session = open_by_code(code, at=LATER)
    for drawn in ([[[0.1, 0.1]]], [], None):
        with pytest.raises(ConsentIncomplete):
            answer(session, agrees=True, signature=drawn, at=LATER)
    with pytest.raises(BadInput):
        answer(session, agrees=True, signature="yes", at=LATER)
    assert answer(session, agrees=True, signature=STROKES, at=LATER).signature == STROKES


def test_what_is_not_whole_is_not_shown(pat: Patient, ada: Person) -> None:
    with pytest.raises(ConsentIncomplete):
        shown(pat, ada, points=["why"])
    for method in ("spoken", "paper", "emergency"):
        with pytest.raises(BadInput):
            shown(pat, ada, method=method)
    assert not Showing.objects.exists()


def test_one_is_shown_at_a_time_and_a_new_code_ends_the_old(pat: Patient, ada: Person) -> None:
    first, row = shown(pat, ada)
    again = show(pat, id=row.pk, body=words(pat), by=ada, at=LATER)  # the answer was lost
    assert again.row.pk == row.pk
    with pytest.raises(NothingToRead):
        open_by_code(first, at=LATER)
    second, _ = shown(pat, ada)
    with pytest.raises(NothingToRead):
        open_by_code(again.code, at=LATER)
    assert open_by_code(second, at=LATER)
    assert Entry.objects.filter(action="consent.taken_off", actor_id=ada.pk).count() == 1


def test_a_record_is_never_shown_again_under_its_number(
    pat: Patient, ada: Person, ben: Person
) -> None:
    consent = keep(pat, ada)
    with pytest.raises(ConsentDiffers):
        show(pat, id=consent.pk, body=words(pat), by=ada, at=LATER)
    _, row = shown(pat, ada)
    with pytest.raises(ConsentDiffers):
        show(pat, id=row.pk, body=words(pat), by=ben, at=LATER)


def test_only_whoever_shows_it_may_ask_how_far_it_is(
    pat: Patient, ada: Person, ben: Person, ivy: Person
) -> None:
    _, row = shown(pat, ada)
    for number in (row.pk, uuid4()):
        with pytest.raises(NotFound):
            shown_by(ben, number, at=LATER)
        with pytest.raises(NotFound):
            take_back(ben, number, at=LATER)
    with pytest.raises(NotAllowed):
        shown(pat, ivy)


def test_nothing_is_answered_once_the_asker_has_lost_the_duty(pat: Patient, ada: Person) -> None:
    code, _ = shown(pat, ada)
    session = open_by_code(code, at=LATER)
    Person.objects.filter(pk=ada.pk).update(roles=["IT"])
    with pytest.raises(NothingToRead):
        answer(session, agrees=True, signature=STROKES, at=LATER)
    assert not Consent.objects.exists()


def test_nothing_is_read_once_the_asker_has_left_or_the_patient_was_joined_to_another(
    pat: Patient, ada: Person, ben: Person, reg: Person
) -> None:
    other = Patient.objects.create(
        practice=pat.practice, given="Pat", family="Testcase", born=pat.born, added_at=NOON
    )
    waiting, _ = shown(pat, ada)
    code, _ = shown(pat, ben)
    session = open_by_code(code, at=LATER)
    Person.objects.filter(pk=ada.pk).update(left_at=LATER, is_active=False)
    with pytest.raises(NothingToRead):
        open_by_code(waiting, at=LATER)
    assert page_for(session, at=LATER)
    late = show(pat, id=new_id(), body=words(pat), by=reg, at=NOON).code
    Patient.objects.filter(pk=pat.pk).update(merged_into=other)
    with pytest.raises(NothingToRead):
        open_by_code(late, at=LATER)
    with pytest.raises(NothingToRead):
        page_for(session, at=LATER)
    with pytest.raises(NothingToRead):
        answer(session, agrees=True, signature=STROKES, at=LATER)


@pytest.mark.parametrize("typed", ["", "AAAAA-AAAAA", "0", "x" * 500])
def test_a_guess_and_an_empty_session_open_nothing(pat: Patient, ada: Person, typed: str) -> None:
    shown(pat, ada)
    with pytest.raises(NothingToRead):
        open_by_code(typed, at=LATER)
    with pytest.raises(NothingToRead):
        page_for(typed, at=LATER)


@pytest.mark.parametrize(
    "wrong", [{"notice": None}, {"notice": "1"}, {"visit": str(uuid4())[:8]}, {"supersedes": "old"}]
)
def test_what_could_not_be_recorded_in_the_end_is_not_shown(
    pat: Patient, ada: Person, wrong: dict[str, Any]
) -> None:
    with pytest.raises(BadInput):
        shown(pat, ada, **wrong)
    assert not Showing.objects.exists()
