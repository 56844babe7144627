"""Moving: when two records of one patient are joined or parted, their releases go along."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from safelight.lib.refusals import NotFound
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.sharing.asking import is_over
from safelight.sharing.ending import end
from safelight.sharing.models import LIVE, Package, Release, ReleasedPhoto
from safelight.sharing.rules.ends import YES_OVER
from safelight.sharing.sealed import rebind_item, rebind_package


@transaction.atomic
def move_all(
    from_patient: Patient,
    to_patient: Patient,
    *,
    by: Person,
    at: datetime,
    only: Collection[str] | None = None,
) -> list[str]:
    """Move every released photo, its key bound anew, and every release. The merge checked duties.

    Wired into the merge and its undoing, in their transaction; the merge writes the log.
    """
    if from_patient.practice_id != to_patient.practice_id:
        raise NotFound
    items = ReleasedPhoto.objects.select_for_update().filter(patient=from_patient)
    releases = Release.objects.select_for_update().filter(patient=from_patient)
    if only is not None:
        items, releases = items.filter(pk__in=only), releases.filter(pk__in=only)
    moved = []
    for item in items.select_related("release"):
        if item.wrapped_key:
            item.wrapped_key = rebind_item(item, to_patient.pk)
        item.patient = to_patient
        item.save(update_fields=["patient", "wrapped_key"])
        moved.append(str(item.pk))
    for release in releases:
        for package in Package.objects.filter(release=release).exclude(wrapped_key=b""):
            package.wrapped_key = rebind_package(package, to_patient.pk)
            package.save(update_fields=["wrapped_key"])
        Release.objects.filter(pk=release.pk).update(patient=to_patient)
        moved.append(str(release.pk))
    _end_what_is_over(to_patient, by=by, at=at)
    return moved


def _end_what_is_over(patient: Patient, *, by: Person, at: datetime) -> None:
    """End what stood on a yes that the other record had a newer no to: both speak for one now."""
    live = Release.objects.filter(items__patient=patient, state__in=LIVE).distinct()
    for release in live.select_related("practice", "made_by__practice"):
        if is_over(release, at=at):
            end(release, state=Release.State.ENDED, why=YES_OVER, by=by, at=at)
