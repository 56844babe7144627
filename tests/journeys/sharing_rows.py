"""What lies before a share, and what a browser cannot know of it: rows made and looked at."""

import io
import time
from typing import Any

from PIL import Image

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.lib.clock import now
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos.models import Capture, Copy, Photo
from safelight.policy.words import newest_notice
from safelight.sharing.models import Link, Release
from safelight.site.demo_pictures import picture
from tests.consent.talks import keep, talk
from tests.photos.making import SITE, arrived
from tests.signing_in import new_phone

PATIENCE = 120.0  # seconds a busy worker may need


def photographed(told: dict[str, Any]) -> dict[str, Any]:
    """File photos that a doctor took of a patient, under a consent with these answers."""
    patient, gp = Patient.objects.get(pk=told["patient"]), Person.objects.get(pk=told["gp"])
    consent = _agreed(patient, gp, told.get("uses", {}))
    phone, _ = new_phone(gp.practice, gp)
    ids = []
    for number in range(1, told.get("count", 1) + 1):
        at = now()
        words: dict[str, Any] = {
            "consent": str(consent.pk),
            "taken_at": at.isoformat(),
            "sequence": number,
            "site_code": told.get("site", SITE),
        }
        ids.append(
            filed_by_the_worker(arrived(phone, gp, patient, image=skin(number), at=at, **words))
        )
    return {"consent": str(consent.pk), "photos": ids}


def agreed(told: dict[str, Any]) -> str:
    """Record one more discussion with a patient, with these answers."""
    patient, gp = Patient.objects.get(pk=told["patient"]), Person.objects.get(pk=told["gp"])
    return str(_agreed(patient, gp, told["uses"]).pk)


def shares(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was let out of a patient's photos; without one, the teaching sets."""
    rows = Release.objects.filter(patient=told.get("patient")).order_by("made_at")
    return [_told(row) for row in rows]


def minute_over(told: dict[str, Any]) -> None:
    """Let the time be over in which a release can be undone. Its worker decides the rest."""
    Release.objects.filter(pk=told["release"]).update(goes_at=now())


def entries(told: dict[str, Any]) -> int:
    """Return how many entries the whole log has."""
    return Entry.objects.count()


def _told(row: Release) -> dict[str, Any]:
    link = Link.objects.filter(release=row).first()
    lit = Copy.objects.filter(pk__in=row.items.values("copy"), state=Copy.State.HELD)
    return {
        "id": str(row.pk),
        "state": row.state,
        "why": row.end_why,
        "waits": (row.goes_at - row.confirmed_at).total_seconds()
        if row.goes_at and row.confirmed_at
        else None,
        "opens": link.opens if link else 0,
        "openings": link.openings.count() if link else 0,
        "lit": lit.count(),
        "replies": list(row.replies.values_list("words", flat=True)),
    }


def _agreed(patient: Patient, gp: Person, uses: dict[str, str]) -> Consent:
    points = tuple(point["key"] for point in newest_notice(patient.practice).points)
    return keep(patient, gp, talk(points=points, uses=uses), agreed_at=now())


def skin(number: int) -> bytes:
    """Return a drawn picture, another for each number."""
    drawn = Image.open(io.BytesIO(picture("naevus", 2 + number, 0.4, 7, limb=True)))
    out = io.BytesIO()
    drawn.convert("RGB").resize((1600, 1200)).save(out, "JPEG", quality=90)
    return out.getvalue()


def filed_by_the_worker(capture: Capture) -> str:
    """Wait until the practice's own worker has filed it, and return the photo's id."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        found = Photo.objects.filter(capture=capture.pk).first()
        if found is not None:
            return str(found.pk)
        time.sleep(0.1)
    capture.refresh_from_db()
    raise TimeoutError(capture.refused_code or capture.state)


CALLS: dict[str, Any] = {
    call.__name__: call for call in (photographed, agreed, shares, minute_over, entries)
}
