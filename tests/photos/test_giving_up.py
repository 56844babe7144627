"""Giving up: what a stopped phone held is out of reach on a person's word, and asks for no more."""

from datetime import timedelta

import pytest

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.lib.ids import new_id
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.people.phones import report_lost
from safelight.photos import reading
from safelight.photos.copies import outside_count, where_is
from safelight.photos.giving_up import StillOpen, awaited, give_up
from safelight.photos.holding import Held, note_gone, note_held
from safelight.photos.models import Alarm, Capture, Copy
from safelight.photos.upkeep import age_alarms
from tests.conftest import NOON
from tests.photos.making import arrived, filed

HOUR = timedelta(hours=1)
HOW = "The carrier erased it, reference 12"


def lose(phone: Phone, by: Person) -> Phone:
    report_lost(phone, last_seen="", by=by, at=NOON + HOUR)
    phone.refresh_from_db()
    return phone


def test_what_a_lost_phone_held_is_out_of_reach_and_asks_for_no_more(
    phone: Phone, ada: Person, mo: Person, pat: Patient, consent: Consent
) -> None:
    photo, number, agreed = filed(phone, ada, pat), new_id(), new_id()
    sealed = [Held(number, NOON), Held(agreed, NOON, Capture.Kind.CONSENT)]
    note_held(phone, sealed, at=NOON)
    lose(phone, mo)
    age_alarms(phone.practice, at=NOON + 25 * HOUR)
    assert Alarm.objects.filter(ended_at=None).count() == 2
    assert give_up(phone, evidence=HOW, by=mo, at=NOON + 26 * HOUR) == 3
    age_alarms(phone.practice, at=NOON + 27 * HOUR)
    assert not Alarm.objects.filter(ended_at=None).exists()
    assert list(reading.unfiled(phone.practice)) == []
    assert outside_count(phone.practice) == 0
    assert {copy.state for copy in Copy.objects.filter(holder="phone")} == {"out_of_reach"}
    assert {row.pk for row in reading.captures_possibly_on(phone)} == {photo.pk, number}
    assert reading.whereabouts(Capture.objects.get(pk=photo.pk)) == (2, 1), "nobody knows it is 0"
    last = next(copy for copy in where_is(photo) if copy.holder == "phone")
    assert (last.end_evidence, last.ended_by) == (HOW, mo)
    assert give_up(phone, evidence=HOW, by=mo, at=NOON + 28 * HOUR) == 0
    assert Entry.objects.filter(action="phone.given_up").count() == 1


def test_a_refused_photo_of_a_stopped_phone_leaves_today(
    phone: Phone, ada: Person, mo: Person, pat: Patient, consent: Consent
) -> None:
    capture = arrived(phone, ada, pat)
    Capture.objects.filter(pk=capture.pk).update(state="refused")
    lose(phone, mo)
    assert len(reading.today(phone.practice, at=NOON).refused) == 1
    give_up(phone, evidence=HOW, by=mo, at=NOON + HOUR)
    assert reading.today(phone.practice, at=NOON).refused == []


def test_what_arrived_before_is_still_filed(
    phone: Phone, ada: Person, mo: Person, pat: Patient, consent: Consent
) -> None:
    capture = arrived(phone, ada, pat)
    lose(phone, mo)
    give_up(phone, evidence=HOW, by=mo, at=NOON + HOUR)
    assert list(reading.unfiled(phone.practice)) == [capture]


def test_a_phone_that_turns_up_has_the_last_word(
    phone: Phone, ada: Person, mo: Person, pat: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    lose(phone, mo)
    give_up(phone, evidence=HOW, by=mo, at=NOON + HOUR)
    assert note_gone(phone, [photo.pk], at=NOON + 2 * HOUR) == 1
    last = next(copy for copy in where_is(photo) if copy.holder == "phone")
    assert (last.state, last.ended_at) == ("ended", NOON + 2 * HOUR)
    assert "the phone says it is gone" in last.end_evidence


def test_a_phone_that_works_is_not_given_up(phone: Phone, mo: Person) -> None:
    note_held(phone, [Held(new_id(), NOON)], at=NOON)
    with pytest.raises(StillOpen):
        give_up(phone, evidence=HOW, by=mo, at=NOON)
    assert awaited(phone).count() == 1


@pytest.mark.parametrize("words", ["", "   ", "x" * 241])
def test_how_one_knows_is_said(phone: Phone, mo: Person, words: str) -> None:
    note_held(phone, [Held(new_id(), NOON)], at=NOON)
    lose(phone, mo)
    with pytest.raises(BadInput):
        give_up(phone, evidence=words, by=mo, at=NOON)
    assert awaited(phone).count() == 1


def test_only_who_answers_for_the_phone_gives_it_up(
    phone: Phone, mo: Person, ben: Person, cy: Person
) -> None:
    lose(phone, mo)
    with pytest.raises(NotAllowed):
        give_up(phone, evidence=HOW, by=ben, at=NOON)
    with pytest.raises(NotFound):
        give_up(phone, evidence=HOW, by=cy, at=NOON)
