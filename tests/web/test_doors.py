"""Doors: who gets to a view at all. The views here check nothing themselves."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.web.doors import PersonRequest, signed_in
from tests.signing_in import signed_in_client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.web.test_doors")]
JSON = {"Accept": "application/json"}


@signed_in(None)
def anybody(request: PersonRequest) -> HttpResponse:
    return HttpResponse(str(request.person.pk))


@signed_in(Act.PHOTO_LABEL)
def label(request: PersonRequest) -> HttpResponse:
    return HttpResponse()


@signed_in(Act.PHOTO_MATCH, also="U")
def covered(request: PersonRequest) -> HttpResponse:
    return HttpResponse()


@signed_in(Act.PHOTO_MOVE)
def move(request: PersonRequest) -> HttpResponse:
    return HttpResponse()


@signed_in(Act.PHOTO_LABEL, step_up=True)
def careful(request: PersonRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("anybody", anybody),
    path("label", label),
    path("covered", covered),
    path("move", move),
    path("careful", careful),
    path("", include("safelight.web.door.urls")),
]


def status(person: Person, where: str, *, stepped_up: bool = False) -> int:
    client = signed_in_client(person, stepped_up=stepped_up)
    return client.get(f"/{where}", headers=JSON).status_code


def test_a_view_knows_its_person(ben: Person) -> None:
    assert signed_in_client(ben).get("/anybody").content.decode() == str(ben.pk)


def test_nobody_gets_in_without_signing_in() -> None:
    for view in ("anybody", "label", "covered", "move", "careful"):
        assert Client().get(f"/{view}", headers=JSON).status_code == 401
        assert Client().post(f"/{view}", headers=JSON).status_code == 401


@pytest.mark.parametrize(
    ("who", "expected"), [("ada", 200), ("reg", 200), ("rec", 403), ("mo", 403)]
)
def test_the_table_decides(who: str, expected: int, request: pytest.FixtureRequest) -> None:
    assert status(request.getfixturevalue(who), "label") == expected


def test_a_limited_letter_opens_only_a_view_that_honours_it(rec: Person) -> None:
    assert status(rec, "covered") == 200
    assert status(rec, "label") == 403


def test_the_letter_s_asks_for_a_fresh_signature(ada: Person, rec: Person) -> None:
    assert status(ada, "move") == 401
    assert status(ada, "move", stepped_up=True) == 200
    assert status(rec, "move", stepped_up=True) == 403


def test_a_view_may_ask_for_one_whatever_the_table_says(ada: Person) -> None:
    assert status(ada, "careful") == 401
    assert status(ada, "careful", stepped_up=True) == 200


@pytest.mark.parametrize("words", [{"is_active": False}, {"left_at": "2026-10-14T01:00:00Z"}])
def test_a_leaver_is_nobody_on_the_next_request(ada: Person, words: dict[str, object]) -> None:
    client = signed_in_client(ada)
    assert client.get("/anybody", headers=JSON).status_code == 200
    Person.objects.filter(pk=ada.pk).update(**words)
    assert client.get("/anybody", headers=JSON).status_code == 401


def test_changed_duties_act_on_the_next_request(ada: Person) -> None:
    client = signed_in_client(ada)
    assert client.get("/label", headers=JSON).status_code == 200
    Person.objects.filter(pk=ada.pk).update(roles=["RE"])
    assert client.get("/label", headers=JSON).status_code == 403


def test_a_page_is_sent_to_sign_in_and_back(ada: Person) -> None:
    answer = Client().get("/label?x=1")
    assert answer.headers["Location"] == "/sign-in?next=%2Flabel%3Fx%3D1"
    client = signed_in_client(ada, stepped_up=False)
    assert client.post("/move").headers["Location"] == "/step-up?next=%2Fmove&again=1"
