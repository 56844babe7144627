"""The address book and the mail server: who may, what is typed twice, what is never shown."""

import socket
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Taker

from safelight.lib.clock import now
from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.sharing.models import Clinician, MailServer
from tests.signing_in import signed_in_client
from tests.web.desk.sharing import Desk, clinician

ENTRY = {
    "name": "Dr Nil Dummy",
    "organisation": "Skin Rooms",
    "kind": "Skin specialist (dermatologist)",
    "country": "AU",
    "email": "nil@dummy.example",
    "email_again": "nil@dummy.example",
    "mobile": "0491 570 006",
    "ahpra": "med 0001234567",
    "provider_number": "123456ax",
    "how_verified": "Rang the rooms",
}
SERVER = {
    "host": "mail.example",
    "port": "465",
    "security": "tls",
    "user": "practice",
    "password": "Zzyzx-Secret",
    "sender": "practice@wattle.example",
}


class Box(Taker):
    """Keep what a mail server was handed."""

    taken: list[str]

    def handle_message(self, message: object) -> None:
        """Keep one message."""
        self.taken.append(str(message))


def test_somebody_is_added_with_the_address_typed_twice(
    practice: Practice, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    other = client.post("/clinicians/new", {**ENTRY, "email_again": "nil@dummy.exampel"})
    assert other.status_code == 400
    assert "not the same" in other.content.decode()
    assert not Clinician.objects.exists()
    answer = client.post("/clinicians/new", ENTRY)
    row = Clinician.objects.get()
    assert answer["Location"] == f"/clinicians/{row.pk}"
    assert (row.ahpra, row.provider_number) == ("MED0001234567", "123456AX")
    assert "Rang the rooms" in client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("ahpra", "MED12", "three letters and ten digits"),
        ("provider_number", "12", "six digits"),
        ("email", "no address", "does not look like an e-mail address"),
        ("how_verified", "", "Fill this in"),
    ],
)
def test_a_number_or_address_that_is_spelt_wrong_is_said_in_the_form(
    practice: Practice, ada: Person, at_desk: Desk, field: str, value: str, words: str
) -> None:
    told = {**ENTRY, field: value}
    if field == "email":
        told["email_again"] = value
    answer = at_desk(ada).post("/clinicians/new", told)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Clinician.objects.exists()


def test_the_book_asks_for_the_passkey_to_change_it(practice: Practice, ada: Person) -> None:
    client = signed_in_client(ada, stepped_up=False)
    assert client.get("/clinicians").status_code == 200
    assert client.get("/clinicians/new").status_code == 303


def test_an_address_that_is_due_says_so_and_is_verified_again(
    practice: Practice, ada: Person, at_desk: Desk
) -> None:
    row = clinician(practice, ada, verified_days=100)
    client = at_desk(ada)
    assert "1 address is due to be verified" in client.get("/clinicians").content.decode()
    assert client.post(f"/clinicians/{row.pk}", {"how": " "}).status_code == 400
    client.post(f"/clinicians/{row.pk}", {"how": "Rang them"})
    row.refresh_from_db()
    assert row.verified_at > now() - timedelta(minutes=1)
    assert row.verified_how == "Rang them"


def test_a_changed_address_is_typed_and_verified_anew(
    practice: Practice, ada: Person, at_desk: Desk
) -> None:
    row = clinician(practice, ada, verified_days=100)
    client = at_desk(ada)
    page = client.get(f"/clinicians/{row.pk}/edit").content.decode()
    assert 'value="nil@dummy.example"' in page
    new = {**ENTRY, "email": "new@dummy.example", "email_again": "new@dummy.example"}
    assert client.post(f"/clinicians/{row.pk}/edit", new).status_code == 302
    row.refresh_from_db()
    assert row.email == "new@dummy.example"
    assert row.verified_at > now() - timedelta(minutes=1)


def test_the_book_is_searched_by_form_and_somebody_is_taken_out(
    practice: Practice, ada: Person, at_desk: Desk
) -> None:
    row = clinician(practice, ada, verified_days=1)
    client = at_desk(ada)
    assert "nil@dummy.example" not in client.post("/clinicians", {"q": "eye"}).content.decode()
    assert "nil@dummy.example" in client.post("/clinicians", {"q": "skin"}).content.decode()
    assert client.post(f"/clinicians/{row.pk}/end").status_code == 302
    assert "The address book is empty." in client.get("/clinicians").content.decode()


def test_the_book_is_the_practices_own(
    practice: Practice, ada: Person, cy: Person, rec: Person, at_desk: Desk
) -> None:
    row = clinician(practice, ada, verified_days=1)
    other = at_desk(cy)
    assert "nil@dummy.example" not in other.get("/clinicians").content.decode()
    for what in ("", "/edit"):
        assert other.get(f"/clinicians/{row.pk}{what}").status_code == 404
    assert other.post(f"/clinicians/{row.pk}/end").status_code == 404
    assert at_desk(rec).get("/clinicians").status_code == 403


def test_the_mail_server_is_set_and_its_password_is_never_shown(
    practice: Practice, mo: Person, at_desk: Desk
) -> None:
    client = at_desk(mo)
    assert "No mail server is set." in client.get("/mail").content.decode()
    assert client.post("/mail", SERVER)["Location"] == "/mail"
    words = client.get("/mail").content.decode()
    assert "Messages go by mail.example" in words
    assert "Zzyzx-Secret" not in words
    assert b"Zzyzx-Secret" not in bytes(MailServer.objects.get().sealed_password)


def test_without_tls_only_this_computer_is_spoken_to(
    practice: Practice, mo: Person, at_desk: Desk
) -> None:
    answer = at_desk(mo).post("/mail", {**SERVER, "security": "none"})
    assert answer.status_code == 400
    assert "on this computer itself" in answer.content.decode()
    assert not MailServer.objects.exists()


def test_a_test_message_holds_no_link_and_says_what_came_of_it(
    practice: Practice, mo: Person, at_desk: Desk
) -> None:
    box = Box()
    box.taken = []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        client = at_desk(mo)
        here = {**SERVER, "host": "127.0.0.1", "port": str(port), "security": "none", "user": ""}
        assert client.post("/mail", here).status_code == 302
        words = client.post("/mail/try", {"to": "mo@wattle.example"}).content.decode()
        assert "The mail server took the message." in words
    finally:
        server.stop()
    assert len(box.taken) == 1
    assert "http" not in box.taken[0]
    gone = client.post("/mail/try", {"to": "mo@wattle.example"})
    assert gone.status_code == 502
    assert "did not answer as one should" in gone.content.decode()


def test_it_manager_and_privacy_officer_reach_the_mail_server_and_nobody_else(
    practice: Practice, ada: Person, rec: Person, ivy: Person, mo: Person, at_desk: Desk
) -> None:
    for person in (ada, rec):
        assert at_desk(person).get("/mail").status_code == 403
        assert at_desk(person).post("/mail", SERVER).status_code == 403
        assert "Mail server" not in at_desk(person).get("/policy").content.decode()
    for person in (mo, ivy):
        assert signed_in_client(person, stepped_up=False).get("/mail").status_code == 303
    assert not MailServer.objects.exists()
    client = at_desk(ivy)
    assert 'href="/mail"' in client.get("/").content.decode()
    assert client.post("/mail", SERVER).status_code == 302
    assert MailServer.objects.get().changed_by == ivy
