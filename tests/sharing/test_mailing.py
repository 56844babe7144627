"""Messages: against a real mail server. A fixed sentence and the link, to one address, no more."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from safelight.audit.models import Entry
from safelight.lib.refusals import BadInput, NotAllowed, StepUp
from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.policy.models import Practice
from safelight.sharing import confirming, mailing, messages, recalling
from safelight.sharing.mailing import NotSent, set_mail_server, try_mail_server
from safelight.sharing.messages import AlreadyTaken, send_messages, text_of
from safelight.sharing.models import Clinician, MailServer, Message, Release
from safelight.sharing.releasing import let_go
from safelight.vault.sealing import Unreadable
from tests.conftest import NOON
from tests.sharing.letting import MINUTE, drafted, seen, sent, token_of
from tests.sharing.post import PASSWORD, Post, post_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def post() -> Iterator[Post]:
    with post_office() as running:
        yield running


def use_server(practice: Practice, by: Person, port: int, **words: str) -> MailServer:
    told = {"host": "127.0.0.1", "security": "none", "sender": "post@wattle.example", **words}
    return set_mail_server(practice, port=port, by=by, at=NOON, stepped_up=True, **told)


@pytest.fixture
def mailed(
    post: Post, practice: Practice, mo: Person, photo: Photo, nil: Clinician, ada: Person
) -> Release:
    """A release by e-mail, confirmed and let go, its message not sent yet."""
    use_server(practice, mo, post.port)
    release = drafted([photo], nil, ada, channel="email", question="Secret question")
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    let_go(NOON + MINUTE)
    release.refresh_from_db()
    return release


def test_a_message_is_the_sentence_and_the_link_and_nothing_else(
    mailed: Release, post: Post
) -> None:
    token = token_of(mailed)
    assert send_messages(NOON + MINUTE) == 1
    body = post.letter().get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().replace("\r\n", "\n") == (
        "Wattle Lane Family Practice has sent you a secure item.\n\n"
        f"Open it here: http://localhost:8000/s#{token}\n"
    )
    assert post.heads == [("post@wattle.example", ["nil@dummy.example"])]
    assert post.letter()["To"] == "nil@dummy.example"
    assert post.letter()["Subject"] == "A secure item from Wattle Lane Family Practice"
    raw = post.letters[0]
    for word in (b"Pat", b"Testcase", b"Dummy", b"naevus", b"Secret", b"arm", b"referral"):
        assert word not in raw
    assert not post.letter().is_multipart()


def test_it_is_sent_once_and_the_link_is_then_forgotten(mailed: Release, post: Post) -> None:
    send_messages(NOON + MINUTE)
    assert send_messages(NOON + timedelta(days=1)) == 0
    assert len(post.letters) == 1
    message = Message.objects.get()
    assert (message.state, bytes(message.sealed_link)) == ("sent", b"")
    assert Entry.objects.filter(action="share.message_sent").count() == 1


def test_nothing_is_sent_in_the_minute_or_after_undoing(
    post: Post, practice: Practice, mo: Person, photo: Photo, nil: Clinician, ada: Person
) -> None:
    use_server(practice, mo, post.port)
    release = drafted([photo], nil, ada, channel="email")
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    early = NOON + MINUTE - timedelta(seconds=1)
    assert (let_go(early), send_messages(early)) == (0, 0)
    confirming.undo(release, by=ada, at=early)
    assert (let_go(NOON + 2 * MINUTE), send_messages(NOON + 2 * MINUTE)) == (0, 0)
    assert post.letters == []


def test_stopped_before_it_was_sent_nothing_is_sent(
    mailed: Release, post: Post, ada: Person
) -> None:
    recalling.recall(mailed, reason="Wrong person", by=ada, at=NOON + MINUTE)
    assert send_messages(NOON + MINUTE) == 0
    assert post.letters == []
    assert Message.objects.get().state == "cancelled"


def test_what_the_server_does_not_take_now_is_tried_again_later(
    mailed: Release, post: Post
) -> None:
    post.answers = ["451 Later"]
    at = NOON + MINUTE
    assert send_messages(at) == 0
    assert Message.objects.get().state == "waiting"
    assert send_messages(at + timedelta(seconds=59)) == 0
    assert send_messages(at + timedelta(seconds=60)) == 1
    assert len(post.letters) == 1


def test_it_is_given_up_after_a_while_and_the_sender_is_told(mailed: Release, post: Post) -> None:
    post.answers = ["451 Later"] * 20
    at = NOON + MINUTE
    for _ in range(10):
        send_messages(at)
        at += timedelta(hours=5)
    message = Message.objects.get()
    assert (message.state, bytes(message.sealed_link), message.tries) == ("failed", b"", 6)
    assert messages.waiting_trouble(mailed.practice) == [message]
    assert Entry.objects.filter(action="share.message_failed").count() == 1


def test_a_message_that_cannot_be_made_is_given_up_as_well(mailed: Release, post: Post) -> None:
    Message.objects.update(sealed_link=b"of another message")
    at = NOON + MINUTE
    for _ in range(messages.MOST_TRIES):
        with pytest.raises(Unreadable):
            send_messages(at)
        at += messages.LEASE + MINUTE
    assert send_messages(at) == 0
    message = Message.objects.get()
    assert (message.state, bytes(message.sealed_link), post.letters) == ("failed", b"", [])
    assert send_messages(at + timedelta(days=1)) == 0


def test_a_server_that_is_not_there_is_no_crash(practice: Practice, mo: Person, post: Post) -> None:
    use_server(practice, mo, 1)
    with pytest.raises(NotSent):
        try_mail_server(practice, to="mo@prototype.example", by=mo, at=NOON, stepped_up=True)


def test_trying_the_server_sends_a_message_without_a_link(
    practice: Practice, mo: Person, post: Post
) -> None:
    use_server(practice, mo, post.port)
    try_mail_server(practice, to="mo@prototype.example", by=mo, at=NOON, stepped_up=True)
    assert b"http" not in post.letters[0]
    assert MailServer.objects.get().worked_at == NOON


@pytest.mark.parametrize("way", ["tls", "starttls"])
def test_tls_to_a_server_that_proves_who_it_is(
    practice: Practice, mo: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    with post_office(tmp_path, way=way) as post:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "mail.pem"))
        login = {"user": "wattle", "password": PASSWORD} if way == "starttls" else {}
        use_server(practice, mo, post.port, security=way, **login)
        try_mail_server(practice, to="mo@prototype.example", by=mo, at=NOON, stepped_up=True)
        assert len(post.letters) == 1


@pytest.mark.parametrize("way", ["tls", "starttls"])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    practice: Practice, mo: Person, tmp_path: Path, way: str
) -> None:
    with post_office(tmp_path, way=way) as post:
        use_server(practice, mo, post.port, security=way, user="wattle", password=PASSWORD)
        with pytest.raises(NotSent, match="prove who it is"):
            try_mail_server(practice, to="mo@prototype.example", by=mo, at=NOON, stepped_up=True)
        assert post.letters == []


def test_a_server_without_tls_gets_nothing_where_tls_is_set(
    practice: Practice, mo: Person, post: Post
) -> None:
    use_server(practice, mo, post.port, security="starttls")
    with pytest.raises(NotSent):
        try_mail_server(practice, to="mo@prototype.example", by=mo, at=NOON, stepped_up=True)
    assert post.letters == []


@pytest.mark.parametrize("host", ["mail.wattle.example", "192.0.2.5", "127.0.0.1.evil.example"])
def test_without_tls_only_this_computer_is_spoken_to(
    practice: Practice, mo: Person, host: str
) -> None:
    with pytest.raises(BadInput, match="Without TLS"):
        use_server(practice, mo, 25, host=host)


def test_the_password_is_sealed_and_kept_for_the_same_server_only(
    practice: Practice, mo: Person
) -> None:
    use_server(practice, mo, 465, security="tls", user="wattle", password=PASSWORD)
    first = MailServer.objects.get()
    assert PASSWORD.encode() not in bytes(first.sealed_password)
    kept = use_server(practice, mo, 587, security="starttls", user="wattle")
    assert bytes(kept.sealed_password) == bytes(first.sealed_password)
    other = use_server(practice, mo, 465, security="tls", user="wattle", host="localhost")
    assert bytes(other.sealed_password) == b""
    assert not any(PASSWORD in entry.leaf for entry in Entry.objects.all())


def test_only_who_has_the_duty_sets_the_mail_server(
    practice: Practice, ada: Person, ivy: Person, mo: Person
) -> None:
    with pytest.raises(NotAllowed):
        use_server(practice, ada, 25)
    assert use_server(practice, ivy, 25).changed_by == ivy
    with pytest.raises(StepUp):
        set_mail_server(
            practice, host="127.0.0.1", port=25, security="none", sender="p@w.example", by=mo,
            at=NOON,
        )  # fmt: skip


@pytest.mark.parametrize(
    "to", ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "A <a@b.example>", "a"]
)
def test_nothing_can_ride_along_in_an_address(practice: Practice, to: str) -> None:
    with pytest.raises(NotSent):
        mailing.composed(practice, sender="post@wattle.example", to=to, body="x", at=NOON)
    with pytest.raises(NotSent):
        mailing.composed(practice, sender=to, to="a@b.example", body="x", at=NOON)


def test_nothing_can_ride_along_in_the_practices_name(
    mailed: Release, post: Post, practice: Practice
) -> None:
    practice.name = "Wattle\r\nBcc: all@else.example\r\n\r\nPat Testcase"
    practice.save()
    send_messages(NOON + MINUTE)
    assert post.letter()["Bcc"] is None
    assert post.heads[0][1] == ["nil@dummy.example"]
    assert "\n" not in str(post.letter()["Subject"]).replace("\n ", " ")


def test_the_text_to_copy_is_given_out_once(
    photo: Photo, nil: Clinician, ada: Person, ben: Person
) -> None:
    out = sent(drafted([photo], nil, ada), ada)
    text = text_of(out.release, by=ada, at=NOON + MINUTE)
    assert text.endswith(f"/s#{out.token}\n")
    assert out.pin not in text
    with pytest.raises(AlreadyTaken):
        text_of(out.release, by=ada, at=NOON + MINUTE)
    assert bytes(Message.objects.get().sealed_link) == b""
