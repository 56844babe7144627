"""Phones on the desk: counts, codes, and what a lost phone's report says and does not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from safelight.lib.clock import now
from safelight.patients.models import Patient
from safelight.people.models import PairingCode, Person, Phone
from safelight.people.phone_care import hand_out, phone_reported
from safelight.people.phones import report_lost
from safelight.photos.models import Capture
from safelight.web.desk.phones_shown import all_shown
from tests.consent.talks import keep, talk
from tests.signing_in import new_phone, signed_in_client

pytestmark = pytest.mark.django_db


def holds(phone: Phone, count: int, *, hours: int) -> None:
    at = now()
    phone_reported(
        phone,
        held=count,
        held_since=at - timedelta(hours=hours),
        storage_kept=True,
        app_version="0.1.0",
        checkpoint=None,
        at=at,
    )


def capture_on(phone: Phone, *, gone: bool = False) -> Capture:
    at = now()
    return Capture.objects.create(
        id=uuid4(),
        practice=phone.practice,
        phone=phone,
        person=phone.owner,
        state=Capture.State.ANNOUNCED,
        sealed_at=at,
        announced_at=at,
        gone_at=at if gone else None,
    )


def test_the_list_says_how_many_photos_each_phone_holds_and_for_how_long(
    mo: Person, ada: Person, ben: Person
) -> None:
    one, _ = new_phone(ada.practice, ada)
    two, _ = new_phone(ben.practice, ben)
    holds(one, 2, hours=1)
    holds(two, 1, hours=13)
    page = signed_in_client(mo).get("/phones").content.decode()
    assert "3 photos are on 2 phones." in page
    assert "For 1 h" in page
    assert "For 13 h" in page
    assert page.count('data-state="alarm"') >= 1
    assert "Overdue: back-up and updates not declared" in page


def test_a_list_of_many_phones_asks_the_database_no_more_than_one_of_two(mo: Person) -> None:
    client, asked = signed_in_client(mo), []
    for count in (2, 6):
        for _ in range(count):
            new_phone(mo.practice, mo)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/phones").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_gp_sees_their_own_phones_only(ada: Person, ben: Person) -> None:
    new_phone(ada.practice, ada)
    other, _ = new_phone(ben.practice, ben)
    Phone.objects.filter(pk=other.pk).update(name="Bens")
    client = signed_in_client(ada)
    assert "Bens" not in client.get("/phones").content.decode()
    for path in ("", "/lost", "/revoke", "/edit", "/lost/sheet"):
        assert client.get(f"/phones/{other.pk}{path}").status_code == 404


def test_reception_has_no_phones_page(rec: Person) -> None:
    assert signed_in_client(rec).get("/phones").status_code == 403


def test_adding_asks_for_a_step_up_and_shows_code_and_square(ada: Person) -> None:
    asked = signed_in_client(ada, stepped_up=False).get("/phones/add")
    assert asked.headers["Location"].startswith("/step-up")
    client = signed_in_client(ada)
    assert "The practice’s" not in client.get("/phones/add").content.decode()
    path = client.post("/phones/add", {"whose": "own"}).headers["Location"]
    page = client.get(path).content.decode()
    assert "Add to Home Screen" in page
    assert "Install app" in page
    picture = client.get(f"{path}/qr.svg")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert picture.content.startswith(b"<svg")
    assert client.get(f"{path}/state").json() == {"paired": False}


def test_a_code_is_shown_to_its_maker_only(ada: Person, mo: Person) -> None:
    path = signed_in_client(ada).post("/phones/add", {"whose": "own"}).headers["Location"]
    other = signed_in_client(mo)
    for part in ("", "/qr.svg", "/state"):
        assert other.get(path + part).status_code == 404


def test_a_gp_makes_no_code_for_a_practice_phone(ada: Person, mo: Person) -> None:
    assert signed_in_client(ada).post("/phones/add", {"whose": "practice"}).status_code == 403
    signed_in_client(mo).post("/phones/add", {"whose": "practice"})
    assert PairingCode.objects.get().person is None


def test_when_the_phone_was_added_the_code_page_leads_to_it(ada: Person) -> None:
    client = signed_in_client(ada)
    path = client.post("/phones/add", {"whose": "own"}).headers["Location"]
    phone, _ = new_phone(ada.practice, ada)
    PairingCode.objects.update(phone=phone, used_at=now())
    assert client.get(f"{path}/state").json() == {"paired": True}
    assert client.get(path).headers["Location"] == f"/phones/{phone.pk}"


def test_anothers_phone_asks_for_a_step_up_and_ones_own_does_not(ada: Person, mo: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    path = f"/phones/{phone.pk}/lost"
    manager = signed_in_client(mo, stepped_up=False)
    assert manager.get(path).headers["Location"].startswith("/step-up")
    assert manager.post(path).headers["Location"].startswith("/step-up")
    assert Phone.objects.get(pk=phone.pk).state == Phone.State.OPEN
    assert signed_in_client(ada, stepped_up=False).post(path).status_code == 302
    assert Phone.objects.get(pk=phone.pk).state == Phone.State.LOST


def test_a_lost_phones_report_lists_exactly_what_could_have_been_on_it(
    ada: Person, mo: Person
) -> None:
    phone, _ = new_phone(ada.practice, ada)
    possibly = [capture_on(phone) for _ in range(2)]
    gone = capture_on(phone, gone=True)
    other, _ = new_phone(ada.practice, ada)
    elsewhere = capture_on(other)
    report_lost(phone, last_seen="Car park, about 5 pm", by=ada, at=now())
    page = signed_in_client(mo).get(f"/phones/{phone.pk}").content.decode()
    assert "2 photos may have been on it." in page
    assert all(str(row.pk) in page for row in possibly)
    assert str(gone.pk) not in page
    assert str(elsewhere.pk) not in page
    assert "1 photo, each shown to be gone" in page
    assert "Photos and consents are sealed." in page
    assert "Car park, about 5 pm" in page
    assert "Unknown" in page


def test_a_lost_phones_report_says_which_sealed_consents_could_have_been_on_it(
    ada: Person, mo: Person, ivy: Person, pat: Patient
) -> None:
    phone, _ = new_phone(ada.practice, ada)
    waiting, came, gone = capture_on(phone), capture_on(phone), capture_on(phone, gone=True)
    Capture.objects.update(kind=Capture.Kind.CONSENT)
    keep(pat, ada, talk(), id=came.pk)
    Capture.objects.filter(pk=came.pk).update(state=Capture.State.FILED)
    report_lost(phone, last_seen="", by=ada, at=now())
    page = signed_in_client(mo).get(f"/phones/{phone.pk}").content.decode()
    assert "no photo that we know of, but 2 consents may have been on it." in page
    assert "each sealed with the patient’s name, the answers and the signature" in page
    assert str(waiting.pk) in page
    assert str(came.pk) in page
    assert str(gone.pk) not in page
    assert "TESTCASE, Pat" in page
    assert "Not known: it is sealed" in page
    assert "TESTCASE" not in signed_in_client(ivy).get(f"/phones/{phone.pk}").content.decode()
    sheet = signed_in_client(mo).get(f"/phones/{phone.pk}/lost/sheet").content.decode()
    assert "0 photos and 2 signed consents" in sheet


def test_whether_a_phone_may_use_safelight_is_said_in_a_sentence(ada: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    client = signed_in_client(ada)
    for path in (f"/phones/{phone.pk}", "/phones"):
        page = client.get(path).content.decode()
        assert "May use Safelight" in page
        assert "Open<" not in page
    assert "Yes, when its holder unlocks it" in client.get(f"/phones/{phone.pk}").content.decode()


def test_the_sheet_has_the_numbers_and_no_patient(ada: Person, mo: Person, pat: Patient) -> None:
    phone, _ = new_phone(ada.practice, ada)
    Phone.objects.filter(pk=phone.pk).update(imei="490154203237518", serial="SN77", model="Pixel 7")
    client = signed_in_client(mo)
    assert client.get(f"/phones/{phone.pk}/lost/sheet").status_code == 404
    phone.refresh_from_db()
    report_lost(phone, last_seen="", by=mo, at=now())
    page = client.get(f"/phones/{phone.pk}/lost/sheet").content.decode()
    assert all(words in page for words in ("490154203237518", "SN77", "Pixel 7"))
    assert pat.family not in page


def test_a_doubtful_imei_is_asked_about_once(ada: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    client, path = signed_in_client(ada), f"/phones/{phone.pk}/edit"
    told = {"name": "Ada’s", "imei": "490154203237519"}
    assert "does not add up" in client.post(path, told).content.decode()
    assert Phone.objects.get(pk=phone.pk).imei == ""
    assert client.post(path, {**told, "sure": told["imei"]}).status_code == 302
    assert Phone.objects.get(pk=phone.pk).imei == told["imei"]


def test_a_phone_is_stopped(ada: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    holds(phone, 1, hours=1)
    client = signed_in_client(ada)
    assert "still holds 1 photo" in client.get(f"/phones/{phone.pk}/revoke").content.decode()
    client.post(f"/phones/{phone.pk}/revoke")
    assert Phone.objects.get(pk=phone.pk).state == Phone.State.REVOKED
    assert client.get(f"/phones/{phone.pk}").status_code == 200


def test_a_practice_phone_is_taken_back(ben: Person, mo: Person) -> None:
    phone, _ = new_phone(ben.practice, None)
    hand_out(phone, to=ben, at=now())
    client = signed_in_client(mo)
    assert f"{ben.name} signed it out" in client.get("/phones").content.decode()
    client.post(f"/phones/{phone.pk}/hand-back")
    assert Phone.objects.get(pk=phone.pk).signed_out_to is None


def test_what_a_lost_phone_held_is_given_up_in_words(ada: Person, mo: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    capture_on(phone)
    client = signed_in_client(mo)
    url = f"/phones/{phone.pk}/give-up"
    assert client.get(url).status_code == 404, "it works, so it can still send"
    report_lost(phone, last_seen="", by=mo, at=now())
    page = client.get(f"/phones/{phone.pk}").content.decode()
    assert f'href="{url}"' in page
    assert "1 item" in client.get(url).content.decode()
    assert "Say how we know" in client.post(url, {"evidence": " "}).content.decode()
    done = client.post(url, {"evidence": "Erased by the carrier"})
    assert done.headers["Location"] == f"/phones/{phone.pk}"
    assert f'href="{url}"' not in client.get(f"/phones/{phone.pk}").content.decode()
    assert Capture.objects.get().given_up_at is not None


def test_a_lost_phone_is_told_nothing_that_it_is_too_late_for(ada: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    client = signed_in_client(ada)
    page = client.get(f"/phones/{phone.pk}").content.decode()
    assert "Write it now: after a loss it is too late." in page
    assert "The phone asks for it." in page
    report_lost(phone, last_seen="", by=ada, at=now())
    page = client.get(f"/phones/{phone.pk}").content.decode()
    assert "The phone’s box or bill may tell it." in page
    for late in ("Write it now", "The phone asks for it."):
        assert late not in page


def test_a_list_of_many_stopped_phones_asks_no_more_than_that_of_one(ada: Person) -> None:
    def asks(stopped: int) -> int:
        for _ in range(stopped):
            phone, _key = new_phone(ada.practice, ada)
            capture_on(phone)
            report_lost(phone, last_seen="", by=ada, at=now())
        with CaptureQueriesContext(connection) as asked:
            shown = all_shown(ada, at=now())
        assert [one.held for one in shown] == [1] * len(shown)
        return len(asked)

    assert asks(1) == asks(3)
