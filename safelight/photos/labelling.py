"""Labelling: a photo gets the words it is found and understood by; what they were is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import BadInput
from safelight.patients.models import Visit
from safelight.patients.reading import clinicians_of
from safelight.patients.visits import add_visit, visit_of
from safelight.people.duties import Act, may, require_duty
from safelight.people.models import Person
from safelight.photos import rules
from safelight.photos.access import Form, require_sight
from safelight.photos.alarms import end_alarms
from safelight.photos.drafting import words_of
from safelight.photos.meta import NOTES_LENGTH
from safelight.photos.models import Alarm, LabelEdit, Photo
from safelight.policy.sites import checked_site, is_sensitive

NEW_VISIT: Final = "new"
"""In the place of a visit's number: there was none in the list, so one is added."""
LONGEST = {"label": 80, "notes": NOTES_LENGTH, "diagnosis": 160, "diagnosis_code": 20}


@dataclass(frozen=True, slots=True)
class Words:
    """What is said about a photo, all of it: what is left empty becomes empty."""

    label: str = ""
    notes: str = ""
    diagnosis: str = ""
    diagnosis_code: str = ""
    site_code: str = ""
    side: str = ""
    visit_id: str = ""

    @classmethod
    def of(cls, photo: Photo) -> "Words":
        """Return a photo's present words: what a form starts from."""
        return cls(**words_of(photo))


@transaction.atomic
def edit_label(
    photo: Photo, *, words: Words, by: Person, at: datetime, stepped_up: bool = False
) -> Photo:
    """Change a photo's words. Those before stay in its history; the same words change nothing.

    A sensitive site makes the photo sensitive; naming another site never makes it less so. A code
    stands for the diagnosis it came with: with another one it goes.
    """
    require_duty(by, Act.PHOTO_LABEL)
    require_sight(by, photo, form=Form.PAGE, at=at, stepped_up=stepped_up)
    photo = Photo.objects.select_for_update(of=("self",)).select_related("patient").get(pk=photo.pk)
    if words.diagnosis != photo.diagnosis and words.diagnosis_code == photo.diagnosis_code:
        words = replace(words, diagnosis_code="")
    visit = _checked(photo, words, by=by, at=at)
    before, after = words_of(photo), {**asdict(words), "visit_id": str(visit.pk if visit else "")}
    if before == after:
        return photo
    LabelEdit.objects.create(photo=photo, before=before, after=after, at=at, by=by)
    for name in ("label", "notes", "diagnosis", "diagnosis_code", "site_code", "side"):
        setattr(photo, name, after[name])
    photo.visit = visit
    photo.sensitive = photo.sensitive or is_sensitive(words.site_code)
    photo.incomplete = bool(rules.missing(words_of(photo)))
    photo.save(
        update_fields=[
            *("label", "notes", "diagnosis", "diagnosis_code", "site_code", "side"),
            *("visit", "sensitive", "incomplete"),
        ]
    )
    if not photo.incomplete:
        end_alarms(Alarm.Kind.INCOMPLETE, [f"photo:{photo.pk}"], at=at, by=by)
    record(
        "photo.labelled",
        practice=photo.practice_id,
        by=by,
        at=at,
        of=f"photo:{photo.pk}",
        patient=photo.patient_id,
        outcome="incomplete" if photo.incomplete else "complete",
    )
    return photo


@transaction.atomic
def label_together(
    photos: Iterable[Photo],
    *,
    said: Mapping[str, str],
    by: Person,
    at: datetime,
    stepped_up: bool = False,
) -> list[Photo]:
    """Say the same of photos of one patient; what is not said stays as it is with each of them.

    Each is labelled as by itself, with its own history and its own entry: all of them, or none. A
    visit that is added is one visit, of the time when the first of them was taken. Returned are
    those that changed.
    """
    numbers = [photo.pk for photo in photos]
    rows = Photo.objects.select_for_update(of=("self",)).select_related("patient", "taken_by")
    found = list(rows.filter(pk__in=numbers, practice=by.practice_id).order_by("taken_at", "pk"))
    if len({photo.patient_id for photo in found}) > 1:
        raise BadInput("Not kept. These photos are of different patients: label them apart.")
    words, done = dict(said), []
    for photo in found:
        before = words_of(photo)
        kept = edit_label(photo, words=Words(**before | words), by=by, at=at, stepped_up=stepped_up)
        if words.get("visit_id") == NEW_VISIT:
            words["visit_id"] = str(kept.visit_id)
        if words_of(kept) != before:
            done.append(kept)
    return done


def may_add_visit(photo: Photo, by: Person) -> bool:
    """Say whether a visit can be added for a photo: its taker still sees patients here."""
    taker = clinicians_of(photo.practice_id).filter(pk=photo.taken_by_id)
    return may(by, Act.VISIT_EDIT) and taker.exists()


def missing_words(photo: Photo) -> list[str]:
    """Return what a photo still lacks, as a page says it."""
    return rules.missing(words_of(photo))


def lacks_only_visit(photo: Photo) -> bool:
    """Say whether a photo is labelled and belongs to no consultation yet."""
    return missing_words(photo) == [rules.A_VISIT]


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the names of the words that an edit changed."""
    return [name for name in after if before.get(name, "") != after[name]]


def _checked(photo: Photo, words: Words, *, by: Person, at: datetime) -> Visit | None:
    """Refuse words that are too long, an unknown site, or a visit of somebody else.

    A new visit is with whoever took the photo, at the time when it was taken.
    """
    for name, most in LONGEST.items():
        if len(getattr(words, name)) > most:
            raise BadInput(f"Not kept. The {name.replace('_', ' ')} is longer than {most}.")
    checked_site(words.site_code, words.side)
    if not words.visit_id:
        return None
    if photo.patient is None:
        raise BadInput("Not kept. A photo without a patient has no visit yet.")
    if words.visit_id == NEW_VISIT:
        return add_visit(
            photo.patient, clinician=photo.taken_by, starts_at=photo.taken_at, by=by, at=at
        )
    try:
        return visit_of(photo.patient, UUID(words.visit_id))
    except ValueError:
        raise BadInput("Not kept. That visit is none of this patient's.") from None
