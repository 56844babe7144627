"""The worker: files what arrives soon after it arrives, and several file each photo once."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from safelight.audit.models import Entry
from safelight.lib.clock import now
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.claims import claim
from safelight.photos.filing import file_capture
from safelight.photos.models import Alarm, Capture, Photo
from safelight.site import worker
from safelight.vault import files
from safelight.vault.stores import store
from tests.conftest import NOON
from tests.consent.talks import keep
from tests.photos.making import arrived, picture

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60.0


@contextmanager
def working(count: int) -> Iterator[None]:
    """Keep workers going, each on a connection of its own."""
    stop = threading.Event()
    threads = [threading.Thread(target=worker.run, args=(stop,)) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def wait_until_filed(count: int) -> None:
    """Wait, with patience for a busy machine, until so many captures are filed."""
    until = time.monotonic() + PATIENCE
    while Capture.objects.filter(state="filed").count() < count:
        assert time.monotonic() < until, list(Capture.objects.values_list("state", "refused_code"))
        time.sleep(0.02)


def test_three_workers_file_each_photo_once(phone: Phone, ada: Person, pat: Patient) -> None:
    keep(pat, ada, agreed_at=NOON)
    before = [arrived(phone, ada, pat, image=picture(n)) for n in range(3)]
    with working(3):
        wait_until_filed(3)
        after = [arrived(phone, ada, pat, image=picture(n)) for n in range(3, 6)]
        wait_until_filed(6)
    assert Photo.objects.count() == len(before) + len(after)
    assert Entry.objects.filter(action="photo.filed").count() == 6
    assert not Alarm.objects.filter(kind=Alarm.Kind.STUCK).exists()


def test_a_claim_is_one_workers_until_its_lease_ends(
    phone: Phone, ada: Person, pat: Patient
) -> None:
    capture = arrived(phone, ada, pat)
    assert claim(capture.pk, at=NOON)
    assert not claim(capture.pk, at=NOON)
    assert not claim(capture.pk, at=NOON + timedelta(seconds=60))
    assert claim(capture.pk, at=NOON + timedelta(seconds=61))


def test_a_capture_whose_filing_breaks_ends_nothing_and_is_reported_in_the_end(
    phone: Phone, ada: Person, pat: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(pat, ada, agreed_at=NOON)
    broken, good = arrived(phone, ada, pat), arrived(phone, ada, pat)
    Capture.objects.filter(pk=broken.pk).update(tries=5)

    def breaks(capture_id: UUID, *, at: datetime) -> bool:
        if capture_id != broken.pk:
            return file_capture(capture_id, at=at)
        assert claim(capture_id, at=at)
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(worker, "file_capture", breaks)
    assert worker.work_once() == 2
    assert {c.state for c in Capture.objects.filter(pk=good.pk)} == {"filed"}
    assert Alarm.objects.get().about == f"capture:{broken.pk}"
    broken.refresh_from_db()
    assert broken.state == "stored"


def test_a_full_disk_puts_the_photo_back_and_the_phone_keeps_it(
    phone: Phone, ada: Person, pat: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(pat, ada, agreed_at=NOON)
    capture = arrived(phone, ada, pat)

    def full(self: object, data: bytes) -> str:
        raise files.no_room()

    with monkeypatch.context() as patch:
        patch.setattr(type(store()), "put", full)
        assert worker.work_once() == 1
    capture.refresh_from_db()
    assert (capture.state, capture.filed_receipt) == ("stored", "")
    assert worker.work_once() == 0  # it rests
    Capture.objects.filter(pk=capture.pk).update(claimed_at=None)
    assert worker.work_once() == 1
    capture.refresh_from_db()
    assert capture.state == "filed"
    assert capture.filed_at is not None
    assert capture.filed_at <= now()
