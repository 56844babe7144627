"""Every address, whoever wrote it: its headers, its methods, its anti-forgery, its harmless GET."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLResolver, get_resolver

from safelight.people.models import Person, Phone
from safelight.photos.models import Photo
from safelight.policy.models import Practice
from safelight.web.headers import HEADERS
from tests.house.test_urls import guard, ours
from tests.signing_in import signed_in_client
from tests.web.desk.conftest import consent, data_folder, keys, photo

__all__ = ["consent", "data_folder", "keys", "photo"]

pytestmark = pytest.mark.django_db
VALUES = {"uuid": str(uuid4()), "int": "1", "str": "view", "slug": "none", "path": "none"}
VALUE = re.compile(r"<(\w+):(\w+)>")
MAY_WRITE = {"audit", "sessions", "usersessions"}  # looking is entered; a session is kept alive
ENTERED = {"photos.Sight", "people.Limit"}  # who was shown what; how often it was tried


def addresses(**known: object) -> list[tuple[Any, str]]:
    """Give each of our views with an address that leads to it, by things that are there."""
    told = {name: str(value) for name, value in known.items()}
    return list(walk(get_resolver().url_patterns, "/", told))


def walk(patterns: list[Any], so_far: str, told: dict[str, str]) -> Iterator[tuple[Any, str]]:
    for pattern in patterns:
        route = str(pattern.pattern)
        here = so_far + VALUE.sub(lambda found: told.get(found[2], VALUES[found[1]]), route)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, here, told)
        elif pattern.callback.__module__.startswith("safelight."):
            yield pattern.callback, here


@pytest.fixture
def everyone(practice: Practice) -> Person:
    """Somebody with every duty there is."""
    return Person.objects.create(
        practice=practice,
        given="Ever",
        family="Allowed",
        email="ever@allowed.example",
        roles=["GP", "M", "P", "IT"],
    )


def rows() -> Counter[str]:
    return Counter(
        {
            model._meta.label: model._base_manager.count()
            for model in apps.get_models()
            if model._meta.app_label not in MAY_WRITE and model._meta.label not in ENTERED
        }
    )


def test_the_sweep_reaches_every_address() -> None:
    assert len(addresses()) == len(ours())
    assert not [address for _, address in addresses() if "<" in address]


def test_every_answer_carries_the_headers_and_lets_no_other_site_in(everyone: Person) -> None:
    client = signed_in_client(everyone, headers={"Origin": "https://elsewhere.example"})
    client.raise_request_exception = False
    wrong = []
    for _, address in addresses():
        for answer in (client.get(address), client.post(address), Client().get(address)):
            missing = set(HEADERS) - set(answer.headers)
            policy = answer.headers.get("Content-Security-Policy", "")
            loose = "default-src 'none'" not in policy
            open_door = [name for name in answer.headers if name.startswith("Access-Control")]
            if missing or loose or open_door or answer.status_code >= 500:
                wrong.append((address, answer.status_code, missing, policy, open_door))
    assert wrong == []


def test_every_answer_with_words_says_how_they_are_written(everyone: Person) -> None:
    client, wrong = signed_in_client(everyone), []
    for _, address in addresses():
        answer = client.get(address)
        kind = answer.headers.get("Content-Type", "")
        binary = kind.startswith(("image/", "application/", "text/javascript"))
        if not binary and b"".join(answer) and "charset=utf-8" not in kind:
            wrong.append((address, kind))
    assert wrong == []


def test_only_declared_methods_are_answered(everyone: Person) -> None:
    client = signed_in_client(everyone)
    wrong = []
    for _, address in addresses():
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
            status = client.generic(method, address).status_code
            if status not in (401, 404, 405):
                wrong.append((method, address, status))
    assert wrong == []


def test_no_form_is_taken_from_elsewhere(everyone: Person) -> None:
    client = signed_in_client(everyone, enforce_csrf_checks=True)
    wrong = [
        (address, status)
        for view, address in addresses()
        if guard(view) == "person"
        and (status := client.post(address, {"q": "x"}).status_code) not in (403, 405)
    ]
    assert wrong == []


def test_asking_for_a_page_changes_nothing_but_the_log(
    everyone: Person, photo: Photo, phone: Phone, ada: Person
) -> None:
    client, shown = signed_in_client(everyone), 0
    known = {
        "patient_id": photo.patient_id,
        "photo_id": photo.pk,
        "consent_id": photo.consent_id,
        "phone_id": phone.pk,
        "person_id": ada.pk,
    }
    for _, address in addresses(**known):
        before = rows()
        shown += client.get(address).status_code == 200
        assert rows() == before, address
    assert shown > 40
