"""The gate: the whole matrix of who, which photo, in which form, and after what."""

import hashlib
import io
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from django.db import connection
from PIL import Image

from safelight.audit.models import Entry
from safelight.consent.withdrawing import withdraw_consent
from safelight.imaging.metadata import leftovers
from safelight.lib.refusals import NotFound, Refusal
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos.models import Copy, Photo, Rendition
from safelight.photos.moving import move_photo
from safelight.photos.renditions import open_picture
from safelight.sharing import drafting, recalling
from safelight.sharing.ending import end_due, sweep
from safelight.sharing.gate import bytes_for, stamp_words
from safelight.sharing.models import Clinician, Link, Opening, Release
from safelight.sharing.opening import LinkClosed, open_link, share_for
from safelight.vault.stores import store
from tests.conftest import NOON
from tests.photos.making import everything_on_disk, picture
from tests.sharing.letting import Out, completed, drafted, sent

LATER = NOON + timedelta(minutes=10)
PICTURES = ("thumb", "view", "full")
pytestmark = pytest.mark.django_db


@pytest.fixture
def out(photo: Photo, nil: Clinician, ada: Person) -> Out:
    return sent(drafted([photo], nil, ada, needs_pin=False), ada)


@pytest.fixture
def session(out: Out) -> str:
    return open_link(out.token, accepts_terms=True, at=LATER).session


def get(session: str, out: Out, kind: str, at: datetime = LATER) -> bytes:
    return bytes_for(session, out.release.items.get().pk, kind=kind, at=at).data


def answer(session: str, out: Out, kind: str, at: datetime = LATER) -> str:
    try:
        get(session, out, kind, at)
    except Refusal as refused:
        return refused.code
    return "ok"


@pytest.mark.parametrize("kind", PICTURES)
def test_a_live_session_gets_pictures_without_metadata(session: str, out: Out, kind: str) -> None:
    data = get(session, out, kind)
    assert leftovers(data) == []
    assert Image.open(io.BytesIO(data)).format == "JPEG"


@pytest.mark.parametrize(
    "kind", ["file", "original", "metadata", "", "view ", "VIEW", "exif", "../view", "package"]
)
def test_nothing_else_comes_out_of_a_share_to_look_at(session: str, out: Out, kind: str) -> None:
    assert answer(session, out, kind) == "not_found"


def test_the_original_bytes_leave_in_no_form(session: str, out: Out, photo: Photo) -> None:
    original = open_picture(photo, Rendition.Kind.ORIGINAL)
    assert all(original not in get(session, out, kind) for kind in PICTURES)
    Release.objects.filter(pk=out.release.pk).update(view_only=False)
    assert answer(session, out, "original") == "not_found"


@pytest.mark.parametrize("kind", [*PICTURES, "file", "original"])
def test_no_session_and_a_made_up_one_get_nothing(out: Out, kind: str) -> None:
    for session in ("", "x" * 43, out.token):
        assert answer(session, out, kind) == "link_closed"


@pytest.mark.parametrize("kind", [*PICTURES, "file"])
def test_the_session_of_another_link_gets_nothing(
    out: Out, photos: Callable[[int], list[Photo]], nil: Clinician, ada: Person, kind: str
) -> None:
    other = sent(drafted(photos(1), nil, ada, needs_pin=False, view_only=False), ada)
    theirs = open_link(other.token, accepts_terms=True, at=LATER).session
    assert answer(theirs, other, kind) == "ok"
    assert answer(theirs, out, kind) == "not_found"
    with pytest.raises(NotFound):
        bytes_for(theirs, uuid4(), kind=kind, at=LATER)


def withdrawn(out: Out, ada: Person) -> None:
    consent = out.release.items.get().consent
    assert consent is not None
    withdraw_consent(consent, said_by="Pat", by=ada, at=LATER)


def recalled(out: Out, ada: Person) -> None:
    recalling.recall(out.release, reason="Wrong person", by=ada, at=LATER)


def left(out: Out, ada: Person) -> None:
    Person.objects.filter(pk=ada.pk).update(is_active=False, left_at=LATER)


def moved(out: Out, ada: Person) -> None:
    item = out.release.items.select_related("photo").get()
    other = Patient.objects.exclude(pk=item.patient_id).get(practice=ada.practice)
    move_photo(item.photo, other, reason="Wrong record", by=ada, at=LATER, stepped_up=True)


def closed(out: Out, ada: Person) -> None:
    Link.objects.filter(release=out.release).update(closed_at=LATER)


def not_out(out: Out, ada: Person) -> None:
    Release.objects.filter(pk=out.release.pk).update(state=Release.State.ENDED)


@pytest.mark.parametrize("kind", [*PICTURES, "file"])
@pytest.mark.parametrize("happens", [withdrawn, recalled, left, moved, closed, not_out])
def test_whatever_ends_it_ends_every_form_on_the_next_request(
    photo: Photo,
    quinn: Patient,
    nil: Clinician,
    ada: Person,
    kind: str,
    happens: Callable[[Out, Person], None],
) -> None:
    out = sent(drafted([photo], nil, ada, needs_pin=False, view_only=False), ada)
    session = open_link(out.token, accepts_terms=True, at=LATER).session
    assert answer(session, out, kind) == "ok"
    happens(out, ada)
    assert answer(session, out, kind) == "link_closed"
    if happens is not moved:
        with pytest.raises(LinkClosed):
            share_for(session, at=LATER)
        with pytest.raises(LinkClosed):
            open_link(out.token, accepts_terms=True, at=LATER)


@pytest.mark.parametrize("kind", [*PICTURES, "file"])
def test_time_ends_it_to_the_second(photo: Photo, nil: Clinician, ada: Person, kind: str) -> None:
    out = sent(drafted([photo], nil, ada, needs_pin=False, view_only=False, days=1), ada)
    assert out.release.ends_at is not None
    before = out.release.ends_at - timedelta(seconds=1)
    session = open_link(out.token, accepts_terms=True, at=before).session
    Opening.objects.update(ends_at=before + timedelta(days=1))
    assert answer(session, out, kind, before) == "ok"
    assert answer(session, out, kind, out.release.ends_at) == "link_closed"


def test_a_session_ends_after_half_an_hour(session: str, out: Out) -> None:
    assert answer(session, out, "view", LATER + timedelta(minutes=29)) == "ok"
    assert answer(session, out, "view", LATER + timedelta(minutes=30)) == "link_closed"


def test_after_the_end_the_bytes_themselves_are_unreadable(
    session: str, out: Out, ada: Person
) -> None:
    recalling.recall(out.release, reason="", by=ada, at=LATER)
    item = out.release.items.get()
    assert bytes(item.wrapped_key) == b""
    Release.objects.filter(pk=out.release.pk).update(state=Release.State.OUT)
    Link.objects.filter(release=out.release).update(closed_at=None)
    assert answer(session, out, "view") == "link_closed"


def test_who_looks_is_in_the_log_before_and_each_time(session: str, out: Out) -> None:
    for kind in ("view", "view", "full"):
        get(session, out, kind)
    entries = Entry.objects.filter(action="share.photo_opened")
    assert [entry.role for entry in entries] == ["SP"] * 3
    assert {entry.patient for entry in entries} == {out.release.patient_id}


def test_nothing_is_read_when_the_log_cannot_be_written(
    session: str, out: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the log is full")

    monkeypatch.setattr("safelight.sharing.opening.record", broken)
    monkeypatch.setattr("safelight.sharing.gate.opened", broken_reading)
    with pytest.raises(OSError, match="the log is full"):
        get(session, out, "view")


def broken_reading(*_: object) -> bytes:
    raise AssertionError("a byte was read before the entry")


def test_a_share_to_look_at_has_its_reader_and_the_time_in_the_pixels(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    out = sent(drafted([photo], nil, ada, needs_pin=False), ada)
    session = open_link(out.token, accepts_terms=True, at=LATER).session
    one = get(session, out, "full", LATER)
    other = get(session, out, "full", LATER + timedelta(minutes=5))
    assert stamp_words(out.release, LATER) == (
        "Dr Nil Dummy · 14 Oct 2026, 12:10",
        "nil@dummy.example · 14 Oct 2026, 12:10",
    )
    pixels = [np.asarray(Image.open(io.BytesIO(data))).astype(int) for data in (one, other)]
    assert pixels[0].shape == pixels[1].shape
    assert np.abs(pixels[0] - pixels[1]).max() > 40


def test_without_an_address_the_stamp_falls_back_on_the_number_of_the_share(out: Out) -> None:
    out.release.recipient_address = ""
    number = out.release.pk.hex[-6:].upper()
    assert stamp_words(out.release, LATER)[1] == f"Share {number} · 14 Oct 2026, 12:10"


def test_what_may_be_saved_is_the_finished_file_and_is_in_the_ledger_once(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    out = sent(drafted([photo], nil, ada, needs_pin=False, view_only=False), ada)
    session = open_link(out.token, accepts_terms=True, at=LATER).session
    item = out.release.items.get()
    for _ in range(2):
        given = bytes_for(session, item.pk, kind="file", at=LATER)
    assert hashlib.sha256(given.data).hexdigest() == item.sha256
    assert (given.name, given.attachment) == ("photo-1.jpg", True)
    copy = Copy.objects.get(holder=Copy.Holder.RECIPIENT)
    assert (copy.state, copy.outside, copy.holder_name) == ("held", True, "Dr Nil Dummy")


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_save_one_copy(photo: Photo, nil: Clinician, ada: Person) -> None:
    out = sent(drafted([photo], nil, ada, needs_pin=False, view_only=False), ada)
    session = open_link(out.token, accepts_terms=True, at=LATER).session
    item, given, start = out.release.items.get(), [], threading.Barrier(4)

    def click() -> None:
        start.wait()
        try:
            given.append(bytes_for(session, item.pk, kind="file", at=LATER).name)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert given == ["photo-1.jpg"] * 4
    assert Copy.objects.filter(holder=Copy.Holder.RECIPIENT).count() == 1


def test_the_patients_own_copy_is_handed_over_when_saved(photo: Photo, ada: Person) -> None:
    out = sent(to_patient(photo, ada), ada)
    session = open_link(out.token, accepts_terms=True, at=LATER).session
    get(session, out, "file")
    copy = Copy.objects.get(holder=Copy.Holder.RECIPIENT)
    assert copy.state == Copy.State.HANDED_OVER


def to_patient(photo: Photo, ada: Person) -> Release:
    release = drafting.begin_release([photo], use="patient_copy", by=ada, at=NOON)
    drafting.set_recipient(
        release, name="Pat Testcase", address="pat@testcase.example",
        address_again="pat@testcase.example", by=ada, at=NOON,
    )  # fmt: skip
    return completed(release, None, ada, form="patient_copy", needs_pin=False)


def test_what_lies_on_disk_is_sealed_and_gone_a_day_after_the_end(
    out: Out, ada: Person, photo: Photo
) -> None:
    names = [name for item in out.release.items.all() for name in item.blobs.values()]
    assert len(names) == 3
    assert picture()[200:400] not in everything_on_disk()
    recalling.recall(out.release, reason="", by=ada, at=LATER)
    assert sweep(LATER + timedelta(hours=23)) == 0
    assert all(store().exists(name) for name in names)
    assert sweep(LATER + timedelta(hours=25)) == 1
    assert not any(store().exists(name) for name in names)
    assert end_due(LATER + timedelta(days=30)) == 0
