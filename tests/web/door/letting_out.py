"""Letting photos out for tests: the acts a person at the desk takes, one after the other."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client

from safelight.lib.clock import now
from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.sharing.confirming import confirm
from safelight.sharing.drafting import (
    begin_release,
    preview,
    set_basis,
    set_form,
    set_recipient,
    set_words,
)
from safelight.sharing.messages import text_of
from safelight.sharing.models import Link, Release, ReleasedPhoto
from safelight.sharing.releasing import let_go

QUESTION = "Is this worth a biopsy?"
DERMATOLOGIST = "Dr Nil Dummy"


@dataclass(frozen=True)
class Sent:
    """A release that is out, and what its recipient was given."""

    release: Release
    token: str
    pin: str
    items: list[ReleasedPhoto]

    def link(self) -> Link:
        """Return the link's row as it is now."""
        return Link.objects.get(release=self.release)


def let_out(photos: Sequence[Photo], *, by: Person, use: str = "referral", **form: Any) -> Sent:
    """Let photos out by a link: to a dermatologist, or with `use` patient_copy to the patient."""
    at = now() - timedelta(minutes=2)
    release = begin_release(photos, use=use, by=by, at=at, stepped_up=True)
    set_basis(release, code="CONSENT_EXPRESS", by=by, at=at)
    name = DERMATOLOGIST if use == "referral" else "Pat Testcase"
    set_recipient(
        release,
        name=name,
        kind="Dermatologist" if use == "referral" else "",
        address="nil@dummy.example",
        address_again="nil@dummy.example",
        by=by,
        at=at,
    )
    way = "link" if use == "referral" else "patient_copy"
    told = {"form": way, "channel": "text", "question": QUESTION, **form}
    set_form(release, by=by, at=at, **told)
    items = list(release.items.all())
    for item in items:
        set_words(item, words=f"Left forearm {item.order}", by=by, at=at)
    seen = {str(item.pk): preview(item, by=by, at=at, stepped_up=True).sha256 for item in items}
    confirmed = confirm(release, seen=seen, by=by, at=at, stepped_up=True)
    assert let_go(now()) == 1
    release.refresh_from_db()
    assert release.state == Release.State.OUT, release.end_words
    text = text_of(release, by=by, at=now())
    return Sent(release, text.split("#")[1].strip(), confirmed.pin, list(release.items.all()))


def opened(sent: Sent, client: Client | None = None) -> tuple[Client, str]:
    """Open a link as its page's script does; return the browser and the address it goes on to."""
    client = client or Client()
    told = {"token": sent.token, "pin": sent.pin, "accepts": True}
    answer = client.post("/s/open", told, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return client, answer.json()["next"]


def fingerprint(data: bytes) -> str:
    """Return the SHA-256 of bytes, short enough to read in a failed test."""
    return hashlib.sha256(data).hexdigest()
