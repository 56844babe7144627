"""Papers: the scan of a signed form, sealed in the vault. It is kept as it came, never rendered."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from safelight.audit.log import record
from safelight.consent.models import Consent, PaperScan
from safelight.lib.refusals import NotFound, Refusal
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person
from safelight.vault.sealing import new_photo_key, open_blob, rewrap, seal_blob
from safelight.vault.stores import store

MOST_BYTES: Final = 10 * 1024 * 1024
FORM_ONLY: Final = "F"  # reception's letter: what was signed on paper is theirs to add and read
RENDITION: Final = "paper"  # what the scan's sealed bytes are bound to, beside its consent
STARTS: Final[dict[bytes, str]] = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
ENDINGS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


class NotAScan(Refusal):
    """What was sent is not a scan we keep."""

    code = "not_a_scan"
    status = 400


def media_type_of(content: bytes) -> str:
    """Return what the first bytes say a scan is. The name and type that were sent do not count."""
    for start, media_type in STARTS.items():
        if content.startswith(start):
            return media_type
    raise NotAScan("A scan is a PDF, a JPEG or a PNG. Nothing was kept.")


def scans_of(consent: Consent) -> list[PaperScan]:
    """Return the scans that lie with a consent, the oldest first."""
    return list(consent.scans.select_related("by").order_by("at"))


def add_scan(consent: Consent, *, content: bytes, by: Person, at: datetime) -> PaperScan:
    """Seal a scan under a key of its own and file it with the consent; the paper is owed no more.

    The bytes are durable in the vault before the row exists, so a failure between leaves an unnamed
    blob and never a row without its scan. The content is not decoded here.
    """
    require_duty(by, Act.CONSENT_RECORD, also=FORM_ONLY)
    if consent.practice_id != by.practice_id:
        raise NotFound
    if not 0 < len(content) <= MOST_BYTES:
        raise NotAScan("A scan is at most 10 MB. Nothing was kept.")
    media_type = media_type_of(content)
    bound = {"practice": consent.practice_id, "photo": consent.pk, "patient": consent.patient_id}
    wrapped = new_photo_key(**bound)
    blob = store().put(seal_blob(content, wrapped, **bound, rendition=RENDITION))
    with transaction.atomic():
        now_of = Consent.objects.select_for_update().get(pk=consent.pk).patient_id
        if now_of != consent.patient_id:  # two records were joined since, and it goes with them
            moved = {"old_patient": consent.patient_id, "new_patient": now_of}
            wrapped = rewrap(wrapped, practice=consent.practice_id, photo=consent.pk, **moved)
        scan = PaperScan.objects.create(
            consent=consent,
            wrapped_key=wrapped,
            blob=blob,
            media_type=media_type,
            size=len(content),
            at=at,
            by=by,
        )
        Consent.objects.filter(pk=consent.pk).update(paper_due=False)
        record(
            "consent.scanned",
            practice=consent.practice_id,
            by=by,
            at=at,
            of=f"consent:{consent.pk}",
            patient=now_of,
        )
    consent.paper_due = False
    return scan


def open_scan(consent: Consent, scan_id: int, *, by: Person, at: datetime) -> tuple[bytes, str]:
    """Return a scan's bytes and type, to be downloaded. The log's entry is committed first."""
    require_duty(by, Act.CONSENT_VIEW, also=FORM_ONLY)
    scan = consent.scans.filter(pk=scan_id, consent__practice=by.practice_id).first()
    if scan is None:
        raise NotFound
    with transaction.atomic():
        record(
            "consent.viewed",
            practice=consent.practice_id,
            by=by,
            at=at,
            of=f"consent:{consent.pk}",
            patient=consent.patient_id,
            purpose="scan",
        )
    sealed = store().get(scan.blob)
    plain = open_blob(
        sealed,
        scan.wrapped_key,
        practice=consent.practice_id,
        photo=consent.pk,
        patient=consent.patient_id,
        rendition=RENDITION,
    )
    return plain, scan.media_type


def rebind_scans(consent: Consent, *, old_patient: UUID, new_patient: UUID) -> None:
    """Bind a consent's scans to another patient. They open only under whom they were bound to."""
    for scan in consent.scans.all():
        scan.wrapped_key = rewrap(
            scan.wrapped_key,
            practice=consent.practice_id,
            photo=consent.pk,
            old_patient=old_patient,
            new_patient=new_patient,
        )
        scan.save(update_fields=["wrapped_key"])
