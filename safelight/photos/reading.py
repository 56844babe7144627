"""Reading: what pages ask about photos. Nothing here changes anything, or shows a single pixel."""

import statistics
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from safelight.imaging.results import look_alike
from safelight.lib.refusals import NotFound
from safelight.patients.models import Patient
from safelight.people.models import Phone
from safelight.photos.copies import NOT_ENDED, outside_copies
from safelight.photos.models import Alarm, Capture, Copy, LabelEdit, Move, Photo
from safelight.policy.models import Practice
from safelight.policy.settings import setting

PAGE = 50
"""Photos on one page of a timeline (performance, section 4)."""
ROWS = 100
"""Rows of one list on the today page: the oldest. It says how many more there are."""


@dataclass(frozen=True, slots=True)
class After:
    """Where a page of the timeline ended: time and id of its last photo."""

    taken_at: datetime
    id: UUID

    def __str__(self) -> str:
        """Write it for a link. It holds a time and a number, nothing of the patient."""
        return f"{self.taken_at.isoformat()}~{self.id}"

    @classmethod
    def read(cls, text: str) -> "After | None":
        """Read what a link carried; anything else means the first page."""
        when, _, number = text.partition("~")
        try:
            after = cls(datetime.fromisoformat(when), UUID(number))
        except ValueError:
            return None
        return after if after.taken_at.tzinfo else None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a timeline, newest first, and where the next one begins."""

    photos: list[Photo]
    after: After | None


def timeline(
    patient: Patient,
    *,
    site_code: str | None = None,
    side: str | None = None,
    after: After | None = None,
    size: int = PAGE,
) -> Page:
    """Return a patient's photos, newest first, of one site if asked, by key and not by offset.

    The caller got the patient from `patient_for`, so walls were passed; bytes have their own door.
    """
    rows = Photo.objects.filter(patient=patient)
    if site_code is not None:
        rows = rows.filter(site_code=site_code)
    if side is not None:
        rows = rows.filter(side=side)
    if after:
        rows = rows.filter(taken_at__lte=after.taken_at).exclude(
            Q(taken_at=after.taken_at) & Q(id__gte=after.id)
        )
    found = list(
        rows.select_related("taken_by", "visit", "consent").order_by("-taken_at", "-id")[: size + 1]
    )
    shown, more = found[:size], len(found) > size
    return Page(shown, After(shown[-1].taken_at, shown[-1].pk) if more else None)


@dataclass(frozen=True, slots=True)
class Site:
    """A body site of which a patient has photos."""

    code: str
    side: str
    count: int
    newest_at: datetime


def sites_of(patient: Patient) -> list[Site]:
    """Return the sites that a patient has photos of, the most recent first."""
    rows = (
        Photo.objects.filter(patient=patient)
        .values("site_code", "side")
        .annotate(count=Count("id"), newest_at=Max("taken_at"))
        .order_by("-newest_at")
    )
    return [Site(r["site_code"], r["side"], r["count"], r["newest_at"]) for r in rows]


def newest_by_site(patient: Patient) -> list[tuple[Site, Photo]]:
    """Return each site of a patient with its newest photo, the most recent site first."""
    sites = sites_of(patient)
    newest = Photo.objects.filter(patient=patient, taken_at__in={site.newest_at for site in sites})
    by_site = {(photo.site_code, photo.side): photo for photo in newest.order_by("taken_at", "id")}
    return [(site, by_site[site.code, site.side]) for site in sites if site.code]


def photos_since(patient: Patient, *, since: datetime) -> dict[tuple[str, str], int]:
    """Return how many photos a patient has had taken since a moment, by site and side."""
    rows = Photo.objects.filter(patient=patient, taken_at__gte=since).values("site_code", "side")
    return {(r["site_code"], r["side"]): r["count"] for r in rows.annotate(count=Count("id"))}


def neighbours(photo: Photo) -> tuple[Photo | None, Photo | None]:
    """Return the photos of the same patient and site before and after this one, by time."""
    if photo.patient_id is None:
        return None, None
    same = Photo.objects.filter(
        patient_id=photo.patient_id, site_code=photo.site_code, side=photo.side
    )
    now = Q(taken_at=photo.taken_at)
    older = same.filter(Q(taken_at__lt=photo.taken_at) | (now & Q(pk__lt=photo.pk)))
    newer = same.filter(Q(taken_at__gt=photo.taken_at) | (now & Q(pk__gt=photo.pk)))
    return older.order_by("-taken_at", "-pk").first(), newer.order_by("taken_at", "pk").first()


def edits_of(photo: Photo) -> list[LabelEdit]:
    """Return how a photo's words were changed, newest first."""
    return list(photo.label_edits.select_related("by").order_by("-at"))


def moves_of(photo: Photo) -> list[Move]:
    """Return from which record to which a photo was moved."""
    return list(photo.moves.select_related("by", "from_patient", "to_patient"))


def unmatched_count(practice: Practice) -> int:
    """Return how many photos have no patient yet."""
    return Photo.objects.filter(practice=practice, patient__isnull=True).count()


def unmatched(practice: Practice) -> QuerySet[Photo]:
    """Return the photos that have no patient yet, the longest waiting first."""
    return (
        Photo.objects.filter(practice=practice, patient__isnull=True)
        .select_related("taken_by", "waiting_consent")
        .order_by("filed_at")
    )


def unmatched_photo(practice: Practice, photo_id: UUID) -> Photo:
    """Return a photo of the tray by its number; one that was matched meanwhile is not there."""
    photo = unmatched(practice).filter(pk=photo_id).first()
    if photo is None:
        raise NotFound
    return photo


def look_alikes(photo: Photo, patient: Patient) -> list[Photo]:
    """Return a patient's photos that look like this one: it may be in the record already."""
    rows = Photo.objects.filter(patient=patient).exclude(pk=photo.pk).exclude(alike="")
    near = [pk for pk, alike in rows.values_list("pk", "alike") if look_alike(photo.alike, alike)]
    return list(Photo.objects.filter(pk__in=near).order_by("-taken_at"))


@dataclass(frozen=True, slots=True)
class Today:
    """What the today page shows of photos. Each group is its own query, oldest and worst first."""

    unfiled: list[Capture]
    """On a phone, or arrived and not filed, for longer than the practice allows."""
    waiting: list[Capture]
    """The same, still within the limit."""
    refused: list[Capture]
    unmatched: list[Photo]
    incomplete: list[Photo]
    """Without label, notes or site for longer than the practice allows."""
    unlabelled: list[Photo]
    """The same, still within the limit."""
    owed: list[Copy]
    """Copies outside that should have ended."""
    alarms: list[Alarm]
    more: dict[str, int]
    """How many of each list come after those that are here."""


ON_ITS_WAY = (Capture.State.ANNOUNCED, Capture.State.RECEIVING)
NOT_FILED = (*ON_ITS_WAY, Capture.State.STORED)


def unfiled(practice: Practice) -> QuerySet[Capture]:
    """Return the captures that are not in the record yet and may still come, the oldest first."""
    return (
        Capture.objects.filter(practice=practice, state__in=NOT_FILED)
        .exclude(state__in=ON_ITS_WAY, gone_at__isnull=False)
        .exclude(state__in=ON_ITS_WAY, given_up_at__isnull=False)
        .select_related("phone", "person")
        .order_by("announced_at")
    )


def incomplete(practice: Practice) -> QuerySet[Photo]:
    """Return the photos that lack a label, notes, a site or a visit, the oldest first."""
    return (
        Photo.objects.filter(practice=practice, incomplete=True, patient__isnull=False)
        .select_related("patient", "taken_by")
        .order_by("filed_at")
    )


def today(
    practice: Practice, *, at: datetime, start: int = 0, alarms: Collection[str] | None = None
) -> Today:
    """Return what needs a person now, in groups, from row `start` on. Reading it changes nothing.

    Alarms of other kinds than asked for are never read: they must not crowd these out.
    """
    late = at - timedelta(hours=setting(practice, "alarm_hours"))
    stale = at - timedelta(hours=setting(practice, "incomplete_hours"))
    arriving, unworded, rung = unfiled(practice), incomplete(practice), open_alarms(practice)
    rows: dict[str, QuerySet[Any]] = {
        "unfiled": arriving.filter(announced_at__lt=late),
        "waiting": arriving.filter(announced_at__gte=late),
        "refused": refused(practice),
        "unmatched": unmatched(practice),
        "incomplete": unworded.filter(filed_at__lt=stale),
        "unlabelled": unworded.filter(filed_at__gte=stale),
        "owed": outside_copies(practice).filter(due_at__lt=at),
        "alarms": rung if alarms is None else rung.filter(kind__in=alarms),
    }
    found = {name: list(some[start : start + ROWS]) for name, some in rows.items()}
    full = [name for name, shown in found.items() if len(shown) == ROWS]
    return Today(**found, more={name: rows[name].count() - start - ROWS for name in full})


def refused(practice: Practice) -> QuerySet[Capture]:
    """Return the captures that were not taken in and may still lie on their phone."""
    rows = Capture.objects.filter(
        practice=practice,
        state=Capture.State.REFUSED,
        gone_at__isnull=True,
        given_up_at__isnull=True,
    )
    return rows.select_related("phone", "person").order_by("announced_at")


def open_alarms(practice: Practice) -> QuerySet[Alarm]:
    """Return the alarms that nobody has ended, the oldest first."""
    mine = Q(practice=practice) | Q(practice__isnull=True)
    return Alarm.objects.filter(mine, ended_at__isnull=True).order_by("raised_at")


def captures_possibly_on(phone: Phone) -> QuerySet[Capture]:
    """Return every photo that could still be on a phone: all it has not shown to be gone.

    It errs on the side of too many: a filed one counts until the phone itself said it forgot.
    """
    return _possibly_on(phone, Capture.Kind.PHOTO)


def counts_possibly_on(phones: Collection[Phone]) -> dict[UUID, int]:
    """Return how many photos could still be on each of these phones; one that has none is none."""
    rows = Capture.objects.filter(phone__in=phones, kind=Capture.Kind.PHOTO, gone_at__isnull=True)
    found = rows.values("phone").annotate(count=Count("id"))
    return {row["phone"]: row["count"] for row in found}


def consents_possibly_on(phone: Phone) -> QuerySet[Capture]:
    """Return every consent that was sealed on a phone and that it has not shown to be gone.

    It is no photo, but it holds a name and what was agreed, so a loss of the phone concerns it.
    """
    return _possibly_on(phone, Capture.Kind.CONSENT)


def _possibly_on(phone: Phone, kind: Capture.Kind) -> QuerySet[Capture]:
    return (
        Capture.objects.filter(phone=phone, kind=kind, gone_at__isnull=True)
        .select_related("person", "photo", "photo__patient")
        .order_by("announced_at")
    )


def capture_in(practice: Practice, capture_id: UUID) -> Capture | None:
    """Return a capture of the practice with its photo, or None."""
    rows = Capture.objects.filter(practice=practice, pk=capture_id)
    return rows.select_related("photo", "photo__patient").first()


def whereabouts(capture: Capture) -> tuple[int, int]:
    """Return how many photos of a capture's patient phones still hold, and how many are filed.

    What its phone holds unopened counts too: it may be this patient's, so zero is really zero.
    """
    photo = getattr(capture, "photo", None)
    held = Copy.objects.filter(holder=Copy.Holder.PHONE, state__in=NOT_ENDED)
    unopened = Q(phone_id=capture.phone_id, photo__isnull=True)
    if photo is None or photo.patient_id is None:
        return held.filter(unopened | Q(capture=capture)).count(), 0
    on_phones = held.filter(unopened | Q(photo__patient=photo.patient_id)).count()
    return on_phones, Photo.objects.filter(patient=photo.patient_id).count()


def captures_gone_from(phone: Phone) -> int:
    """Return how many photos a phone has shown to be gone from it; a sealed consent is none."""
    photos = Capture.objects.filter(phone=phone, kind=Capture.Kind.PHOTO)
    return photos.filter(gone_at__isnull=False).count()


def median_seconds_to_filed(practice: Practice, *, since: datetime) -> float | None:
    """Return the median time from unlocking the phone to the filed receipt, or None if unknown.

    Only captures that say when the phone was unlocked count; a wrong phone clock is left out.
    """
    rows = Capture.objects.filter(
        practice=practice, state=Capture.State.FILED, filed_at__gte=since, timing__isnull=False
    ).values_list("timing", flat=True)
    times = [s for t in rows if isinstance(s := t.get("unlock_to_filed"), int | float) and s > 0]
    return statistics.median(times) if times else None
