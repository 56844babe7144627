"""A patient's page: photos by site and date, compared, with one entry for the small pictures."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.test import Client

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.lib.clock import now
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Copy, Photo
from safelight.photos.printing import print_photo
from tests.conftest import NOON
from tests.photos.making import filed

Desk = Callable[[Person], Client]


def words(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_no_photo_yet_says_how_one_is_taken(pat: Patient, ada: Person, at_desk: Desk) -> None:
    page = at_desk(ada).get(f"/patients/{pat.pk}").content.decode()
    assert "No photos of Pat yet." in page
    assert "Send Pat to yours with the button above" in page
    assert "Add a visit and send to my phone" in page  # the one visit was another day


def test_the_small_pictures_of_a_page_cost_one_entry(
    photo: Photo, phone: Phone, ada: Person, consent: Consent, at_desk: Desk
) -> None:
    assert photo.patient
    other = filed(phone, ada, photo.patient, consent=str(consent.pk), label="Second")
    client = at_desk(ada)
    page = client.get(f"/patients/{photo.patient_id}").content.decode()
    assert "2 photos of Pat’s left forearm" in page
    for one in (photo, other):
        assert client.get(f"/photos/{one.pk}/thumb.jpg").status_code == 200
    seen = Entry.objects.filter(action="photo.thumbnails_viewed", patient=photo.patient_id)
    assert seen.count() == 1


def test_two_photos_can_be_chosen_to_compare(
    photo: Photo, phone: Phone, ada: Person, consent: Consent, at_desk: Desk
) -> None:
    assert photo.patient
    for words in ("Second", "Third"):
        filed(phone, ada, photo.patient, consent=str(consent.pk), label=words)
    third = Photo.objects.get(label="Third")
    query = f"site={photo.site_code}&side=L&with={photo.pk}&with={third.pk}"
    page = at_desk(ada).get(f"/patients/{photo.patient_id}?{query}").content.decode()
    assert page.count("data-compare") >= 2
    assert Entry.objects.filter(action="photo.compared").count() == 2
    for one in (photo, third):
        assert f"/photos/{one.pk}/view.jpg" in page
    assert f"/photos/{Photo.objects.get(label='Second').pk}/view.jpg" not in page


def test_the_days_between_two_photos_are_days_where_the_practice_is(
    photo: Photo, phone: Phone, ada: Person, consent: Consent, at_desk: Desk
) -> None:
    assert photo.patient
    filed(phone, ada, photo.patient, consent=str(consent.pk), label="Second")
    for label, hour in ((photo.label, 12), ("Second", 14)):  # 11 pm, and 1 am on the next day
        taken_at = datetime(2026, 10, 13, hour, tzinfo=UTC)
        Photo.objects.filter(label=label).update(taken_at=taken_at)
    assert "1 day later" in words(at_desk(ada), f"/patients/{photo.patient_id}")


def test_a_pair_can_be_stepped_along_the_photos_of_its_site(
    photo: Photo, phone: Phone, ada: Person, consent: Consent, at_desk: Desk
) -> None:
    assert photo.patient
    for words in ("Second", "Third"):
        filed(phone, ada, photo.patient, consent=str(consent.pk), label=words)
    second, third = (Photo.objects.get(label=words) for words in ("Second", "Third"))
    first_two = f"with={photo.pk}&amp;with={second.pk}"
    last_two = f"with={second.pk}&amp;with={third.pk}"
    page = at_desk(ada).get(f"/patients/{photo.patient_id}").content.decode()
    assert "One step later" not in page
    assert f'rel="prev" href="?site={photo.site_code}&amp;side=L&amp;{first_two}"' in page
    query = f"site={photo.site_code}&side=L&{first_two.replace('&amp;', '&')}"
    page = at_desk(ada).get(f"/patients/{photo.patient_id}?{query}").content.decode()
    assert "One step earlier" not in page
    assert f'rel="next" href="?site={photo.site_code}&amp;side=L&amp;{last_two}"' in page


def test_the_list_says_which_photos_have_a_copy_outside(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    address = f"/patients/{photo.patient_id}"
    on_the_phone = '<span class="mark" data-state="out">1</span>'
    assert on_the_phone in words(at_desk(ada), address)
    print_photo(photo, purpose="record", holder_name="Clinic", by=ada, at=now())
    assert '<span class="mark" data-state="out">2</span>' in words(at_desk(ada), address)
    Copy.objects.filter(holder="paper").update(due_at=NOON)
    assert 'data-state="alarm">2, 1 overdue</span>' in words(at_desk(ada), address)
    ended = {"state": Copy.State.ENDED, "ended_at": NOON}
    Copy.objects.filter(photo=photo, outside=True).update(**ended)
    assert '<span class="mark" data-state="in">None</span>' in words(at_desk(ada), address)


def test_one_tick_is_not_a_pair(photo: Photo, ada: Person, at_desk: Desk) -> None:
    address = f"/patients/{photo.patient_id}"
    asked = "Tick two photos to compare them."
    assert asked not in words(at_desk(ada), address)
    assert asked in words(at_desk(ada), f"{address}?photo={photo.pk}")


def test_a_covered_photo_is_a_grey_plate(photo: Photo, ada: Person, at_desk: Desk) -> None:
    Photo.objects.filter(pk=photo.pk).update(sensitive=True)
    page = at_desk(ada).get(f"/patients/{photo.patient_id}").content.decode()
    assert "covered-frame" in page
    assert f"/photos/{photo.pk}/thumb.jpg" not in page


def test_reception_sees_the_details_and_no_photo(photo: Photo, rec: Person, at_desk: Desk) -> None:
    page = at_desk(rec).get(f"/patients/{photo.patient_id}").content.decode()
    assert "Your duties do not include photos." in page
    assert "Record consent" in page  # a paper form
    assert ".jpg" not in page


def test_a_patient_not_in_care_is_behind_a_wall(
    photo: Photo, ben: Person, pat: Patient, at_desk: Desk
) -> None:
    Patient.objects.filter(pk=pat.pk).update(restricted=True)
    answer = at_desk(ben).get(f"/patients/{pat.pk}")
    assert answer.status_code == 403
    assert f"/break-glass/{pat.pk}" in answer.content.decode()


def test_nothing_is_offered_that_would_be_refused(pat: Patient, mo: Person, at_desk: Desk) -> None:
    page = at_desk(mo).get(f"/patients/{pat.pk}?").content.decode()
    assert "Record consent" not in page
