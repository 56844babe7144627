"""The practice's key is followed by another: all opens before, meanwhile and after."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps

from safelight.audit import reading as audit
from safelight.audit.models import Entry
from safelight.consent.models import Consent, PaperScan
from safelight.consent.papers import open_scan
from safelight.lib.wraps import Kept, Wrap, wraps
from safelight.patients.merging import merge_patients
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos import rewrapping
from safelight.photos.clock import confirm_clock
from safelight.photos.models import Photo
from safelight.photos.moving import move_photo
from safelight.photos.renditions import open_picture
from safelight.photos.rewrapping import (
    EPOCH_LIVES,
    REST,
    begin_epoch,
    begin_when_due,
    end_epochs,
    rewrap_some,
    stuck,
    waiting,
)
from safelight.photos.upkeep import keep_up_daily
from safelight.policy.models import Practice
from safelight.sharing.models import ReleasedPhoto
from safelight.sharing.sealed import shut
from safelight.site.status import report
from safelight.vault import keyring
from safelight.vault.keys import NoSuchKey
from safelight.vault.sealing import Unreadable, epoch_of, rewrap, under_epochs
from tests.conftest import NOON
from tests.photos.making import filed, picture
from tests.sharing.test_upkeep import Everything, everything

__all__ = ["everything"]

SECOND = timedelta(seconds=1)
ALL = under_epochs(0, 1 << 31)


def wrap_of(model: str) -> Wrap:
    (found,) = (wrap for wrap in wraps() if wrap.model == model)
    return found


def epochs(practice: Practice) -> set[int]:
    """Return the epochs under which anything of a practice is wrapped."""
    kept = [one for wrap in wraps() for one in wrap.between(practice.pk, ALL, most=99)]
    return {epoch_of(one.wrapped) for one in kept}


def entries(practice: Practice, action: str) -> list[str]:
    found = Entry.objects.filter(practice=practice.pk, action=action).order_by("n")
    return [entry.object for entry in found]


def counts(practice: Practice) -> list[int]:
    """Return how many keys each entry says were wrapped anew."""
    found = Entry.objects.filter(practice=practice.pk, action="key.rewrapped").order_by("n")
    return [int((audit.detail_of(entry) or "").removesuffix(" keys")) for entry in found]


def anew(one: Kept) -> bytes:
    bound = {"practice": one.practice, "photo": one.photo}
    return rewrap(one.wrapped, **bound, old_patient=one.patient, new_patient=one.patient)


def test_every_column_that_keeps_a_wrapped_key_is_wrapped_anew() -> None:
    keeping = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if "wrapped" in field.name
    }
    assert {wrap.model for wrap in wraps()} == keeping
    assert len(keeping) == 4


def test_all_that_was_made_before_opens_after_and_the_old_key_is_gone(
    everything: Everything, practice: Practice, phone: Phone, ada: Person, pat: Patient
) -> None:
    old = keyring.current().kek(practice.pk, 1)
    assert begin_epoch(practice, after=1, at=NOON) == 2
    everything.open_all()
    new = filed(phone, ada, pat, image=picture(5))
    assert epoch_of(new.wrapped_key) == 2
    before = waiting(practice)
    assert before == 5  # a photo, a scan, two copies that are out, a sealed file
    assert rewrap_some(at=NOON) == before
    assert waiting(practice) == 0
    assert epochs(practice) == {2}
    everything.photo.refresh_from_db()
    everything.open_all()
    assert end_epochs(practice, at=NOON + REST) == 1
    assert old not in keyring.current().keks[practice.pk].values()
    assert keyring.current().epochs(practice.pk) == [2]
    everything.open_all()
    assert open_picture(new, "original") == picture(5)
    assert entries(practice, "key.epoch_made") == ["kek:2"]
    assert entries(practice, "key.epoch_ended") == ["kek:1"]
    assert sum(counts(practice)) == before


def test_a_wrap_that_somebody_kept_aside_opens_no_more(photo: Photo, practice: Practice) -> None:
    kept_aside = bytes(photo.wrapped_key)
    begin_epoch(practice, after=1, at=NOON)
    rewrap_some(at=NOON)
    photo.wrapped_key = kept_aside
    assert open_picture(photo, "view")
    end_epochs(practice, at=NOON + REST)
    with pytest.raises(NoSuchKey):
        open_picture(photo, "view")


def test_an_old_key_rests_a_day_after_the_last_key_that_was_wrapped_anew(
    photo: Photo, practice: Practice
) -> None:
    begin_epoch(practice, after=1, at=NOON)
    late = NOON + 5 * REST
    rewrap_some(at=late)
    assert end_epochs(practice, at=late + REST - SECOND) == 0
    assert keyring.current().epochs(practice.pk) == [1, 2]
    assert end_epochs(practice, at=late + REST) == 1


def test_a_key_that_still_wraps_something_is_not_destroyed(
    everything: Everything, practice: Practice, quinn: Patient
) -> None:
    Photo.objects.update(patient=quinn)  # behind our back: the key does not open any more
    begin_epoch(practice, after=1, at=NOON)
    assert rewrap_some(at=NOON) == 4
    assert waiting(practice) == 1
    assert end_epochs(practice, at=NOON + 99 * REST) == 0
    assert keyring.current().epochs(practice.pk) == [1, 2]
    everything.open_all()  # by the row as it was
    begin_epoch(practice, after=2, at=NOON)
    rewrap_some(at=NOON)
    assert end_epochs(practice, at=NOON + 99 * REST) == 0, "the oldest is used"
    Photo.objects.update(patient=everything.photo.patient)
    assert rewrap_some(at=NOON) == 1
    assert end_epochs(practice, at=NOON + REST) == 2


def test_a_key_that_does_not_open_is_told_once_a_day_and_by_the_status(
    photo: Photo, practice: Practice, quinn: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    Photo.objects.update(patient=quinn)
    begin_epoch(practice, after=1, at=NOON)
    for at in (NOON, NOON + SECOND, NOON + REST, NOON + REST + SECOND):
        assert rewrap_some(at=at) == 0
    assert len([one for one in caplog.messages if "not wrapped anew" in one]) == 2
    assert [stuck(practice, at=NOON + wait) for wait in (REST, REST + SECOND)] == [0, 1]
    lines, well = report()
    assert not well
    assert any("could not be brought over" in line for line in lines)
    Photo.objects.update(patient=photo.patient)
    rewrap_some(at=NOON + REST)
    assert stuck(practice, at=NOON + 2 * REST) == 0
    assert not any("could not be brought over" in line for line in report()[0])


def test_a_photo_moved_while_keys_are_wrapped_anew_stays_moved(
    everything: Everything, practice: Practice, ada: Person, quinn: Patient
) -> None:
    begin_epoch(practice, after=1, at=NOON)
    (read,) = wrap_of("photos.Photo").between(practice.pk, ALL, most=9)
    moved = move_photo(everything.photo, quinn, reason="Wrong record", by=ada, at=NOON)
    assert not wrap_of("photos.Photo").put(read, anew(read))
    row = Photo.objects.get()
    assert bytes(row.wrapped_key) == bytes(moved.wrapped_key)
    assert open_picture(row, "view")
    row.patient = everything.photo.patient
    with pytest.raises(Unreadable):
        open_picture(row, "view")


def test_a_photo_wrapped_anew_while_it_is_moved_opens_for_the_new_patient(
    everything: Everything, practice: Practice, ada: Person, quinn: Patient
) -> None:
    seen_before = Photo.objects.get()
    begin_epoch(practice, after=1, at=NOON)
    rewrap_some(at=NOON)
    move_photo(seen_before, quinn, reason="Wrong record", by=ada, at=NOON)
    end_epochs(practice, at=NOON + REST)
    assert open_picture(Photo.objects.get(), "view")


def test_records_joined_while_keys_are_wrapped_anew_lose_nothing(
    everything: Everything, practice: Practice, mo: Person, quinn: Patient, consent: Consent
) -> None:
    pat = consent.patient
    begin_epoch(practice, after=1, at=NOON)
    read = {wrap: wrap.between(practice.pk, ALL, most=9) for wrap in wraps()}
    merge_patients(quinn, pat, reason="One person", by=mo, at=NOON)
    assert not any(wrap.put(one, anew(one)) for wrap, kept in read.items() for one in kept)
    rewrap_some(at=NOON)
    end_epochs(practice, at=NOON + REST)
    assert keyring.current().epochs(practice.pk) == [2]
    everything.photo.refresh_from_db()
    kept = Consent.objects.get(pk=consent.pk)
    assert open_scan(kept, PaperScan.objects.get().pk, by=everything.ada, at=NOON)
    everything.consent = kept
    everything.open_all()


def test_a_key_thrown_away_meanwhile_never_comes_back(
    everything: Everything, practice: Practice
) -> None:
    begin_epoch(practice, after=1, at=NOON)
    wrap = wrap_of("sharing.ReleasedPhoto")
    read = wrap.between(practice.pk, ALL, most=9)
    shut(everything.link)
    shut(everything.packed)
    assert len(read) > 1
    assert not any(wrap.put(one, anew(one)) for one in read)
    assert {bytes(item.wrapped_key) for item in ReleasedPhoto.objects.all()} == {b""}


def test_another_practice_keeps_its_key_and_its_wraps(
    everything: Everything, practice: Practice, other_practice: Practice
) -> None:
    begin_epoch(other_practice, after=1, at=NOON)
    assert rewrap_some(at=NOON) == 0
    assert end_epochs(other_practice, at=NOON + REST) == 1
    assert keyring.current().epochs(practice.pk) == [1]
    assert not entries(practice, "key.epoch_made")
    everything.open_all()


def test_keys_are_wrapped_anew_a_few_at_a_time_and_all_in_the_end(
    photos: Callable[[int], list[Photo]], practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrapping, "BATCH", 2)
    photos(5)
    begin_epoch(practice, after=1, at=NOON)
    assert [rewrap_some(at=NOON, most=3) for _ in range(3)] == [3, 2, 0]
    assert counts(practice) == [2, 1, 2]


def test_a_new_key_is_made_by_itself_once_a_year(practice: Practice) -> None:
    begun = practice.created_at
    assert not begin_when_due(practice, at=begun + EPOCH_LIVES - SECOND)
    assert begin_when_due(practice, at=begun + EPOCH_LIVES)
    assert not begin_when_due(practice, at=begun + 2 * EPOCH_LIVES - SECOND)
    assert begin_when_due(practice, at=begun + 2 * EPOCH_LIVES)
    assert keyring.current().epochs(practice.pk) == [1, 2, 3]


def test_the_caretaker_turns_wraps_anew_and_destroys(photo: Photo, practice: Practice) -> None:
    Practice.objects.update(created_at=NOON - EPOCH_LIVES)
    at = NOON
    assert keep_up_daily(at=at)
    rewrap_some(at=at)
    assert keep_up_daily(at=at + REST)
    assert keyring.current().epochs(practice.pk) == [2]
    photo.refresh_from_db()
    assert open_picture(photo, "view")


def test_nothing_is_destroyed_while_the_clock_is_in_doubt(
    photo: Photo, practice: Practice, mo: Person
) -> None:
    begin_epoch(practice, after=1, at=NOON)
    rewrap_some(at=NOON + 2 * REST)  # the clock was ahead
    keep_up_daily(at=NOON + REST)
    assert keyring.current().epochs(practice.pk) == [1, 2]
    confirm_clock(by=mo, at=NOON + REST)
    keep_up_daily(at=NOON + 3 * REST)
    assert keyring.current().epochs(practice.pk) == [2]


def test_two_that_begin_at_once_make_one_key(practice: Practice) -> None:
    assert [begin_epoch(practice, after=1, at=NOON) for _ in range(2)] == [2, 2]
    assert keyring.current().epochs(practice.pk) == [1, 2]
    assert len(entries(practice, "key.epoch_made")) == 1


def test_what_a_crash_left_unsaid_is_said_by_the_next_run_once(practice: Practice) -> None:
    keyring.change(lambda ring: ring.next_epoch(practice.pk))
    for _ in range(2):
        begin_when_due(practice, at=NOON - 30 * REST)
    assert entries(practice, "key.epoch_made") == ["kek:2"]
    keyring.change(lambda ring: ring.without_epochs(practice.pk, before=2), everywhere=True)
    for _ in range(2):
        end_epochs(practice, at=NOON)
    assert entries(practice, "key.epoch_ended") == ["kek:1"]


def test_the_log_names_no_photo_and_no_patient(everything: Everything, practice: Practice) -> None:
    begin_epoch(practice, after=1, at=NOON)
    rewrap_some(at=NOON)
    end_epochs(practice, at=NOON + REST)
    found = [entry for entry in audit.newest(practice.pk).entries if entry.action[:4] == "key."]
    assert len(found) >= 3
    assert {(entry.patient, entry.actor_id) for entry in found} == {(None, None)}
    assert {entry.object for entry in found} == {"kek:1", "kek:2"}
