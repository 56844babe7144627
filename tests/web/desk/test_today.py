"""Today: what needs someone, by duty, and the lamp."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from safelight.lib.clock import now
from safelight.lib.ids import new_id
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person, Phone
from safelight.photos import reading
from safelight.photos.alarms import raise_alarm
from safelight.photos.copies import Basis, begin_copy
from safelight.photos.models import Alarm, Capture, Copy, Photo
from safelight.photos.upkeep import age_alarms
from safelight.policy.models import Practice
from tests.conftest import make_patient

Desk = Callable[[Person], Client]


def test_an_empty_day_says_so_and_the_lamp_is_out(ada: Person, at_desk: Desk) -> None:
    page = at_desk(ada).get("/").content.decode()
    assert "Nothing is waiting." in page
    assert '<span class="mark" data-state="in"></span>Safelight' in page
    assert "<b>0</b>" in page


def test_a_photo_on_a_phone_lights_the_lamp(photo: Photo, ada: Person, at_desk: Desk) -> None:
    page = at_desk(ada).get("/").content.decode()
    assert '<span class="mark" data-state="out"></span>Safelight' in page
    assert "<b>1</b>" in page


def test_a_print_past_its_day_is_late_and_turns_the_lamp_red(
    photo: Photo, ada: Person, mo: Person, practice: Practice, at_desk: Desk
) -> None:
    begin_copy(
        practice=practice,
        holder=Copy.Holder.PAPER,
        basis=Basis("For a clinic"),
        at=now() - timedelta(days=30),
        photo=photo,
        number=1,
        holder_name="Harbour Clinic",
        due_at=now() - timedelta(days=5, minutes=1),
    )
    for person in (ada, mo):
        page = at_desk(person).get("/").content.decode()
        assert '<span class="mark" data-state="alarm"></span>Safelight' in page
        assert "5 days over" in page
        assert "Account for it" in page
    where = f"/photos/{photo.pk}"
    assert "1 is overdue." in at_desk(ada).get(where).content.decode()
    Copy.objects.filter(photo=photo, holder=Copy.Holder.PHONE).delete()
    page = at_desk(ada).get(where).content.decode()
    assert "1 copy is outside the practice. <small>It is overdue." in page


def test_reception_sees_the_list_and_no_photo_work(
    photo: Photo, rec: Person, at_desk: Desk
) -> None:
    Photo.objects.filter(pk=photo.pk).update(incomplete=True)
    page = at_desk(rec).get("/").content.decode()
    for words in ("Label it", "Finish it", "Choose the visit", "To my phone"):
        assert words not in page


def test_a_photo_without_words_asks_a_clinician_for_them(
    photo: Photo, ben: Person, at_desk: Desk
) -> None:
    Photo.objects.filter(pk=photo.pk).update(incomplete=True, label="")
    page = at_desk(ben).get("/").content.decode()
    assert "Label not finished" in page
    assert "Needs a label. Taken by Dr Ada Specimen" in page
    assert f"/photos/{photo.pk}/label" in page


def test_another_practice_counts_its_own(photo: Photo, cy: Person, at_desk: Desk) -> None:
    assert "Nothing is waiting." in at_desk(cy).get("/").content.decode()


def test_a_label_owed_too_long_is_heavy_and_never_red(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    Copy.objects.filter(photo=photo, holder=Copy.Holder.PHONE).delete()
    long_ago = now() - timedelta(hours=30)
    Photo.objects.filter(pk=photo.pk).update(incomplete=True, filed_at=long_ago)
    age_alarms(photo.practice, at=now())
    page = at_desk(ada).get("/").content.decode()
    assert "1 is late." in page
    assert "data-late" in page
    assert "Limit is 24 h" in page
    assert 'data-state="alarm"' not in page


def test_an_alarm_stays_until_the_manager_has_looked_into_it(
    practice: Practice, mo: Person, ada: Person, at_desk: Desk
) -> None:
    raise_alarm(Alarm.Kind.MANY_VIEWS, practice=practice, about=f"person:{ada.pk}", at=now())
    alarm = Alarm.objects.get()
    client = at_desk(mo)
    assert f"/alarms/{alarm.pk}" in client.get("/").content.decode()
    page = client.get(f"/alarms/{alarm.pk}").content.decode()
    assert "One person looked at very many photos" in page
    assert at_desk(ada).post(f"/alarms/{alarm.pk}").status_code == 403
    alarm.refresh_from_db()
    assert alarm.ended_at is None
    client.post(f"/alarms/{alarm.pk}")
    alarm.refresh_from_db()
    assert alarm.ended_by == mo
    assert f"/alarms/{alarm.pk}" not in client.get("/").content.decode()


def test_who_does_not_see_what_waits_is_not_told_that_all_is_well(
    photo: Photo, ada: Person, rec: Person, at_desk: Desk
) -> None:
    page = at_desk(rec).get("/").content.decode()
    assert "Nothing is waiting for you." in page
    assert "1 copy is outside, each for a reason." in page
    Copy.objects.filter(photo=photo).update(due_at=now() - timedelta(days=1))
    page = at_desk(rec).get("/").content.decode()
    assert "1 copy is outside, and not all of them should be." in page
    for words in ("Every photo is where it belongs", "No photo is late"):
        assert words not in page


def test_who_may_not_search_patients_is_offered_no_search(
    practice: Practice, ada: Person, at_desk: Desk
) -> None:
    who = Person.objects.create(
        practice=practice, given="Ivan", family="Wires", email="it@practice.invalid", roles=["IT"]
    )
    assert 'role="search"' in at_desk(ada).get("/").content.decode()
    assert 'role="search"' not in at_desk(who).get("/").content.decode()


def test_the_days_list_says_what_a_visit_is_about_to_those_it_concerns(
    at_desk: Desk, practice: Practice, ada: Person, ben: Person, reg: Person, rec: Person
) -> None:
    for who, restricted in ((ada, True), (ben, False)):
        patient = make_patient(practice, "Terry", "Testcase", f"47{who.given}")
        Patient.objects.filter(pk=patient.pk).update(restricted=restricted)
        Visit.objects.create(
            practice=practice,
            patient=patient,
            person=who,
            starts_at=now(),
            reason=f"Comes to {who.given}",
        )
    for reader, reads in ((ada, "Ada Ben"), (reg, "Ada"), (ben, "Ben"), (rec, "Ben")):
        page = at_desk(reader).get("/").content.decode()
        shown = [who for who in ("Ada", "Ben") if f"Comes to {who}" in page]
        assert shown == reads.split(), reader.given


def test_what_a_full_group_leaves_out_is_counted_and_led_to(
    photo: Photo, ada: Person, practice: Practice, at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ROWS", 2)
    for number in range(1, 6):
        begin_copy(
            practice=practice, holder=Copy.Holder.PAPER, basis=Basis("For a clinic"), photo=photo,
            at=now() - timedelta(days=30), number=number, holder_name=f"Clinic {number}",
            due_at=now() - timedelta(days=9 - number),
        )  # fmt: skip
    client = at_desk(ada)
    page = client.get("/").content.decode()
    assert "More than" in page
    assert "3 more, newer than these." in page
    assert page.count("Account for it") == 2
    assert "<b>5</b>" in page  # the board counts all of them
    (address,) = re.findall(r'href="(\?of=owed[^"]*)"', page)
    rest = client.get("/" + unescape(address)).content.decode()
    assert "Clinic 3" in rest
    assert "Clinic 2" not in rest
    assert "1 more, newer than these." in rest
    assert "Nothing more is waiting here." in client.get("/?of=owed&from=90").content.decode()


def test_alarms_of_other_duties_do_not_crowd_out_those_of_mine(
    mo: Person, practice: Practice, at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ROWS", 2)
    for number in range(3):
        raise_alarm(Alarm.Kind.OVERDUE, about=f"copy:{number}", practice=practice, at=now())
    raise_alarm(Alarm.Kind.CONFLICT, about="capture:1", practice=practice, at=now())
    mine = Alarm.objects.get(kind=Alarm.Kind.CONFLICT)
    assert f"/alarms/{mine.pk}" in at_desk(mo).get("/").content.decode()


def test_a_consent_on_its_way_is_called_no_photo(phone: Phone, ada: Person, at_desk: Desk) -> None:
    Capture.objects.create(
        id=new_id(), practice=ada.practice, phone=phone, person=ada,
        kind=Capture.Kind.CONSENT, state=Capture.State.ANNOUNCED, announced_at=now(),
    )  # fmt: skip
    page = at_desk(ada).get("/").content.decode()
    assert "1 sealed consent" in page
    assert "1 sealed photo" not in page
