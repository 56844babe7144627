"""Access, whole: every address, asked by everybody, about what is theirs and what is not.

The answers stand in access.txt, for people to read: whoever adds or changes one changes that page.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse, SimpleCookie
from django.test import Client
from django.urls import URLResolver, get_resolver
from pytest_django import Settings

from safelight.lib.clock import now
from safelight.people.models import Person
from safelight.policy.models import Practice
from tests.house.test_urls import SHELL, guard, short
from tests.house.world import Things, World, far_away
from tests.signing_in import PhoneSigner, new_phone, signed_in_client, step_up
from tests.web.desk.conftest import data_folder, keys

__all__ = ["data_folder", "keys"]

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).with_name("access.txt")
VALUE = re.compile(r"<(?:\w+):(\w+)>")
RULE = "-" * 99 + "\n"
METHODS = ("GET", "POST", "PUT", "DELETE")
MARK = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")\w+')
DOORS = {"/sign-in": "in", "/step-up": "key"}
CODES = {"sign_in": "in", "step_up": "key", "phone_revoked": "phone", "walled": "wall"}


@dataclass
class Asker:
    """Somebody at a browser and on a phone, asking about certain things."""

    client: Client
    things: Things
    person: Person | None = None
    signer: PhoneSigner | None = None

    def ask(
        self, method: str, path: str, body: bytes, kind: str, *, accept: str = "application/json"
    ) -> HttpResponse:
        """Ask as a script does, which gets a code, and take back whatever it changed."""
        headers = self.signer.headers(method, path, body) if self.signer else {}
        headers["Accept"] = accept
        cookies, before = (
            SimpleCookie(self.client.cookies.output(header="")),
            transaction.savepoint(),
        )
        told: Any = self.client.generic(method, path, body, content_type=kind, headers=headers)
        transaction.savepoint_rollback(before)
        self.client.cookies = cookies
        return cast(HttpResponse, told)

    def answer(self, method: str, path: str, body: bytes, kind: str) -> str:
        """Ask; where the passkey is wanted, give it and ask again: the star says so."""
        said = in_a_word(self.ask(method, path, body, kind))
        if said != "key" or self.person is None:
            return said
        before = transaction.savepoint()
        step_up(self.client, self.person)
        said = in_a_word(self.ask(method, path, body, kind))
        transaction.savepoint_rollback(before)
        return f"{said}*"


def in_a_word(answer: HttpResponse) -> str:
    """Say what came back: let through (whatever the form then wanted), or how it was refused."""
    status, where = answer.status_code, answer.headers.get("Location", "").partition("?")[0]
    if where in DOORS:
        return DOORS[where]
    if status in (401, 403):
        told = json.loads(answer.content)
        known = told.get("meta", {}).get("is_authenticated")  # as the passkey protocol says it
        return CODES.get(told.get("code", "step_up" if known else "sign_in"), str(status))
    return "ok" if status < 400 or status in (400, 422) else str(status)


def somebody(practice: Practice, given: str, *roles: str, **words: Any) -> Person:
    told = {"practice": practice, "given": given, "family": "Specimen", "joined_at": now()}
    email = f"{given}@askers.example".lower()
    return Person.objects.create(**told, email=email, roles=list(roles), **words)


@pytest.fixture
def askers(
    data_folder: object,
    practice: Practice,
    other_practice: Practice,
    mo: Person,
    ada: Person,
    settings: Settings,
) -> dict[str, Asker]:
    """Everybody who may come, with what they ask about: near, in care, or far from it."""
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 3600  # they ask for longer than five minutes
    people = {
        "own": ada,
        "gp": somebody(practice, "Gus", "GP"),
        "nu": somebody(practice, "Nan", "NU"),
        "rg": somebody(practice, "Rae", "RG", supervisor=ada),
        "re": somebody(practice, "Rex", "RE"),
        "m": somebody(practice, "Max", "M"),
        "p": somebody(practice, "Pip", "P"),
        "it": somebody(practice, "Ike", "IT"),
        "left": somebody(practice, "Lee", "GP", "M", "P", "IT"),
        "other": somebody(other_practice, "Oda", "GP", "M", "P", "IT"),
    }
    signers = {name: new_phone(one.practice, one) for name, one in people.items()}
    world = World(ada, mo, signers["own"][0])
    far, near = far_away(world.things("2")), world.things("1")
    found = {}
    for name, one in people.items():
        client = signed_in_client(one, stepped_up=name in ("left", "other"))
        found[name] = Asker(client, near, one, signers[name][1])
        if name in ("gp", "nu", "rg"):
            found[f"{name}-"] = Asker(client, far, one, signers[name][1])
    Person.objects.filter(pk=people["left"].pk).update(is_active=False, left_at=now())
    found["nobody"] = Asker(Client(), near)
    for asker in found.values():
        asker.client.raise_request_exception = False
    return found


def routes(
    patterns: list[Any], so_far: str = "/", place: str = ""
) -> Iterator[tuple[Any, str, str]]:
    """Give each of our views with its name and the form of its address."""
    for pattern in patterns:
        here = so_far + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, here, pattern.namespace or place)
        elif (room := pattern.callback.__module__).startswith("safelight.") and room != SHELL:
            name = f"{place}:{pattern.name}" if pattern.name else short(pattern.callback)
            yield pattern.callback, name, here


def filled(address: str, told: dict[str, str]) -> str:
    """Return an address that leads to real things."""
    return VALUE.sub(lambda found: told[found[1]], address)


def body_of(view: Any, name: str, method: str, told: dict[str, str]) -> tuple[bytes, str]:
    """Return an empty form, or what a phone would say at the least."""
    if method == "GET" or guard(view) != "phone":
        return b"", "application/x-www-form-urlencoded"
    words = {"phone:patients": {"q": "test"}}.get(name, {"patient": told["patient_id"]})
    return json.dumps(words).encode(), "application/json"


def table(askers: dict[str, Asker]) -> str:
    """Ask for everything in every way, and write the answers down."""
    rows = []
    for view, name, address in routes(get_resolver().url_patterns):
        for method in METHODS:
            cells = []
            for asker in askers.values():
                told = asker.things.of_route(name)
                path = filled(address, told)
                cells.append(asker.answer(method, path, *body_of(view, name, method, told)))
                if cells == ["405"]:
                    break
            else:
                rows.append(line(f"{name} {method}", cells))
    return "\n".join([line("", list(askers)), *sorted(rows)]) + "\n"


def line(name: str, cells: list[str]) -> str:
    return f"{name:<34}" + "".join(f"{cell:<7}" for cell in cells).rstrip()


def test_every_address_answers_everybody_as_the_page_says(
    askers: dict[str, Asker], tmp_path: Path
) -> None:
    head, _, kept = PAGE.read_text().partition(RULE)
    found = table(askers)
    (tmp_path / PAGE.name).write_text(f"{head}{RULE}{found}")
    assert found == kept, f"read {tmp_path / PAGE.name}, and if it is right, put it in place"


def test_what_another_practice_has_looks_like_nothing_at_all(askers: dict[str, Asker]) -> None:
    asker, wrong, seen = askers["other"], [], 0
    for view, name, address in routes(get_resolver().url_patterns):
        told = asker.things.of_route(name)
        nobody = {key: never(value) for key, value in told.items()}
        for method in METHODS if VALUE.search(address) else ():
            both = []
            for values in (told, nobody):
                path = filled(address, values)
                told_by = body_of(view, name, method, values)
                answer = asker.ask(method, path, *told_by, accept="text/html")
                both.append((answer.status_code, MARK.sub(b"", answer.content)))
            seen += both[0][0] == 404
            if both[0] != both[1]:
                wrong.append((name, method, both[0][0], both[1][0]))
    assert seen > 60
    assert wrong == []


def never(value: str) -> str:
    """Return a number as long as another that nothing ever had; a word stays as it is."""
    if len(value) == 36:
        return str(uuid4())
    return "9" * len(value) if value.isdigit() else value
