"""What lies before some pages: an alarm, a photo without a patient, a record behind a wall."""

from typing import Any

from safelight.lib.clock import now
from safelight.lib.ids import new_id
from safelight.patients.models import BreakGlass, Patient
from safelight.people.models import Person
from safelight.photos.alarms import raise_alarm
from safelight.photos.models import Alarm, Capture
from tests.journeys.sharing_rows import filed_by_the_worker, skin
from tests.photos.making import arrived, capsule, consent_words, send
from tests.signing_in import new_phone


def alarm(told: dict[str, Any]) -> int:
    """Raise one alarm and return its number."""
    practice = Person.objects.get(pk=told["gp"]).practice
    raise_alarm(Alarm.Kind.STUCK, practice=practice, about=told["about"], at=now())
    found: int = Alarm.objects.get(about=told["about"]).pk
    return found


def unmatched(told: dict[str, Any]) -> str:
    """File photos for somebody whose name a phone could not check; return the first."""
    gp = Person.objects.get(pk=told["gp"])
    phone, _ = new_phone(gp.practice, gp)
    number, consent, at = new_id(), new_id(), now()
    said = consent_words(consent, gp, None)
    said["consent"]["agreed_at"] = at.isoformat()
    send(phone, number, capsule(phone, number, said, b""), kind=Capture.Kind.CONSENT, at=at)
    words: dict[str, Any] = {"consent": str(consent), "taken_at": at.isoformat()}
    words["patient_hint"] = said["patient_hint"]
    first, *_ = [
        filed_by_the_worker(arrived(phone, gp, None, image=skin(one), at=at, **words))
        for one in range(1, told.get("count", 1) + 1)
    ]
    return first


def opened_walls(told: dict[str, Any]) -> list[str]:
    """Return the times a patient's record was opened with a reason."""
    rows = BreakGlass.objects.filter(patient=Patient.objects.get(pk=told["patient"]))
    return [str(row.pk) for row in rows.order_by("at")]


CALLS: dict[str, Any] = {call.__name__: call for call in (alarm, unmatched, opened_walls)}
