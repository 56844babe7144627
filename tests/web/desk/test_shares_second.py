"""The second person's page, the list of shares, and teaching sets."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from safelight.consent.withdrawing import withdraw_consent
from safelight.lib.clock import now
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Photo
from safelight.sharing import reading
from safelight.sharing.models import Clinician, Release, ReleasedPhoto
from safelight.sharing.releasing import let_go
from tests.consent.talks import keep, talk
from tests.photos.making import filed
from tests.signing_in import signed_in_client
from tests.web.desk.sharing import (
    NOTHING_THERE,
    Desk,
    begun,
    confirmed,
    consent,
    made_ready,
    nil,
    photo,
    release_at,
    taken,
)
from tests.web.desk.test_shares_out import out

__all__ = ["consent", "nil", "photo"]


def asked(client: Client, photo: Photo, to: Clinician) -> str:
    """Bring a photo for social media as far as the second person."""
    share = made_ready(client, photo, to=to, use="social_media", form="archive")
    confirmed(client, share)
    assert release_at(share).state == Release.State.WAITING_SECOND
    return share


def seen_on(words: str) -> dict[str, str]:
    return dict(re.findall(r'name="(seen-[^"]+)" value="([^"]+)"', words))


def test_the_second_person_sees_the_same_bytes_and_lets_it_go(
    photo: Photo, ada: Person, mo: Person, nil: Clinician, at_desk: Desk
) -> None:
    share = asked(at_desk(ada), photo, nil)
    client = at_desk(mo)
    words = client.get(f"{share}/check").content.decode()
    item = ReleasedPhoto.objects.get()
    assert seen_on(words) == {f"seen-{item.pk}": item.sha256}
    picture = client.get(f"{share}/files/{item.pk}")
    assert picture.status_code == 200
    assert "Not there" in words
    answer = client.post(f"{share}/check", {"say": "yes", **seen_on(words)})
    assert answer["Location"] == share
    assert release_at(share).state == Release.State.GOING


def test_the_second_person_may_say_no_with_a_reason(
    photo: Photo, ada: Person, mo: Person, nil: Clinician, at_desk: Desk
) -> None:
    share = asked(at_desk(ada), photo, nil)
    client = at_desk(mo)
    assert client.post(f"{share}/check", {"say": "no", "reason": " "}).status_code == 400
    client.post(f"{share}/check", {"say": "no", "reason": "The ring shows"})
    assert release_at(share).state == Release.State.REFUSED
    assert "The ring shows" in at_desk(ada).get(share).content.decode()


def test_who_made_it_cannot_check_it(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = asked(client, photo, nil)
    assert client.get(f"{share}/check")["Location"] == share
    item = ReleasedPhoto.objects.get()
    told = {"say": "yes", f"seen-{item.pk}": item.sha256}
    client.post(f"{share}/check", told)
    assert release_at(share).state == Release.State.WAITING_SECOND


def test_the_check_of_what_becomes_public_asks_for_the_passkey(
    photo: Photo, ada: Person, mo: Person, nil: Clinician, at_desk: Desk
) -> None:
    share = asked(at_desk(ada), photo, nil)
    answer = signed_in_client(mo, stepped_up=False).get(f"{share}/check")
    assert answer.status_code == 303
    assert answer["Location"].startswith("/step-up?")


def test_a_nurse_is_no_second_person_for_what_becomes_public(
    photo: Photo, ada: Person, ben: Person, nil: Clinician, at_desk: Desk
) -> None:
    share = asked(at_desk(ada), photo, nil)
    item = ReleasedPhoto.objects.get()
    told = {"say": "yes", f"seen-{item.pk}": item.sha256}
    assert at_desk(ben).post(f"{share}/check", told).status_code in (403, 404)
    assert release_at(share).state == Release.State.WAITING_SECOND


def test_the_list_groups_what_is_out_and_stops_it_from_there(
    photo: Photo, ada: Person, rec: Person, ivy: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    assert "Nothing is shared." in client.get("/shares").content.decode()
    share = made_ready(client, photo, to=nil, **{"days-link": "1"})
    confirmed(client, share)
    assert "Not gone yet" in client.get("/shares").content.decode()
    let_go(now())
    words = client.get("/shares").content.decode()
    assert "1 share is out." in words
    assert "Ends soon" in words
    assert "TESTCASE, Pat" in words
    assert f"{share}/stop" in at_desk(rec).get("/shares").content.decode()
    assert at_desk(ivy).get("/shares").status_code == 403


def test_the_list_says_how_many_more_are_out_and_goes_on(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = at_desk(ada)
    first, _ = out(client, photo, nil)
    second, _ = out(client, photo, nil)
    monkeypatch.setattr(reading, "ROWS", 1)
    page = client.get("/shares").content.decode()
    assert "More than 1 share is out." in page
    assert "1 more, ending after these." in page
    assert (f'href="{first}"' in page, f'href="{second}"' in page) == (True, False)
    page = client.get("/shares?from=1").content.decode()
    assert f'href="{second}"' in page
    assert "ending after these" not in page


def test_a_link_that_nobody_opens_is_named(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil)
    confirmed(client, share)
    let_go(now())
    Release.objects.update(out_at=now() - timedelta(days=3))
    assert "Never opened" in client.get("/shares").content.decode()


def test_a_registrar_sees_only_their_own_shares(
    photo: Photo, ada: Person, reg: Person, cy: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil)
    confirmed(client, share)
    let_go(now())
    assert "Dr Nil Dummy" in at_desk(reg).get("/shares").content.decode()  # Ada supervises
    reg.supervisor = None
    reg.save(update_fields=["supervisor"])
    assert "Dr Nil Dummy" not in at_desk(reg).get("/shares").content.decode()
    assert at_desk(reg).get(share).status_code == 404
    assert "Dr Nil Dummy" not in at_desk(cy).get("/shares").content.decode()


def test_a_draft_is_listed_for_whoever_began_it(
    photo: Photo, ada: Person, ben: Person, at_desk: Desk
) -> None:
    share = begun(at_desk(ada), photo)
    assert share in at_desk(ada).get("/shares").content.decode()
    assert share not in at_desk(ben).get("/shares").content.decode()


def test_a_teaching_set_is_chosen_across_those_who_said_yes_and_made_by_two(
    photo: Photo,
    phone: Phone,
    ada: Person,
    ben: Person,
    pat: Patient,
    quinn: Patient,
    at_desk: Desk,
) -> None:
    yes = keep(quinn, ada, talk(uses={"teaching": "yes"}), agreed_at=now() - timedelta(hours=2))
    withdraw_consent(yes, use="teaching", said_by="Quinn", why="", by=ada, at=now())
    no = filed(phone, ada, quinn, at=now() - timedelta(hours=1), taken_at=taken())
    client = at_desk(ada)
    words = client.get("/teaching/new").content.decode()
    assert str(photo.pk) in words
    assert str(no.pk) not in words
    told = {"make": "1", "use": "teaching", "title": "Naevi", "audience": "Our registrars"}
    assert client.post("/teaching/new", told).status_code == 400  # none ticked
    answer = client.post("/teaching/new", {**told, "photo": str(photo.pk)})
    share = answer["Location"].removesuffix("/why")
    client.post(f"{share}/why", {"code": "CONSENT_EXPRESS"})
    client.post(f"{share}/hide", {"shapes": "[]", "words": "", **NOTHING_THERE})
    assert "Testcase" not in client.get(f"{share}/look").content.decode()
    client.post(f"{share}/how", {"form": "teaching_set"})
    confirmed(client, share)
    assert release_at(share).state == Release.State.WAITING_SECOND
    second = at_desk(ben)
    page = second.get(f"{share}/check").content.decode()
    second.post(f"{share}/check", {"say": "yes", **seen_on(page)})
    let_go(now())
    assert release_at(share).state == Release.State.OUT, release_at(share).end_words
    register = client.get("/teaching").content.decode()
    assert "1. Naevi" in register
    assert "Ben Placeholder" in register
    assert "TESTCASE" not in register


def test_reception_sees_no_register(rec: Person, at_desk: Desk) -> None:
    assert at_desk(rec).get("/teaching").status_code == 403
