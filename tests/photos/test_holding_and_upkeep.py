"""Holding, reading, upkeep: what is on which phone, what waits too long, what has rotted."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from safelight.audit.log import record
from safelight.audit.models import Checkpoint, Entry
from safelight.consent.models import Consent
from safelight.lib.ids import new_id
from safelight.lib.refusals import NotAllowed
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person, Phone
from safelight.photos import reading
from safelight.photos.alarms import look_into
from safelight.photos.copies import outside_count, where_is
from safelight.photos.holding import Held, note_gone, note_held
from safelight.photos.models import Alarm, Capture, Copy, Photo, Rendition
from safelight.photos.printing import print_photo
from safelight.photos.reading import After
from safelight.photos.upkeep import age_alarms, keep_up, read_again
from safelight.policy.models import Practice, Setting
from safelight.vault.stores import store
from tests.audit.tampering import without_triggers
from tests.conftest import NOON
from tests.photos.making import arrived, filed, picture, spoil

HOUR = timedelta(hours=1)


def enter(*practices: Practice) -> None:
    for practice in practices:
        with transaction.atomic():
            record("audit.viewed", practice=practice.pk, by=None, at=NOON)


def open_kinds() -> list[str]:
    return sorted(Alarm.objects.filter(ended_at=None).values_list("kind", flat=True))


def test_what_a_phone_holds_is_in_the_ledger_before_it_is_sent(phone: Phone) -> None:
    numbers = [new_id(), new_id()]
    for _ in range(2):
        note_held(phone, [Held(number, NOON) for number in numbers], at=NOON)
    assert outside_count(phone.practice) == 2
    assert {c.pk for c in reading.captures_possibly_on(phone)} == set(numbers)


def test_a_consent_in_a_phones_queue_is_no_copy_of_a_photo(phone: Phone) -> None:
    note_held(phone, [Held(new_id(), NOON, Capture.Kind.CONSENT)], at=NOON)
    assert outside_count(phone.practice) == 0
    assert reading.captures_possibly_on(phone).count() == 0


def test_a_phone_cannot_speak_of_anothers_captures(phone: Phone, ben: Person) -> None:
    other = Phone.objects.create(
        practice=phone.practice,
        owner=ben,
        name="Ben’s phone",
        public_key=b"",
        paired_at=NOON,
        paired_by=ben.pk,
    )
    number = new_id()
    note_held(phone, [Held(number, NOON)], at=NOON)
    note_held(other, [Held(number, NOON)], at=NOON)
    assert note_gone(other, [number], at=NOON) == 0
    assert Capture.objects.get(pk=number).phone == phone
    assert outside_count(phone.practice) == 1


def test_a_filed_photo_that_is_gone_from_the_phone_is_no_longer_outside(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    assert outside_count(phone.practice) == 1
    assert reading.whereabouts(Capture.objects.get(pk=photo.pk)) == (1, 1)
    assert note_gone(phone, [photo.pk], at=NOON + HOUR) == 1
    assert note_gone(phone, [photo.pk], at=NOON + HOUR) == 0
    assert outside_count(phone.practice) == 0
    assert reading.whereabouts(Capture.objects.get(pk=photo.pk)) == (0, 1)
    last = where_is(photo)[-1]
    assert (last.holder, last.state) == ("phone", "ended")
    assert "filed receipt" in last.end_evidence
    assert list(reading.captures_possibly_on(phone)) == []
    assert reading.captures_gone_from(phone) == 1
    Capture.objects.filter(pk=photo.pk).update(kind=Capture.Kind.CONSENT)
    assert reading.captures_gone_from(phone) == 0, "a sealed consent is no photo"
    assert Entry.objects.filter(action="copy.ended").count() == 1


def test_a_photo_that_went_before_it_was_filed_raises_an_alarm_that_stays(
    phone: Phone, mo: Person, ada: Person
) -> None:
    number = new_id()
    note_held(phone, [Held(number, NOON)], at=NOON)
    note_gone(phone, [number], at=NOON + HOUR)
    assert open_kinds() == ["lost"]
    age_alarms(phone.practice, at=NOON + 25 * HOUR)
    assert open_kinds() == ["lost"]
    with pytest.raises(NotAllowed):
        look_into(Alarm.objects.get().pk, by=ada, at=NOON + 26 * HOUR)
    look_into(Alarm.objects.get().pk, by=mo, at=NOON + 26 * HOUR)
    age_alarms(phone.practice, at=NOON + 27 * HOUR)
    assert open_kinds() == [], "nobody can mend it, so it is not asked again"
    assert list(reading.unfiled(phone.practice)) == []


def test_the_ledger_says_how_it_stood_with_what_a_phone_forgot(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    refused = arrived(phone, ada, pat)
    Capture.objects.filter(pk=refused.pk).update(state="refused")
    lost = new_id()
    note_held(phone, [Held(lost, NOON)], at=NOON)
    note_gone(phone, [refused.pk, lost], at=NOON + HOUR)
    said = {copy.capture_id: copy.end_evidence for copy in Copy.objects.filter(holder="phone")}
    assert said == {
        refused.pk: "It was refused here; the phone says it is gone",
        lost: "It was never filed; the phone says it is gone",
    }


def test_a_lost_phone_may_hold_all_it_has_not_shown_to_be_gone(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    gone, kept = filed(phone, ada, pat), filed(phone, ada, pat, image=picture(7))
    note_gone(phone, [gone.pk], at=NOON)
    waiting = arrived(phone, ada, pat)
    assert {c.pk for c in reading.captures_possibly_on(phone)} == {kept.pk, waiting.pk}


def test_alarms_age_by_the_practices_limits_and_end_when_mended(
    phone: Phone, ada: Person, pat: Patient, visit: Visit, consent: Consent, practice: Practice
) -> None:
    note_held(phone, [Held(new_id(), NOON)], at=NOON)
    photo = filed(phone, ada, pat, visit=visit, label="")
    print_photo(photo, purpose="record", by=ada, at=NOON, due_at=NOON + HOUR)
    age_alarms(practice, at=NOON + timedelta(minutes=59))
    assert open_kinds() == []
    age_alarms(practice, at=NOON + 13 * HOUR)
    assert open_kinds() == ["overdue", "unfiled"]
    age_alarms(practice, at=NOON + 25 * HOUR)
    assert open_kinds() == ["incomplete", "overdue", "unfiled"]
    raised = Entry.objects.filter(action="alarm.raised").count()
    age_alarms(practice, at=NOON + 26 * HOUR)
    assert Entry.objects.filter(action="alarm.raised").count() == raised == 3
    Photo.objects.update(incomplete=False)
    Copy.objects.update(state="ended")
    Capture.objects.update(state="filed")
    age_alarms(practice, at=NOON + 27 * HOUR)
    assert open_kinds() == []


def test_today_groups_what_needs_a_person(
    phone: Phone, ada: Person, pat: Patient, visit: Visit, consent: Consent, practice: Practice
) -> None:
    note_held(phone, [Held(new_id(), NOON)], at=NOON)
    photo = filed(phone, ada, pat, visit=visit, label="")
    print_photo(photo, purpose="record", by=ada, at=NOON, due_at=NOON + HOUR)
    early, late = reading.today(practice, at=NOON), reading.today(practice, at=NOON + 30 * HOUR)
    assert (len(early.waiting), len(early.unlabelled), early.unfiled) == (1, 1, [])
    assert (early.incomplete, early.owed) == ([], [])
    assert (len(late.unfiled), len(late.incomplete), len(late.owed)) == (1, 1, 1)
    assert (late.waiting, late.unlabelled) == ([], [])


def test_today_shows_nothing_of_another_practice(
    phone: Phone, other_practice: Practice, ada: Person, pat: Patient, consent: Consent
) -> None:
    filed(phone, ada, pat, label="")
    note_held(phone, [Held(new_id(), NOON)], at=NOON)
    theirs = reading.today(other_practice, at=NOON + 99 * HOUR)
    assert all(not getattr(theirs, name) for name in theirs.__slots__)
    assert outside_count(other_practice) == 0


def test_upkeep_signs_the_log_hourly(practice: Practice, phone: Phone) -> None:
    note_held(phone, [Held(new_id(), NOON)], at=NOON)
    keep_up(at=NOON)
    keep_up(at=NOON + timedelta(minutes=59))
    assert Checkpoint.objects.filter(practice=practice.pk).count() == 1
    note_held(phone, [Held(new_id(), NOON)], at=NOON)
    keep_up(at=NOON + HOUR)
    assert Checkpoint.objects.filter(practice=practice.pk).count() == 2


def test_a_log_that_was_altered_is_told_and_stops_no_other_upkeep(
    practice: Practice, other_practice: Practice
) -> None:
    enter(practice, other_practice)
    keep_up(at=NOON)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_checkpoint SET size = size + 50 WHERE size = 1")
    enter(practice, other_practice)
    for _ in range(2):
        keep_up(at=NOON + HOUR)
    raised = sorted(Alarm.objects.values_list("kind", "practice"))
    assert raised == sorted([("log", practice.pk), ("log", other_practice.pk)])


def test_what_fails_for_one_practice_keeps_no_other_waiting(
    practice: Practice, other_practice: Practice, caplog: pytest.LogCaptureFixture
) -> None:
    Setting.objects.create(practice=practice, key="alarm_hours", value="soon", since=NOON)
    enter(practice, other_practice)
    assert practice.pk < other_practice.pk  # they are looked after in this order
    assert not keep_up(at=NOON)
    signed = set(Checkpoint.objects.values_list("practice", flat=True))
    assert signed == {practice.pk, other_practice.pk}
    assert "a part of the upkeep failed" in caplog.text
    Setting.objects.all().delete()
    assert keep_up(at=NOON)


def test_a_checkpoint_of_a_clock_that_was_ahead_does_not_stop_the_next(practice: Practice) -> None:
    enter(practice)
    keep_up(at=NOON + timedelta(days=300))
    enter(practice)
    keep_up(at=NOON + HOUR)
    assert Checkpoint.objects.filter(practice=practice.pk).count() == 2


@pytest.mark.parametrize("how", ["flipped", "gone"])
def test_a_rotten_blob_is_found_and_named(
    phone: Phone, ada: Person, pat: Patient, consent: Consent, how: str
) -> None:
    good, bad = filed(phone, ada, pat), filed(phone, ada, pat, image=picture(8))
    name = bad.renditions.get(kind="original").blob
    if how == "gone":
        store().delete(name)
    else:
        spoil(name)
    assert read_again(at=NOON + timedelta(days=1)) == 0
    assert read_again(at=NOON + timedelta(days=26)) == 6
    assert [a.about for a in Alarm.objects.all()] == [f"photo:{bad.pk}"]
    assert not Rendition.objects.filter(checked_at__lt=NOON + timedelta(days=26)).exists()
    assert good.pk != bad.pk


def test_a_timeline_pages_by_key_without_loss_or_doubles(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    first = filed(phone, ada, pat)
    fields = {
        f.attname: getattr(first, f.attname)
        for f in Photo._meta.concrete_fields
        if f.attname not in ("id", "capture_id", "taken_at")
    }
    Photo.objects.bulk_create(
        Photo(id=new_id(), taken_at=NOON - timedelta(hours=n // 3), **fields) for n in range(30)
    )
    seen: list[Photo] = []
    after: After | None = None
    while True:
        page = reading.timeline(pat, after=after, size=7)
        seen += page.photos
        if page.after is None:
            break
        after = After.read(str(page.after))
        assert after == page.after
    assert len(seen) == len({photo.pk for photo in seen}) == 31
    assert seen == sorted(seen, key=lambda p: (p.taken_at, p.pk.int), reverse=True)
    assert reading.timeline(pat, site_code="70559009", side="R").photos == []
    assert [s.count for s in reading.sites_of(pat)] == [31]
    assert reading.newest_by_site(pat)[0][1].site_code == "70559009"


@pytest.mark.parametrize("text", ["", "~", "yesterday~1", "2026-10-14T01:00:00~" + "0" * 32])
def test_a_page_link_that_is_none_means_the_first_page(text: str) -> None:
    assert After.read(text) is None


def test_the_median_from_unlock_to_filed_leaves_out_what_cannot_be(
    phone: Phone, ada: Person, pat: Patient, consent: Consent, practice: Practice
) -> None:
    assert reading.median_seconds_to_filed(practice, since=NOON - HOUR) is None
    for seconds in (20, 30, 40):
        unlocked = (NOON - timedelta(seconds=seconds)).isoformat()
        filed(phone, ada, pat, timing={"unlocked_at": unlocked})
    filed(phone, ada, pat, timing={"unlocked_at": (NOON + HOUR).isoformat()})
    filed(phone, ada, pat, timing={"unlocked_at": (NOON - 3 * HOUR).isoformat()})
    filed(phone, ada, pat, timing={})
    assert reading.median_seconds_to_filed(practice, since=NOON - HOUR) == 30.0


def test_photos_of_one_instant_are_neighbours_in_one_order(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    for number in (1, 2, 3):
        filed(phone, ada, pat, image=picture(number))
    Photo.objects.update(taken_at=NOON)
    first, second, third = Photo.objects.order_by("pk")
    assert reading.neighbours(first) == (None, second)
    assert reading.neighbours(second) == (first, third)
    assert reading.neighbours(third) == (second, None)
