"""Pushing: the patient open at the desk is put on a person's phone."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import NotFound
from safelight.patients.access import patient_for
from safelight.patients.models import Patient, Push, Visit
from safelight.patients.visits import visit_now
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person, Phone

LASTS: Final = timedelta(hours=2)  # a consultation has ended by then; an old push would mislead


@transaction.atomic
def send_to_phone(
    patient: Patient,
    *,
    by: Person,
    at: datetime,
    visit: Visit | None = None,
    stepped_up: bool = False,
) -> Push:
    """Put a patient on the sender's own phones. Only a patient whose record they may open goes.

    Without a visit it is today's, and a walk-in's is added: photos are filed under it.
    """
    require_duty(by, Act.VISIT_PUSH)
    patient = patient_for(by, patient.pk, at=at, stepped_up=stepped_up)
    if visit is not None and visit.patient_id != patient.pk:
        raise NotFound
    if visit is None:
        visit = visit_now(patient, by=by, at=at)
    push = Push.objects.create(person=by, patient=patient, visit=visit, at=at)
    record(
        "visit.pushed",
        practice=by.practice_id,
        by=by,
        of=f"visit:{visit.pk}",
        patient=patient.pk,
        at=at,
    )
    return push


def newest_push(person: Person, *, at: datetime) -> Push | None:
    """Return what was last sent to the person's phone, unless a phone has opened it.

    An older push never comes back once a newer one was sent: the newest is what the desk means.
    """
    push = (
        Push.objects.filter(person=person, at__gt=at - LASTS, at__lte=at)
        .select_related("patient", "patient__practice", "visit")
        .order_by("-at", "-pk")
        .first()
    )
    return push if push is not None and push.seen_at is None else None


def see_push(push: Push, *, phone: Phone, at: datetime) -> None:
    """Note which phone opened a push. Only the first to do so is kept."""
    Push.objects.filter(pk=push.pk, seen_at__isnull=True).update(seen_at=at, seen_by=phone)
