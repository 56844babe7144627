"""Keys that phones seal to: turned after 90 days, destroyed when nothing can need them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from safelight.audit.models import Entry, Frontier
from safelight.consent.models import Consent
from safelight.lib.ids import new_id
from safelight.patients.models import Patient
from safelight.people.models import Limit, Person, Phone
from safelight.people.phones import revoke_phone
from safelight.photos.capture_keys import drop_capture_keys, turn_capture_key
from safelight.photos.filing import file_capture
from safelight.photos.giving_up import give_up
from safelight.photos.holding import Held, note_held
from safelight.photos.models import Capture
from safelight.photos.upkeep import keep_up_daily
from safelight.policy.models import Practice
from safelight.site.worker import keep_room
from safelight.vault import keyring
from safelight.vault.ballast import Ballast
from safelight.vault.files import TEMPORARY
from safelight.vault.stores import DiskStore, store
from tests.audit.tampering import without_triggers
from tests.conftest import NOON
from tests.photos.making import arrived

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def made_at_noon(keys: None, data_folder: Path) -> None:
    """The key that phones seal to was made at NOON."""
    ring = keyring.current()
    (key,) = ring.capture_keys
    keyring.use(replace(ring, capture_keys=(replace(key, made_at=NOON),)))


def key_ids() -> list[str]:
    return [key.id for key in keyring.current().capture_keys]


def heard(phone: Phone, days: float) -> None:
    Phone.objects.filter(pk=phone.pk).update(seen_at=NOON + days * DAY)


def test_phones_get_a_new_key_after_ninety_days_and_the_old_one_still_opens(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    (old,) = key_ids()
    capture = arrived(phone, ada, pat)
    assert not turn_capture_key(at=NOON + 89 * DAY)
    assert key_ids() == [old]
    assert turn_capture_key(at=NOON + 90 * DAY)
    assert not turn_capture_key(at=NOON + 90 * DAY)
    assert len(key_ids()) == 2
    assert keyring.current().newest_capture_key.id != old
    assert Entry.objects.filter(action="key.turned", practice=phone.practice_id).count() == 1
    assert file_capture(capture.pk, at=NOON + 90 * DAY)
    assert Capture.objects.get(pk=capture.pk).state == Capture.State.FILED


def test_an_old_key_is_destroyed_thirty_days_on_and_the_newest_never(phone: Phone) -> None:
    turn_capture_key(at=NOON + 90 * DAY)
    old, new = key_ids()
    heard(phone, 91)
    assert drop_capture_keys(at=NOON + 119 * DAY) == []
    assert drop_capture_keys(at=NOON + 120 * DAY) == [old]
    assert drop_capture_keys(at=NOON + 900 * DAY) == []
    assert key_ids() == [new]
    assert Entry.objects.filter(action="key.destroyed", practice=phone.practice_id).count() == 1


def test_no_key_goes_unless_every_practice_can_write_it_down(
    phone: Phone, other_practice: Practice
) -> None:
    turn_capture_key(at=NOON + 90 * DAY)
    heard(phone, 91)
    both = key_ids()
    edges = Frontier.objects.filter(practice=other_practice.pk)
    kept = edges.get().hashes
    with without_triggers():
        edges.update(hashes=["no hash at all"])
    with pytest.raises(ValueError, match="hex"):
        drop_capture_keys(at=NOON + 120 * DAY)
    assert key_ids() == both
    assert not Entry.objects.filter(action="key.destroyed").exists()
    with without_triggers():
        edges.update(hashes=kept)
    assert drop_capture_keys(at=NOON + 120 * DAY) == both[:1]
    assert Entry.objects.filter(action="key.destroyed").count() == 2


def test_what_a_run_that_was_cut_off_left_unsaid_is_said_the_next_day_once(phone: Phone) -> None:
    keyring.use(replace(keyring.current(), unsaid=(("key.destroyed", "key:gone"),)))
    for _ in range(2):
        keep_up_daily(at=NOON)
    said = Entry.objects.filter(action="key.destroyed", practice=phone.practice_id)
    assert [one.object for one in said] == ["key:gone"]
    assert keyring.current().unsaid == ()


def test_a_phone_not_heard_of_since_keeps_the_old_key_until_it_is_stopped(phone: Phone) -> None:
    turn_capture_key(at=NOON + 90 * DAY)
    heard(phone, 89)
    assert drop_capture_keys(at=NOON + 500 * DAY) == []
    Phone.objects.filter(pk=phone.pk).update(state=Phone.State.REVOKED)
    assert len(drop_capture_keys(at=NOON + 500 * DAY)) == 1


def test_a_photo_that_nobody_filed_yet_keeps_the_old_key(
    phone: Phone, ada: Person, pat: Patient
) -> None:
    turn_capture_key(at=NOON + 90 * DAY)
    heard(phone, 91)
    note_held(phone, [Held(new_id(), NOON + 88 * DAY)], at=NOON + 91 * DAY)
    assert drop_capture_keys(at=NOON + 500 * DAY) == []
    revoke_phone(phone, by=ada, at=NOON + 92 * DAY)
    assert drop_capture_keys(at=NOON + 500 * DAY) == [], "it may come back"
    give_up(phone, evidence="Thrown in the sea", by=ada, at=NOON + 93 * DAY)
    assert len(drop_capture_keys(at=NOON + 500 * DAY)) == 1


def test_a_photo_in_the_inbox_keeps_the_old_key_though_its_phone_was_stopped(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    arrived(phone, ada, pat)
    turn_capture_key(at=NOON + 90 * DAY)
    Phone.objects.filter(pk=phone.pk).update(state=Phone.State.REVOKED)
    assert drop_capture_keys(at=NOON + 500 * DAY) == []


def test_every_day_forgets_counters_turns_keys_and_sweeps_the_store(phone: Phone) -> None:
    Limit.objects.create(key="old", started_at=NOON)
    blobs = store()
    assert isinstance(blobs, DiskStore)
    left = blobs.folder / "ab" / f"{TEMPORARY}left-by-a-crash"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    keep_up_daily(at=NOON + 100 * 365 * DAY)
    assert not Limit.objects.exists()
    assert not left.exists()
    assert len(key_ids()) == 2


def test_a_key_that_cannot_be_turned_keeps_nothing_else_of_the_day_waiting(phone: Phone) -> None:
    blobs = store()
    assert isinstance(blobs, DiskStore)
    left = blobs.folder / "ab" / f"{TEMPORARY}left-by-a-crash"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    keyring.use(replace(keyring.current(), capture_keys=()))
    assert not keep_up_daily(at=NOON + 100 * 365 * DAY)
    assert not left.exists()


@pytest.mark.parametrize(("free", "held"), [(1 << 40, True), (1 << 20, False)])
def test_the_ballast_is_held_while_there_is_room_and_given_up_when_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, held: bool
) -> None:
    Ballast(tmp_path).hold()
    if held:
        Ballast(tmp_path).release()

    def usage(_: object) -> SimpleNamespace:
        return SimpleNamespace(free=free)

    monkeypatch.setattr("shutil.disk_usage", usage)
    assert keep_room(tmp_path) is held
