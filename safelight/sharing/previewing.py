"""Previewing: the finished copy, made and looked at before anything is decided."""

from datetime import datetime

from django.db import transaction

from safelight.audit.log import record
from safelight.people.duties import require_duty
from safelight.people.models import Person
from safelight.photos.models import Rendition
from safelight.photos.renditions import open_picture
from safelight.sharing.darkroom import Made, make
from safelight.sharing.models import Release, ReleasedPhoto
from safelight.sharing.refusals import MovedOn
from safelight.sharing.rules.ways import act_to_check
from safelight.sharing.sealed import keep_made, taken_up, tidy
from safelight.sharing.standing import require_may_leave_by, require_practice

LOOKED_AT = (Release.State.DRAFT, Release.State.WAITING_SECOND)


def preview(item: ReleasedPhoto, *, by: Person, at: datetime, stepped_up: bool = False) -> Made:
    """Make the exact bytes that would leave and show them to whoever decides, or checks.

    Who looks is in the log before a byte is read. While it is a draft, the fingerprint is kept on
    the row: only what was looked at can be confirmed, and only that leaves. The bytes are kept
    sealed, so that a second look need not make them again; the worker makes them anew all the same.
    """
    release = item.release
    require_practice(release, by)
    if release.state not in LOOKED_AT:
        raise MovedOn(release)
    if release.made_by_id != by.pk:
        require_duty(by, act_to_check(release.use))
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
    known = taken_up(item)
    made = known or make_item(item)
    if known is None and release.state == Release.State.DRAFT and release.made_by_id == by.pk:
        keep_made(item, made)
        _keep_facts(item, made, at=at)
    return made


@transaction.atomic
def _keep_facts(item: ReleasedPhoto, made: Made, *, at: datetime) -> None:
    """Keep what was made, unless crop or cover changed meanwhile, or it is no draft any more."""
    releases = Release.objects.select_for_update().filter(pk=item.release_id)
    is_draft = releases.get().state == Release.State.DRAFT
    row = ReleasedPhoto.objects.select_for_update().get(pk=item.pk)
    unnamed = item.blobs
    if is_draft and (row.crop, row.shapes) == (item.crop, item.shapes):
        unnamed = row.blobs
        sealed = {"wrapped_key": item.wrapped_key, "blobs": item.blobs}
        ReleasedPhoto.objects.filter(pk=row.pk).update(**facts_of(made), **sealed, seen_at=at)
    transaction.on_commit(lambda: tidy(unnamed.values()))
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
