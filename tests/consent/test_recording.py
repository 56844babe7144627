"""Recording: what is whole is kept once, what is not is refused, and a no is always kept."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from safelight.audit import reading as audit
from safelight.consent.arriving import record_arrival
from safelight.consent.models import Consent
from safelight.consent.recording import (
    ConsentDiffers,
    ConsentIncomplete,
    JoinedMeanwhile,
    record_consent,
)
from safelight.consent.rules.asking import Answer
from safelight.consent.uses import USES
from safelight.lib.ids import new_id
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.patients.merging import merge_patients
from safelight.patients.models import Patient
from safelight.patients.reading import named
from safelight.patients.visits import add_visit, cancel_visit
from safelight.people.models import Person, Phone
from safelight.policy.models import Practice
from safelight.policy.settings import change_setting
from safelight.policy.words import newest_notice
from tests.conftest import NOON, POINTS, make_patient
from tests.consent.talks import STROKES, WHOLE, keep, talk


def test_a_whole_discussion_is_kept_with_an_answer_for_every_use(pat: Patient, ada: Person) -> None:
    consent = keep(pat, ada, talk(uses={"referral": "yes", "teaching": "no"}))
    answers = {row.use: row.answer for row in consent.decisions.all()}
    assert set(answers) == set(USES)
    assert answers["referral"] == "yes"
    assert answers["teaching"] == "no"
    assert answers["research"] == "not_asked"
    assert consent.review_on == date(2027, 10, 14)


def test_it_is_in_the_log_in_the_same_transaction(pat: Patient, ada: Person, phone: Phone) -> None:
    consent = keep(pat, ada, phone=phone)
    entry = audit.of_object(pat.practice_id, f"consent:{consent.pk}").entries[0]
    assert (entry.action, entry.patient, entry.phone_id) == ("consent.recorded", pat.pk, phone.pk)


def test_keeping_the_same_twice_keeps_one(pat: Patient, ada: Person) -> None:
    number = new_id()
    first, second = keep(pat, ada, id=number), keep(pat, ada, id=number)
    assert first.pk == second.pk
    assert Consent.objects.count() == 1
    assert audit.size(pat.practice_id) == 1


@pytest.mark.parametrize(
    "other",
    [talk(uses={"teaching": "yes"}), talk(condition="Rash"), talk(told=("Dr Cy Fictional",))],
)
def test_another_discussion_under_the_same_number_is_refused(
    pat: Patient, ada: Person, other: Any
) -> None:
    number = new_id()
    keep(pat, ada, id=number)
    with pytest.raises(ConsentDiffers):
        keep(pat, ada, other, id=number)
    assert Consent.objects.get().condition == ""


def test_the_same_number_for_another_patient_or_practice_is_refused(
    pat: Patient, quinn: Patient, stranger: Patient, ada: Person, cy: Person
) -> None:
    number = new_id()
    keep(pat, ada, id=number)
    with pytest.raises(ConsentDiffers):
        keep(quinn, ada, id=number)
    with pytest.raises(ConsentDiffers):
        keep(stranger, cy, id=number)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"points": POINTS[:4]}, "2 of the 6 things to say"),
        ({"answers": ()}, "photos for care"),
        ({"answers": (Answer("care", "not_asked"),)}, "photos for care"),
        ({"answers": (Answer("teaching", "yes"),)}, "photos for care"),
        ({"signature": None}, "signature"),
        ({"signature": [[[0.1, 0.1]]]}, "signature"),
        ({"method": "spoken", "signature": None}, "witness"),
        (
            {"method": "spoken", "signature": None, "witness_name": "dr ada specimen"},
            "someone other",
        ),
        ({"decider": "advocate"}, "name of the person"),
        ({"decider": "advocate", "advocate_name": "Sis Testcase"}, "related"),
        (
            {
                "decider": "advocate",
                "advocate_name": "Sis Testcase",
                "advocate_relationship": "Sister",
            },
            "lets them decide",
        ),
        ({"scope": "site"}, "body site"),
        ({"answers": (Answer("care", "no"), Answer("teaching", "yes"))}, "no other use"),
    ],
)
def test_what_is_not_whole_is_refused_and_says_what_it_needs(
    pat: Patient, ada: Person, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConsentIncomplete, match=words):
        keep(pat, ada, replace(WHOLE, **changes))
    assert not Consent.objects.exists()
    assert audit.size(pat.practice_id) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "telepathy"},
        {"scope": "everything"},
        {"decider": "nobody"},
        {"answers": (Answer("care", "yes"), Answer("care", "no"))},
        {"answers": (Answer("care", "yes"), Answer("marketing", "yes"))},
        {"answers": (Answer("care", "maybe"),)},
        {"answers": (Answer("care", "yes"), Answer("referral", "no", recipient="Dr Cy"))},
        {"answers": (Answer("care", "yes"), Answer("referral", "not_asked", abroad=("NZ",)))},
        {"signature": "drawn"},
        {"signature": [[[0.1, 2.0]] * 20]},
        {"signature": [[[0.1, True]] * 20]},
        {"site_code": "1"},
        {"condition": "x" * 121},
        {"review_on": date(2028, 1, 1)},
        {"review_on": date(2026, 10, 14)},
    ],
)
def test_a_malformed_discussion_is_refused(
    pat: Patient, ada: Person, changes: dict[str, Any]
) -> None:
    with pytest.raises(BadInput):
        keep(pat, ada, replace(WHOLE, **changes))
    assert not Consent.objects.exists()


def test_an_earlier_review_date_is_kept_and_the_practices_limit_holds(
    pat: Patient, ada: Person, mo: Person
) -> None:
    assert keep(pat, ada, talk(review_on=date(2026, 12, 1))).review_on == date(2026, 12, 1)
    change_setting(pat.practice, key="review_months", value=3, by=mo, at=NOON)
    assert keep(pat, ada).review_on == date(2027, 1, 14)
    with pytest.raises(BadInput):
        keep(pat, ada, talk(review_on=date(2027, 2, 1)))


def test_a_consent_from_the_future_is_refused_but_a_clock_a_little_ahead_is_not(
    pat: Patient, ada: Person
) -> None:
    notice = newest_notice(pat.practice)
    body = {**BODY, "notice": notice.pk}
    for minutes, kept in ((4, True), (6, False)):
        instant = (NOON + timedelta(minutes=minutes)).isoformat()
        words = {**body, "agreed_at": instant}
        if kept:
            record_arrival(pat, id=new_id(), body=words, by=ada, at=NOON)
        else:
            with pytest.raises(BadInput):
                record_arrival(pat, id=new_id(), body=words, by=ada, at=NOON)


def test_a_visit_taken_back_before_its_consent_came_does_not_stop_it(
    pat: Patient, ada: Person
) -> None:
    visit = add_visit(pat, clinician=ada, starts_at=NOON, by=ada, at=NOON)
    body = {**BODY, "notice": newest_notice(pat.practice).pk, "agreed_at": NOON.isoformat()}
    body["visit"], number = str(visit.pk), new_id()
    cancel_visit(visit, by=ada, at=NOON)
    for _ in range(2):
        kept = record_arrival(pat, id=number, body=body, by=ada, at=NOON)
        assert kept.visit is None
    other = make_patient(pat.practice, "Kit", "Testcase", "WL-9", born=date(1980, 1, 1))
    body["visit"] = str(add_visit(other, clinician=ada, starts_at=NOON, by=ada, at=NOON).pk)
    with pytest.raises(NotFound):
        record_arrival(pat, id=new_id(), body=body, by=ada, at=NOON)


def test_a_refusal_is_kept_without_points_signature_or_guardian(
    practice: Practice, ada: Person
) -> None:
    child = make_patient(practice, "Kit", "Testcase", "WL-1", born=date(2017, 1, 1))
    refusal = replace(
        WHOLE, points=(), signature=None, method="spoken", answers=(Answer("care", "no"),)
    )
    consent = keep(child, ada, refusal)
    entry = audit.of_object(practice.pk, f"consent:{consent.pk}").entries[0]
    assert entry.action == "consent.refused"


def test_paper_is_owed_until_it_is_scanned(pat: Patient, ada: Person) -> None:
    assert keep(pat, ada, talk(method="paper", signature=None)).paper_due
    assert not keep(pat, ada).paper_due


AT_13, AT_14, AT_17, AT_18 = (
    date(2012, 10, 15),
    date(2012, 10, 14),
    date(2008, 10, 15),
    date(2008, 10, 14),
)
PARENT = {
    "decider": "advocate",
    "advocate_name": "Par Testcase",
    "advocate_relationship": "Mother",
    "advocate_authority": "Parental responsibility",
}


@pytest.mark.parametrize(
    ("born", "changes", "kept"),
    [
        (AT_13, {}, False),
        (AT_13, {"maturity_note": "Understands well"}, False),
        (AT_13, PARENT, True),
        (AT_14, {}, False),
        (AT_14, {"maturity_note": "Understands well"}, True),
        (AT_14, PARENT, True),
        (AT_17, {}, False),
        (AT_17, {"maturity_note": "Understands well"}, True),
        (AT_18, {}, True),
        (AT_18, PARENT, True),
    ],
)
def test_who_decides_follows_age(
    practice: Practice, ada: Person, born: date, changes: dict[str, Any], kept: bool
) -> None:
    child = make_patient(practice, "Kit", "Testcase", "WL-1", born=born)
    if kept:
        keep(child, ada, talk(**changes))
    else:
        with pytest.raises(ConsentIncomplete):
            keep(child, ada, talk(**changes))


def test_the_ages_are_the_practices_own(practice: Practice, ada: Person, mo: Person) -> None:
    child = make_patient(practice, "Kit", "Testcase", "WL-1", born=AT_14)
    change_setting(practice, key="guardian_under", value=16, by=mo, at=NOON)
    with pytest.raises(ConsentIncomplete, match="guardian"):
        keep(child, ada, talk(maturity_note="Understands well"))


def test_a_birthday_is_told_in_the_practices_own_zone(practice: Practice, ada: Person) -> None:
    child = make_patient(practice, "Kit", "Testcase", "WL-1", born=date(2008, 10, 15))
    late = NOON + timedelta(hours=12, minutes=30)  # the 14th in UTC, half past midnight in Sydney
    keep(child, ada, agreed_at=late)


EMERGENCY = replace(
    WHOLE,
    points=(),
    method="emergency",
    signature=None,
    scope="visit",
    emergency_reason="Unconscious, wound to show the surgeon",
)


def test_an_emergency_needs_a_reason_and_covers_care_in_this_visit_only(
    pat: Patient, ada: Person
) -> None:
    consent = keep(pat, ada, EMERGENCY)
    entry = audit.of_object(pat.practice_id, f"consent:{consent.pk}").entries[0]
    assert entry.action == "consent.emergency"
    for wrong in (
        replace(EMERGENCY, emergency_reason=" . "),
        replace(EMERGENCY, scope="standing"),
        replace(EMERGENCY, answers=(Answer("care", "yes"), Answer("teaching", "yes"))),
        replace(EMERGENCY, answers=()),
    ):
        with pytest.raises(ConsentIncomplete):
            keep(pat, ada, wrong)


def test_reception_keeps_a_paper_form_but_not_a_discussion(pat: Patient, rec: Person) -> None:
    keep(pat, rec, talk(method="paper", signature=None))
    with pytest.raises(NotAllowed):
        keep(pat, rec)


def test_another_patients_visit_or_practices_wording_is_not_found(
    pat: Patient, quinn: Patient, ada: Person, cy: Person, other_practice: Practice
) -> None:
    with pytest.raises(NotFound):
        keep(pat, ada, visit=quinn.visits.get())
    other = keep(quinn, ada)
    with pytest.raises(NotFound):
        keep(pat, ada, supersedes=other)
    with pytest.raises(NotFound):
        keep(pat, cy)
    theirs = newest_notice(other_practice)
    with pytest.raises(NotFound):
        record_consent(pat, id=new_id(), talk=WHOLE, notice=theirs, agreed_at=NOON, by=ada, at=NOON)
    foreign = {**BODY, "notice": newest_notice(other_practice).pk}
    with pytest.raises(NotFound):
        record_arrival(pat, id=new_id(), body=foreign, by=ada, at=NOON)


BODY: dict[str, Any] = {
    "points": list(POINTS),
    "method": "signed",
    "signature": STROKES,
    "scope": "condition",
    "condition": "Mark on left forearm",
    "uses": [{"use": "care", "answer": "yes"}, {"use": "referral", "answer": "yes"}],
    "agreed_at": NOON.isoformat(),
}


def test_who_asked_before_they_left_is_recorded_only_where_their_duty_then_was_seen(
    pat: Patient, ada: Person
) -> None:
    body = {**BODY, "notice": newest_notice(pat.practice).pk}
    ada.is_active, ada.left_at = False, NOON
    ada.save(update_fields=["is_active", "left_at"])
    with pytest.raises(NotAllowed):
        record_arrival(pat, id=new_id(), body=body, by=ada, at=NOON)
    late = record_arrival(pat, id=new_id(), body=body, by=ada, at=NOON, was_in_duty=True)
    assert late.recorded_by_id == ada.pk


def test_a_consent_is_not_left_in_a_record_that_was_just_joined_to_another(
    pat: Patient, quinn: Patient, ada: Person, mo: Person
) -> None:
    seen_before = Patient.objects.get(pk=pat.pk)
    merge_patients(quinn, pat, reason="One patient", by=mo, at=NOON)
    with pytest.raises(JoinedMeanwhile):
        keep(seen_before, ada)
    assert not Consent.objects.exists()
    assert keep(named(ada, pat.pk), ada).patient_id == quinn.pk


def test_a_phones_words_become_the_same_record(pat: Patient, ada: Person, phone: Phone) -> None:
    body = {**BODY, "notice": newest_notice(pat.practice).pk, "visit": str(pat.visits.get().pk)}
    number = new_id()
    consent = record_arrival(pat, id=number, body=body, by=ada, at=NOON, phone=phone)
    assert consent.pk == number
    assert consent.visit_id == pat.visits.get().pk
    assert record_arrival(pat, id=number, body=body, by=ada, at=NOON, phone=phone) == consent


@pytest.mark.parametrize(
    "changes",
    [
        {"notice": "1"},
        {"notice": True},
        {"points": "why"},
        {"uses": [7]},
        {"uses": [{"use": "care", "answer": "yes", "abroad": ["Overseas"]}]},
        {"uses": [{"use": "care", "answer": "yes", "abroad": ["AU"]}]},
        {"agreed_at": "yesterday"},
        {"agreed_at": "2026-10-14T12:00:00"},
        {"agreed_at": None},
        {"review_on": "soon"},
        {"visit": "not-an-id"},
        {"condition": 5},
        {"signature": float("nan")},
        {"told": ["x" * 161]},
    ],
)
def test_a_body_without_its_form_is_refused(
    pat: Patient, ada: Person, changes: dict[str, Any]
) -> None:
    body = {**BODY, "notice": newest_notice(pat.practice).pk, **changes}
    with pytest.raises(BadInput):
        record_arrival(pat, id=new_id(), body=body, by=ada, at=NOON)
    assert not Consent.objects.exists()
