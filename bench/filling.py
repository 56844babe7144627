"""Filling: 50,000 patients and 100,000 photos. Import it only once Django is ready."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from safelight.lib.ids import new_id
from safelight.patients.models import Identifier, Patient, Visit
from safelight.patients.rules import fold
from safelight.people.models import Person, Phone
from safelight.photos.models import Photo
from safelight.policy.models import Practice

PATIENTS, PHOTOS, MOST_OF_ONE = 50_000, 100_000, 5_000
NOON = datetime(2026, 10, 14, 1, 0, tzinfo=UTC)
GIVEN = ("Ada", "Ben", "Cleo", "Dov", "Esme", "Fern", "Gus", "Hana", "Ivo", "Jun", "Kit", "Lou")
BEGIN = ("Spec", "Place", "Stand", "Dummy", "Proto", "Test", "Mock", "Fict", "Sampl", "Exempl")
END = ("imen", "holder", "in", "name", "type", "case", "ford", "ional", "e", "ar", "son", "ley")


def fill() -> tuple[Practice, Person, list[UUID]]:
    """Write the rows straight into the tables: this measures reading, not the acts."""
    draw = Random(7)
    practice = Practice.objects.create(
        name="Bench", jurisdiction="NSW", zone="Australia/Sydney", created_at=NOON
    )
    person = Person.objects.create(
        practice=practice, given="Bench", family="Mark", email="b@bench.invalid", roles=["GP"]
    )
    Phone.objects.create(
        practice=practice, owner=person, name="b", public_key=b"", paired_at=NOON,
        paired_by=person.pk,
    )  # fmt: skip
    patients = []
    for number in range(PATIENTS):
        given = draw.choice(GIVEN)
        family = draw.choice(BEGIN) + draw.choice(END) + draw.choice(END)
        patients.append(
            Patient(
                practice=practice,
                given=given,
                family=family,
                search_name=fold(f"{family} {given}"),
                search_given=fold(f"{given} {family}"),
                born=date(1930, 1, 1) + timedelta(days=draw.randrange(35_000)),
                record_number=f"B-{number:06}",
                usual_gp=person,
                added_at=NOON,
            )
        )
    Patient.objects.bulk_create(patients, batch_size=2_000)
    Identifier.objects.bulk_create(
        (
            Identifier(patient=one, kind="medicare", value=f"2{number:09}1")
            for number, one in enumerate(patients)
        ),
        batch_size=2_000,
    )
    visits = [
        Visit(practice=practice, patient=one, person=person, starts_at=NOON) for one in patients
    ]
    Visit.objects.bulk_create(visits, batch_size=2_000)
    ids = [one.pk for one in patients]
    owners = [ids[0]] * MOST_OF_ONE + [draw.choice(ids) for _ in range(PHOTOS - MOST_OF_ONE)]
    Photo.objects.bulk_create(
        (
            Photo(
                id=new_id(),
                practice=practice,
                patient_id=owner,
                taken_at=NOON - timedelta(minutes=draw.randrange(1_000_000)),
                taken_by=person,
                filed_at=NOON,
                site_code=draw.choice(("70559009", "25763004", "66643007")),
                label="Mark",
                kind="jpeg",
                width=4032,
                height=3024,
                sha256="0" * 64,
                wrapped_key=b"",
            )
            for owner in owners
        ),
        batch_size=2_000,
    )
    return practice, person, ids
