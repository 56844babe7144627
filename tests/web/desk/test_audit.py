"""The log on the desk: the whole of it for the privacy officer, and who saw a patient's photos."""

from collections.abc import Callable

from django.test import Client

from safelight.audit.models import Entry
from safelight.people.models import Person
from safelight.photos.models import Photo

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


def test_a_page_address_made_up_by_hand_is_the_first_page(mo: Person, at_desk: Desk) -> None:
    assert at_desk(mo).get("/audit?before=nonsense").status_code == 200
