"""Sharing at the desk, for tests: what the pages need, and a way through their forms."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from safelight.consent.models import Consent
from safelight.lib.clock import now
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Photo
from safelight.policy.models import Practice
from safelight.sharing.models import Clinician, Release
from tests.consent.talks import keep, talk
from tests.photos.making import filed

Desk = Callable[[Person], Client]
AGREED = ("referral", "peer_opinion", "teaching", "social_media", "patient_copy")
NOTHING_THERE = {
    f"check-{key}": "no"
    for key in (
        "eyes",
        "face_shape",
        "race",
        "age",
        "scars",
        "birthmarks",
        "tattoos",
        "piercings",
        "text",
        "rarity",
    )
}


@pytest.fixture
def consent(pat: Patient, ada: Person) -> Consent:
    """Pat's yes to everything these tests ask, but research."""
    uses = dict.fromkeys(AGREED, "yes")
    return keep(pat, ada, talk(uses=uses), agreed_at=now() - timedelta(hours=2))


@pytest.fixture
def photo(data_folder: object, consent: Consent, phone: Phone, ada: Person, pat: Patient) -> Photo:
    """A photo of Pat, filed a moment after the yes."""
    return filed(phone, ada, pat, at=now() - timedelta(hours=1), taken_at=taken())


def taken() -> str:
    """Return when it was taken, as a phone writes it."""
    return (now() - timedelta(hours=1, minutes=1)).isoformat()


@pytest.fixture
def nil(practice: Practice, ada: Person) -> Clinician:
    """Dr Nil Dummy, in the address book, verified a week ago."""
    return clinician(practice, ada, verified_days=7)


def clinician(practice: Practice, by: Person, *, verified_days: int, **facts: str) -> Clinician:
    """Put somebody into the address book."""
    then = now() - timedelta(days=verified_days)
    words = {
        "name": "Dr Nil Dummy",
        "organisation": "Skin Rooms",
        "email": "nil@dummy.example",
        "kind": "Skin specialist (dermatologist)",
        **facts,
    }
    return Clinician.objects.create(
        practice=practice,
        **words,
        added_at=then,
        added_by=by,
        verified_at=then,
        verified_by=by,
        verified_how="Rang the rooms",
    )


def begun(client: Client, *photos: Photo, use: str = "referral") -> str:
    """Begin a share and return its address."""
    told = {"photo": [str(photo.pk) for photo in photos], "use": use}
    answer = client.post("/shares/new", told)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"]).rpartition("/")[0]


def made_ready(
    client: Client, *photos: Photo, to: Clinician, use: str = "referral", **form: str
) -> str:
    """Go through every step up to the card, and return the share's address."""
    share = begun(client, *photos, use=use)
    assert client.post(f"{share}/who", {"clinician": str(to.pk)}).status_code == 302
    release = release_at(share)
    if release.name_hidden:
        client.post(f"{share}/hide", {"shapes": "[]", "words": "", **NOTHING_THERE})
    for item in release.items.all():
        assert client.get(f"{share}/look?item={item.pk}").status_code == 200
    words = {"form": release.form, "channel": "text", **form}
    assert client.post(f"{share}/how", words)["Location"] == f"{share}/send"
    return share


def confirmed(client: Client, share: str) -> str:
    """Confirm what the card shows, and return the page that answers."""
    card = client.get(f"{share}/send").content.decode()
    seen = dict(re.findall(r'name="(seen-[^"]+)" value="([^"]+)"', card))
    assert seen, card
    return client.post(f"{share}/send", seen, follow=True).content.decode()


def release_at(share: str) -> Release:
    """Return the release behind an address."""
    return Release.objects.get(pk=share.rpartition("/")[2])
