"""The log on the desk: the whole of it for the privacy officer, and who saw a patient's photos."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import Client

from safelight.audit import reading
from safelight.audit.actor import Actor
from safelight.audit.log import record
from safelight.audit.models import Entry
from safelight.lib.clock import now
from safelight.lib.ids import new_id
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos.flagging import set_flags
from safelight.photos.models import Photo
from safelight.photos.printing import print_photo
from safelight.policy.models import Practice
from safelight.sharing.models import Release
from safelight.sharing.reading import recipients_of
from tests.conftest import NOON
from tests.signing_in import signed_in_client

Desk = Callable[[Person], Client]


def test_who_saw_names_the_person_and_leaves_its_own_entry(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    client.get(f"/photos/{photo.pk}/view.jpg")
    page = client.get(f"/patients/{photo.patient_id}/who-saw").content.decode()
    assert "1 person saw Pat’s photos." in page
    assert "Dr Ada Specimen" in page
    assert "Looked at the photo" in page
    assert Entry.objects.filter(action="audit.viewed", patient=photo.patient_id).count() == 1


def test_the_whole_log_is_for_the_privacy_officer(
    photo: Photo, ada: Person, mo: Person, at_desk: Desk
) -> None:
    assert at_desk(ada).get("/audit").status_code == 403
    page = at_desk(mo).get("/audit").content.decode()
    assert "none of which can be changed" in page
    assert "filed the photo" in page
    assert "TESTCASE" not in page


def test_looking_at_the_log_is_in_the_log(mo: Person, at_desk: Desk) -> None:
    client = at_desk(mo)
    client.get("/audit")
    assert "looked at the log" in client.get("/audit").content.decode()


@pytest.mark.parametrize("before", ["nonsense", "²", "9" * 30])
def test_a_page_address_made_up_by_hand_is_the_first_page(
    mo: Person, at_desk: Desk, before: str
) -> None:
    assert at_desk(mo).get("/audit", {"before": before}).status_code == 200


def test_the_manager_reads_who_saw_without_seeing_a_photo(
    photo: Photo, ada: Person, practice: Practice, at_desk: Desk
) -> None:
    manager = Person.objects.create(
        practice=practice, given="Max", family="Madeup", email="max@madeup.example", roles=["M"]
    )
    at_desk(ada).get(f"/photos/{photo.pk}/view.jpg")
    client = at_desk(manager)
    assert "Dr Ada Specimen" in client.get(f"/patients/{photo.patient_id}/who-saw").content.decode()
    assert "Who saw the photos" in (
        client.get(f"/patients/{photo.patient_id}/visits").content.decode()
    )
    assert client.get(f"/photos/{photo.pk}/view.jpg").status_code == 403
    stale = signed_in_client(manager, stepped_up=False)
    assert stale.get(f"/patients/{photo.patient_id}/who-saw").status_code == 303


def test_a_doctor_meets_the_wall_before_who_saw(
    photo: Photo, ada: Person, pat: Patient, at_desk: Desk
) -> None:
    Patient.objects.filter(pk=pat.pk).update(restricted=True)
    assert at_desk(ada).get(f"/patients/{pat.pk}/who-saw").status_code == 403


def test_the_words_kept_with_an_entry_are_for_the_privacy_officer_and_read_openly(
    photo: Photo, ada: Person, mo: Person, ivy: Person, cy: Person, at_desk: Desk
) -> None:
    set_flags(
        photo,
        sensitive=True,
        restricted=False,
        recognisable=None,
        reason="It shows a scar",
        by=ada,
        at=NOON,
    )
    flagged = Entry.objects.get(action="photo.flagged")
    for nobody in (ada, ivy, cy):
        assert at_desk(nobody).get(f"/audit/{flagged.n}").status_code == 403
    client = at_desk(mo)
    everything = client.get(f"/audit/patients/{photo.patient_id}").content.decode()
    assert f'href="/audit/{flagged.n}"' in everything
    assert "It shows a scar" not in everything
    page = client.get(f"/audit/{flagged.n}").content.decode()
    assert "It shows a scar" in page
    looked = Entry.objects.filter(action="audit.viewed", object=f"entry:{flagged.n}")
    assert [entry.actor_id for entry in looked] == [mo.pk]
    assert client.get("/audit/999999").status_code == 404


def test_another_practices_entry_is_not_there(
    photo: Photo, other_practice: Practice, at_desk: Desk
) -> None:
    officer = Person.objects.create(
        practice=other_practice, given="Oz", family="Officer", email="oz@o.example", roles=["P"]
    )
    number = Entry.objects.order_by("-n")[0].n
    client = at_desk(officer)
    assert client.get(f"/audit/{number}").status_code == 404
    assert client.get(f"/audit/patients/{photo.patient_id}").status_code == 404


def test_whoever_is_kept_out_is_in_the_log_once(
    photo: Photo, pat: Patient, rec: Person, ada: Person, cy: Person, at_desk: Desk
) -> None:
    Patient.objects.filter(pk=pat.pk).update(restricted=True)
    at_desk(rec).get(f"/photos/{photo.pk}/original")
    at_desk(ada).get(f"/patients/{pat.pk}")
    at_desk(cy).get(f"/patients/{pat.pk}")  # another practice: there is nothing, so no entry
    kept_out = Entry.objects.filter(action="refusal").order_by("n")
    assert [(e.actor_id, e.object, e.outcome) for e in kept_out] == [
        (rec.pk, f"photo:{photo.pk}", "not_allowed"),
        (ada.pk, f"patient:{pat.pk}", "walled"),
    ]


def test_the_patient_reads_what_was_done_in_words(photo: Photo, ada: Person, at_desk: Desk) -> None:
    client = at_desk(ada)
    client.get(f"/photos/{photo.pk}/view.jpg")
    client.get(f"/photos/{photo.pk}/full.jpg")
    print_photo(photo, purpose="record", holder_name="Clinic", by=ada, at=now())
    page = client.get(f"/patients/{photo.patient_id}/who-saw").content.decode()
    assert "<small>At actual size</small>" in page
    assert "<small>For the paper record</small>" in page
    for inner in ("view", "full", "record"):
        assert f"<small>{inner}</small>" not in page


@pytest.mark.parametrize(
    ("role", "words"), [("SP", "A recipient"), ("PT", "The patient"), ("GP", "Someone else")]
)
def test_readers_by_a_link_are_told_apart_from_strangers(
    pat: Patient, mo: Person, at_desk: Desk, role: str, words: str
) -> None:
    with transaction.atomic():
        record(
            "share.opened", practice=mo.practice_id, by=Actor(id=new_id(), role=role), at=NOON,
            patient=pat.pk,
        )  # fmt: skip
    page = at_desk(mo).get("/audit").content.decode()
    assert f'<th scope="row">{words}<small>' in page


def test_whoever_looked_by_a_link_is_named_as_the_share_names_them(
    pat: Patient, ada: Person, mo: Person, at_desk: Desk
) -> None:
    share = Release.objects.create(
        practice=ada.practice, patient=pat, use="referral", made_by=ada, made_at=NOON,
        recipient_name="Dr Nil Dummy",
    )  # fmt: skip
    with transaction.atomic():
        record(
            "share.photo_opened", practice=ada.practice_id, by=Actor(id=share.pk, role="SP"),
            at=NOON, patient=pat.pk,
        )  # fmt: skip
    for page in ("/audit", f"/patients/{pat.pk}/who-saw", f"/audit/patients/{pat.pk}"):
        words = at_desk(mo).get(page).content.decode()
        assert '<th scope="row">Dr Nil Dummy<small>By a link or code' in words, page
    assert "1 person saw Pat’s photos." in (
        at_desk(ada).get(f"/patients/{pat.pk}/who-saw").content.decode()
    )


def test_a_recipient_is_named_only_to_those_who_may_see_every_share(
    pat: Patient, ada: Person, cy: Person, ivy: Person
) -> None:
    share = Release.objects.create(
        practice=ada.practice, patient=pat, use="referral", made_by=ada, made_at=NOON,
        recipient_name="Dr Nil Dummy",
    )  # fmt: skip
    assert recipients_of(ada, [share.pk]) == {share.pk: "Dr Nil Dummy"}
    for nobody in (cy, ivy):  # of another practice; without the duty
        assert recipients_of(nobody, [share.pk]) == {}


def test_the_log_is_narrowed_by_person_act_and_day_in_the_practices_zone(
    ada: Person, ben: Person, mo: Person, at_desk: Desk
) -> None:
    midnight = datetime(2026, 11, 5, tzinfo=ZoneInfo(mo.practice.zone))
    with transaction.atomic():
        for who, act, at in (
            (ada, "photo.viewed", midnight - timedelta(minutes=1)),
            (ben, "photo.viewed", midnight),
            (ada, "photo.labelled", midnight + timedelta(hours=23, minutes=59)),
            (None, "alarm.raised", midnight + timedelta(hours=24)),
        ):
            record(act, practice=mo.practice_id, by=who, at=at)

    def shown(**sought: str) -> list[str]:
        page = at_desk(mo).get("/audit", sought).content.decode()
        return re.findall(r'data-label="Did">(.*?)<', page)

    the_day = {"since": "2026-11-05", "until": "2026-11-05"}
    assert shown(**the_day) == ["changed the photo&#x27;s label or notes", "looked at the photo"]
    assert shown(**the_day, who=str(ada.pk)) == ["changed the photo&#x27;s label or notes"]
    assert shown(act="photo.viewed", who=str(ben.pk)) == ["looked at the photo"]
    assert shown(act="photo.viewed", until="2026-11-04") == ["looked at the photo"]
    assert shown(who="safelight") == ["raised an alarm for a person to look at"]
    assert Entry.objects.filter(action="audit.viewed", object=f"person:{ada.pk}").count() == 1
    assert Entry.objects.filter(action="audit.viewed").count() == 5


def test_a_narrowed_log_goes_on_to_its_next_page_without_a_name_in_the_address(
    ada: Person, ben: Person, mo: Person, at_desk: Desk
) -> None:
    with transaction.atomic():
        for number in range(reading.PAGE + 2):
            record("photo.viewed", practice=mo.practice_id, by=ada, at=NOON, detail=str(number))
            record("photo.viewed", practice=mo.practice_id, by=ben, at=NOON)
    client = at_desk(mo)
    first = client.get("/audit", {"who": str(ada.pk)}).content.decode()
    (older,) = re.findall(r'href="(\?[^"]*before=\d+)"', first)
    assert unescape(older).startswith(f"?who={ada.pk}&before=")
    second = client.get("/audit" + unescape(older)).content.decode()
    assert second.count('<th scope="row">Dr Ada Specimen') == 2
    assert '<th scope="row">Ben' not in second


@pytest.mark.parametrize("before", ["²", "9" * 30, "9" * 5000, "-1", ""])
def test_a_place_that_no_log_has_shows_the_newest(mo: Person, at_desk: Desk, before: str) -> None:
    assert at_desk(mo).get("/audit", {"before": before}).status_code == 200


@pytest.mark.parametrize(
    "sought", [{"who": "x"}, {"act": "photo.stolen"}, {"since": "31/31/2026"}, {"until": "never"}]
)
def test_what_cannot_be_sought_shows_nothing_and_says_so(
    ada: Person, mo: Person, at_desk: Desk, sought: dict[str, str]
) -> None:
    client = at_desk(mo)
    client.get("/audit")
    answer = client.get("/audit", sought)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "Mend what is marked" in page
    assert "<thead>" not in page


def test_somebody_of_another_practice_cannot_be_sought(
    cy: Person, mo: Person, at_desk: Desk
) -> None:
    assert at_desk(mo).get("/audit", {"who": str(cy.pk)}).status_code == 400


def test_a_patients_entries_are_found_through_the_search_and_narrowed(
    photo: Photo, ada: Person, mo: Person, at_desk: Desk
) -> None:
    client = at_desk(mo)
    hits = client.post("/audit/patients", {"q": "testc"}).content.decode()
    assert f'href="/audit/patients/{photo.patient_id}"' in hits
    nobody = client.post("/audit/patients", {"q": "zzyzx"}).content.decode()
    assert "Nobody has that name" in nobody
    assert "<thead>" not in nobody
    assert at_desk(ada).post("/audit/patients", {"q": "testc"}).status_code == 403
    path = f"/audit/patients/{photo.patient_id}"
    page = client.get(path, {"act": "photo.filed"}).content.decode()
    assert page.count('data-label="Did"') == 1
    assert "No entry fits." in client.get(path, {"act": "policy.changed"}).content.decode()


@pytest.mark.parametrize(
    ("act", "purpose", "outcome", "words"),
    [
        ("refusal", "", "not_allowed", "Not allowed"),
        ("photo.viewed", "view", "done", "Done"),
        ("share.ended", "referral", "used_up", "Opened as often as was"),
        ("share.sent", "referral", "link", "A link we can end"),
        ("alarm.raised", "", "overdue", "A copy should have ended"),
        ("copy.ended", "share", "out_of_reach", "Out of reach"),
        ("photo.flagged", "", "sensitive_recognisable", "Sensitive and recognisable"),
        ("photo.flagged", "", "none", "Neither"),
        ("consent.withdrawn", "", "done", "<small>All of it</small>"),
        ("consent.withdrawn", "peer_opinion", "done", "<small>Advice from other doctors"),
    ],
)
def test_what_an_act_was_for_and_what_came_of_it_is_told_in_words(
    mo: Person, at_desk: Desk, act: str, purpose: str, outcome: str, words: str
) -> None:
    with transaction.atomic():
        record(act, practice=mo.practice_id, by=mo, at=NOON, purpose=purpose, outcome=outcome)
    page = at_desk(mo).get("/audit", {"act": act}).content.decode()
    assert words in page
    assert f">{outcome}<" not in page
    assert not purpose or f">{purpose}<" not in page
