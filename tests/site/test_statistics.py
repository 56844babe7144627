"""The database's statistics: with them a number is found by its index, however many patients."""

from datetime import date

from django.db import connection
from django.db.models import QuerySet

from safelight.patients.models import Identifier, Patient
from safelight.patients.reading import patients_of
from safelight.policy.models import Practice
from safelight.site.sqlcipher.statistics import keep_statistics
from tests.conftest import NOON

MANY = 2_000


def fill(practice: Practice) -> None:
    patients = [
        Patient(
            practice=practice,
            given="Pat",
            family="Testcase",
            search_name=f"testcase {number:05}",
            born=date(1970, 1, 1),
            record_number=f"T-{number}",
            added_at=NOON,
        )
        for number in range(MANY)
    ]
    Patient.objects.bulk_create(patients)
    Identifier.objects.bulk_create(
        Identifier(patient=patient, kind="other", value=f"N{number:05}")
        for number, patient in enumerate(patients)
    )


def numbered(practice: Practice) -> QuerySet[Patient]:
    held = Identifier.objects.filter(value__gte="N00007", value__lt="N00008").values("patient_id")
    return patients_of(practice).filter(pk__in=held).order_by("search_name", "pk")


def counted() -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2")
        return list(cursor.fetchall())


def test_a_number_is_looked_up_and_not_looked_for_in_every_patient(practice: Practice) -> None:
    fill(practice)
    keep_statistics()
    found = numbered(practice)
    assert [patient.record_number for patient in found] == ["T-7"]
    if connection.vendor == "sqlite":  # PostgreSQL counts by itself, when it finds the time
        assert "(id=?)" in found.explain().split("LIST SUBQUERY")[0]


def test_counting_again_when_nothing_grew_changes_nothing(practice: Practice) -> None:
    fill(practice)
    keep_statistics()
    if connection.vendor == "sqlite":
        before = counted()
        keep_statistics()
        assert counted() == before
        assert any(table == "patients_patient" for table, _, _ in before)
