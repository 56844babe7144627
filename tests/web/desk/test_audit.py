"""The log on the desk: the whole of it for the privacy officer, and who saw a patient's photos."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client

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
