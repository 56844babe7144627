"""Parcels: pictures as phones take them, sealed for one practice, patient and phone."""

import hashlib
import io
from datetime import UTC, datetime
from itertools import cycle, islice
from uuid import UUID

from PIL import Image

from bench.phones import Key, Parcel
from safelight.lib.ids import new_id
from safelight.people.models import Person, Phone
from safelight.site import demo_pictures
from safelight.site.demo_skin import MOTIFS
from safelight.vault.capsules import seal_capsule
from safelight.vault.keyring import current

KINDS = 6
QUALITY = 97
"""Brings 12 megapixels of drawn skin to about the 3.6 MB of a real phone's photo."""


def _coded(picture: Image.Image, like: Image.Image) -> bytes:
    out = io.BytesIO()
    profile, exif = like.info.get("icc_profile"), like.getexif()
    picture.save(out, "JPEG", quality=QUALITY, icc_profile=profile, exif=exif)
    return out.getvalue()


def pictures(count: int = KINDS) -> list[bytes]:
    """Draw pictures of 12 megapixels that all differ, coded as heavily as a phone does."""
    drawn = []
    for number, motif in zip(range(count), cycle(MOTIFS), strict=False):
        small = demo_pictures.picture(motif, number % 6 + 1, 0.2 * (number % 5), number + 1)
        picture = Image.open(io.BytesIO(small))
        drawn.append(_coded(picture, picture))
    return drawn


def large_pictures(count: int) -> list[bytes]:
    """Return pictures of 48 megapixels, as the largest sensors give: four of 12 side by side."""
    made = []
    for small in pictures(count):
        picture = Image.open(io.BytesIO(small))
        wide, high = picture.size
        large = Image.new("RGB", (2 * wide, 2 * high))
        for place in ((0, 0), (wide, 0), (0, high), (wide, high)):
            large.paste(picture, place)
        made.append(_coded(large, picture))
    return made


def new_phone(doctor: Person, name: str) -> Key:
    """Pair a phone with a key that only this bench has."""
    key = Key.new()
    row = Phone.objects.create(
        practice=doctor.practice, owner=doctor, name=name, public_key=key.public,
        paired_at=datetime.now(UTC), paired_by=doctor.pk,
    )  # fmt: skip
    key.phone = str(row.pk)
    return key


def parcels(
    key: Key, doctor: Person, patient: UUID, images: list[bytes], count: int
) -> list[Parcel]:
    """Seal so many capsules for a phone, each under its own number."""
    return [seal(key, doctor, patient, image) for image in islice(cycle(images), count)]


def seal(key: Key, doctor: Person, patient: UUID, image: bytes) -> Parcel:
    """Seal one picture with the words that a phone puts beside it."""
    capture, at, sealer = str(new_id()), datetime.now(UTC).isoformat(), current().newest_capture_key
    meta = {
        "v": 1, "kind": "photo", "capture": capture, "patient": str(patient),
        "person": str(doctor.pk), "visit": None, "consent": None, "taken_at": at,
        "site_code": "70559009", "side": "L", "view": "close_up", "set": "lesion", "sequence": 1,
        "label": "Left forearm, front - mark", "notes": "Darker at the lower edge.",
        "diagnosis": "Naevus, query", "recognisable": False, "restricted": False, "turn": 0,
        "limit_reason": "Many views were asked for",
        "timing": {"unlocked_at": at, "shutter_at": at, "sealed_at": at},
    }  # fmt: skip
    header = {
        "key": sealer.id, "practice": str(doctor.practice_id), "capture": capture,
        "phone": key.phone, "sealed_at": at,
    }  # fmt: skip
    raw = seal_capsule(header, meta, image, public=sealer.public)
    return Parcel(capture, raw, hashlib.sha256(raw).hexdigest(), at)
