"""The steps of a share at the desk: use, reason, recipient, hidden, finished file, way, card."""

import hashlib
import io
import json
import re
import sys
from datetime import timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.consent.withdrawing import withdraw_consent
from safelight.lib.clock import now
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Photo
from safelight.policy.models import Practice
from safelight.sharing.models import Clinician, MailServer, Release
from safelight.sharing.releasing import let_go
from tests.consent.talks import keep, talk
from tests.photos.making import filed
from tests.signing_in import signed_in_client
from tests.web.desk.sharing import (
    NOTHING_THERE,
    Desk,
    begun,
    clinician,
    confirmed,
    consent,
    made_ready,
    nil,
    photo,
    release_at,
    taken,
)

__all__ = ["consent", "nil", "photo"]
JPEG = b"\xff\xd8\xff"


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_every_use_is_offered_and_none_is_chosen(photo: Photo, ada: Person, at_desk: Desk) -> None:
    words = page(at_desk(ada), f"/shares/new?photo={photo.pk}")
    assert words.count('name="use"') == 8
    assert "checked" not in words
    assert "Because a law asks for it or allows it" in words


def test_a_yes_that_covers_it_is_the_reason_and_the_next_question_is_who(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    answer = client.post("/shares/new", {"photo": str(photo.pk), "use": "referral"})
    share = answer["Location"]
    assert share.endswith("/who")
    assert release_at(share.removesuffix("/who")).basis == "CONSENT_EXPRESS"
    words = page(client, share)
    assert "<b><a" in words
    assert "Consent of" in words


def test_a_use_that_was_not_asked_is_refused_with_all_eight_and_the_way_on(
    photo: Photo, ada: Person, pat: Patient, at_desk: Desk
) -> None:
    client = at_desk(ada)
    answer = client.post("/shares/new", {"photo": str(photo.pk), "use": "research"})
    words = page(client, answer["Location"])
    assert "Not shared. Pat was not asked about research" in words
    assert f'href="/patients/{pat.pk}/consent/new">Ask Pat now' in words
    assert "“Research: not asked.”" in words
    assert f'href="/consents/{photo.consent_id}">Open this consent' in words
    ways = ("Not available", 'name="code"', 'name="reason" value=')
    assert [words.count(way) for way in ways] == [4, 1, 3]
    assert Entry.objects.filter(action="share.refused", patient=pat.pk).exists()


def test_a_refusal_says_which_answer_when_to_whom_and_what_would_mend_it(
    photo: Photo, ada: Person, ben: Person, pat: Patient, consent: Consent, at_desk: Desk
) -> None:
    client, day = at_desk(ada), now().astimezone(ZoneInfo("Australia/Sydney"))
    said = f"{day.day} {day:%b %Y}"
    no = keep(pat, ada, talk(uses={"research": "no"}), agreed_at=now() - timedelta(hours=1))
    words = page(client, f"{begun(client, photo, use='research')}/why")
    assert "Not shared. Pat said no to research." in words
    assert "Only a new yes from Pat changes that." in words
    assert "“Research: no.”" in words
    assert re.search(rf"Pat Testcase, signed on the glass, {said}, [^<]*Asked by Dr Ada", words)
    assert f'href="/consents/{no.pk}">Open this consent' in words
    withdraw_consent(consent, use="teaching", said_by="Pat, by phone", why="", by=ben, at=now())
    words = page(client, f"{begun(client, photo, use='teaching')}/why")
    assert "Not shared. The yes to teaching was taken back." in words
    assert "“Teaching our staff and students: yes.”" in words
    assert re.search(rf"Taken back {said}, [^<]*said by Pat, by phone, written down by Ben", words)


def test_a_reason_from_outside_turns_it_into_a_disclosure_with_the_same_photo(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = begun(client, photo, use="research")
    assert "I have an order" in page(client, f"{share}/why")
    assert "There is a threat" not in page(client, f"{share}/why")
    answer = client.post(f"{share}/other-use", {"reason": "LAW_OR_COURT"})
    assert release_at(share).state == Release.State.UNDONE
    fresh = release_at(answer["Location"].partition("/why")[0])
    assert (fresh.use, fresh.basis, fresh.items.get().photo) == ("disclosure", "", photo)
    words = page(client, answer["Location"])
    assert 'value="LAW_OR_COURT" required checked' in words
    assert "Where a law asks for it or allows it, Pat is not asked." in words


def test_another_use_is_chosen_with_the_same_photos(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = begun(client, photo, use="research")
    answer = client.post(f"{share}/other-use")
    assert answer["Location"] == f"/shares/new?photo={photo.pk}"
    assert release_at(share).state == Release.State.UNDONE


def test_a_reason_in_law_stands_only_with_all_that_it_needs(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = begun(client, photo, use="disclosure")
    words = page(client, f"{share}/why")
    assert words.count('name="code"') == 5
    bare = client.post(f"{share}/why", {"code": "LAW_OR_COURT"})
    assert bare.status_code == 400
    assert "number, or the law and section" in bare.content.decode()
    whole = {
        "code": "LAW_OR_COURT",
        "reason-LAW_OR_COURT": "Subpoena in the County Court",
        "fact-LAW_OR_COURT-reference": "CI-26-0001",
        "fact-LAW_OR_COURT-asked_by": "Served by a process server",
    }
    assert client.post(f"{share}/why", whole)["Location"] == f"{share}/who"
    assert release_at(share).basis_facts["reference"] == "CI-26-0001"


def test_the_address_book_is_searched_and_chosen_from(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = begun(client, photo)
    found = client.post(f"{share}/who", {"q": "skin"}).content.decode()
    assert "nil@dummy.example" in found
    none = client.post(f"{share}/who", {"q": "zzz"}).content.decode()
    assert "nil@dummy.example" not in none
    assert client.post(f"{share}/who", {"clinician": str(nil.pk)})["Location"] == f"{share}/hide"
    assert release_at(share).recipient_address == "nil@dummy.example"


def test_an_address_that_is_due_cannot_be_chosen(
    photo: Photo, ada: Person, practice: Practice, at_desk: Desk
) -> None:
    client = at_desk(ada)
    old = clinician(practice, ada, verified_days=91)
    share = begun(client, photo)
    words = page(client, f"{share}/who")
    assert "Verify again first" in words
    assert f'value="{old.pk}"' not in words
    assert client.post(f"{share}/who", {"clinician": str(old.pk)}).status_code == 409


def test_a_new_address_is_typed_twice(photo: Photo, ada: Person, at_desk: Desk) -> None:
    client = at_desk(ada)
    share = begun(client, photo)
    words = {"new": "1", "name": "Dr New", "address": "new@dummy.example", "country": "AU"}
    other = client.post(f"{share}/who", {**words, "address_again": "new@dummy.exampel"})
    assert other.status_code == 400
    assert "not the same" in other.content.decode()
    assert release_at(share).recipient_name == ""
    again = client.post(f"{share}/who", {**words, "address_again": "NEW@dummy.example "})
    assert again["Location"] == f"{share}/hide"


def test_a_country_that_was_not_agreed_to_stops_at_the_card(
    photo: Photo, ada: Person, practice: Practice, at_desk: Desk
) -> None:
    client = at_desk(ada)
    abroad = clinician(practice, ada, verified_days=1, country="NZ")
    share = made_ready(client, photo, to=abroad)
    words = page(client, f"{share}/send")
    assert "Sending overseas needs the patient’s yes to that country" in words
    assert 'name="seen-' not in words


def test_crop_and_cover_are_typed_as_numbers_and_taken_away_again(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = begun(client, photo)
    item = release_at(share).items.get()
    numbers = {"crop_x": "10", "crop_y": "10", "crop_w": "80", "crop_h": "80"}
    box = {"box_x": "20", "box_y": "30", "box_w": "10", "box_h": "12,5"}
    kept = client.post(f"{share}/hide", {"shapes": "[]", "then": "stay", **numbers, **box})
    assert kept["Location"] == f"{share}/hide?item={item.pk}"
    item.refresh_from_db()
    assert item.crop == {"x": 0.1, "y": 0.1, "w": 0.8, "h": 0.8}
    assert item.shapes == [{"shape": "rect", "x": 0.2, "y": 0.3, "w": 0.1, "h": 0.125}]
    words = page(client, kept["Location"])
    assert 'value="80"' in words
    assert "Take away cover 1 (a box)" in words
    drawn = re.findall(r'name="shapes" value="([^"]*)"', words)[0].replace("&quot;", '"')
    client.post(f"{share}/hide", {"shapes": drawn, "gone": "0", **numbers})
    item.refresh_from_db()
    assert item.shapes == []


def test_what_is_drawn_on_a_turned_photo_hides_the_right_place(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    Photo.objects.filter(pk=photo.pk).update(turn=90, width=480, height=640)
    share = begun(client, photo)
    told = '[{"shape":"rect","x":0.6,"y":0.1,"w":0.3,"h":0.2}]'
    assert client.post(f"{share}/hide", {"shapes": told}).status_code == 302
    item = release_at(share).items.get()
    assert item.shapes == [{"shape": "rect", "x": 0.1, "y": 0.1, "w": 0.2, "h": 0.3}]
    words = page(client, f"{share}/hide")
    assert "&quot;x&quot;: 0.6, &quot;y&quot;: 0.1, &quot;w&quot;: 0.3" in words


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_cover_hides_what_was_under_it_in_the_finished_file(
    phone: Phone, ada: Person, pat: Patient, consent: Consent, at_desk: Desk, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    plain = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(plain, "JPEG", quality=90, exif=exif)
    then = now() - timedelta(hours=1)
    found = filed(phone, ada, pat, image=plain.getvalue(), at=then, taken_at=taken())
    client = at_desk(ada)
    share = begun(client, found)
    told = '[{"shape":"rect","x":0.6,"y":0.1,"w":0.3,"h":0.2}]'
    client.post(f"{share}/hide", {"shapes": told})
    page(client, f"{share}/look")
    item = release_at(share).items.get()
    made = Image.open(io.BytesIO(client.get(f"{share}/files/{item.pk}").content)).convert("L")
    wide, high = made.size
    assert (wide, high) == (found.width, found.height)
    pixels = np.asarray(made)
    dark = [0.61, 0.75, 0.89], [0.11, 0.2, 0.29]
    assert all(pixels[int(y * high), int(x * wide)] < 20 for x in dark[0] for y in dark[1])
    light = [(0.3, 0.2), (0.75, 0.5), (0.1, 0.9), (0.75, 0.8)]
    assert all(pixels[int(y * high), int(x * wide)] > 235 for x, y in light)


@pytest.mark.parametrize(
    "told",
    [
        {"shapes": "no list"},
        {"shapes": '[{"shape":"circle"}]'},
        {"shapes": '[{"shape":"rect","x":1}]'},
        {"shapes": "[[]]"},
        {"shapes": '[{"shape":"polygon","points":[[0,0],[2,0],["a",1]]}]'},
        {"shapes": "[]", "crop_x": "10"},
        {"shapes": "[]", "crop_x": "nan", "crop_y": "0", "crop_w": "1", "crop_h": "1"},
        {"shapes": "[]", "box_x": "90", "box_y": "0", "box_w": "-1", "box_h": "5"},
    ],
)
def test_a_drawing_that_cannot_be_read_is_refused_and_changes_nothing(
    photo: Photo, ada: Person, at_desk: Desk, told: dict[str, str]
) -> None:
    client = at_desk(ada)
    share = begun(client, photo)
    assert client.post(f"{share}/hide", told).status_code == 400
    item = release_at(share).items.get()
    assert (item.crop, item.shapes) == (None, [])


CORPUS = Path(__file__).resolve().parents[3] / "bench" / "corpus"
FACE = "face-astronaut.jpg"


def test_a_face_is_suggested_and_covered_only_when_somebody_takes_it(
    data_folder: object, consent: Consent, phone: Phone, pat: Patient, ada: Person, at_desk: Desk
) -> None:
    face = Image.open(CORPUS / FACE)
    turned = io.BytesIO()
    sideways = Image.Exif()
    sideways[0x0112] = 6  # stored lying on its side, seen upright
    face.transpose(Image.Transpose.ROTATE_90).save(turned, "JPEG", quality=92, exif=sideways)
    then = now() - timedelta(hours=1)
    found = filed(phone, ada, pat, image=turned.getvalue(), at=then, taken_at=taken())
    client = at_desk(ada)
    share = begun(client, found)
    assert "Suggest faces and writing" in page(client, f"{share}/hide")
    answer = client.post(f"{share}/hide", {"shapes": "[]", "then": "suggest"})
    words = answer.content.decode()
    offers = [unescape(one) for one in re.findall(r'name="accept" value="([^"]+)"', words)]
    assert "Cover a face (place 1)" in words
    assert re.search(r'<text class="cover-number"[^>]*>1</text>', words)
    assert len(offers) >= 1
    assert 'name="accept" value' in words.partition("Suggested: cover them too?")[2]
    assert (
        "checked"
        not in words.partition("Suggested: cover them too?")[2].partition("</fieldset>")[0]
    )
    assert release_at(share).items.get().shapes == []

    client.post(f"{share}/hide", {"shapes": "[]", "accept": offers[0]})
    assert len(release_at(share).items.get().shapes) == 1
    page(client, f"{share}/look")
    item = release_at(share).items.get()
    made = Image.open(io.BytesIO(client.get(f"{share}/files/{item.pk}").content)).convert("L")
    assert made.size == face.size
    left, top, wide, high = json.loads((CORPUS / "face_truth.json").read_text())[FACE]
    x, y = int((left + wide / 2) * made.width), int((top + high / 2) * made.height)
    assert made.crop((x - 9, y - 9, x + 9, y + 9)).getextrema() == (0, 0)
    beside = made.crop((0, made.height // 2, made.width // 4, made.height))
    assert beside.getextrema() != (0, 0)


def test_where_nothing_can_be_suggested_nothing_is_offered_and_covering_is_by_hand(
    photo: Photo, ada: Person, at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    client = at_desk(ada)
    share = begun(client, photo)
    assert "Suggest faces and writing" not in page(client, f"{share}/hide")
    assert client.post(f"{share}/hide", {"shapes": "[]", "then": "suggest"}).status_code == 501
    assert release_at(share).items.get().shapes == []


def test_the_list_is_asked_where_the_name_is_hidden_and_says_what_is_open(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = begun(client, photo, use="peer_opinion")
    assert "0 of 10 answered" in page(client, f"{share}/hide")
    half = client.post(f"{share}/hide", {"shapes": "[]", "check-eyes": "no"})
    words = client.get(half["Location"].partition("#")[0]).content.decode()
    assert "1 of 10 answered" in words
    assert "Tattoos: not answered" in words
    whole = client.post(f"{share}/hide", {"shapes": "[]", **NOTHING_THERE})
    assert whole["Location"] == f"{share}/look"


def test_the_finished_file_is_the_very_bytes_and_nothing_keeps_it(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = begun(client, photo)
    words = page(client, f"{share}/look")
    item = release_at(share).items.get()
    answer = client.get(f"{share}/files/{item.pk}")
    assert hashlib.sha256(answer.content).hexdigest() == item.sha256
    assert f"{item.sha256[:4]} {item.sha256[4:8]} … {item.sha256[-4:]}" in words
    assert answer.content.startswith(JPEG)
    assert "no-store" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "Tested after writing." in words
    assert Entry.objects.filter(action="share.previewed").count() == 2


def test_the_ways_are_ranked_and_the_policy_limits_them(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = begun(client, photo)
    words = page(client, f"{share}/how")
    order = [words.index(f'value="{way}"') for way in ("link", "pdf", "archive", "print")]
    assert order == sorted(order)
    assert words.index("Most control") < words.index("Least control")
    told = {"form": "link", "channel": "text", "days-link": "31", "question": "Biopsy?"}
    long = client.post(f"{share}/how", told)
    assert long.status_code == 400
    assert "1 to 30 days" in long.content.decode()
    assert "Biopsy?" in long.content.decode()


def test_of_a_patients_own_copy_nothing_is_asked_that_makes_no_sense(
    photo: Photo, pat: Patient, ada: Person, at_desk: Desk
) -> None:
    keep(pat, ada, talk(uses={"research": "yes"}), agreed_at=now() - timedelta(hours=1))
    client = at_desk(ada)
    asked = {"may save": 'name="may_save"', "question": 'name="question"', "link": 'name="channel"'}

    def offered(use: str) -> set[str]:
        words = page(client, f"{begun(client, photo, use=use)}/how")
        return {what for what, mark in asked.items() if mark in words}

    assert offered("patient_copy") == {"link"}
    share = begun(client, photo, use="patient_copy")
    assert "specialist" not in page(client, f"{share}/who").partition("Who gets")[2]
    told = {"new": "1", "name": "Pat Testcase", "country": "AU"}
    client.post(f"{share}/who", {**told, "address": "p@p.example", "address_again": "p@p.example"})
    assert release_at(share).recipient_kind == "The patient"
    assert offered("referral") == {"link", "question", "may save"}
    assert offered("research") == {"question"}


def test_the_card_lists_what_is_missing_with_the_step_that_mends_it(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = begun(client, photo)
    words = page(client, f"{share}/send")
    assert f'href="{share}/who"' in words
    assert f'href="{share}/look"' in words
    assert "Not sent." in words


def test_the_card_names_recipient_patient_count_and_use(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil)
    words = page(client, f"{share}/send")
    for told in ("Dr Nil Dummy", "nil@dummy.example", "TESTCASE, Pat", "1 photo", "A specialist"):
        assert told in words


def test_the_card_says_who_sends_a_link_that_is_copied_by_hand(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil)
    by_hand = page(client, f"{share}/send")
    assert "Make the link for Dr Nil Dummy" in by_hand
    assert "Safelight sends nothing." in by_hand
    assert "Send it to" not in by_hand
    Release.objects.update(channel=Release.Channel.EMAIL)
    MailServer.objects.create(
        practice=ada.practice, host="mail.example", port=465, sender="p@p.example",
        changed_at=now(), changed_by=ada,
    )  # fmt: skip
    by_mail = page(client, f"{share}/send")
    assert "Send it to Dr Nil Dummy" in by_mail
    assert "Safelight sends nothing." not in by_mail


def test_the_pin_is_shown_once_and_the_minute_can_be_undone(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil)
    words = confirmed(client, share)
    pin = re.findall(r'class="code"><b>(\d{6})</b>', words)
    assert len(pin) == 1
    assert pin[0] not in client.get(share).content.decode()
    assert client.post(f"{share}/take-back")["Location"] == share
    assert "Nothing has left." in page(client, share)
    assert let_go(now() + timedelta(hours=1)) == 0


def test_what_was_changed_after_the_look_is_not_sent(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil)
    item = release_at(share).items.get()
    answer = client.post(f"{share}/send", {f"seen-{item.pk}": "0" * 64})
    assert answer.status_code == 409
    assert release_at(share).state == Release.State.DRAFT


def test_a_new_address_asks_for_the_passkey_before_the_card(photo: Photo, ada: Person) -> None:
    client = signed_in_client(ada, stepped_up=False)
    share = begun(client, photo)
    twice = {"address": "new@dummy.example", "address_again": "new@dummy.example"}
    client.post(f"{share}/who", {"new": "1", "name": "Dr New", "country": "AU", **twice})
    answer = client.get(f"{share}/send")
    assert answer.status_code == 303
    assert answer["Location"].startswith("/step-up?")


def test_a_yes_taken_back_before_the_card_stops_it(
    photo: Photo, ada: Person, nil: Clinician, consent: Consent, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil)
    withdraw_consent(consent, use="referral", said_by="Pat", why="", by=ada, at=now())
    words = page(client, f"{share}/send")
    assert "was taken back" in words


@pytest.mark.parametrize("step", ["", "/why", "/who", "/hide", "/look", "/how", "/send"])
def test_a_draft_is_nobody_elses(
    photo: Photo, ada: Person, ben: Person, cy: Person, at_desk: Desk, step: str
) -> None:
    share = begun(at_desk(ada), photo)
    assert at_desk(ben).get(f"{share}{step}").status_code == 404
    assert at_desk(cy).get(f"{share}{step}").status_code == 404


def test_reception_begins_nothing(photo: Photo, rec: Person, at_desk: Desk) -> None:
    assert at_desk(rec).get(f"/shares/new?photo={photo.pk}").status_code == 403


def test_photos_of_two_patients_are_not_one_share(
    photo: Photo, phone: Phone, ada: Person, quinn: Patient, at_desk: Desk
) -> None:
    keep(quinn, ada, agreed_at=now() - timedelta(hours=2))
    other = filed(phone, ada, quinn, at=now() - timedelta(hours=1), taken_at=taken())
    told = {"photo": [str(photo.pk), str(other.pk)], "use": "referral"}
    answer = at_desk(ada).post("/shares/new", told)
    assert answer.status_code == 400
    assert not Release.objects.exists()
