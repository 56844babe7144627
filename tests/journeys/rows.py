"""What lies before a story begins, and what a browser cannot know: rows made and looked at."""

from base64 import b64encode
from datetime import date, timedelta
from typing import Any

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.lib.clock import now
from safelight.patients.models import Patient, Visit
from safelight.patients.rules import fold
from safelight.people.inviting import invite_again
from safelight.people.models import Person, Phone
from safelight.photos.models import Capture, Photo, Rendition
from safelight.photos.renditions import open_picture
from safelight.policy.models import Practice


def doctor(told: dict[str, Any]) -> dict[str, str]:
    """Add a person with duties and return the link they join by."""
    person = Person.objects.create(
        practice=Practice.objects.get(),
        title=told.get("title", ""),
        given=told["given"],
        family=told["family"],
        email=told["email"],
        roles=told["roles"],
    )
    link = invite_again(person, by=None, at=now())
    return {"id": str(person.pk), "name": person.name, "given": person.given, "link": link}


def patient(told: dict[str, Any]) -> dict[str, str]:
    """Add a patient in a doctor's care, with a visit today unless they walked in."""
    gp = Person.objects.get(pk=told["gp"])
    words = {key: told[key] for key in ("given", "family", "record_number")}
    row = Patient.objects.create(
        practice=gp.practice,
        **words,
        born=date.fromisoformat(told["born"]),
        sex="F",
        address="14 Sample Street",
        search_name=fold(f"{told['family']} {told['given']}"),
        search_given=fold(f"{told['given']} {told['family']}"),
        usual_gp=gp,
        added_at=now() - timedelta(days=30),
    )
    visits = [
        Visit.objects.create(
            practice=gp.practice, patient=row, person=gp, starts_at=now(), reason=told["reason"]
        )
        for _ in range(told.get("visits", 1))
    ]
    visit = str(visits[0].pk) if visits else ""
    return {"id": str(row.pk), "name": row.name, **words, "visit": visit}


def photos(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the photos of a patient, or without one, as the tables have them."""
    rows = Photo.objects.filter(patient=told["patient"]).order_by("taken_at")
    return [
        {
            "id": str(row.pk),
            "capture": str(row.capture_id),
            "label": row.label,
            "notes": row.notes,
            "site": row.site_code,
            "visit": str(row.visit_id) if row.visit_id else None,
            "size": [row.width, row.height],
            "via": row.evidence.get("via"),
            "by": str(row.taken_by_id),
            "chaperone": row.chaperone,
            "recognisable": row.recognisable,
            "view": [row.set_code, row.view],
            "limit_reason": row.limit_reason,
            "covers": len(row.cover),
            "consent": str(row.consent_id) if row.consent_id else None,
        }
        for row in rows
    ]


def original(told: dict[str, Any]) -> str:
    """Return the untouched original of a photo, in letters."""
    photo = Photo.objects.get(pk=told["photo"])
    return b64encode(open_picture(photo, Rendition.Kind.ORIGINAL)).decode()


def captures(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a phone has announced or sent, with the receipts it was given."""
    keys = ("kind", "state", "refused_code", "stored_receipt", "filed_receipt", "size", "sha256")
    rows = Capture.objects.filter(phone=told["phone"]).order_by("announced_at")
    return [
        {"id": str(row.pk), "gone": bool(row.gone_at), **{key: getattr(row, key) for key in keys}}
        for row in rows
    ]


def consents(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a patient has agreed to or refused."""
    rows = Consent.objects.filter(patient=told["patient"]).order_by("recorded_at")
    return [
        {
            "id": str(row.pk),
            "method": row.method,
            "uses": dict(row.decisions.values_list("use", "answer")),
        }
        for row in rows
    ]


def phones(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the phones of a person."""
    rows = Phone.objects.filter(owner=told["person"]).order_by("paired_at")
    keys = ("name", "state", "held", "imei", "self_check")
    return [
        {"id": str(row.pk), "wiped": bool(row.wiped_at), **{key: getattr(row, key) for key in keys}}
        for row in rows
    ]


def actions(told: dict[str, Any]) -> list[str]:
    """Return what the log says happened to a patient's record, oldest first."""
    rows = Entry.objects.filter(patient=told["patient"]).order_by("n")
    return list(rows.values_list("action", flat=True))


CALLS = {
    call.__name__: call
    for call in (doctor, patient, photos, original, captures, consents, phones, actions)
}
