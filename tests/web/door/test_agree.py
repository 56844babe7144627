"""The page of a consent on the patient's own phone: who gets in, what is there, and one answer."""

import json
from typing import Any

import pytest
from django.test import Client

from safelight.audit.models import Entry
from safelight.consent.models import Consent, Showing
from safelight.consent.own_phone import Shown, show, take_back
from safelight.lib.clock import now
from safelight.lib.ids import new_id
from safelight.patients.models import Patient
from safelight.people.models import Person
from tests.consent.talks import STROKES
from tests.consent.test_own_phone import words

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def new(pat: Patient, ada: Person) -> Shown:
    return show(pat, id=new_id(), body=words(pat), by=ada, at=now())


def open_(client: Client, code: object) -> Any:
    return client.post("/agree/open", {"code": code}, content_type=JSON)


def read(client: Client, new: Shown) -> str:
    """Use the code up, and return the page it leads to."""
    place: str = open_(client, new.typed).json()["next"]
    return place


def test_looking_at_the_address_opens_nothing(new: Shown) -> None:
    entries = Entry.objects.count()
    for method in ("get", "head", "options"):
        for path in ("/agree", f"/agree?code={new.code}", "/agree/open"):
            getattr(Client(), method)(path)
    assert Showing.objects.get().state == "waiting"
    assert Entry.objects.count() == entries
    page = Client().get("/agree").content.decode()
    assert new.code not in page
    assert new.row.patient.given not in page


def test_the_code_opens_one_page_behind_a_cookie_of_its_own(new: Shown) -> None:
    client = Client()
    answered = open_(client, new.typed)
    place = answered.json()["next"]
    (cookie,) = (answered.cookies[name] for name in answered.cookies if "agree" in name)
    assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == (place, "Strict", True)
    page = client.get(place)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    text = page.content.decode()
    for said in ("is this right?", "Photos for my care here", "Dr Nil Dummy", "Mark on left"):
        assert said in text
    assert new.row.patient.family not in text
    assert new.row.patient.record_number not in text
    assert Client().get(place).status_code == 410  # the address alone opens nothing
    assert open_(Client(), new.typed).status_code == 404  # nor does the code, again
    for path in ("/", f"/patients/{new.row.patient.pk}", f"/consents/{new.row.pk}", "/s/o/abc"):
        client.cookies[cookie.key]["path"] = "/"
        assert client.get(path).status_code in (303, 410)


def test_it_is_signed_by_a_drawing_and_nothing_the_reader_sends_changes_the_words(
    new: Shown,
) -> None:
    client = Client()
    place = read(client, new)
    for drawn in ("", "[]", "not json", "[[[0.1,0.1]]]", '"x"', "9" * 300_000):
        answered = client.post(place, {"said": "yes", "strokes": drawn})
        assert answered.status_code == 400
    assert not Consent.objects.exists()
    sent = {"said": "yes", "strokes": json.dumps(STROKES), "uses": "[]", "method": "emergency"}
    thanks = client.post(place, sent, follow=True)
    assert "Thank you, " in thanks.content.decode()
    consent = Consent.objects.get()
    assert (consent.method, consent.signature) == ("signed", STROKES)
    assert consent.decisions.filter(answer="yes").count() == 2
    assert client.post(place, {"said": "no"}).status_code == 410
    assert Consent.objects.count() == 1


def test_a_no_is_one_button(new: Shown) -> None:
    client = Client()
    place = read(client, new)
    answered = client.post(place, {"said": "no"}, follow=True)
    assert "care stays the same" in answered.content.decode()
    assert not Consent.objects.get().decisions.filter(answer="yes").exists()


@pytest.mark.parametrize("said", [{}, {"said": ""}, {"said": "maybe"}])
def test_only_a_no_is_a_no(new: Shown, said: dict[str, str]) -> None:
    client = Client()
    place = read(client, new)
    assert client.post(place, said).status_code == 400
    assert not Consent.objects.exists()
    assert Showing.objects.get().state == "open"


def test_what_is_taken_back_closes_the_open_page(new: Shown, ada: Person) -> None:
    client = Client()
    place = read(client, new)
    take_back(ada, new.row.pk, at=now())
    assert client.get(place).status_code == 410
    assert client.post(place, {"said": "yes", "strokes": json.dumps(STROKES)}).status_code == 410
    assert not Consent.objects.exists()


def test_guessing_is_counted_and_stopped(new: Shown) -> None:
    guesses: tuple[object, ...] = (None, 7, ["A"], {}, "", "AAAAA-AAAAA", "B", "C", "D", "E")
    for guess in guesses:
        assert open_(Client(), guess).status_code == 404
    assert open_(Client(), new.typed).status_code == 429
    assert Showing.objects.get().state == "waiting"


def test_a_forged_form_from_elsewhere_is_refused(new: Shown) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/agree/open", {"code": new.typed}, content_type=JSON).status_code == 403
    assert Showing.objects.get().state == "waiting"
