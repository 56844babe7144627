"""Moving: when two records of one patient are joined, their consents are joined too."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from safelight.consent.models import Consent
from safelight.consent.papers import rebind_scans
from safelight.lib.refusals import NotFound
from safelight.patients.models import Patient
from safelight.people.models import Person


@transaction.atomic
def move_all(
    from_patient: Patient,
    to_patient: Patient,
    *,
    by: Person,
    at: datetime,
    only: Collection[str] | None = None,
) -> list[str]:
    """Move consents when two records are joined (or parted: then `only` those that were moved).

    Their scans are bound to the other patient in the same transaction, so they open for nobody
    else. The merge, which checked the duty, writes the log's entry.
    """
    if from_patient.practice_id != to_patient.practice_id:
        raise NotFound
    rows = Consent.objects.select_for_update().filter(patient=from_patient)
    if only is not None:
        rows = rows.filter(pk__in=list(only))
    moved = list(rows)
    for consent in moved:
        rebind_scans(consent, old_patient=from_patient.pk, new_patient=to_patient.pk)
    Consent.objects.filter(pk__in=[row.pk for row in moved]).update(patient=to_patient)
    return [str(row.pk) for row in moved]
