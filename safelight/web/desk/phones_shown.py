"""What the phone pages say about a phone, put together from its row and the photos' own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from safelight.consent.reading import patients_of
from safelight.patients.models import Patient
from safelight.people.duties import Act, may
from safelight.people.models import Person, Phone
from safelight.people.phone_care import checks_due
from safelight.people.phones import has_it, phones_for
from safelight.people.reading import names_by_id
from safelight.photos.models import Capture
from safelight.photos.reading import (
    captures_gone_from,
    captures_possibly_on,
    consents_possibly_on,
    counts_possibly_on,
)
from safelight.policy.settings import all_settings

WORDS = {"declare": "back-up and updates not declared", "self_check": "camera not checked"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One phone as a row of the list."""

    phone: Phone
    who: str
    held: int
    lamp: str
    number: str
    due: list[str]
    lock: str
    may_act: bool


@dataclass(frozen=True, slots=True)
class Possibly:
    """One capture that could have been on a lost phone."""

    capture: Capture
    taken_at: datetime
    by: str
    whose: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """What is known about a phone that was lost: what was on it, and what a finder could see."""

    possibly: list[Possibly]
    consents: list[Possibly]
    here: int
    gone: int
    last_seen: str
    reported_at: datetime | None
    reported_by: str
    contact_at: datetime | None
    contact_before: timedelta | None
    had: str


def all_shown(person: Person, *, at: datetime) -> list[Shown]:
    """Put together a row for each phone that a person may know of. The policy is read once."""
    return _rows(phones_for(person), person, at=at)


def shown(phone: Phone, person: Person, *, at: datetime) -> Shown:
    """Put together the row of one phone."""
    return _rows([phone], person, at=at)[0]


def _rows(phones: Sequence[Phone], person: Person, *, at: datetime) -> list[Shown]:
    """Read the policy once, and once what the stopped ones of these phones held at most."""
    limits = all_settings(person.practice)
    at_most = counts_possibly_on([one for one in phones if one.state != Phone.State.OPEN])
    return [_shown(one, person, limits, at_most.get(one.pk, 0), at=at) for one in phones]


def _shown(
    phone: Phone, person: Person, limits: Mapping[str, Any], at_most: int, *, at: datetime
) -> Shown:
    """Say how a phone is. What a stopped one held is what it held at most: nothing proves it."""
    months = int(limits["phone_checks_months"])
    is_open = phone.state == Phone.State.OPEN
    held = phone.held if is_open else at_most
    return Shown(
        phone=phone,
        who=_who(phone),
        held=held,
        lamp=_lamp(phone, held, hours=int(limits["alarm_hours"]), at=at),
        number=phone.serial[-4:] or phone.imei[-4:],
        due=[WORDS[name] for name in checks_due(phone, at=at, months=months)] if is_open else [],
        lock=_lock(phone),
        may_act=may(person, Act.PHONE_OWN if has_it(person, phone) else Act.PHONE_ANY),
    )


def lost_facts(phone: Phone, reader: Person) -> Lost:
    """Answer what was on a lost phone, readable by whom, and what cannot be known.

    A patient's name is shown only to a reader whose duties include patients' records.
    """
    report: dict[str, Any] = phone.lost_report or {}
    names = may(reader, Act.PATIENT_VIEW)
    possibly = [_possibly(row, names=names) for row in captures_possibly_on(phone)]
    sealed = list(consents_possibly_on(phone))
    patients = patients_of(phone.practice, [row.pk for row in sealed])
    people = {str(number): name for number, name in names_by_id(reader).items()}
    reported, contact = _time(report.get("reported_at")), _time(report.get("contact_at"))
    return Lost(
        possibly=possibly,
        consents=[_consent(row, patients.get(row.pk), names=names) for row in sealed],
        here=sum(row.is_here for row in possibly),
        gone=captures_gone_from(phone),
        last_seen=str(report.get("last_seen", "")),
        reported_at=reported,
        reported_by=people.get(str(report.get("reported_by")), ""),
        contact_at=contact,
        contact_before=reported - contact if reported and contact else None,
        had=people.get(str(report.get("had")), ""),
    )


def _possibly(row: Capture, *, names: bool) -> Possibly:
    photo = getattr(row, "photo", None)
    patient = photo.patient if photo is not None else None
    return _row(row, patient, names=names, is_here=photo is not None)


def _consent(row: Capture, patient: Patient | None, *, names: bool) -> Possibly:
    """Say whose a sealed consent is: it keeps its number in the record, once it has come there."""
    return _row(row, patient, names=names, is_here=row.state == Capture.State.FILED)


def _row(row: Capture, patient: Patient | None, *, names: bool, is_here: bool) -> Possibly:
    if not is_here:
        whose = "Not known: it is sealed, and has not come to the practice"
    elif patient is None:
        whose = "Not matched to a patient yet"
    else:
        whose = patient.name if names else "A patient of this practice"
    return Possibly(
        capture=row,
        taken_at=row.sealed_at or row.announced_at,
        by=row.person.name if row.person else "",
        whose=whose,
        is_here=is_here,
    )


def _who(phone: Phone) -> str:
    if phone.owner is not None:
        return phone.owner.name
    return f"{phone.signed_out_to.name} signed it out" if phone.signed_out_to else "Nobody"


def _lamp(phone: Phone, held: int, *, hours: int, at: datetime) -> str:
    if not held:
        return "in"
    late = phone.held_since is not None and at - phone.held_since > timedelta(hours=hours)
    return "alarm" if late or phone.state != Phone.State.OPEN else "out"


def _lock(phone: Phone) -> str:
    """Say what is proved and what is only said: a passkey proves a lock, back-up is a statement."""
    backup = "says back-up off" if phone.backup_off_on else "has not said that back-up is off"
    return f"Lock proved at each sign-in; {backup}"


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
