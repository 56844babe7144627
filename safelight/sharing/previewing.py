"""Previewing: the finished copy, made and looked at before anything is decided."""

from datetime import datetime

from django.db import transaction

from safelight.audit.log import record
from safelight.people.models import Person
from safelight.photos.models import Rendition
from safelight.photos.renditions import open_picture
from safelight.sharing.darkroom import Made, make
from safelight.sharing.models import Release, ReleasedPhoto
from safelight.sharing.refusals import MovedOn
from safelight.sharing.standing import require_may_leave_by, require_practice

LOOKED_AT = (Release.State.DRAFT, Release.State.WAITING_SECOND)


def preview(item: ReleasedPhoto, *, by: Person, at: datetime, stepped_up: bool = False) -> Made:
    """Make the exact bytes that would leave and show them to whoever decides, or checks.

    Who looks is in the log before a byte is read. While it is a draft, the fingerprint is kept on
    the row: only what was looked at can be confirmed, and only that leaves.
    """
    release = item.release
    require_practice(release, by)
    if release.state not in LOOKED_AT:
        raise MovedOn(release)
    require_may_leave_by(by, item.photo, at=at, stepped_up=stepped_up)
    with transaction.atomic(durable=True):
        record(
            "share.previewed",
            practice=release.practice_id,
            by=by,
            at=at,
            of=f"photo:{item.photo_id}",
            patient=item.patient_id,
            purpose=release.use,
        )
    made = make_item(item)
    if release.state == Release.State.DRAFT and release.made_by_id == by.pk:
        _keep_facts(item, made, at=at)
    return made


@transaction.atomic
def _keep_facts(item: ReleasedPhoto, made: Made, *, at: datetime) -> None:
    """Keep what was made, unless crop or cover changed meanwhile: then it was not looked at."""
    row = ReleasedPhoto.objects.select_for_update().get(pk=item.pk)
    if (row.crop, row.shapes) == (item.crop, item.shapes):
        ReleasedPhoto.objects.filter(pk=row.pk).update(**facts_of(made), seen_at=at)
    item.refresh_from_db()


def make_item(item: ReleasedPhoto) -> Made:
    """Make one item's bytes from its photo's original. Preview and worker both come here."""
    original = open_picture(item.photo, Rendition.Kind.ORIGINAL)
    return make(original, crop=item.crop, shapes=item.shapes, turn=item.photo.turn)


def facts_of(made: Made) -> dict[str, object]:
    """Return what a row keeps of finished bytes."""
    return {
        "kind": made.kind,
        "sha256": made.sha256,
        "size": made.size,
        "width": made.width,
        "height": made.height,
        "removed": made.removed,
        "remains": made.remains,
        "how": made.how,
    }
