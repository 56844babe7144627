"""Visits, today's list, and sending a patient to a phone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from safelight.audit.models import Entry
from safelight.lib.ids import new_id
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.patients.access import WallUp
from safelight.patients.breaking_glass import break_glass, to_review
from safelight.patients.models import BreakGlass, Patient, Push, Visit
from safelight.patients.pushing import newest_push, see_push, send_to_phone
from safelight.patients.visits import (
    VisitInUse,
    add_visit,
    cancel_visit,
    day_in,
    only_visit_on,
    opens_by_visit,
    visit_at,
    visit_of,
    visits_of,
    visits_today,
)
from safelight.people.models import Person, Phone
from safelight.policy.models import Practice
from tests.conftest import NOON, make_patient
from tests.consent.talks import keep, talk
from tests.patients.helpers import acts_of


def test_a_visit_is_added_once(rec: Person, ada: Person, quinn: Patient) -> None:
    at = NOON + timedelta(hours=2)
    first = add_visit(quinn, clinician=ada, starts_at=at, by=rec, at=NOON, reason="Rash")
    again = add_visit(quinn, clinician=ada, starts_at=at, by=rec, at=NOON, reason="Rash")
    assert first == again
    assert acts_of(rec.practice) == ["visit.added"]
    assert visits_of(quinn)[0] == first


def test_a_visit_is_with_somebody_who_sees_patients(
    rec: Person, ivy: Person, cy: Person, quinn: Patient
) -> None:
    with pytest.raises(BadInput):
        add_visit(quinn, clinician=ivy, starts_at=NOON, by=rec, at=NOON)
    with pytest.raises(NotFound):
        add_visit(quinn, clinician=cy, starts_at=NOON, by=rec, at=NOON)


def test_a_visit_in_the_wrong_year_is_a_slip(rec: Person, ada: Person, quinn: Patient) -> None:
    with pytest.raises(BadInput):
        add_visit(quinn, clinician=ada, starts_at=NOON.replace(year=2206), by=rec, at=NOON)


def test_it_adds_no_visits(ivy: Person, ada: Person, quinn: Patient) -> None:
    with pytest.raises(NotAllowed):
        add_visit(quinn, clinician=ada, starts_at=NOON, by=ivy, at=NOON)


def test_today_is_the_practices_day_not_the_servers(
    practice: Practice, ada: Person, ben: Person
) -> None:
    patient = make_patient(practice, "Day", "Edge", "WL-9")
    times = {  # Sydney is 11 hours ahead in October
        "last night": datetime(2026, 10, 13, 12, 59, tzinfo=UTC),
        "midnight": datetime(2026, 10, 13, 13, 0, tzinfo=UTC),
        "evening": datetime(2026, 10, 14, 12, 59, tzinfo=UTC),
        "tomorrow": datetime(2026, 10, 14, 13, 0, tzinfo=UTC),
    }
    for words, at in times.items():
        Visit.objects.create(
            practice=practice, patient=patient, person=ada, starts_at=at, reason=words
        )
    shown = [visit.reason for visit in visits_today(practice, at=NOON)]
    assert shown == ["midnight", "evening"]
    assert visits_today(practice, at=NOON, person=ben) == []


def test_the_day_the_clocks_change_has_its_own_length(practice: Practice) -> None:
    begins, ends = day_in(practice, date(2026, 10, 4))
    assert ends - begins == timedelta(hours=23)


def test_another_patients_visit_looks_like_none(pat: Patient, quinn: Patient, visit: Visit) -> None:
    assert visit_of(pat, visit.pk) == visit
    with pytest.raises(NotFound):
        visit_of(quinn, visit.pk)


def test_a_patient_is_sent_to_my_own_phone(
    ada: Person, ben: Person, pat: Patient, visit: Visit
) -> None:
    push = send_to_phone(pat, visit=visit, by=ada, at=NOON)
    assert newest_push(ada, at=NOON) == push
    assert newest_push(ben, at=NOON) is None
    assert acts_of(ada.practice) == ["visit.pushed"]


def test_without_a_visit_todays_goes_along_the_senders_own_first(
    pat: Patient, visit: Visit, ada: Person, ben: Person
) -> None:
    assert send_to_phone(pat, by=ada, at=NOON).visit == visit
    assert send_to_phone(pat, by=ben, at=NOON).visit == visit  # called into a colleague's
    own = add_visit(pat, clinician=ben, starts_at=NOON - timedelta(hours=3), by=ben, at=NOON)
    assert send_to_phone(pat, by=ben, at=NOON).visit == own


def test_a_walk_in_who_is_sent_to_a_phone_gets_one_visit(pat: Patient, ada: Person) -> None:
    tomorrow = NOON + timedelta(days=1, seconds=21)
    added = send_to_phone(pat, by=ada, at=tomorrow).visit
    assert added is not None
    assert (added.person, added.starts_at) == (ada, NOON + timedelta(days=1))
    assert send_to_phone(pat, by=ada, at=tomorrow + timedelta(minutes=40)).visit == added
    (entry,) = Entry.objects.filter(action="visit.added")
    assert (entry.actor_id, entry.object) == (ada.pk, f"visit:{added.pk}")
    assert not BreakGlass.objects.exists()  # the patient was in her care


def test_a_walk_in_sent_to_a_phone_from_behind_a_wall_is_on_the_officers_list(
    practice: Practice, ada: Person, mo: Person
) -> None:
    far = make_patient(practice, "Far", "Unseen", "WL-1")
    assert opens_by_visit(ada, far, at=NOON)
    break_glass(far, reason="treating", words="Came in without a booking", by=ada, at=NOON)
    send_to_phone(far, by=ada, at=NOON)
    assert not opens_by_visit(ada, far, at=NOON)
    told = {(one.reason, one.words) for one in to_review(mo)}
    assert ("visit", "No visit was booked: the patient was sent to a phone") in told


def test_an_opened_push_does_not_bring_back_an_older_one(
    ada: Person, pat: Patient, quinn: Patient, phone: Phone
) -> None:
    send_to_phone(pat, by=ada, at=NOON)
    newer = send_to_phone(quinn, by=ada, at=NOON + timedelta(seconds=5))
    see_push(newer, phone=phone, at=NOON + timedelta(seconds=6))
    assert newest_push(ada, at=NOON + timedelta(seconds=7)) is None
    newer.refresh_from_db()
    assert newer.seen_by == phone


def test_an_old_push_is_forgotten(ada: Person, pat: Patient) -> None:
    send_to_phone(pat, by=ada, at=NOON)
    assert newest_push(ada, at=NOON + timedelta(hours=2)) is None


def test_a_wall_stops_a_push(ada: Person, rec: Person, mo: Person, practice: Practice) -> None:
    far = make_patient(practice, "Far", "Unseen", "WL-1")
    with pytest.raises(WallUp):
        send_to_phone(far, by=ada, at=NOON)
    for person in (rec, mo):
        with pytest.raises(NotAllowed):
            send_to_phone(far, by=person, at=NOON, stepped_up=True)
    assert not Push.objects.exists()


def test_a_visit_of_somebody_else_is_not_sent(ada: Person, quinn: Patient, visit: Visit) -> None:
    with pytest.raises(NotFound):
        send_to_phone(quinn, visit=visit, by=ada, at=NOON)


def test_a_mistaken_visit_is_taken_back(rec: Person, ada: Person, quinn: Patient) -> None:
    visit = add_visit(quinn, clinician=ada, starts_at=NOON, by=rec, at=NOON - timedelta(days=1))
    cancel_visit(visit, by=rec, at=NOON)
    assert not quinn.visits.exists()
    assert acts_of(rec.practice)[-1] == "visit.cancelled"


def test_a_visit_to_which_a_consent_belongs_stays(
    visit: Visit, pat: Patient, ada: Person, rec: Person
) -> None:
    keep(pat, ada, talk(scope="visit"), agreed_at=NOON, visit=visit)
    with pytest.raises(VisitInUse):
        cancel_visit(visit, by=rec, at=NOON)
    assert Visit.objects.filter(pk=visit.pk).exists()
    assert "visit.cancelled" not in acts_of(rec.practice)


def test_who_may_not_add_visits_takes_none_back(visit: Visit, ivy: Person, cy: Person) -> None:
    for person, refusal in ((ivy, NotAllowed), (cy, NotFound)):
        with pytest.raises(refusal):
            cancel_visit(visit, by=person, at=NOON)
    assert Visit.objects.filter(pk=visit.pk).exists()


def test_the_only_visit_with_this_person_that_day_is_the_one(
    visit: Visit, pat: Patient, ada: Person, ben: Person
) -> None:
    morning, evening = NOON - timedelta(hours=3), NOON + timedelta(hours=8)
    assert only_visit_on(pat, person=ada, at=morning) == visit
    assert only_visit_on(pat, person=ben, at=morning) == visit
    assert only_visit_on(pat, person=ada, at=NOON + timedelta(days=1)) is None
    add_visit(pat, clinician=ada, starts_at=evening, by=ada, at=NOON)
    assert only_visit_on(pat, person=ada, at=morning) is None


def test_a_visit_named_on_the_phone_and_taken_back_meanwhile_is_as_if_not_named(
    visit: Visit, pat: Patient, quinn: Patient, ada: Person
) -> None:
    gone, theirs = new_id(), quinn.visits.get()
    tomorrow = NOON + timedelta(days=1)
    assert visit_at(pat, visit.pk, person=ada, at=tomorrow) == visit
    assert visit_at(pat, gone, person=ada, at=NOON) == visit
    assert visit_at(pat, gone, person=ada, at=tomorrow) is None
    with pytest.raises(NotFound):
        visit_at(pat, theirs.pk, person=ada, at=NOON)
