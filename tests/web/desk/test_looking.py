"""Every page about a patient is in the log before it is shown: a table over all addresses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.consent.papers import add_scan
from safelight.lib.clock import now
from safelight.lib.ids import new_id
from safelight.patients.looking import LASTS, note_view
from safelight.patients.merging import merge_patients
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.holding import Held, note_held
from safelight.photos.models import Copy, Photo
from safelight.photos.printing import print_photo
from tests.conftest import NOON, make_patient
from tests.consent.talks import EMERGENCY, keep
from tests.web.desk.sharing import begun

Desk = Callable[[Person], Client]
ABOUT_A_PATIENT = {"patient_id", "merge_id", "photo_id", "consent_id", "copy_id"}
SAYS_NOTHING = {
    "break-glass": "says who it is to whoever has to give a reason, and nothing of the record",
    "unmatched-photo": "shows a photo that is no patient’s",
    "unmatched-add": "adds a patient to a photo that is nobody’s",
}
ACTS_ALONE = {"push", "visit-cancel"}


def pages(patterns: list[Any], so_far: frozenset[str] = frozenset()) -> dict[str, frozenset[str]]:
    """Return the desk's addresses about a patient, by name, with what they carry."""
    found: dict[str, frozenset[str]] = {}
    for pattern in patterns:
        carried = so_far | set(pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            found |= pages(pattern.url_patterns, carried)
        elif isinstance(pattern, URLPattern) and ".desk." in pattern.callback.__module__:
            found[str(pattern.name)] = carried
    return {name: carried for name, carried in found.items() if carried & ABOUT_A_PATIENT}


PAGES = pages(get_resolver().url_patterns)
LOOKED_AT = sorted(set(PAGES) - set(SAYS_NOTHING) - ACTS_ALONE)


@pytest.fixture
def told(photo: Photo, consent: Consent, ada: Person, mo: Person) -> dict[str, dict[str, Any]]:
    """What addresses carry: by parameter, and for a page that needs another thing, by page."""
    pat, at = photo.patient, now()
    assert pat is not None
    other, gone = (make_patient(pat.practice, name, "Sample", name) for name in ("Bo", "Al"))
    emergency = keep(pat, ada, EMERGENCY, visit=pat.visits.get())
    copy = print_photo(
        photo, purpose="record", holder_name="Reception", by=ada, at=at, stepped_up=True
    )
    general = {
        "patient_id": pat.pk,
        "other_id": other.pk,
        "merge_id": merge_patients(pat, gone, reason="Twice", by=mo, at=at).pk,
        "photo_id": photo.pk,
        "kind": "view",
        "consent_id": consent.pk,
        "scan_id": add_scan(consent, content=b"%PDF-1.7 made up", by=ada, at=at).pk,
        "copy_id": copy.pk,
        "number": copy.number,
    }
    return {"": general, "consent-review": {"consent_id": emergency.pk}}


@pytest.mark.parametrize("name", LOOKED_AT)
def test_whoever_is_shown_a_page_about_a_patient_is_in_the_log(
    name: str, told: dict[str, dict[str, Any]], ada: Person, mo: Person, at_desk: Desk
) -> None:
    values = told[""] | told.get(name, {})
    address = reverse(f"desk:{name}", kwargs={one: values[one] for one in PAGES[name]})
    shown = 0
    for person in (ada, mo):
        seen = Entry.objects.filter(actor_id=person.pk, patient=values["patient_id"])
        before = set(seen.values_list("n", flat=True))
        if at_desk(person).get(address).status_code == 200:
            shown += 1
            assert set(seen.values_list("n", flat=True)) - before, f"{person} looked at {name}"
    assert shown, f"{name} was shown to nobody, so nothing was proved"


@pytest.mark.parametrize("step", ["", "/why", "/who", "/hide", "/how", "/stop", "/settle"])
def test_whoever_is_shown_a_share_is_shown_its_patient(
    step: str, photo: Photo, ada: Person, at_desk: Desk
) -> None:
    desk = at_desk(ada)
    share = begun(desk, photo)
    looks = Entry.objects.filter(action="patient.viewed", patient=photo.patient_id)
    assert not looks.exists()
    assert desk.get(share + step).status_code < 400
    assert looks.count() == 1


def test_a_copy_of_what_was_not_filed_is_nobodys_record(
    data_folder: object, phone: Phone, ada: Person, at_desk: Desk
) -> None:
    note_held(phone, [Held(new_id(), NOON)], at=NOON)
    copy = Copy.objects.get()
    assert at_desk(ada).get(f"/copies/{copy.pk}/end").status_code == 200
    assert not Entry.objects.filter(action="patient.viewed").exists()


def test_looking_again_within_a_quarter_of_an_hour_is_the_same_look(
    pat: Patient, ada: Person, mo: Person
) -> None:
    looks = [(ada, 0), (ada, 1), (mo, 1), (ada, 14), (ada, 15)]
    for person, minutes in looks:
        note_view(pat, by=person, at=NOON + timedelta(minutes=minutes))
    entries = Entry.objects.filter(action="patient.viewed", patient=pat.pk).order_by("n")
    assert [(e.actor_id, e.at) for e in entries] == [
        (ada.pk, NOON),
        (mo.pk, NOON + timedelta(minutes=1)),
        (ada.pk, NOON + LASTS),
    ]


def test_a_look_on_a_phone_is_not_the_look_at_the_desk(pat: Patient, ada: Person) -> None:
    note_view(pat, by=ada, at=NOON)
    ada.phone_in_use = pat.pk  # any number of a phone
    note_view(pat, by=ada, at=NOON)
    assert Entry.objects.filter(action="patient.viewed", actor_id=ada.pk).count() == 2
