"""Flagging: whether a photo is sensitive, restricted or recognisable, and uncovering one."""

from datetime import datetime, timedelta

from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import BadInput
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person
from safelight.photos.access import Form, require_sight
from safelight.photos.models import Photo, Unblur
from safelight.policy.settings import setting

LONGEST_REASON = 200


@transaction.atomic
def set_flags(
    photo: Photo,
    *,
    sensitive: bool,
    restricted: bool,
    recognisable: bool | None,
    reason: str,
    by: Person,
    at: datetime,
    stepped_up: bool = False,
) -> Photo:
    """Say who a photo is covered from, and whether it shows who it is; with a reason, in the log.

    Only someone who may see the photo may lift its cover from others.
    """
    require_duty(by, Act.PHOTO_LABEL)
    require_sight(by, photo, form=Form.PAGE, at=at, stepped_up=stepped_up)
    photo.refresh_from_db(fields=["sensitive", "restricted", "recognisable"])
    wanted = (sensitive, restricted, recognisable)
    if (photo.sensitive, photo.restricted, photo.recognisable) == wanted:
        return photo
    words = _reason(reason)
    photo.sensitive, photo.restricted, photo.recognisable = wanted
    photo.save(update_fields=["sensitive", "restricted", "recognisable"])
    flags = [name for name in ("sensitive", "restricted", "recognisable") if getattr(photo, name)]
    record(
        "photo.flagged",
        practice=photo.practice_id,
        by=by,
        at=at,
        of=f"photo:{photo.pk}",
        patient=photo.patient_id,
        outcome="_".join(flags) or "none",
        detail=words,
    )
    return photo


@transaction.atomic
def uncover(
    photo: Photo, *, reason: str, by: Person, at: datetime, stepped_up: bool = False
) -> Unblur:
    """Uncover a photo for one person for a while, with a reason that is kept.

    It lifts the cover, not a wall: whoever may not have the photo at all is refused first.
    """
    require_sight(by, photo, form=Form.PAGE, at=at, stepped_up=stepped_up)
    words = _reason(reason)
    lasts = timedelta(minutes=setting(photo.practice, "unblur_minutes"))
    row = Unblur.objects.create(photo=photo, by=by, reason=words, at=at, ends_at=at + lasts)
    record(
        "photo.unblurred",
        practice=photo.practice_id,
        by=by,
        at=at,
        of=f"photo:{photo.pk}",
        patient=photo.patient_id,
        detail=words,
    )
    return row


def _reason(reason: str) -> str:
    words = " ".join(reason.split())
    if not words or len(words) > LONGEST_REASON:
        raise BadInput(f"Nothing was changed. Say why, in up to {LONGEST_REASON} characters.")
    return words
