"""Access: which photo a person may have, in which form. One function decides every byte route."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from safelight.lib.refusals import NotFound, Refusal, StepUp
from safelight.patients.access import Way, live_grant, own, patient_for, way_to
from safelight.patients.models import Patient
from safelight.people.duties import Act, letters, may, require_duty
from safelight.people.models import Person
from safelight.photos.models import Photo, Unblur


class Form(StrEnum):
    """What is asked for. `page` is everything about a photo but its pixels."""

    PAGE = "page"
    THUMB = "thumb"
    VIEW = "view"
    FULL = "full"
    GHOST = "ghost"
    PRINT = "print"
    ORIGINAL = "original"


PIXELS = frozenset(Form) - {Form.PAGE}
LEAVES = frozenset({Form.PRINT, Form.ORIGINAL})


class SensitiveWall(Refusal):
    """A sensitive photo is for those who took it or look after the patient, or with a reason."""

    code = "walled"
    status = 403
    way_on_words = "Open it with a reason"

    def __init__(self, photo: Photo, *, may_break: bool) -> None:
        """Say why, and the way on if the person's duties have one."""
        super().__init__(
            "This photo is sensitive, and you are not the one looking after it.",
            remedy="You can open it for 30 minutes with a reason. The privacy officer is told."
            if may_break
            else "Ask the doctor who took it.",
        )
        self.way_on = f"/break-glass/{photo.patient_id}" if may_break else ""


class Covered(Refusal):
    """A sensitive or restricted photo stays covered until somebody says why they look."""

    code = "covered"
    status = 403
    way_on_words = "Uncover it"

    def __init__(self, photo: Photo) -> None:
        """Say how to uncover it."""
        super().__init__(
            "This photo is covered.", remedy="Uncover it with a reason, which is kept."
        )
        self.way_on = f"/photos/{photo.pk}/unblur"


class NoExport(Refusal):
    """What was opened past a wall is looked at, and goes no further (security-design, 8)."""

    code = "no_export"
    status = 403

    def __init__(self) -> None:
        """Say who can let it out."""
        super().__init__(
            "A record opened with a reason can be looked at, not printed or taken out.",
            remedy="Ask a GP who looks after this patient.",
        )


def photo_for(
    person: Person,
    photo_id: UUID,
    *,
    at: datetime,
    rendition: str = Form.PAGE,
    stepped_up: bool = False,
) -> Photo:
    """Return a photo that this person may have now in this form, or refuse.

    Another practice's photo and none at all are the same answer. Walls, sensitivity, the cover and
    step-up are decided here for pages, thumbnails, full size, ghosts, prints and originals alike.
    """
    photo = (
        Photo.objects.filter(pk=photo_id, practice=person.practice_id)
        .select_related("patient", "practice", "visit", "consent", "taken_by", "capture")
        .first()
    )
    if photo is None:
        raise NotFound
    require_sight(person, photo, form=Form(rendition), at=at, stepped_up=stepped_up)
    return photo


def require_sight(
    person: Person, photo: Photo, *, form: Form, at: datetime, stepped_up: bool = False
) -> None:
    """Refuse unless this person may have this photo in this form now."""
    if photo.practice_id != person.practice_id:
        raise NotFound
    if photo.patient is None:
        _require_unmatched(person, photo, form)
    else:
        patient_for(person, photo.patient.pk, at=at, stepped_up=stepped_up)
        if photo.sensitive:
            _require_sensitive(person, photo, photo.patient, at=at, stepped_up=stepped_up)
    if form in LEAVES:
        _require_leave(person, photo, form, at=at, stepped_up=stepped_up)
    if form in PIXELS and is_covered(person, photo, at=at):
        raise Covered(photo)


def require_page(
    person: Person, photos: Iterable[Photo], patient: Patient | None, *, at: datetime
) -> None:
    """Refuse unless this person may have each of these photos on a page, as `require_sight` would.

    They are all one patient's, so whether the record is open to them is asked once.
    """
    if patient is None:
        for photo in photos:
            require_sight(person, photo, form=Form.PAGE, at=at)
        return
    patient_for(person, patient.pk, at=at, stepped_up=True)
    for photo in photos:
        if photo.patient_id != patient.pk:
            raise NotFound
        if photo.sensitive:
            _require_sensitive(person, photo, patient, at=at, stepped_up=True)


def is_covered(person: Person, photo: Photo, *, at: datetime) -> bool:
    """Say whether a photo is shown to this person as a grey plate, until they say why they look."""
    if not (photo.sensitive or photo.restricted):
        return False
    return not Unblur.objects.filter(photo=photo, by=person, at__lte=at, ends_at__gt=at).exists()


def _require_unmatched(person: Person, photo: Photo, form: Form) -> None:
    """Refuse pixels without a patient to all but those who match photos, and who took this one.

    Reception sees that a photo waits, never the photo (letter U).
    """
    if photo.taken_by_id == person.pk and may(person, Act.PHOTO_FILE):
        return
    require_duty(person, Act.PHOTO_MATCH, also="U" if form is Form.PAGE else "")


def _require_sensitive(
    person: Person, photo: Photo, patient: Patient, *, at: datetime, stepped_up: bool
) -> None:
    """Refuse a sensitive photo unless it or its patient is theirs, or with a reason (O, B, S)."""
    found = letters(person, Act.PHOTO_VIEW_SENSITIVE)
    if not found:
        require_duty(person, Act.PHOTO_VIEW_SENSITIVE)
    if "O" in found and (photo.taken_by_id == person.pk or own(person, patient, at=at)):
        return
    if "B" in found and live_grant(person, patient, at=at):
        return
    if "S" in found:
        if not stepped_up:
            raise StepUp(f"/photos/{photo.pk}")
        return
    raise SensitiveWall(photo, may_break="B" in found)


def _require_leave(
    person: Person, photo: Photo, form: Form, *, at: datetime, stepped_up: bool
) -> None:
    """Refuse letting pixels out without the duty, without step-up where asked, or past a wall."""
    act = Act.ORIGINAL_DOWNLOAD if form is Form.ORIGINAL else Act.PHOTO_PRINT
    require_duty(person, act)
    if "A" not in letters(person, act) and "S" in letters(person, act) and not stepped_up:
        raise StepUp(f"/photos/{photo.pk}")
    if photo.patient is not None and way_to(person, photo.patient, at=at) is Way.BREAK_GLASS:
        raise NoExport
