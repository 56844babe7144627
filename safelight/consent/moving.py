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
    """Move every consent when two records are joined (or parted: `only` those that were moved).

    It runs in the transaction of the merge, which writes the log's entry: both or neither. Scans
    are bound again to the patient that stays; without that they would refuse to open.
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
