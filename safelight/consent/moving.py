"""Moving: when two records of one patient are joined, their consents are joined too."""

from django.db import transaction

from safelight.consent.models import Consent
from safelight.consent.papers import rebind_scans
from safelight.lib.refusals import NotFound
from safelight.patients.models import Patient


@transaction.atomic
def move_all(*, from_patient: Patient, to_patient: Patient) -> int:
    """Move every consent to the patient that stays, and bind their scans to them; return how many.

    It runs in the transaction of the merge, which writes the log's entry: both or neither.
    """
    if from_patient.practice_id != to_patient.practice_id:
        raise NotFound
    moved = list(Consent.objects.select_for_update().filter(patient=from_patient))
    for consent in moved:
        rebind_scans(consent, old_patient=from_patient.pk, new_patient=to_patient.pk)
    Consent.objects.filter(pk__in=[row.pk for row in moved]).update(patient=to_patient)
    return len(moved)
