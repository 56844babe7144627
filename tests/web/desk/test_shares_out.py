"""A share once it was decided: its page, stopping it, PIN and link again, file, paper, replies."""

import re

import pytest
from django.test import Client

from safelight.lib.clock import now
from safelight.lib.refusals import NotFound
from safelight.people.models import Person
from safelight.photos.models import Copy, Photo
from safelight.sharing.models import Clinician, Link, Release, Reply
from safelight.sharing.opening import open_link
from safelight.sharing.releasing import let_go
from safelight.sharing.replying import reply, see_replies
from tests.signing_in import signed_in_client
from tests.web.desk.sharing import (
    Desk,
    confirmed,
    consent,
    made_ready,
    nil,
    photo,
    release_at,
)

__all__ = ["consent", "nil", "photo"]
JPEG = b"\xff\xd8\xff"


def out(client: Client, photo: Photo, to: Clinician, **form: str) -> tuple[str, str]:
    """Let a photo out through the pages; return the share's address and its PIN."""
    share = made_ready(client, photo, to=to, **form)
    words = confirmed(client, share)
    let_go(now())
    assert release_at(share).state == Release.State.OUT, release_at(share).end_words
    found = re.findall(r'class="code"><b>(\d{6})</b>', words)
    return share, found[0] if found else ""


def token_in(client: Client, share: str) -> str:
    """Have the text with the link shown, once, and return the link's token."""
    words = client.post(f"{share}/text").content.decode()
    return str(re.findall(r"/s#([\w-]+)", words)[0])


def test_the_text_with_the_link_is_shown_once_and_kept_by_no_browser(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, pin = out(client, photo, nil)
    first = client.post(f"{share}/text")
    assert "/s#" in first.content.decode()
    assert pin not in first.content.decode()
    assert "no-store" in first["Cache-Control"]
    assert client.post(f"{share}/text").status_code == 409


def test_the_page_tells_each_opening_and_shows_no_picture(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, pin = out(client, photo, nil)
    assert "Nobody has opened it" in client.get(share).content.decode()
    open_link(token_in(client, share), pin=pin, accepts_terms=True, at=now())
    words = client.get(share).content.decode()
    assert "Opened 1 time" in words
    assert "4 openings left" in words
    assert "<img" not in words


def test_a_stop_says_who_had_seen_it_and_closes_the_link(
    photo: Photo, ada: Person, rec: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, pin = out(client, photo, nil)
    token = token_in(client, share)
    open_link(token, pin=pin, accepts_terms=True, at=now())
    desk = at_desk(rec)  # anybody at the practice may stop a mistake
    assert "It was opened 1 time so far." in desk.get(f"{share}/stop").content.decode()
    words = desk.post(f"{share}/stop", {"reason": "Wrong doctor"}).content.decode()
    assert "Dr Nil Dummy had opened it 1 time." in words
    release = release_at(share)
    assert (release.state, release.end_words) == (Release.State.RECALLED, "Wrong doctor")
    assert not Copy.objects.filter(photo=photo, holder="share", state="held").exists()


def test_a_stop_in_the_minute_says_that_nothing_left(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil)
    confirmed(client, share)
    words = client.post(f"{share}/stop", {"reason": ""}).content.decode()
    assert "Stopped in time. Nothing has left." in words


def test_a_new_pin_is_shown_once_and_the_old_one_opens_nothing(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, _ = out(client, photo, nil)
    before = Link.objects.get().pin_hash
    answer = client.post(f"{share}/renew", {"what": "pin"})
    assert re.search(r'class="code"><b>\d{6}</b>', answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert Link.objects.get().pin_hash != before


def test_a_new_link_kills_the_old_one_and_asks_for_the_passkey(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, _ = out(client, photo, nil)
    old = token_in(client, share)
    plain = signed_in_client(ada, stepped_up=False)
    assert plain.post(f"{share}/renew", {"what": "link"}).status_code == 303
    assert client.post(f"{share}/renew", {"what": "link"})["Location"] == share
    assert token_in(client, share) != old


def test_a_reply_is_read_by_those_who_look_after_the_patient(
    photo: Photo, ada: Person, rec: Person, cy: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, pin = out(client, photo, nil)
    opened = open_link(token_in(client, share), pin=pin, accepts_terms=True, at=now())
    reply(opened.session, words="Excise it with 2 mm.", at=now())
    assert "1 reply nobody has read" in client.get(share).content.decode()
    assert "Excise" not in client.get(share).content.decode()
    assert at_desk(rec).post(f"{share}/replies").status_code == 404
    assert at_desk(cy).post(f"{share}/replies").status_code == 404
    assert "Excise it with 2 mm." in client.post(f"{share}/replies").content.decode()
    assert "1 reply nobody has read" not in client.get(share).content.decode()


def test_reception_is_led_to_who_reads_a_reply_and_to_no_door_that_is_shut(
    photo: Photo, ada: Person, rec: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, pin = out(client, photo, nil)
    opened = open_link(token_in(client, share), pin=pin, accepts_terms=True, at=now())
    reply(opened.session, words="Excise it.", at=now())
    desk = at_desk(rec)
    page = desk.get(share).content.decode()
    assert "Only those who may see the photos read replies. Tell Dr Ada Specimen." in page
    assert "/photos/" not in page
    assert f'href="/photos/{photo.pk}"' in client.get(share).content.decode()
    for where in ("/", "/shares"):
        assert "Look at it" in desk.get(where).content.decode()
        assert "Read it" not in desk.get(where).content.decode()
        assert "Read it" in client.get(where).content.decode()
    with pytest.raises(NotFound):
        see_replies(release_at(share), by=rec, at=now())
    assert not Reply.objects.exclude(seen_at=None).exists()


def test_what_was_written_of_the_patient_is_for_who_may_see_the_photos(
    photo: Photo, ada: Person, rec: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, _ = out(client, photo, nil)
    reason = {"basis": "SERIOUS_THREAT", "basis_reason": "Fears for the sister at home"}
    Release.objects.update(use="disclosure", **reason)
    assert "Fears for the sister" in client.get(share).content.decode()
    page = at_desk(rec).get(share).content.decode()
    assert "Serious threat to someone" in page
    assert "Fears for the sister" not in page


def test_file_and_password_come_by_two_buttons_after_a_signature(
    photo: Photo, ada: Person, ben: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, pin = out(client, photo, nil, form="pdf")
    assert pin == ""
    plain = signed_in_client(ada, stepped_up=False)
    assert plain.get(f"{share}/package").status_code == 303
    assert 'class="code"' not in client.get(f"{share}/package").content.decode()
    assert "A sealed PDF, which we ask about on" in client.get(share).content.decode()
    told = client.post(f"{share}/package", {"what": "password"})
    assert 'class="code"' in told.content.decode()
    assert "no-store" in told["Cache-Control"]
    sealed = client.post(f"{share}/package", {"what": "file"})
    assert sealed.content.startswith(b"%PDF")
    assert "attachment" in sealed["Content-Disposition"]
    assert "Testcase" not in sealed["Content-Disposition"]
    assert at_desk(ben).get(f"{share}/package").status_code == 404
    assert at_desk(ben).post(f"{share}/package", {"what": "file"}).status_code == 404


def test_a_file_is_accounted_for_with_how_we_know(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, _ = out(client, photo, nil, form="archive")
    assert client.post(f"{share}/settle", {"what": "kept", "evidence": ""}).status_code == 400
    told = {"what": "destroyed", "evidence": "He rang and said so"}
    assert client.post(f"{share}/settle", told)["Location"] == share
    copy = Copy.objects.get(photo=photo, holder="package")
    assert (copy.state, copy.end_evidence) == (Copy.State.ENDED, "He rang and said so")


def test_pages_to_print_are_numbered_and_hold_the_finished_copy(
    photo: Photo, ada: Person, rec: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, _ = out(client, photo, nil, form="print")
    words = client.get(f"{share}/pages").content.decode()
    assert "Copy number 1" in words
    picture = client.get(f"{share}/pages/1.jpg")
    assert picture.content.startswith(JPEG)
    assert "no-store" in picture["Cache-Control"]
    assert client.get(f"{share}/pages/2.jpg").status_code == 404
    assert at_desk(rec).get(f"{share}/pages").status_code == 403


@pytest.mark.parametrize("what", ["", "/stop", "/renew", "/package", "/settle", "/check"])
def test_another_practice_sees_no_share(
    photo: Photo, ada: Person, cy: Person, nil: Clinician, at_desk: Desk, what: str
) -> None:
    share, _ = out(at_desk(ada), photo, nil)
    assert at_desk(cy).get(f"{share}{what}").status_code == 404


def test_only_the_sender_gets_a_new_pin(
    photo: Photo, ada: Person, ben: Person, nil: Clinician, at_desk: Desk
) -> None:
    share, _ = out(at_desk(ada), photo, nil)
    assert at_desk(ben).post(f"{share}/renew", {"what": "pin"}).status_code == 403
    page = at_desk(ben).get(f"{share}/renew")
    assert page.status_code == 403
    assert "Ask them, or stop this share." in page.content.decode()
    assert at_desk(ben).post(f"{share}/text").status_code == 409
