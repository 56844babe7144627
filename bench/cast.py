"""The cast of a bench: one practice, its GP, and a patient who agreed to care."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from safelight.consent.recording import record_consent
from safelight.consent.rules.asking import Answer, Discussion
from safelight.lib.ids import new_id
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person
from safelight.policy.models import Notice, Practice
from safelight.site.setting_up import make_practice

STROKES = [[[0.2, 0.6], [0.3, 0.4], [0.4, 0.65], [0.5, 0.4], [0.6, 0.62], [0.75, 0.5]]]


def practice_with_doctor() -> tuple[Practice, Person]:
    """Add a practice through its own act, and a GP."""
    at = datetime.now(UTC) - timedelta(days=30)
    practice = make_practice(
        name="Bench practice", jurisdiction="NSW", zone="Australia/Sydney", address="1 Bench Lane",
        contact="02 5550 0100", at=at,
    )  # fmt: skip
    doctor = Person.objects.create(
        practice=practice, given="Bench", family="Mark", email="b@bench.invalid", roles=["GP"],
        joined_at=at,
    )  # fmt: skip
    return practice, doctor


def patient_who_agreed(practice: Practice, doctor: Person) -> UUID:
    """Add a patient with a visit today and a consent to care, recorded by the act itself."""
    at = datetime.now(UTC) - timedelta(minutes=30)
    patient = Patient.objects.create(
        practice=practice, given="Pat", family="Testcase", search_name="testcase pat",
        search_given="pat testcase", born=datetime(1968, 3, 12, tzinfo=UTC).date(), sex="F",
        record_number="B-1", usual_gp=doctor, added_at=at,
    )  # fmt: skip
    visit = Visit.objects.create(
        practice=practice, patient=patient, person=doctor, starts_at=at, reason="Skin check"
    )
    notice = Notice.objects.get(practice=practice)
    talk = Discussion(
        points=tuple(point["key"] for point in notice.points),
        method="signed",
        answers=(Answer("care", "yes"),),
        decider="patient",
        signature=STROKES,
        scope="standing",
    )
    record_consent(
        patient, id=new_id(), talk=talk, notice=notice, agreed_at=at, by=doctor, at=at, visit=visit
    )
    return patient.pk
