"""Photos of one sitting at the desk: one answer, exact words, and the way back to the answer."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.lib.clock import now
from safelight.patients.breaking_glass import break_glass
from safelight.patients.models import BreakGlass, Patient, Push, Visit
from safelight.people.models import Person, Phone
from safelight.photos.models import LabelEdit, Photo
from tests.conftest import NOON, make_patient
from tests.consent.talks import keep
from tests.photos.making import filed, picture, unmatched
from tests.web.desk.test_patients import text_of

Desk = Callable[[Person], Client]
PLACES = "Left forearm, front"


def minutes(count: int) -> str:
    return (NOON + timedelta(minutes=count)).isoformat()


@pytest.fixture
def three(
    data_folder: object, consent: Consent, phone: Phone, ada: Person, pat: Patient
) -> list[Photo]:
    """Three whole photos of one sitting."""
    at = NOON + timedelta(hours=1)
    return [filed(phone, ada, pat, image=picture(n), taken_at=minutes(n), at=at) for n in (1, 2, 3)]


def lacking(photos: list[Photo], **words: object) -> None:
    Photo.objects.filter(pk__in=[one.pk for one in photos]).update(incomplete=True, **words)


def ticked(page: str) -> set[str]:
    return set(re.findall(r'name="photo" value="([^"]+)" checked', page))


def test_a_sitting_that_lacks_only_the_visit_is_one_row_and_one_answer(
    three: list[Photo], ada: Person, visit: Visit, at_desk: Desk
) -> None:
    lacking(three, visit=None)
    client = at_desk(ada)
    page = client.get("/").content.decode()
    assert "Visit not known" in page
    assert "Label not finished" not in page
    assert page.count("Choose the visit") == 1
    assert "3 photos, left forearm" in page
    assert "Needs a visit. Taken by Dr Ada Specimen" in page
    here = f"/photos/{three[0].pk}/label"
    assert here in page
    page = client.get(here).content.decode()
    assert "Which visit do these 3 photos belong to?" in page
    assert "Put them in this visit" in page
    assert 'name="label"' not in page
    assert ticked(page) == {str(one.pk) for one in three[1:]}
    assert f'<option value="{visit.pk}" selected>' in page
    words = {"asks": "visit", "photo": list(ticked(page)), "visit_id": str(visit.pk), "own": ""}
    assert "Fill this in." in text_of(client.post(here, words | {"visit_id": ""}))
    answer = client.post(here, words, follow=True)
    assert answer.redirect_chain[0][0] == "/"
    said = text_of(answer)
    assert "Put 3 photos in a visit: 14 Oct 2026, 12:00 pm. Change" in said
    assert "Visit not known" not in said
    found = Photo.objects.filter(visit=visit, incomplete=False, label=three[0].label)
    assert found.count() == 3


def test_every_page_says_what_is_missing_and_nothing_else(
    three: list[Photo], ada: Person, at_desk: Desk
) -> None:
    lacking(three[:1], visit=None)
    lacking(three[1:2], label="")
    lacking(three[2:], notes="", diagnosis="")
    client = at_desk(ada)
    page = text_of(client.get(f"/patients/{three[0].patient_id}"))
    for photo, words in zip(
        three, ("Choose the visit", "Label it", "Finish the label"), strict=True
    ):
        assert page.count(words) == 1
        assert words in text_of(client.get(f"/photos/{photo.pk}"))


def test_an_unticked_photo_is_left_as_it_is(
    three: list[Photo], ada: Person, visit: Visit, at_desk: Desk
) -> None:
    lacking(three, visit=None)
    words = {"asks": "visit", "photo": [str(three[1].pk), "nonsense"], "visit_id": str(visit.pk)}
    at_desk(ada).post(f"/photos/{three[0].pk}/label", words)
    left = Photo.objects.get(visit=None)
    assert left == three[2]
    assert LabelEdit.objects.count() == 2


def test_one_label_for_several_photos_keeps_what_differs_and_can_be_changed(
    three: list[Photo], ada: Person, at_desk: Desk
) -> None:
    lacking(three, label="", notes="")
    Photo.objects.filter(pk=three[2].pk).update(diagnosis="Scar")
    client, here = at_desk(ada), f"/photos/{three[0].pk}/label"
    page = client.get(here).content.decode()
    assert "Finish the label of 3 photos" in page
    assert "They differ. Left empty, each keeps its own." in page
    assert 'name="own" value="diagnosis"' in page
    words = {
        "asks": "words", "own": "diagnosis", "photo": list(ticked(page)), "label": "Mark",
        "site_code": three[0].site_code, "side": "L", "diagnosis": "", "notes": "Itches",
        "visit_id": str(three[0].visit_id),
    }  # fmt: skip
    said = client.post(here, words, follow=True)
    assert "Labelled 3 photos. Change" in text_of(said)
    found = Photo.objects.order_by("taken_at")
    assert {(one.label, one.notes) for one in found} == {("Mark", "Itches")}
    assert [one.diagnosis for one in found] == ["Naevus, query", "Naevus, query", "Scar"]
    (back,) = re.findall(r'href="([^"]+)">Change</a>', said.content.decode())
    page = client.get(back.replace("&amp;", "&")).content.decode()
    assert "Correct the label of 3 photos." in page
    assert ticked(page) == {str(one.pk) for one in three[1:]}
    assert 'value="Mark"' in page
    client.post(here, words | {"label": "Naevus"})
    assert {one.label for one in Photo.objects.all()} == {"Naevus"}
    assert LabelEdit.objects.filter(before__label="Mark").count() == 3
    assert Entry.objects.filter(action="photo.labelled").count() == 6


def test_who_corrects_one_photo_changes_that_one_alone(
    three: list[Photo], ada: Person, at_desk: Desk
) -> None:
    page = at_desk(ada).get(f"/photos/{three[0].pk}/label").content.decode()
    assert "Correct the label." in page
    assert page.count('name="photo"') == 2
    assert ticked(page) == set()


def test_what_is_still_owed_is_said_and_nothing_is_said_of_no_change(
    three: list[Photo], ada: Person, at_desk: Desk
) -> None:
    lacking(three[:1], label="", notes="", diagnosis="")
    client, here = at_desk(ada), f"/photos/{three[0].pk}/label"
    words = {"asks": "words", "site_code": three[0].site_code, "side": "L", "label": "Mark"}
    words |= {"visit_id": str(three[0].visit_id)}
    said = text_of(client.post(here, words, follow=True))
    assert "Labelled 1 photo. 1 still needs a note or a diagnosis. Change" in said
    assert "Nothing was changed." in text_of(client.post(here, words, follow=True))


def test_the_small_pictures_of_a_sitting_are_in_the_log_once(
    three: list[Photo], ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    client.get(f"/photos/{three[0].pk}/label")
    entry = Entry.objects.get(action="photo.thumbnails_viewed")
    assert entry.patient == three[0].patient_id
    assert client.get(f"/photos/{three[1].pk}/thumb.jpg").status_code == 200
    assert Entry.objects.filter(action="photo.thumbnails_viewed").count() == 1


def test_a_sensitive_photo_of_somebody_elses_sitting_is_not_spoken_of(
    three: list[Photo], ben: Person, at_desk: Desk
) -> None:
    Photo.objects.filter(pk=three[1].pk).update(sensitive=True)
    page = at_desk(ben).get(f"/photos/{three[0].pk}/label").content.decode()
    assert f'value="{three[1].pk}"' not in page
    assert f'value="{three[2].pk}"' in page
    words = {"asks": "words", "label": "Mine", "photo": [str(three[1].pk)]}
    at_desk(ben).post(f"/photos/{three[0].pk}/label", words)
    assert Photo.objects.get(label="Mine") == three[0]


def test_a_visit_that_would_open_a_record_is_not_chosen_beforehand(
    three: list[Photo], ada: Person, pat: Patient, at_desk: Desk
) -> None:
    lacking(three, visit=None)
    Visit.objects.filter(patient=pat).delete()
    client, here = at_desk(ada), f"/photos/{three[0].pk}/label"
    assert '<option value="new" selected>' in client.get(here).content.decode()
    Patient.objects.filter(pk=pat.pk).update(usual_gp=None)
    break_glass(pat, reason="treating", words="Came in with a rash", by=ada, at=now())
    page = client.get(here).content.decode()
    assert '<option value="" selected>None named' in page
    assert "Adding a visit puts Pat in your care, and the privacy officer is told." in page


def test_a_walk_in_is_sent_to_the_phone_with_a_visit_and_both_are_said(
    at_desk: Desk, ada: Person, pat: Patient
) -> None:
    client = at_desk(ada)  # Pat's visit was on another day
    page = text_of(client.get(f"/patients/{pat.pk}"))
    assert "Add a visit and send to my phone" in page
    assert "Nobody booked a visit today." in page
    assert "privacy officer" not in page
    said = text_of(client.post(f"/patients/{pat.pk}/push", {"next": "/"}, follow=True))
    assert "was added for the photos." in said
    assert "in your care" not in said
    push = Push.objects.get()
    assert push.visit is not None
    assert push.visit.person == ada
    page = text_of(client.get(f"/patients/{pat.pk}"))
    assert "Send to my phone" in page
    assert "Add a visit" not in page
    client.post(f"/patients/{pat.pk}/push", {"next": "/"})
    assert Push.objects.latest("at").visit == push.visit


def test_the_button_says_when_a_visit_would_bring_a_patient_into_care(
    at_desk: Desk, ada: Person, mo: Person
) -> None:
    far = make_patient(ada.practice, "Far", "Unseen", "WL-1")
    break_glass(far, reason="treating", words="Came in with a rash", by=ada, at=now())
    client = at_desk(ada)
    told = "puts Far in your care, and the privacy officer is told."
    assert f"Adding one {told}" in text_of(client.get(f"/patients/{far.pk}"))
    said = text_of(client.post(f"/patients/{far.pk}/push", {"next": "/"}, follow=True))
    assert f"It {told}" in said
    page = text_of(at_desk(mo).get("/"))
    assert "No visit was booked: the patient was sent to a phone" in page


def test_only_a_visit_of_today_is_sent_from_the_list_of_visits(
    at_desk: Desk, ada: Person, pat: Patient
) -> None:
    Visit.objects.create(practice=pat.practice, patient=pat, person=ada, starts_at=now())
    page = at_desk(ada).get(f"/patients/{pat.pk}/visits").content.decode()
    assert page.count('name="visit"') == 1


@pytest.fixture
def tray(data_folder: object, phone: Phone, ada: Person) -> list[Photo]:
    """Two photos that wait for one patient, and the name that was typed."""
    first = unmatched(phone, ada)
    said, hint = str(first.waiting_consent_id), {"name": "TESTCASE, Pat", "born": "1968-03-12"}
    Photo.objects.update(patient_hint="TESTCASE, Pat, 1968-03-12")
    words = {"consent": said, "patient_hint": hint, "taken_at": minutes(0)}
    return [first, filed(phone, ada, None, image=picture(2), **words)]


def test_the_tray_counts_photos_and_lists_sittings(
    tray: list[Photo], ada: Person, rec: Person, at_desk: Desk
) -> None:
    page = text_of(at_desk(ada).get("/unmatched"))
    assert "2 photos have no patient yet. They arrived from a phone" in page
    assert "They are sealed in the vault." in page
    assert at_desk(ada).get("/unmatched").content.decode().count("Find the patient") == 1
    assert "A clinician matches them" in text_of(at_desk(rec).get("/unmatched"))
    assert "2 photos, left forearm" in at_desk(ada).get("/").content.decode()
    tray[1].copies.all().delete()
    tray[1].delete()
    page = text_of(at_desk(ada).get("/unmatched"))
    assert "1 photo has no patient yet. It arrived from a phone" in page
    assert "It is sealed in the vault." in page
    assert "A clinician matches it" in text_of(at_desk(rec).get("/unmatched"))


def test_one_match_serves_the_sitting(
    tray: list[Photo], ada: Person, pat: Patient, visit: Visit, at_desk: Desk
) -> None:
    client, here = at_desk(ada), f"/unmatched/{tray[0].pk}"
    assert "Whose 2 photos are these?" in text_of(client.get(here))
    page = client.get(f"{here}?to={pat.pk}").content.decode()
    assert "File these 2 photos for TESTCASE, Pat?" in page
    assert ticked(page) == {str(tray[1].pk)}
    assert f'<option value="{visit.pk}" selected>' in page
    words = {"to": str(pat.pk), "visit": str(visit.pk), "photo": list(ticked(page))}
    answer = client.post(here, words, follow=True)
    assert answer.redirect_chain[0][0] == f"/patients/{pat.pk}"
    assert "Filed 2 photos in Pat’s record. If that is the wrong patient, open each photo," in (
        text_of(answer)
    )
    assert Photo.objects.filter(patient=pat, visit=visit, incomplete=False).count() == 2


def test_what_is_not_ticked_stays_in_the_tray(
    tray: list[Photo], ada: Person, pat: Patient, at_desk: Desk
) -> None:
    client = at_desk(ada)
    answer = client.post(f"/unmatched/{tray[0].pk}", {"to": str(pat.pk), "visit": "new"})
    assert answer["Location"] == f"/photos/{tray[0].pk}"
    assert Photo.objects.get(patient=None) == tray[1]
    assert pat.visits.get(starts_at=tray[0].taken_at).person == ada


def test_who_is_new_is_added_with_what_the_phone_said_and_then_matched(
    tray: list[Photo], ada: Person, at_desk: Desk
) -> None:
    client, here = at_desk(ada), f"/unmatched/{tray[0].pk}"
    page = client.get(here).content.decode()
    assert f'href="{here}/add"' in page
    page = client.get(f"{here}/add").content.decode()
    for name, value in (("family", "Testcase"), ("given", "Pat"), ("born", "12/3/1968")):
        assert re.search(rf'name="{name}" value="{value}"', page), name
    words = {"family": "Testcase", "given": "Pat", "born": "12/3/1968", "sex": "F"}
    words |= {"record_number": "WL-7", "usual_gp": str(ada.pk)}
    answer = client.post(f"{here}/add", words, follow=True)
    new = Patient.objects.get(record_number="WL-7")
    assert answer.redirect_chain == [(f"{here}?to={new.pk}", 302)]  # no name in an address
    assert "File these 2 photos for TESTCASE, Pat?" in text_of(answer)
    assert "Pat is added." in text_of(answer)
    assert not BreakGlass.objects.exists()


def test_a_nurse_who_adds_the_patient_gets_to_the_photos_and_the_officer_sees_it(
    tray: list[Photo], ben: Person, mo: Person, rec: Person, at_desk: Desk
) -> None:
    here = f"/unmatched/{tray[0].pk}"
    words = {"family": "Testcase", "given": "Pat", "born": "12/3/1968", "sex": "F"}
    words |= {"record_number": "WL-7", "usual_gp": ""}
    answer = at_desk(ben).post(f"{here}/add", words, follow=True)
    assert answer.status_code == 200
    assert "It puts Pat in your care, and the privacy officer is told." in text_of(answer)
    visit = Visit.objects.get(patient__record_number="WL-7")
    assert (visit.person, visit.starts_at) == (tray[0].taken_by, tray[0].taken_at)
    noted = BreakGlass.objects.get()
    assert (noted.person, noted.reason) == (ben, "visit")
    assert at_desk(rec).get(f"{here}/add").status_code == 403


def test_a_consent_that_covers_only_some_leaves_all_in_the_tray(
    tray: list[Photo], ada: Person, quinn: Patient, at_desk: Desk
) -> None:
    Photo.objects.update(waiting_consent=None)
    words = {"to": str(quinn.pk), "photo": [str(tray[1].pk)]}
    answer = at_desk(ada).post(f"/unmatched/{tray[0].pk}", words)
    assert answer.status_code == 403
    assert "None matched. 2 of the 2 photos are covered by no consent" in text_of(answer)
    assert Photo.objects.filter(patient=None).count() == 2
    keep(quinn, ada, agreed_at=NOON)
    assert at_desk(ada).post(f"/unmatched/{tray[0].pk}", words).status_code == 302
