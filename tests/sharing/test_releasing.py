"""Releasing: the worker asks again, sends what was looked at, and a race has one winner."""

import hashlib
import subprocess
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.consent.withdrawing import withdraw_consent
from safelight.imaging.sandbox import Decoder
from safelight.lib.refusals import Refusal
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.copies import outside_count, where_is
from safelight.photos.models import Copy, Photo, Rendition
from safelight.photos.moving import move_photo
from safelight.photos.renditions import open_picture
from safelight.sharing import confirming, drafting, releasing
from safelight.sharing.models import Clinician, Link, Package, Release, ReleasedPhoto
from safelight.sharing.refusals import MovedOn
from safelight.sharing.releasing import let_go
from safelight.sharing.sealed import FILE, opened, opened_package, put_away
from safelight.sharing.worker import work
from safelight.vault.files import StoreFull
from safelight.vault.sealing import Unreadable
from safelight.vault.stores import DiskStore, StoreUnreachable
from tests.conftest import NOON
from tests.consent.talks import keep, talk
from tests.photos.making import blobs_and_capsules, filed
from tests.sharing.letting import MINUTE, Out, drafted, seen, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def going(photo: Photo, nil: Clinician, ada: Person) -> Release:
    """A release that is about to go."""
    release = drafted([photo], nil, ada)
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    release.refresh_from_db()
    return release


def refused(release: Release) -> str:
    """Say why a release was refused; nothing may have left."""
    release.refresh_from_db()
    assert release.state == Release.State.REFUSED
    assert not Copy.objects.filter(holder=Copy.Holder.SHARE).exists()
    assert not Link.objects.filter(release=release).exists()
    assert not any(item.wrapped_key for item in release.items.all())
    return release.end_words


def test_what_leaves_is_exactly_what_was_looked_at(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    release = drafting.begin_release([photo], use="referral", by=ada, at=NOON)
    shown = drafting.preview(release.items.get(), by=ada, at=NOON)
    out = sent(drafted([photo], nil, ada), ada)
    item = out.release.items.select_related("release").get()
    assert opened(item, FILE) == shown.data
    assert shown.data != open_picture(photo, Rendition.Kind.ORIGINAL) or shown.removed == []


def test_nothing_but_pixels_and_colour_leaves(
    consent: Consent, phone: Phone, pat: Patient, nil: Clinician, ada: Person, tmp_path: Path
) -> None:
    corpus = Path(__file__).parents[1] / "imaging" / "corpus"
    image = (corpus / "j-gps.jpg").read_bytes()
    photo = filed(phone, ada, pat, image=image)
    out = sent(drafted([photo], nil, ada), ada)
    item = out.release.items.select_related("release").get()
    assert "GPS position" in item.removed
    (tmp_path / "out.jpg").write_bytes(opened(item, FILE))
    told = subprocess.run(
        ["/usr/bin/exiftool", "-G1", "-a", "-u", str(tmp_path / "out.jpg")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "[GPS]" not in told
    assert "[IFD0]" not in told
    assert "[ExifIFD]" not in told


def test_each_copy_is_in_the_ledger_with_its_basis_and_its_end(
    photo: Photo, nil: Clinician, ada: Person, consent: Consent
) -> None:
    before = outside_count(ada.practice)
    out = sent(drafted([photo], nil, ada, days=7), ada)
    copy = next(copy for copy in where_is(photo) if copy.holder == Copy.Holder.SHARE)
    assert (copy.holder_name, copy.consent_id) == ("Dr Nil Dummy", consent.pk)
    assert copy.basis.startswith("Consent of 14 Oct 2026")
    assert copy.due_at == out.release.ends_at == NOON + MINUTE + timedelta(days=7)
    assert outside_count(ada.practice) == before + 1


def test_a_released_photo_has_a_key_of_its_own(photo: Photo, nil: Clinician, ada: Person) -> None:
    out = sent(drafted([photo], nil, ada), ada)
    item = out.release.items.select_related("release").get()
    item.wrapped_key = photo.wrapped_key
    with pytest.raises(Unreadable):
        opened(item, FILE)


def test_a_yes_taken_back_in_the_minute_stops_it(
    going: Release, consent: Consent, ada: Person
) -> None:
    withdraw_consent(consent, use="referral", said_by="Pat", by=ada, at=NOON)
    assert let_go(NOON + MINUTE) == 0
    going.refresh_from_db()
    assert (going.state, going.end_why) == (Release.State.REFUSED, "withdrawn")


def test_the_worker_asks_consent_again_by_itself(going: Release, consent: Consent) -> None:
    consent.decisions.filter(use="referral").update(answer="no")
    let_go(NOON + MINUTE)
    assert "said no" in refused(going)
    assert Entry.objects.filter(action="share.refused", outcome="refused").count() == 1


def test_a_yes_for_each_time_that_was_used_meanwhile_stops_it_at_the_last_moment(
    photo: Photo, pat: Patient, nil: Clinician, ada: Person
) -> None:
    keep(pat, ada, talk(uses={"research": "yes"}), agreed_at=NOON - timedelta(minutes=30))
    first = drafted([photo], nil, ada, use="research", form="archive")
    second = drafted([photo], nil, ada, use="research", form="archive")
    sent(first, ada)
    Release.objects.filter(pk=second.pk).update(state=Release.State.GOING, goes_at=NOON)
    let_go(NOON + MINUTE)
    assert "asked each time" in refused(second)


def test_a_sender_who_left_in_the_minute_sends_nothing(going: Release, ada: Person) -> None:
    Person.objects.filter(pk=ada.pk).update(is_active=False, left_at=NOON)
    let_go(NOON + MINUTE)
    assert refused(going)


def test_a_recipient_taken_out_of_the_book_in_the_minute_gets_nothing(
    going: Release, nil: Clinician
) -> None:
    Clinician.objects.filter(pk=nil.pk).update(ended_at=NOON)
    let_go(NOON + MINUTE)
    assert "not in the address book" in refused(going)


def test_other_bytes_than_those_looked_at_never_leave(going: Release) -> None:
    stored = blobs_and_capsules()
    ReleasedPhoto.objects.filter(release=going).update(sha256="0" * 64)
    let_go(NOON + MINUTE)
    assert "not the ones that were looked at" in refused(going)
    assert blobs_and_capsules() == stored


def test_a_photo_moved_in_the_minute_does_not_leave(
    going: Release, quinn: Patient, ada: Person
) -> None:
    keep(quinn, ada, talk(uses={"referral": "yes"}), agreed_at=NOON - timedelta(hours=1))
    item = going.items.select_related("photo__patient__practice").get()
    move_photo(item.photo, quinn, reason="Wrong record", by=ada, at=NOON, stepped_up=True)
    let_go(NOON + MINUTE)
    assert refused(going)


def test_without_a_second_person_the_worker_lets_nothing_public_go(
    going: Release, pat: Patient, ada: Person
) -> None:
    Release.objects.filter(pk=going.pk).update(
        form="teaching_set", use="teaching", name_hidden=True
    )
    let_go(NOON + MINUTE)
    assert refused(going)


def test_a_full_disk_is_tried_again_and_given_up_at_last(
    going: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise StoreFull("The server has no room.")

    monkeypatch.setattr(releasing, "put_away", no_room)
    at = NOON + MINUTE
    for attempt in range(1, 5):
        assert let_go(at) == 1
        going.refresh_from_db()
        assert (going.state, going.tries) == (Release.State.GOING, attempt)
        assert let_go(at + timedelta(seconds=30)) == 0
        at += timedelta(seconds=61)
    let_go(at)
    assert "could not be made" in refused(going)


def test_a_release_that_ends_its_worker_each_time_is_given_up_at_last(
    going: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(releasing, "ask_again", broken)
    at = NOON + MINUTE
    for _ in range(releasing.TRIES):
        with pytest.raises(OperationalError):
            let_go(at)
        at += releasing.LEASE + MINUTE
    assert let_go(at) == 1
    assert "could not be made" in refused(going)


def test_what_is_read_back_must_be_whole(going: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = blobs_and_capsules()
    monkeypatch.setattr("safelight.sharing.sealed.is_sound", lambda *_: False)
    let_go(NOON + MINUTE)
    going.refresh_from_db()
    assert going.state == Release.State.GOING
    assert blobs_and_capsules() == stored


@pytest.mark.parametrize("form", ["link", "archive"])
def test_a_store_that_falls_silent_while_tidying_costs_nothing_that_is_out(
    photo: Photo, nil: Clinician, ada: Person, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    release = drafted([photo], nil, ada, form=form)
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON, stepped_up=True)
    real, silent = DiskStore.delete, ["once"]

    def delete(store: DiskStore, name: str) -> bool:
        if silent:
            raise StoreUnreachable(silent.pop())
        return real(store, name)

    monkeypatch.setattr(DiskStore, "delete", delete)
    let_go(NOON + MINUTE)
    item = release.items.select_related("release").get()
    assert item.release.state == Release.State.OUT
    assert hashlib.sha256(opened(item, FILE)).hexdigest() == item.sha256
    for package in Package.objects.select_related("release"):
        assert opened_package(package)
    assert silent == []


def test_a_store_that_falls_silent_after_a_failure_still_lets_it_be_tried_again(
    photo: Photo, nil: Clinician, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise StoreUnreachable("The store does not answer.")

    release = drafted([photo], nil, ada, form="archive")
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON, stepped_up=True)
    with monkeypatch.context() as patch:
        patch.setattr(DiskStore, "delete", silent)
        patch.setattr(releasing, "put_away_package", silent)
        let_go(NOON + MINUTE)
    let_go(NOON + MINUTE + timedelta(seconds=61))
    release.refresh_from_db()
    assert release.state == Release.State.OUT


def test_a_clock_that_went_backwards_lets_nothing_go(going: Release) -> None:
    assert work(at=NOON - timedelta(minutes=3)) == 0
    Release.objects.filter(pk=going.pk).update(goes_at=NOON - timedelta(days=1))
    assert work(at=NOON - timedelta(minutes=3)) == 0
    assert work(at=NOON) == 1


def test_letting_go_twice_lets_go_once(going: Release) -> None:
    assert let_go(NOON + MINUTE) == 1
    assert let_go(NOON + MINUTE) == 0
    assert Copy.objects.filter(holder=Copy.Holder.SHARE).count() == 1


def test_undone_while_the_worker_makes_it_nothing_leaves(
    going: Release, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = blobs_and_capsules()
    real = put_away

    def undo_first(*args: Any) -> Any:
        confirming.undo(going, by=ada, at=NOON + MINUTE)
        return real(*args)

    monkeypatch.setattr(releasing, "put_away", undo_first)
    let_go(NOON + MINUTE)
    going.refresh_from_db()
    assert going.state == Release.State.UNDONE
    assert not Copy.objects.filter(holder=Copy.Holder.SHARE).exists()
    assert blobs_and_capsules() == stored


@pytest.mark.django_db(transaction=True)
def test_workers_and_an_undo_that_race_have_one_winner(going: Release, ada: Person) -> None:
    did: list[str] = []
    start = threading.Barrier(4)

    def worker() -> None:
        start.wait()
        try:
            let_go(NOON + MINUTE)
        finally:
            connection.close()

    def undo() -> None:
        start.wait()
        try:
            confirming.undo(going, by=ada, at=NOON + MINUTE)
            did.append("undone")
        except (MovedOn, Refusal):
            did.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    threads.append(threading.Thread(target=undo))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    going.refresh_from_db()
    copies = Copy.objects.filter(holder=Copy.Holder.SHARE).count()
    expected = ("undone", 0) if did == ["undone"] else ("out", 1)
    assert (going.state, copies) == expected


def test_the_sandbox_decodes_what_leaves(photo: Photo, nil: Clinician, ada: Person) -> None:
    out: Out = sent(drafted([photo], nil, ada), ada)
    item = out.release.items.select_related("release").get()
    with Decoder() as decoder:
        assert decoder.prepare(opened(item, FILE)).sha256 == item.sha256
