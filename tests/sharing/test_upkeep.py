"""Every kind of stored blob: read again in time, never swept while a row names it."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from safelight.consent.models import Consent
from safelight.consent.papers import add_scan, open_scan
from safelight.lib.shelves import Named, Shelf, shelves
from safelight.people.models import Person
from safelight.photos.models import Alarm, Photo
from safelight.photos.renditions import open_picture
from safelight.photos.upkeep import READ_AGAIN, keep_up_daily, read_again, sweep_blobs
from safelight.sharing.ending import KEPT, end, sweep
from safelight.sharing.models import Clinician, Package, Release, ReleasedPhoto
from safelight.sharing.rules import ends
from safelight.sharing.sealed import KINDS, discard, opened, opened_package
from safelight.sharing.shelf import PHOTOS
from safelight.vault.stores import StoreOfAnother, store
from tests.audit.tampering import without_triggers
from tests.conftest import NOON
from tests.photos.making import spoil
from tests.sharing.letting import drafted, sent

PDF = b"%PDF-1.7 a scan"


class Everything:
    """One blob, or more, of every kind that is stored."""

    def __init__(self, photo: Photo, consent: Consent, nil: Clinician, ada: Person) -> None:
        self.photo, self.consent, self.ada = photo, consent, ada
        self.scan = add_scan(consent, content=PDF, by=ada, at=NOON)
        self.link = sent(drafted([photo], nil, ada), ada).release
        self.packed = sent(drafted([photo], nil, ada, form="pdf"), ada).release
        self.names = {
            "photos.Rendition": set(photo.renditions.values_list("blob", flat=True)),
            "consent.PaperScan": {self.scan.blob},
            "sharing.ReleasedPhoto": {
                name for item in ReleasedPhoto.objects.all() for name in item.blobs.values()
            },
            "sharing.Package": {Package.objects.get().blob},
        }

    def open_all(self) -> None:
        """Open each one; a missing or changed blob is refused."""
        for kind in ("original", "view", "thumb"):
            open_picture(self.photo, kind)
        assert open_scan(self.consent, self.scan.pk, by=self.ada, at=NOON)[0] == PDF
        for item in ReleasedPhoto.objects.filter(release=self.link):
            for kind in KINDS:
                opened(item, kind)
        opened_package(Package.objects.get())


@pytest.fixture
def everything(photo: Photo, consent: Consent, nil: Clinician, ada: Person) -> Everything:
    return Everything(photo, consent, nil, ada)


def about() -> set[str]:
    return {alarm.about.split(":")[0] for alarm in Alarm.objects.filter(kind="damaged")}


def test_what_is_stored_is_exactly_what_the_shelves_name(everything: Everything) -> None:
    named = [name for shelf in shelves() for name in shelf.names()]
    assert sorted(named) == sorted(store().names())
    assert {shelf.model: set(shelf.names()) for shelf in shelves()} == everything.names


def test_a_sweep_leaves_every_kind_that_a_row_names(everything: Everything) -> None:
    lost = store().put(b"SLV1 left behind by a crash")
    first = sweep_blobs(at=NOON + timedelta(days=900))
    second = sweep_blobs(at=NOON + timedelta(days=909))
    assert (first.aside, second.gone) == ((lost,), (lost,))
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["unnamed"]
    everything.open_all()


def test_nothing_of_another_installation_is_swept(everything: Everything) -> None:
    theirs = store().put(b"SLV1 a photo that only their rows name")
    store().require_owner("their keyring")
    with pytest.raises(StoreOfAnother):
        sweep_blobs(at=NOON + timedelta(days=900))
    assert store().exists(theirs)


@pytest.mark.parametrize("model", ["photos", "consent", "sharing", "packages"])
def test_a_shelf_left_out_would_cost_its_blobs(
    everything: Everything, settings: Settings, model: str
) -> None:
    """What makes the house's list of shelves worth keeping: without its shelf a kind is gone."""
    left_out = f"vault.shelf.{model}"
    table = dict(settings.SAFELIGHT_WIRING)
    dropped = table.pop(left_out)
    settings.SAFELIGHT_WIRING = table
    swept = sweep_blobs(at=NOON + timedelta(days=900))
    room = {
        "photos": "photos.Rendition",
        "consent": "consent.PaperScan",
        "sharing": "sharing.ReleasedPhoto",
        "packages": "sharing.Package",
    }[model]
    assert set(swept.aside) == everything.names[room]
    settings.SAFELIGHT_WIRING = {**table, left_out: dropped}
    assert set(sweep_blobs(at=NOON + timedelta(days=900)).back) == everything.names[room]
    everything.open_all()


def test_what_has_ended_and_was_removed_is_named_no_more(everything: Everything) -> None:
    for release in (everything.link, everything.packed):
        end(release, state=Release.State.ENDED, why=ends.BY_DATE, by=None, at=NOON)
    sweep(NOON + KEPT * 2)
    left = {name for shelf in shelves() for name in shelf.names()}
    assert left == everything.names["photos.Rendition"] | everything.names["consent.PaperScan"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("photos.Rendition", "photo"),
        ("consent.PaperScan", "consent"),
        ("sharing.ReleasedPhoto", "release"),
        ("sharing.Package", "release"),
    ],
)
def test_rot_of_any_kind_is_found_within_thirty_days(
    everything: Everything, kind: str, expected: str
) -> None:
    read_again(at=NOON)
    assert read_again(at=NOON + READ_AGAIN - timedelta(hours=1)) == 0
    spoil(sorted(everything.names[kind])[0])
    assert read_again(at=NOON + READ_AGAIN + timedelta(hours=1)) == sum(
        len(names) for names in everything.names.values()
    )
    assert about() == {expected}


@dataclass(frozen=True)
class Busy(Shelf):
    """A shelf whose copies are thrown away after their names were read."""

    def unread(self, *, before: datetime, most: int) -> list[Named]:
        due = super().unread(before=before, most=most)
        for item in ReleasedPhoto.objects.all():
            ReleasedPhoto.objects.filter(pk=item.pk).update(blobs={})
            discard(item.blobs.values())
        return due


BUSY = Busy(*(getattr(PHOTOS, one.name) for one in fields(PHOTOS)))


def test_a_copy_thrown_away_while_it_is_read_again_is_no_damage(
    everything: Everything, settings: Settings
) -> None:
    wiring = {**settings.SAFELIGHT_WIRING, "vault.shelf.sharing": f"{__name__}.BUSY"}
    settings.SAFELIGHT_WIRING = wiring
    assert read_again(at=NOON + READ_AGAIN) > len(everything.names)
    assert about() == set()


def test_nothing_is_destroyed_by_its_age_while_the_clock_is_in_doubt(
    everything: Everything,
) -> None:
    lost = store().put(b"SLV1 left behind by a crash")
    keep_up_daily(at=NOON - timedelta(days=1))
    Alarm.objects.create(kind="clock", about="server:clock", raised_at=NOON)
    keep_up_daily(at=NOON + timedelta(days=900))
    assert lost in set(store().names())
    Alarm.objects.filter(kind="clock").update(ended_at=NOON)
    keep_up_daily(at=NOON + timedelta(days=900))
    assert lost not in set(store().names())


def test_a_log_that_does_not_fit_raises_an_alarm_at_the_daily_check(
    everything: Everything, ada: Person
) -> None:
    keep_up_daily(at=NOON + timedelta(hours=1))
    assert not Alarm.objects.exists()
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET leaf = replace(leaf, 'GP', 'NU') WHERE n = 2")
    keep_up_daily(at=NOON + timedelta(hours=2))
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.practice_id) == ("log", ada.practice_id)
    assert alarm.about == f"entry:{ada.practice_id}.2"
