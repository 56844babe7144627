"""Drafting: the row of a photo, from its words, its picture and what is known of the practice."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from safelight.consent.models import Consent
from safelight.imaging.conceal import checked_shapes
from safelight.imaging.lying import Lie, orientation_of, stored_shape
from safelight.imaging.results import Prepared
from safelight.lib.refusals import BadInput
from safelight.photos import rules
from safelight.photos.meta import PhotoMeta
from safelight.photos.models import Capture, Photo, WaitingConsent
from safelight.photos.opening import Belongs
from safelight.policy.settings import setting
from safelight.policy.sites import is_sensitive

NO_REASON = "No reason was given on the phone"


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a photo's row is made from."""

    capture: Capture
    meta: PhotoMeta
    whose: Belongs
    consent: Consent | None
    waiting: WaitingConsent | None
    prepared: Prepared
    wrapped: bytes = field(repr=False)


def draft_photo(draft: Draft, *, at: datetime) -> Photo:
    """Return a photo's row, not saved. Its id is the capture's: a retry is never a second photo."""
    meta, whose, prepared = draft.meta, draft.whose, draft.prepared
    photo = Photo(
        id=draft.capture.pk,
        practice=draft.capture.practice,
        capture=draft.capture,
        patient=whose.patient,
        patient_hint=str(meta.hint or ""),
        waiting_consent=draft.waiting,
        visit=whose.visit,
        consent=draft.consent,
        taken_at=rules.believable_time(meta.taken_at, at=at),
        taken_by=whose.person,
        filed_at=at,
        site_code=meta.site_code,
        side=meta.side,
        set_code=meta.set_code,
        view=meta.view,
        sequence=meta.sequence,
        label=meta.label,
        notes=meta.notes,
        diagnosis=meta.diagnosis,
        diagnosis_code=meta.diagnosis_code,
        recognisable=meta.recognisable,
        sensitive=is_sensitive(meta.site_code),
        restricted=meta.restricted,
        chaperone=meta.chaperone,
        quality={"phone": meta.quality, "server": _measures(prepared)},
        quality_override=meta.quality_override,
        cover=_cover(meta, prepared),
        turn=meta.turn,
        limit_reason=_limit_reason(draft),
        evidence=_evidence(draft),
        alike=prepared.alike,
        kind=prepared.kind,
        width=prepared.width,
        height=prepared.height,
        sha256=prepared.sha256,
        wrapped_key=draft.wrapped,
        copyright_owner=setting(draft.capture.practice, "copyright_owner"),
    )
    photo.incomplete = bool(rules.missing(words_of(photo)))
    return photo


def words_of(photo: Photo) -> dict[str, str]:
    """Return the words of a photo that are asked for, and kept when they change."""
    return {
        "site_code": photo.site_code,
        "side": photo.side,
        "label": photo.label,
        "notes": photo.notes,
        "diagnosis": photo.diagnosis,
        "diagnosis_code": photo.diagnosis_code,
        "visit_id": str(photo.visit_id or ""),
    }


def _measures(prepared: Prepared) -> dict[str, float]:
    found = prepared.quality
    return {
        "sharpness": round(found.sharpness, 2),
        "centre_sharpness": round(found.centre_sharpness, 2),
        "dark": round(found.dark, 4),
        "clipped": round(found.clipped, 4),
        "glare": round(found.glare, 4),
        "mean": round(found.mean, 1),
    }


def _evidence(draft: Draft) -> dict[str, object]:
    """Return what the file and the phone say of themselves: evidence, never shown as the truth."""
    said = draft.prepared.evidence
    return {
        "make": said.make,
        "model": said.model,
        "taken": said.taken,
        "via": draft.meta.via,
        "phone_clock": draft.meta.taken_at.isoformat(),
        "timing": draft.meta.timing,
    }


def _cover(meta: PhotoMeta, prepared: Prepared) -> list[Any]:
    """Return the phone's covers in fractions of the picture as stored, as every copy reads them.

    A browser always sets a file upright by its EXIF before anybody draws on it. A cover that cannot
    be understood is kept as it came: no copy of the photo is then made (sharing/drafting.py).
    """
    try:
        drawn = checked_shapes(meta.cover)
    except BadInput:
        return meta.cover
    width, height = prepared.width, prepared.height
    if meta.turn in (90, 270):
        width, height = height, width
    lie = Lie(orientation_of(prepared.kind, prepared.orientation), 0, width, height)
    return [stored_shape(lie, shape) for shape in drawn] if lie.orientation > 1 else drawn


def _limit_reason(draft: Draft) -> str:
    """Return why there are more photos of a site than usual (G8); a missing reason is said so."""
    meta, whose = draft.meta, draft.whose
    if whose.patient is None or whose.visit is None or meta.limit_reason:
        return meta.limit_reason
    count = Photo.objects.filter(
        patient=whose.patient, visit=whose.visit, site_code=meta.site_code, side=meta.side
    ).count()
    if count == 0:
        return ""
    most = setting(draft.capture.practice, "max_photos_per_visit")
    return NO_REASON if rules.is_full(count, most=most) else ""
