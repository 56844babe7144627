"""Covering: no consent, no shutter; and what a patient's consents say and owe."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from safelight.consent.models import Consent, Withdrawal
from safelight.consent.moving import move_all
from safelight.consent.owing import ROWS, owed, owed_of
from safelight.consent.reading import (
    consent_by_id,
    covering_consent,
    live_consents,
    sentence,
    summary,
)
from safelight.consent.reviewing import NoReviewOwed, review_emergency
from safelight.consent.rules.asking import Answer
from safelight.consent.withdrawing import NothingToWithdraw, open_uses, withdraw_consent
from safelight.lib.refusals import BadInput, NotFound
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.policy.models import Practice
from tests.conftest import NOON, make_patient
from tests.consent.talks import EMERGENCY, WHOLE, keep, talk

NO = replace(WHOLE, answers=(Answer("care", "no"),))
LEFT_FOREARM = {"site_code": "70559009", "side": "L"}
LATER = NOON + timedelta(hours=1)


def test_without_a_consent_the_camera_stays_shut(pat: Patient) -> None:
    assert covering_consent(pat, at=NOON) is None


def test_a_yes_to_care_opens_the_camera_and_a_later_no_shuts_it(pat: Patient, ada: Person) -> None:
    consent = keep(pat, ada)
    assert covering_consent(pat, at=LATER) == consent
    keep(pat, ada, NO, agreed_at=LATER)
    assert covering_consent(pat, at=LATER) is None
    again = keep(pat, ada, agreed_at=LATER + timedelta(hours=1))
    assert covering_consent(pat, at=LATER + timedelta(hours=1)) == again


def test_one_patients_yes_never_covers_another(pat: Patient, quinn: Patient, ada: Person) -> None:
    keep(pat, ada)
    assert covering_consent(quinn, at=LATER) is None


@pytest.mark.parametrize(
    ("scope", "facts", "asked", "covers"),
    [
        ("condition", {"condition": "Mole"}, {}, True),
        ("site", LEFT_FOREARM, LEFT_FOREARM, True),
        ("site", LEFT_FOREARM, {**LEFT_FOREARM, "side": "R"}, False),
        ("site", {"site_code": "70559009"}, {"site_code": "1902009"}, False),
        ("site", {"site_code": "70559009"}, {}, True),
        ("visit", {}, {}, True),
        ("visit", {}, {"at": NOON + timedelta(days=1)}, False),
        ("standing", {}, {"at": NOON + timedelta(days=300)}, True),
        ("standing", {}, {"at": NOON + timedelta(days=366)}, False),
        ("standing", {}, {"at": NOON - timedelta(days=1)}, False),
    ],
)
def test_a_consent_covers_within_its_scope_and_time(
    pat: Patient,
    ada: Person,
    scope: str,
    facts: dict[str, Any],
    asked: dict[str, Any],
    covers: bool,
) -> None:
    keep(pat, ada, talk(scope=scope, **facts))
    assert (covering_consent(pat, **{"at": LATER, **asked}) is not None) == covers


def test_an_emergency_covers_its_own_visit_only(pat: Patient, ada: Person) -> None:
    keep(pat, ada, EMERGENCY, visit=pat.visits.get())
    assert covering_consent(pat, at=LATER, visit=pat.visits.get()) is not None
    assert covering_consent(pat, at=NOON + timedelta(days=1)) is None


def test_what_the_phone_names_is_used_only_while_the_newest_answer_is_a_yes(
    pat: Patient, ada: Person
) -> None:
    first = keep(pat, ada, agreed_at=NOON - timedelta(days=1))
    second = keep(pat, ada)
    assert covering_consent(pat, at=LATER) == second
    assert covering_consent(pat, at=LATER, preferred=first.pk) == first
    keep(pat, ada, NO, agreed_at=LATER)
    assert covering_consent(pat, at=LATER, preferred=first.pk) is None


def test_taking_back_stops_the_camera_at_once_and_keeps_who_and_why(
    pat: Patient, ada: Person, rec: Person
) -> None:
    consent = keep(pat, ada, talk(uses={"teaching": "yes"}))
    assert open_uses(consent, at=NOON) == ["care", "teaching"]
    withdraw_consent(consent, use="teaching", said_by="Pat, by telephone", by=rec, at=LATER)
    assert covering_consent(pat, at=LATER) is not None
    whole = withdraw_consent(consent, said_by="Pat", why="Moving away", by=rec, at=LATER)
    assert (whole.by, whole.why) == (rec, "Moving away")
    assert covering_consent(pat, at=LATER) is None
    assert covering_consent(pat, at=NOON) is not None, "photos taken before stay covered"
    assert live_consents(pat, at=LATER) == []


def test_taking_back_twice_writes_once_and_a_no_cannot_be_taken_back(
    pat: Patient, ada: Person
) -> None:
    consent = keep(pat, ada)
    first = withdraw_consent(consent, said_by="Pat", by=ada, at=LATER)
    assert withdraw_consent(consent, said_by="Pat", by=ada, at=LATER) == first
    assert withdraw_consent(consent, use="care", said_by="Pat", by=ada, at=LATER) == first
    refused = keep(pat, ada, NO)
    with pytest.raises(NothingToWithdraw):
        withdraw_consent(refused, said_by="Pat", by=ada, at=LATER)
    other = keep(pat, ada)
    with pytest.raises(NothingToWithdraw):
        withdraw_consent(other, use="teaching", said_by="Pat", by=ada, at=LATER)
    with pytest.raises(BadInput):
        withdraw_consent(other, said_by=" ", by=ada, at=LATER)


def test_an_emergency_is_owed_a_review_until_it_is_reviewed_once(pat: Patient, ada: Person) -> None:
    consent = keep(pat, ada, EMERGENCY)
    (item,) = owed(pat.practice, at=LATER)
    assert (item.kind, item.consent, item.overdue) == ("emergency", consent, False)
    assert owed(pat.practice, at=NOON + timedelta(days=8))[0].overdue
    review_emergency(consent, outcome="agreed", words="Told her on the ward", by=ada, at=LATER)
    assert owed(pat.practice, at=LATER) == []
    with pytest.raises(NoReviewOwed):
        review_emergency(consent, outcome="agreed", words="Told her again", by=ada, at=LATER)


def test_an_emergency_that_is_declined_is_taken_back(pat: Patient, ada: Person) -> None:
    consent = keep(pat, ada, EMERGENCY)
    review_emergency(consent, outcome="declined", words="Does not want them", by=ada, at=LATER)
    assert covering_consent(pat, at=LATER) is None
    with pytest.raises(NoReviewOwed):
        review_emergency(keep(pat, ada), outcome="agreed", words="Not owed", by=ada, at=LATER)


def test_an_emergency_taken_back_before_its_review_can_still_be_reviewed_as_declined(
    pat: Patient, ada: Person
) -> None:
    consent = keep(pat, ada, EMERGENCY)
    withdraw_consent(consent, use="care", said_by="Her son rang", by=ada, at=LATER)
    review_emergency(consent, outcome="declined", words="Does not want them", by=ada, at=LATER)
    assert owed(pat.practice, at=LATER) == []
    assert consent.withdrawals.count() == 1


def test_a_parents_yes_beyond_care_is_owed_when_the_child_comes_of_age_to_be_asked(
    practice: Practice, ada: Person
) -> None:
    child = make_patient(practice, "Kit", "Testcase", "WL-1", born=date(2010, 11, 1))
    keep(
        child,
        ada,
        talk(
            uses={"teaching": "yes"},
            decider="advocate",
            advocate_name="Par Testcase",
            advocate_relationship="Father",
            advocate_authority="Parental responsibility",
        ),
    )
    assert owed(practice, at=NOON) == []
    (item,) = owed(practice, at=NOON + timedelta(days=30))
    assert item.kind == "young_person"
    assert owed_of(item.consent, at=NOON + timedelta(days=30)) == [item]
    assert owed_of(item.consent, at=NOON) == []


def test_a_page_of_what_is_owed_has_an_end_and_what_was_taken_back_hides_nothing(
    pat: Patient, ada: Person
) -> None:
    paper = talk(method="paper", signature=None)
    for minutes in range(ROWS + 2):
        kept = keep(pat, ada, paper, agreed_at=NOON + timedelta(minutes=minutes))
    assert len(owed(pat.practice, at=LATER)) == ROWS
    for consent in Consent.objects.exclude(pk=kept.pk):
        Withdrawal.objects.create(consent=consent, said_by="Pat", at=LATER, by=ada)
    assert [item.consent for item in owed(pat.practice, at=LATER)] == [kept]


def test_what_one_consent_owes_is_read_without_the_others(
    pat: Patient, quinn: Patient, ada: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    paper = talk(method="paper", signature=None)
    keep(quinn, ada, paper)
    mine = consent_by_id(pat.practice, keep(pat, ada, paper).pk)
    with django_assert_max_num_queries(2):
        (item,) = owed_of(mine, at=LATER)
    assert (item.kind, item.consent) == ("paper", mine)


def test_what_is_owed_is_this_practices_own(
    pat: Patient, stranger: Patient, ada: Person, cy: Person
) -> None:
    keep(stranger, cy, talk(method="paper", signature=None))
    assert owed(pat.practice, at=LATER) == []
    assert [item.kind for item in owed(stranger.practice, at=LATER)] == ["paper"]
    with pytest.raises(NotFound):
        consent_by_id(pat.practice, stranger.consents.get().pk)


def test_a_consent_says_itself_in_one_line_without_a_name(pat: Patient, ada: Person) -> None:
    consent = keep(pat, ada, talk(uses={"referral": "yes", "patient_copy": "yes"}))
    assert sentence(consent, at=LATER) == (
        "Agreed on 14 Oct to photos for care, a specialist and a copy."
    )
    withdraw_consent(consent, use="referral", said_by="Pat", by=ada, at=NOON)
    fresh = consent_by_id(pat.practice, consent.pk)
    assert sentence(fresh, at=LATER + timedelta(days=100)) == (
        "Agreed on 14 Oct 2026 to photos for care and a copy."
    )
    assert summary(fresh, at=LATER)["uses"]["referral"] == "no"
    assert sentence(keep(pat, ada, NO), at=LATER) == "Said no on 14 Oct to photos."


def test_joining_records_moves_consents_parting_moves_back_those_and_never_across_practices(
    pat: Patient, quinn: Patient, stranger: Patient, ada: Person
) -> None:
    moved = keep(pat, ada)
    own = keep(quinn, ada)
    ids = move_all(pat, quinn, by=ada, at=LATER)
    assert ids == [str(moved.pk)]
    assert quinn.consents.count() == 2
    assert move_all(quinn, pat, by=ada, at=LATER, only=ids) == ids
    assert (pat.consents.get(), quinn.consents.get()) == (moved, own)
    with pytest.raises(NotFound):
        move_all(quinn, stranger, by=ada, at=LATER)
