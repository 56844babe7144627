"""A photo's page: who sees it, what it says, and the acts on it."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from safelight.audit.models import Entry
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person
from safelight.photos.models import Copy, Photo
from tests.signing_in import signed_in_client

Desk = Callable[[Person], Client]
JPEG = b"\xff\xd8\xff"


def test_the_page_says_where_every_copy_is(photo: Photo, ada: Person, at_desk: Desk) -> None:
    page = at_desk(ada).get(f"/photos/{photo.pk}").content.decode()
    assert "1 copy is outside the practice." in page
    assert "Ada’s phone" in page
    assert "Where is this photo?" in page
    assert "TESTCASE, Pat" in page


def test_the_vault_is_one_place_with_each_of_its_files_inside(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    page = at_desk(ada).get(f"/photos/{photo.pk}").content.decode()
    inside = page.partition("Inside the practice <span>1</span>")[2].partition("</tbody>")[0]
    assert inside.count("<tr") == 1
    assert inside.count("Practice vault") == 1
    assert "<small>3 files</small>" in inside
    files = re.findall(r"<li>(.*?)</li>", inside)
    kept = Copy.objects.filter(photo=photo, holder=Copy.Holder.VAULT, ended_at=None)
    assert len(files) == len(kept) == 3
    for name, copy in zip(("Original, untouched", "For looking at", "Small"), files, strict=True):
        assert name in copy
    for one in kept:
        assert one.basis in inside
        assert one.evidence in inside


@pytest.mark.parametrize("kind", ["view", "thumb", "full"])
def test_pixels_come_with_an_entry_and_are_not_kept(
    photo: Photo, ada: Person, at_desk: Desk, kind: str
) -> None:
    before = Entry.objects.filter(patient=photo.patient_id).count()
    answer = at_desk(ada).get(f"/photos/{photo.pk}/{kind}.jpg")
    assert answer.content.startswith(JPEG)
    assert "no-store" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert Entry.objects.filter(patient=photo.patient_id).count() == before + 1


def test_the_original_is_a_file_to_keep_never_a_page(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    answer = at_desk(ada).get(f"/photos/{photo.pk}/original")
    assert answer["Content-Disposition"] == f'attachment; filename="photo-{photo.pk}.jpg"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer.content.startswith(JPEG)


def test_the_original_asks_for_the_passkey_again(photo: Photo, ada: Person) -> None:
    answer = signed_in_client(ada, stepped_up=False).get(f"/photos/{photo.pk}/original")
    assert answer.status_code == 303
    assert answer["Location"].startswith("/step-up?")


@pytest.mark.parametrize(
    "what", ["", "/view.jpg", "/thumb.jpg", "/full.jpg", "/original", "/label"]
)
def test_another_practice_sees_the_same_nothing_as_for_no_photo(
    photo: Photo, cy: Person, at_desk: Desk, what: str
) -> None:
    client = at_desk(cy)
    theirs = client.get(f"/photos/{photo.pk}{what}")
    nobody = client.get(f"/photos/0197a000-0000-7000-8000-0000000000ff{what}")
    assert theirs.status_code == nobody.status_code == 404
    assert len(theirs.content) == len(nobody.content)


@pytest.mark.parametrize("what", ["", "/view.jpg", "/thumb.jpg", "/full.jpg", "/original"])
def test_reception_sees_no_photo(photo: Photo, rec: Person, at_desk: Desk, what: str) -> None:
    assert at_desk(rec).get(f"/photos/{photo.pk}{what}").status_code == 403


def test_nobody_signed_in_is_sent_to_the_door(photo: Photo) -> None:
    answer = Client().get(f"/photos/{photo.pk}/view.jpg")
    assert answer.status_code == 303
    assert answer["Location"].startswith("/sign-in")


def test_words_are_corrected_and_those_before_are_kept(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    words = {
        "site_code": photo.site_code,
        "side": "R",
        "label": "Scar",
        "diagnosis": "",
        "notes": "",
    }
    assert client.post(f"/photos/{photo.pk}/label", words).status_code == 302
    photo.refresh_from_db()
    assert (photo.label, photo.side, photo.incomplete) == ("Scar", "R", True)
    page = client.get(f"/photos/{photo.pk}").content.decode()
    assert "Before: Left forearm, front - mark" in page
    assert "It still needs a note or a diagnosis" in page


def test_the_history_says_whether_the_words_or_the_visit_changed(
    photo: Photo, ada: Person, visit: Visit, at_desk: Desk
) -> None:
    client = at_desk(ada)
    Photo.objects.filter(pk=photo.pk).update(visit=None)
    words = {"site_code": photo.site_code, "side": photo.side, "label": photo.label}
    words |= {"diagnosis": photo.diagnosis, "notes": photo.notes, "visit_id": str(visit.pk)}
    client.post(f"/photos/{photo.pk}/label", words)
    page = client.get(f"/photos/{photo.pk}").content.decode()
    assert f"<p>{ada.name} changed the visit.</p>" in page
    client.post(f"/photos/{photo.pk}/label", words | {"side": "R", "label": "Scar"})
    page = client.get(f"/photos/{photo.pk}").content.decode()
    assert f"{ada.name} changed the site and the label. Before: {photo.label}" in page


def test_a_site_that_is_not_in_the_list_is_refused_in_the_form(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    answer = at_desk(ada).post(f"/photos/{photo.pk}/label", {"site_code": "1", "label": "x"})
    assert answer.status_code == 200
    assert 'data-state="wrong"' in answer.content.decode()
    assert Photo.objects.get(pk=photo.pk).label == photo.label


def test_a_photo_moves_only_with_a_reason_and_both_records_keep_it(
    photo: Photo, ada: Person, quinn: Patient, at_desk: Desk
) -> None:
    client = at_desk(ada)
    found = client.post(f"/photos/{photo.pk}/move", {"q": "sample"})
    assert "SAMPLE, Quinn" in found.content.decode()
    nobody = client.post(f"/photos/{photo.pk}/move", {"q": "zzyzx"}).content.decode()
    assert "Nobody else by that name, date or number." in nobody
    assert "<thead>" not in nobody
    without = client.post(f"/photos/{photo.pk}/move", {"to": str(quinn.pk), "reason": " "})
    assert "Say why it moves" in without.content.decode()
    answer = client.post(
        f"/photos/{photo.pk}/move", {"to": str(quinn.pk), "reason": "Wrong name on the phone"}
    )
    assert answer["Location"] == f"/patients/{quinn.pk}"
    assert Photo.objects.get(pk=photo.pk).patient == quinn
    moved = Entry.objects.filter(action="photo.moved").values_list("patient", flat=True)
    assert set(moved) == {photo.patient_id, quinn.pk}


def test_a_print_is_numbered_counted_and_accounted_for(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    answer = client.post(
        f"/photos/{photo.pk}/print", {"purpose": "record", "holder_name": "Reception"}
    )
    assert answer["Location"] == f"/photos/{photo.pk}/print/1"
    page = client.get(answer["Location"]).content.decode()
    assert "Copy number 1" in page
    assert "TESTCASE, Pat" in page
    copy = Copy.objects.get(photo=photo, holder="paper")
    assert copy.outside
    assert copy.due_at
    ended = client.post(f"/copies/{copy.pk}/end", {"evidence": "Filed on paper"})
    assert ended["Location"] == f"/photos/{photo.pk}#where"
    copy.refresh_from_db()
    assert copy.state == Copy.State.ENDED


def test_the_patients_own_print_needs_their_yes_and_others_are_shared(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    address = f"/photos/{photo.pk}/print"
    told = {"purpose": "patient", "holder_name": "Pat herself"}
    refused = client.post(address, told)
    assert refused.status_code == 409
    assert "was not asked about a copy of their own" in refused.content.decode()
    assert client.post(address, {**told, "purpose": "colleague"}).status_code == 200
    assert not Copy.objects.filter(photo=photo, holder="paper").exists()
    assert f"/shares/new?photo={photo.pk}" in client.get(address).content.decode()


def test_a_covered_photo_shows_nothing_until_a_reason_is_given(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    cover = {"restricted": "on", "recognisable": "unknown", "reason": "She asked"}
    assert client.post(f"/photos/{photo.pk}/cover", cover).status_code == 302
    assert "<b>Covered.</b>" in client.get(f"/photos/{photo.pk}").content.decode()
    assert client.get(f"/photos/{photo.pk}/view.jpg").status_code == 403
    assert client.post(f"/photos/{photo.pk}/unblur", {"reason": " "}).status_code == 200
    client.post(f"/photos/{photo.pk}/unblur", {"reason": "Review before surgery"})
    assert client.get(f"/photos/{photo.pk}/view.jpg").content.startswith(JPEG)


def test_an_unfinished_photo_says_what_it_needs_and_offers_that_first(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    nothing = {"label": "", "notes": "", "diagnosis": "", "visit": None, "incomplete": True}
    Photo.objects.filter(pk=photo.pk).update(**nothing)
    page = at_desk(ada).get(f"/photos/{photo.pk}").content.decode()
    assert "It still needs a label, a note or a diagnosis, and a visit." in page
    (first,) = re.findall(r'<a class="button" data-kind="main" href="([^"]+)"', page)
    assert first == f"/photos/{photo.pk}/label"


def test_a_label_chooses_the_visit_of_that_day_or_adds_one(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    Photo.objects.filter(pk=photo.pk).update(visit=None, incomplete=True)
    client, visit = at_desk(ada), Visit.objects.get()
    page = client.get(f"/photos/{photo.pk}/label").content.decode()
    assert f'<option value="{visit.pk}" selected>' in page
    assert "Add a visit: 14 Oct 2026, 11:59 am, with Dr Ada Specimen" in page
    assert "Which visit does this photo belong to?" in page
    assert 'name="label"' not in page  # all else is there
    words = {"site_code": photo.site_code, "side": "L", "label": "Mark", "notes": "Itches"}
    assert client.post(f"/photos/{photo.pk}/label", {**words, "visit_id": "new"}).status_code == 302
    photo.refresh_from_db()
    assert not photo.incomplete
    assert photo.visit != visit


@pytest.mark.parametrize("act", ["label", "move", "cover", "print"])
def test_who_acts_on_a_photo_sees_which_one_it_is(
    photo: Photo, ada: Person, at_desk: Desk, act: str
) -> None:
    address = f"/photos/{photo.pk}/{act}"
    picture = f'src="/photos/{photo.pk}/view.jpg"'
    assert picture in at_desk(ada).get(address).content.decode()
    Photo.objects.filter(pk=photo.pk).update(sensitive=True)
    page = at_desk(ada).get(address).content.decode()
    assert picture not in page
    assert "Uncover it" in page
