"""Adding: a person becomes a patient of the practice."""

from datetime import datetime

from django.db import IntegrityError, transaction

from safelight.audit.log import record
from safelight.patients.details import Details, DetailsWrong, tidy
from safelight.patients.keeping import change_row, columns, identifier_rows, require_sound
from safelight.patients.models import Identifier, Patient
from safelight.patients.reading import look_over
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person


@transaction.atomic
def add_patient(details: Details, *, by: Person, at: datetime, sure: bool = False) -> Patient:
    """Add a patient. Doubtful details wait for `sure`; a record number is never given twice.

    The database holds the last word on the number, so two desks at once cannot both have it.
    """
    require_duty(by, Act.PATIENT_EDIT)
    details = tidy(details)
    require_sound(look_over(by.practice, details), sure=sure)
    try:
        with transaction.atomic():
            patient = Patient.objects.create(practice=by.practice, added_at=at, **columns(details))
    except IntegrityError:
        raise DetailsWrong(
            {"record_number": "Another record was just given this number."}
        ) from None
    Identifier.objects.bulk_create(identifier_rows(patient, details))
    change_row(patient, "added", by=by, at=at).save()
    record(
        "patient.added",
        practice=by.practice_id,
        by=by,
        of=f"patient:{patient.pk}",
        patient=patient.pk,
        at=at,
    )
    return patient
