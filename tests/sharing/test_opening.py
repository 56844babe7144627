"""Opening: asking opens nothing, PINs and openings are counted exactly, whoever races."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from safelight.audit.models import Entry
from safelight.lib.refusals import NotAllowed, StepUp
from safelight.patients.access import WallUp
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.sharing import opening
from safelight.sharing.addressbook import NotInBook, NotVerified, end_clinician
from safelight.sharing.messages import text_of
from safelight.sharing.models import Clinician, Link, Opening, Release
from safelight.sharing.opening import LinkClosed, TermsFirst, WrongPin, knock, open_link, share_for
from safelight.sharing.rules.ways import MANY
from tests.conftest import NOON
from tests.sharing.letting import Out, drafted, sent

LATER = NOON + timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def out(photo: Photo, nil: Clinician, ada: Person) -> Out:
    """A link that is out, with a PIN."""
    return sent(drafted([photo], nil, ada, question="Is this a naevus?"), ada)


@pytest.fixture
def bare(photo: Photo, nil: Clinician, ada: Person) -> Out:
    """A link without a PIN, so that races are about openings alone."""
    return sent(drafted([photo], nil, ada, needs_pin=False, open_limit=5), ada)


def opens(out: Out) -> int:
    return Link.objects.get(release=out.release).opens


def test_asking_a_thousand_times_opens_and_counts_nothing(out: Out) -> None:
    entries = Entry.objects.count()
    for _ in range(50):
        told = knock(out.token, at=LATER)
    assert (told.practice_name, told.needs_pin) == ("Wattle Lane Family Practice", True)
    assert "mistake" in told.terms
    assert (opens(out), Entry.objects.count()) == (0, entries)


def test_no_token_and_a_dead_one_are_the_same_answer(out: Out) -> None:
    answers = set()
    Release.objects.filter(pk=out.release.pk).update(ends_at=LATER)
    for token in ("", "x" * 43, out.token, out.token + "x", out.token[:-1]):
        with pytest.raises(LinkClosed) as refused:
            knock(token, at=LATER)
        answers.add((refused.value.message, refused.value.remedy, refused.value.status))
    assert len(answers) == 1


def test_neither_token_nor_pin_nor_session_lies_in_the_database(out: Out) -> None:
    opened = open_link(out.token, pin=out.pin, accepts_terms=True, at=LATER)
    link = Link.objects.get(release=out.release)
    assert link.pin_hash.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    row = repr([getattr(link, field.attname) for field in link._meta.fields])
    row += repr(list(Opening.objects.values()))
    assert out.token not in row
    assert opened.session not in row
    assert out.pin not in link.pin_hash
    assert out.token not in repr(opened)
    assert opened.session not in repr(opened)


def test_opening_needs_the_terms_and_the_pin(out: Out) -> None:
    with pytest.raises(TermsFirst):
        open_link(out.token, pin=out.pin, accepts_terms=False, at=LATER)
    for pin in ("", "12345", out.pin + "1"):
        with pytest.raises(WrongPin):
            open_link(out.token, pin=pin, accepts_terms=True, at=LATER)
    assert opens(out) == 0
    assert Link.objects.get().terms_accepted_at is None
    open_link(out.token, pin=f" {out.pin[:3]} {out.pin[3:]}", accepts_terms=True, at=LATER)
    assert opens(out) == 1


def test_five_wrong_pins_close_the_link_for_good(out: Out) -> None:
    wrong = "000000" if out.pin != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(WrongPin):
            open_link(out.token, pin=wrong, accepts_terms=True, at=LATER)
    with pytest.raises(LinkClosed):
        open_link(out.token, pin=out.pin, accepts_terms=True, at=LATER)
    out.release.refresh_from_db()
    assert (out.release.state, out.release.end_why) == (Release.State.ENDED, "pin")
    assert Entry.objects.filter(action="share.pin_wrong", outcome="refused").count() == 5


def test_a_right_pin_is_no_try(out: Out) -> None:
    wrong = "000000" if out.pin != "000000" else "111111"
    for _ in range(4):
        with pytest.raises(WrongPin):
            open_link(out.token, pin=wrong, accepts_terms=True, at=LATER)
    open_link(out.token, pin=out.pin, accepts_terms=True, at=LATER)
    open_link(out.token, pin=out.pin, accepts_terms=True, at=LATER)
    assert Link.objects.get().pin_tries == 4


def test_each_opening_is_in_the_log_under_the_link_and_no_name(out: Out) -> None:
    open_link(out.token, pin=out.pin, accepts_terms=True, at=LATER)
    entry = Entry.objects.get(action="share.opened")
    assert (entry.role, entry.actor_id) == ("SP", out.release.pk)
    assert entry.patient == out.release.patient_id
    assert "Dummy" not in entry.leaf


def test_after_the_last_opening_the_link_is_closed_but_the_session_lasts(bare: Out) -> None:
    for _ in range(5):
        last = open_link(bare.token, accepts_terms=True, at=LATER)
    with pytest.raises(LinkClosed):
        knock(bare.token, at=LATER)
    with pytest.raises(LinkClosed):
        open_link(bare.token, accepts_terms=True, at=LATER)
    assert share_for(last.session, at=LATER).opens_left == 0
    with pytest.raises(LinkClosed):
        share_for(last.session, at=LATER + timedelta(minutes=30))


def test_what_the_page_shows_holds_the_question_and_the_basis(out: Out) -> None:
    share = open_link(out.token, pin=out.pin, accepts_terms=True, at=LATER).share
    assert share.question == "Is this a naevus?"
    assert "agreed" in share.basis_words
    assert share.patient_words == "TESTCASE, Pat, born 12 Mar 1968"
    assert share.view_only


def test_a_hidden_name_is_not_on_the_page(photo: Photo, nil: Clinician, ada: Person) -> None:
    hidden = sent(drafted([photo], nil, ada, use="peer_opinion"), ada)
    share = open_link(hidden.token, pin=hidden.pin, accepts_terms=True, at=LATER).share
    assert "TESTCASE" not in repr(share)
    assert share.patient_words == ""


def test_a_new_pin_makes_the_old_one_wrong(out: Out, ada: Person) -> None:
    fresh = opening.renew_pin(out.release, by=ada, at=LATER)
    if fresh != out.pin:
        with pytest.raises(WrongPin):
            open_link(out.token, pin=out.pin, accepts_terms=True, at=LATER)
    open_link(out.token, pin=fresh, accepts_terms=True, at=LATER)


def test_a_new_link_kills_the_old_one_and_its_sessions(out: Out, ada: Person) -> None:
    session = open_link(out.token, pin=out.pin, accepts_terms=True, at=LATER).session
    opening.renew_link(out.release, by=ada, at=LATER)
    with pytest.raises(LinkClosed):
        knock(out.token, at=LATER)
    with pytest.raises(LinkClosed):
        share_for(session, at=LATER)


def test_a_new_link_to_many_photos_asks_for_a_signature_as_sending_them_did(
    photos: Callable[[int], list[Photo]], nil: Clinician, ada: Person
) -> None:
    out = sent(drafted(photos(MANY + 1), nil, ada), ada)
    with pytest.raises(StepUp):
        opening.renew_link(out.release, by=ada, at=LATER)
    assert knock(out.token, at=LATER)
    opening.renew_link(out.release, by=ada, at=LATER, stepped_up=True)
    with pytest.raises(LinkClosed):
        knock(out.token, at=LATER)


def test_a_sender_who_may_not_open_the_record_any_more_makes_no_new_link(
    out: Out, pat: Patient, ada: Person
) -> None:
    Patient.objects.filter(pk=pat.pk).update(restricted=True)
    with pytest.raises(WallUp):
        opening.renew_link(out.release, by=ada, at=LATER, stepped_up=True)
    assert knock(out.token, at=LATER)


@pytest.mark.parametrize("roles", [["RE"], ["M"]])
def test_a_sender_who_may_share_no_more_gets_neither_link_nor_pin(
    out: Out, ada: Person, roles: list[str]
) -> None:
    Person.objects.filter(pk=ada.pk).update(roles=roles)
    ada.refresh_from_db()
    with pytest.raises(NotAllowed):
        text_of(out.release, by=ada, at=LATER)
    with pytest.raises(NotAllowed):
        opening.renew_pin(out.release, by=ada, at=LATER)
    assert open_link(out.token, pin=out.pin, accepts_terms=True, at=LATER)


def test_a_wall_that_went_up_since_hides_link_and_pin_from_the_sender(
    out: Out, pat: Patient, ada: Person
) -> None:
    Patient.objects.filter(pk=pat.pk).update(restricted=True)
    with pytest.raises(WallUp):
        text_of(out.release, by=ada, at=LATER)
    with pytest.raises(WallUp):
        opening.renew_pin(out.release, by=ada, at=LATER)


def test_a_new_link_goes_to_nobody_who_was_taken_out_of_the_book_or_not_verified_lately(
    out: Out, nil: Clinician, ada: Person
) -> None:
    Clinician.objects.update(verified_at=NOON - timedelta(days=800))
    with pytest.raises(NotVerified):
        opening.renew_link(out.release, by=ada, at=LATER, stepped_up=True)
    end_clinician(nil, by=ada, at=LATER, stepped_up=True)
    with pytest.raises(NotInBook):
        opening.renew_link(out.release, by=ada, at=LATER, stepped_up=True)
    assert knock(out.token, at=LATER)


def race(count: int, act: Callable[[], object]) -> tuple[int, int]:
    """Let many do the same thing at once; return how many could, and how many were refused."""
    did: list[bool] = []
    start = threading.Barrier(count)

    def one() -> None:
        start.wait()
        try:
            act()
            did.append(True)
        except (LinkClosed, WrongPin):
            did.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return did.count(True), did.count(False)


@pytest.mark.django_db(transaction=True)
def test_sixty_four_who_race_open_exactly_as_often_as_agreed(bare: Out) -> None:
    assert race(64, lambda: open_link(bare.token, accepts_terms=True, at=LATER)) == (5, 59)
    assert opens(bare) == 5
    assert Opening.objects.count() == 5
    assert Entry.objects.filter(action="share.opened").count() == 5


@pytest.mark.django_db(transaction=True)
def test_twenty_wrong_pins_at_once_are_compared_five_times(out: Out) -> None:
    wrong = "000000" if out.pin != "000000" else "111111"
    race(20, lambda: open_link(out.token, pin=wrong, accepts_terms=True, at=LATER))
    assert Entry.objects.filter(action="share.pin_wrong").count() == 5
    assert Link.objects.get().pin_tries == 5
    with pytest.raises(LinkClosed):
        open_link(out.token, pin=out.pin, accepts_terms=True, at=LATER)
