"""Making photos for tests: pictures, capsules as a phone seals them, and their way in."""

import hashlib
import io
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from PIL import Image

from safelight.lib.ids import new_id
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person, Phone
from safelight.photos import receiving
from safelight.photos.filing import file_capture
from safelight.photos.models import Capture, Photo
from safelight.photos.places import inbox
from safelight.photos.receiving import Offer, Progress
from safelight.policy.models import Notice
from safelight.vault.keyring import current
from safelight.vault.sealing import seal_capsule
from tests.conftest import NOON, POINTS
from tests.consent.talks import STROKES

SITE = "70559009"
"""A site that is not sensitive and has a left and a right (policy/sites.toml)."""


@cache
def picture(seed: int = 1, *, size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a JPEG that differs for each seed."""
    image = Image.effect_noise(size, 40 + seed).convert("RGB")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def meta(capture: UUID, person: Person, patient: Patient | None, **changes: Any) -> dict[str, Any]:
    """Return the words that a phone puts beside a whole photo."""
    words: dict[str, Any] = {
        "v": 1,
        "kind": "photo",
        "capture": str(capture),
        "patient": str(patient.pk) if patient else None,
        "patient_hint": None,
        "visit": None,
        "consent": None,
        "person": str(person.pk),
        "taken_at": (NOON - timedelta(minutes=1)).isoformat(),
        "site_code": SITE,
        "side": "L",
        "view": "close_up",
        "set": "lesion",
        "sequence": 1,
        "label": "Left forearm, front - mark",
        "notes": "Darker at the lower edge.",
        "diagnosis": "Naevus, query",
        "diagnosis_code": "",
        "chaperone": "",
        "recognisable": False,
        "restricted": False,
        "cover": [],
        "quality": {"focus": 412},
        "quality_override": "",
        "limit_reason": "",
        "turn": 0,
        "via": "photo",
        "timing": {"unlocked_at": (NOON - timedelta(seconds=21)).isoformat()},
    }
    return {**words, **changes}


def capsule(
    phone: Phone,
    capture: UUID,
    words: dict[str, Any],
    image: bytes,
    *,
    head: dict[str, str] | None = None,
) -> bytes:
    """Seal as the phone does."""
    key = current().newest_capture_key
    header = {
        "key": key.id,
        "practice": str(phone.practice_id),
        "capture": str(capture),
        "phone": str(phone.pk),
        "sealed_at": NOON.isoformat(),
        **(head or {}),
    }
    return seal_capsule(header, words, image, public=key.public)


def offer_of(raw: bytes, kind: Capture.Kind = Capture.Kind.PHOTO) -> Offer:
    """Return what a phone says before it sends."""
    return Offer(len(raw), hashlib.sha256(raw).hexdigest(), kind, NOON)


def send(
    phone: Phone,
    capture: UUID,
    raw: bytes,
    *,
    kind: Capture.Kind = Capture.Kind.PHOTO,
    at: datetime = NOON,
    piece: int = 1024 * 1024,
) -> Progress:
    """Send a capsule in pieces, until it is stored."""
    found = receiving.begin_sending(phone, capture, offer_of(raw, kind), at=at)
    while found.receipt is None:
        arriving = receiving.capture_of(phone, capture)
        arrival = receiving.arrival_of(arriving)
        offset = found.offset
        receiving.add_piece(arrival, offset=offset, piece=raw[offset : offset + piece])
        if arrival.offset == len(raw):
            return receiving.finish(arriving, at=at)
        found = Progress("receiving", arrival.offset)
    return found


def arrived(
    phone: Phone,
    person: Person,
    patient: Patient | None,
    *,
    image: bytes | None = None,
    at: datetime = NOON,
    visit: Visit | None = None,
    **changes: Any,
) -> Capture:
    """Return a capture that is stored and not filed yet."""
    capture = new_id()
    words = meta(capture, person, patient, visit=str(visit.pk) if visit else None, **changes)
    send(phone, capture, capsule(phone, capture, words, image or picture()), at=at)
    return Capture.objects.get(pk=capture)


def filed(phone: Phone, person: Person, patient: Patient | None, **words: Any) -> Photo:
    """Return a photo that came the whole way in."""
    at = words.get("at", NOON)
    capture = arrived(phone, person, patient, **words)
    assert file_capture(capture.pk, at=at)
    capture.refresh_from_db()
    assert capture.state == Capture.State.FILED, (capture.refused_code, capture.refused_words)
    return Photo.objects.get(capture=capture)


def everything_on_disk() -> bytes:
    """Return every byte in the data folder, but for the database, to search in."""
    folder = inbox().folder.parent
    return b"".join(
        path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("test.db")
    )


def blobs_and_capsules() -> set[str]:
    """Return the names of all stored blobs and arriving capsules."""
    folder = inbox().folder.parent
    return {
        str(path.relative_to(folder))
        for part in ("blobs", "inbox")
        for path in (folder / part).rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def consent_words(
    consent: UUID, person: Person, patient: Patient | None, *, care: str = "yes"
) -> dict[str, Any]:
    """Return the words of a consent capsule: signed, standing, asked by this person."""
    return {
        "v": 1,
        "kind": "consent",
        "id": str(consent),
        "person": str(person.pk),
        "patient_hint": None if patient else {"name": "Testcase, Pat", "born": "1968-03-12"},
        "consent": {
            "patient": str(patient.pk) if patient else None,
            "visit": None,
            "notice": Notice.objects.get(practice=person.practice_id).pk,
            "points": list(POINTS),
            "decider": "patient",
            "method": "signed",
            "signature": STROKES,
            "scope": "standing",
            "uses": [{"use": "care", "answer": care, "recipient": "", "abroad": []}],
            "told": [],
            "agreed_at": NOON.isoformat(),
        },
    }


def unmatched(phone: Phone, person: Person) -> Photo:
    """Return a photo taken offline, with the consent and the name that came beside it."""
    number, consent = new_id(), new_id()
    raw = capsule(phone, number, consent_words(consent, person, None), b"")
    send(phone, number, raw, kind=Capture.Kind.CONSENT)
    assert file_capture(number, at=NOON)
    hint = {"name": "Testcase, Pat", "born": "1968-03-12"}
    return filed(phone, person, None, consent=str(consent), patient_hint=hint)


def spoil(blob: str) -> None:
    """Flip a bit in the middle of a stored blob, as a failing disk does."""
    path = next(inbox().folder.parent.rglob(blob))
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(raw)
