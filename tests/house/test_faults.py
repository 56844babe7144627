"""Failure closes: a guard that breaks in a way nobody foresaw shows nothing and changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from safelight.audit.models import Entry
from safelight.lib.clock import now
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Capture, Photo
from safelight.photos.places import inbox
from safelight.sharing.models import Clinician
from safelight.site.worker import work_once
from tests.consent.talks import keep
from tests.photos.making import arrived, blobs_and_capsules
from tests.signing_in import new_phone, signed_in_client
from tests.web.desk.conftest import data_folder, keys
from tests.web.desk.sharing import consent, made_ready, nil, photo, release_at
from tests.web.door.letting_out import let_out, opened

__all__ = ["consent", "data_folder", "keys", "nil", "photo"]

pytestmark = pytest.mark.django_db
Ask = Callable[[], Any]
# What is written before it is done, so that it is known even when it then fails.
ENTERED = ("photo.viewed", "patient.viewed", "share.photo_opened", "mail_server.tried")
LOOKS = {"photos.Sight", "people.Limit"}
COUNTED_FIRST = {"sharing.opening.is_pin": {"sharing.Link"}}  # a try at the PIN
SECRET = "Zzyzx-Canary"

# What is asked for, and the guards on its way. Each is broken in turn.
GUARDS = {
    "page": ["web.doors.person_of", "web.doors.require_duty", "photos.access.patient_for"],
    "view": [
        "photos.access.patient_for",
        "photos.access.is_covered",
        "photos.viewing.require_sight",
        "photos.viewing.record",
        "photos.renditions.open_blob",
        "vault.disk.DiskStore.get",
    ],
    "full": ["imaging.sandbox.Decoder._exchange"],
    "original": ["web.doors.stepped_up", "web.doors.needs_step_up"],
    "label": ["photos.labelling.record"],
    "move": ["consent.reading.covering_consent", "photos.moving.rewrap", "photos.moving.record"],
    "withdraw": ["consent.withdrawing.record", "sharing.ending.end_for_withdrawal"],
    "send": [
        "sharing.asking.may_go",
        "sharing.confirming.require_acts",
        "sharing.confirming.require_seen",
        "sharing.confirming.note",
    ],
    "open": [
        "sharing.opening.is_pin",
        "sharing.opening.require_sound_clock",
        "sharing.opening.record",
    ],
    "bytes": [
        "web.door.shares.bytes_for",
        "web.door.shares.take",
        "sharing.gate.live_opening",
        "sharing.gate.record_reading",
        "imaging.sandbox.Decoder._exchange",
    ],
    "mail": ["sharing.mailing.require_acts", "sharing.mailing.record", "sharing.mailing._send"],
    "home": ["web.phone.signing.is_signed", "web.phone.signing.person_of"],
}


class Injected(Exception):
    """A fault that no code of ours knows."""


class Broken:
    """Takes a guard's place, and counts who came by."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        self.asked += 1
        raise Injected(SECRET)


@pytest.fixture
def requests(
    photo: Photo, nil: Clinician, quinn: Patient, ada: Person, mo: Person
) -> dict[str, Ask]:
    """Everything that is asked for, by somebody who may."""
    keep(quinn, ada, agreed_at=now())
    desk, manager = signed_in_client(ada), signed_in_client(mo)
    stranger = Client(raise_request_exception=False)
    share = made_ready(desk, photo, to=nil)
    sent = let_out([photo], by=ada, needs_pin=True)
    door, place = opened(sent)
    _, signer = new_phone(ada.practice, ada)
    told = {"host": "localhost", "port": "9", "security": "none", "sender": "a@wattle.example"}
    assert manager.post("/mail", told).status_code == 302
    here, home = f"/photos/{photo.pk}", "/phone/api/home"
    seen = {f"seen-{item.pk}": item.sha256 for item in release_at(share).items.all()}
    words = {"site_code": photo.site_code, "side": "R", "label": "Scar", "notes": "Itches"}
    taken = {"use": "everything", "said_by": "The patient, at the desk"}
    link = {"token": sent.token, "pin": sent.pin, "accepts": True}
    post, json_ = desk.post, "application/json"
    for client in (desk, manager, door):
        client.raise_request_exception = False
    return {
        "page": lambda: desk.get(here),
        "view": lambda: desk.get(f"{here}/view.jpg"),
        "full": lambda: desk.get(f"{here}/full.jpg"),
        "original": lambda: desk.get(f"{here}/original"),
        "label": lambda: post(f"{here}/label", words),
        "move": lambda: post(f"{here}/move", {"to": str(quinn.pk), "reason": "Wrong name"}),
        "withdraw": lambda: post(f"/consents/{photo.consent_id}/withdraw", taken),
        "send": lambda: post(f"{share}/send", seen),
        "open": lambda: stranger.post("/s/open", link, content_type=json_),
        "bytes": lambda: door.get(f"{place}/{sent.items[0].pk}/view"),
        "mail": lambda: manager.post("/mail/try", {"to": "desk@wattle.example"}),
        "home": lambda: desk.get(home, headers=signer.headers("GET", home)),
    }


def rows() -> dict[str, list[str]]:
    """Return everything that is written down. Of the log, what is not a look."""
    kept = {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models()
        if model.__module__.startswith("safelight.") and model._meta.label not in LOOKS
    }
    acts = Entry.objects.exclude(action__in=ENTERED).values_list("practice", "n", "action")
    return {label: told for label, told in kept.items() if not label.startswith("audit.")} | {
        "audit": sorted(map(repr, acts))
    }


def changed(before: dict[str, list[str]], guard: str) -> list[str]:
    """Return the tables that are not as they were."""
    counted = COUNTED_FIRST.get(guard, set())
    return [name for name, told in rows().items() if told != before[name] and name not in counted]


def asked_with(guard: str, ask: Ask) -> tuple[Broken, Any]:
    """Ask for something while a guard on its way is broken."""
    broken = Broken()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"safelight.{guard}", broken)
        return broken, ask()


def test_each_of_them_works_while_nothing_is_broken(
    requests: dict[str, Ask],
) -> None:
    statuses = {}
    for name, ask in requests.items():
        before = transaction.savepoint()
        statuses[name] = ask().status_code
        transaction.savepoint_rollback(before)
    assert statuses.pop("mail") == 502  # nobody takes letters on that port
    assert {name: status for name, status in statuses.items() if status not in (200, 302)} == {}
    assert set(statuses) | {"mail"} == set(GUARDS)


def test_a_guard_that_breaks_shows_nothing_and_changes_nothing(
    requests: dict[str, Ask],
) -> None:
    before, kept, wrong = rows(), blobs_and_capsules(), []
    for asked, guard in ((asked, guard) for asked, guards in GUARDS.items() for guard in guards):
        point = transaction.savepoint()
        broken, answer = asked_with(guard, requests[asked])
        words = answer.content.decode()
        trouble = changed(before, guard)
        if not broken.asked:
            trouble.append("it is not on the way")
        if answer.status_code != 500 or "The server could not do this." not in words:
            trouble.append(f"it answered {answer.status_code}")
        trouble += [word for word in (SECRET, "Traceback", "Testcase") if word in words]
        transaction.savepoint_rollback(point)
        if trouble or blobs_and_capsules() != kept:
            wrong.append((asked, guard, trouble))
    assert wrong == []


FILING = [
    "photos.filing.belongs",
    "consent.reading.covering_consent",
    "imaging.sandbox.Decoder._exchange",
    "photos.renditions.seal_blob",
    "photos.filing.record",
    "photos.filing.is_whole",
]


@pytest.mark.parametrize("guard", FILING)
def test_a_guard_that_breaks_while_filing_gives_no_receipt_and_loses_nothing(
    guard: str, photo: Photo, phone: Phone, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = now()
    told = str(photo.consent_id)
    capture = arrived(phone, ada, photo.patient, at=at, consent=told, taken_at=at.isoformat())
    broken = Broken()
    monkeypatch.setattr(f"safelight.{guard}", broken)
    work_once()
    monkeypatch.undo()
    capture.refresh_from_db()
    assert broken.asked
    assert (capture.state, capture.filed_receipt) == (Capture.State.STORED, "")
    assert inbox().sha256_of(capture.pk) == capture.sha256
    assert work_once(clock=lambda: at + timedelta(hours=1)) == 1
    capture.refresh_from_db()
    assert capture.state == Capture.State.FILED
    assert Photo.objects.filter(capture=capture).count() == 1


def test_the_page_that_says_so_asks_for_nothing_that_may_be_broken(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in_client(ada)
    client.raise_request_exception = False
    monkeypatch.setattr("safelight.web.context.outside_count", Broken())
    answer = client.get("/")
    assert answer.status_code == 500
    assert "The server could not do this." in answer.content.decode()
