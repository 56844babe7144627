"""Finding patients: by name, birth date and number; quickly, and only one's own practice's."""

from collections.abc import Sequence
from datetime import date

import pytest
from django.db import connection

from safelight.lib.refusals import NotAllowed, NotFound
from safelight.patients.adding import add_patient
from safelight.patients.models import Patient
from safelight.patients.reading import find, named, patients_of
from safelight.patients.searching import search
from safelight.people.models import Person
from tests.conftest import NOON
from tests.patients.helpers import details

TODAY = date(2026, 10, 14)

PEOPLE: Sequence[tuple[str, str, str, dict[str, str]]] = (
    ("O'Brien", "Áine", "WL-100", {}),
    ("Obrecht", "Jo", "WL-101", {}),
    ("van der Berg", "Anne-Marie", "WL-102", {"medicare": "32788511952"}),
    ("Smith-Jones", "Sam", "WL-103", {"ihi": "8003608833357361"}),
    ("Smith", "Joan", "wl-104", {"dva": "N 123456"}),
    ("Smithers", "Jo", "20011", {}),
)


@pytest.fixture
def people(rec: Person) -> Person:
    for number, (family, given, record, more) in enumerate(PEOPLE):
        one = details(
            family=family, given=given, record_number=record, born=date(1990, 5, number + 1), **more
        )
        add_patient(one, by=rec, at=NOON)
    return rec


def found(person: Person, text: str) -> list[str]:
    return [one.record_number for one in find(person.practice, text, today=TODAY).patients]


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("obr", ["WL-101", "WL-100"]),
        ("O’BRI", ["WL-100"]),
        ("aine", ["WL-100"]),
        ("áine o'b", ["WL-100"]),
        ("smi jo", ["wl-104", "WL-103", "20011"]),
        ("smith, joan", ["wl-104"]),
        ("joan smi", ["wl-104"]),
        ("van der", ["WL-102"]),
        ("van der berg anne", ["WL-102"]),
        ("marie", []),
        ("smith-jones", ["WL-103"]),
        ("1/5/1990", ["WL-100"]),
        ("3 May 1990", ["WL-102"]),
        ("smi 5/5/90", ["wl-104"]),
        ("5/5/1990 joan", ["wl-104"]),
        ("obr 5/5/1990", []),
        ("wl-10", ["WL-100", "WL-101", "WL-102", "WL-103", "wl-104"]),
        ("WL-104", []),
        ("wl-104", ["wl-104"]),
        ("200", ["20011"]),
        ("3278 85119 5 2", ["WL-102"]),
        ("327885", ["WL-102"]),
        ("8003 6088 3335 7361", ["WL-103"]),
        ("n 123456", ["wl-104"]),
        ("N123456", ["wl-104"]),
        ("o", []),
        ("", []),
        ("%", []),
        ("sm%th", []),
        ("s_ith", []),
    ],
)
def test_a_patient_is_found(people: Person, text: str, records: list[str]) -> None:
    assert sorted(found(people, text)) == sorted(records)


def test_the_search_itself_asks_for_the_duty(people: Person, ivy: Person) -> None:
    assert search("smith", by=people, at=NOON).patients
    with pytest.raises(NotAllowed):
        search("smith", by=ivy, at=NOON)


def test_another_practice_finds_nobody(people: Person, cy: Person) -> None:
    for text in ("smith", "wl-103", "8003608833357361", "1/5/1990"):
        assert found(cy, text) == []


def test_a_joined_record_is_not_found(people: Person) -> None:
    joan, sam = (Patient.objects.get(record_number=number) for number in ("wl-104", "WL-103"))
    joan.merged_into = sam
    joan.save(update_fields=["merged_into"])
    assert "wl-104" not in found(people, "smith")
    assert named(people, joan.pk) == sam


def test_pages_follow_each_other_without_gap_or_double(people: Person) -> None:
    seen: list[str] = []
    after = ""
    while True:
        page = find(people.practice, "smi", today=TODAY, after=after, limit=1)
        seen += [one.record_number for one in page.patients]
        after = page.after
        if not after:
            break
    assert sorted(seen) == ["20011", "WL-103", "wl-104"]


@pytest.mark.parametrize("after", ["smith|xyz", "0|smith|xyz", "x|smith|", "9|smith|{key}", "|"])
def test_a_made_up_page_key_is_nothing(people: Person, after: str) -> None:
    with pytest.raises(NotFound):
        find(people.practice, "smi", today=TODAY, after=after.format(key=people.pk))


def test_family_names_come_before_given_names_over_pages(people: Person) -> None:
    add_patient(details(family="Zed", given="Smiley", record_number="Z-1"), by=people, at=NOON)
    add_patient(details(family="Smith", given="Smiley", record_number="Z-2"), by=people, at=NOON)
    seen: list[str] = []
    after = ""
    while True:
        page = find(people.practice, "smi", today=TODAY, after=after, limit=1)
        seen += [one.record_number for one in page.patients]
        after = page.after
        if not after:
            break
    assert seen == ["wl-104", "WL-103", "Z-2", "20011", "Z-1"]


def test_ten_thousand_neighbours_do_not_make_a_search_walk_the_table(people: Person) -> None:
    Patient.objects.bulk_create(
        Patient(
            practice=people.practice,
            family=f"Family{number}",
            given="Given",
            search_name=f"family{number} given",
            search_given=f"given family{number}",
            born=date(1950, 1, 1),
            record_number=f"B{number}",
            added_at=NOON,
        )
        for number in range(10_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for column in ("search_name", "search_given"):
        rows = patients_of(people.practice).filter(
            **{f"{column}__gte": "smi", f"{column}__lt": "smi\U0010ffff"}
        )
        plan = rows.explain()
        assert column in plan, plan
        assert "Seq Scan" not in plan
        assert "SCAN patients_patient" not in plan
    assert sorted(found(people, "smi jo")) == ["20011", "WL-103", "wl-104"]
