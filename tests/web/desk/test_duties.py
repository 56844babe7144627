"""Where each duty begins: the page of today, with no link that leads to a closed door."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from safelight.consent.models import Consent
from safelight.lib.clock import now
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person, Phone
from safelight.photos.models import Photo
from safelight.policy.models import Practice
from tests.photos.making import filed, unmatched

Desk = Callable[[Person], Client]
DUTIES = (["GP"], ["NU"], ["RG"], ["RE"], ["M"], ["P"], ["IT"], ["M", "P"], ["GP", "P"])


def worker(practice: Practice, roles: list[str], ada: Person) -> Person:
    """Somebody with these duties alone."""
    supervisor = ada if "RG" in roles else None
    return Person.objects.create(
        practice=practice, given="Sam", family="Madeup", email="sam@madeup.example", roles=roles,
        supervisor=supervisor,
    )  # fmt: skip


@pytest.fixture
def busy(
    photo: Photo, consent: Consent, phone: Phone, ada: Person, pat: Patient, visit: Visit
) -> Photo:
    """A practice in which something waits: a photo without a label, one without a patient."""
    Visit.objects.filter(pk=visit.pk).update(starts_at=now())
    filed(phone, ada, pat, label="", sequence=2)
    unmatched(phone, ada)
    return photo


@pytest.mark.parametrize("roles", DUTIES, ids="+".join)
def test_every_duty_begins_on_a_page_whose_links_all_open(
    busy: Photo, practice: Practice, ada: Person, at_desk: Desk, roles: list[str]
) -> None:
    client = at_desk(worker(practice, roles, ada))
    page = client.get("/").content.decode()
    links = {unescape(to) for to in re.findall(r'<a [^>]*href="(/[^"#]*)', page)}
    assert "/" in links
    dead = {to: client.get(to).status_code for to in links}
    assert {to: status for to, status in dead.items() if status not in (200, 302)} == {}


@pytest.mark.parametrize(
    ("roles", "finds"),
    [(["IT"], True), (["M"], True), (["P"], True), (["GP"], False), (["RE"], False)],
    ids=str,
)
def test_the_mail_server_is_on_the_rail_of_those_who_may_set_it(
    practice: Practice, ada: Person, at_desk: Desk, roles: list[str], finds: bool
) -> None:
    client = at_desk(worker(practice, roles, ada))
    page = client.get("/").content.decode()
    assert ('<a href="/mail"' in page) is finds
    assert client.get("/mail").status_code == (200 if finds else 403)
    if finds:
        assert '<a href="/mail" aria-current="page">' in client.get("/mail").content.decode()
