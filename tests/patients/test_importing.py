"""Importing a list: dry run, errors, doubles, repeating, stopping midway, the report."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from safelight.audit.models import Entry
from safelight.lib.refusals import BadInput, NotAllowed, NotFound, Refusal
from safelight.patients import importing
from safelight.patients.editing import edit_patient
from safelight.patients.importing import (
    CLAIM_LASTS,
    MOST_TRIES,
    NotWaiting,
    bring_in,
    bring_in_waiting,
    check_list,
    choose_columns,
    confirm_list,
    findings_of,
    leave_list,
    list_for,
    report,
)
from safelight.patients.models import Identifier, Patient, PatientList
from safelight.patients.reading import details_of, find
from safelight.people.models import Person
from tests.conftest import NOON
from tests.patients.helpers import acts_of

HEAD = "Record number,Family name,Given name,Born,Sex,Address,Phone,IHI,Medicare,IRN,Usual GP\n"
LIST = (
    HEAD
    + 'WL-1,Núñez,José,12/03/1968,M,"1 Wattle Lane, Exampleton",02 5550 0111,'
    + "8003608833357361,3278 85119 5,2,2426621B\n"
    + "WL-2,O'Sample,Quinn,1/5/1990,F,,,,,,\n"
)
LATER = NOON + timedelta(hours=1)


def through(text: str, mo: Person) -> PatientList:
    kept = confirm_list(check_list(text.encode(), by=mo, at=NOON), by=mo, at=NOON)
    bring_in(kept, at=NOON)
    return PatientList.objects.get(pk=kept.pk)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(mo: Person) -> None:
    kept = check_list(LIST.encode("cp1252"), by=mo, at=NOON)
    assert (kept.rows, kept.forecast, kept.encoding) == (2, {"added": 2}, "Windows-1252")
    assert not Patient.objects.exists()
    assert acts_of(mo.practice) == []


def test_a_list_is_brought_in_and_logged(mo: Person, ada: Person) -> None:
    ada.provider_number = "2426621B"
    ada.save(update_fields=["provider_number"])
    kept = through(LIST, mo)
    assert (kept.state, kept.result, kept.content) == ("done", {"added": 2}, b"")
    jose = Patient.objects.get(record_number="WL-1")
    held = details_of(jose)
    assert (held.ihi, held.medicare, held.usual_gp) == (
        "8003608833357361",
        "32788511952",
        ada.pk,
    )
    assert [change.act for change in jose.changes.all()] == ["imported"]
    assert list(find(mo.practice, "nunez", today=NOON.date()).patients) == [jose]
    entry = Entry.objects.get(practice=mo.practice_id)
    assert (entry.action, entry.object) == ("patient.imported", f"list:{kept.pk}")


def test_the_same_list_again_makes_no_doubles(mo: Person, ada: Person) -> None:
    ada.provider_number = "2426621B"
    ada.save(update_fields=["provider_number"])
    through(LIST, mo)
    assert through(LIST, mo).result == {"same": 2}
    assert Patient.objects.count() == 2


def test_a_changed_row_changes_the_record_and_keeps_its_history(mo: Person) -> None:
    through(LIST, mo)
    changed = HEAD + "WL-2,Married,Quinn,1/5/1990,F,2 New Street,,,2296818481,1,\n"
    assert through(changed, mo).result == {"changed": 1}
    patient = Patient.objects.get(record_number="WL-2")
    assert (patient.family, patient.address) == ("Married", "2 New Street")
    assert details_of(patient).medicare == "22968184811"
    assert patient.changes.order_by("-pk")[0].before["family"] == "O'Sample"


def test_an_empty_cell_erases_nothing(mo: Person) -> None:
    through(LIST, mo)
    assert through(HEAD + "WL-1,Núñez,José,12/03/1968,,,,,,,\n", mo).result == {"same": 1}
    assert details_of(Patient.objects.get(record_number="WL-1")).ihi == "8003608833357361"


def test_an_identifier_finds_the_record_when_the_number_is_missing(mo: Person) -> None:
    through(LIST, mo)
    row = HEAD + ",Núñez,Joseph,12/03/1968,M,,,8003608833357361,,,\n"
    assert through(row, mo).result == {"changed": 1}
    assert Patient.objects.get(record_number="WL-1").given == "Joseph"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",Nobody,Known,12/03/1968,,,,,,,", "record number is empty"),
        ("WL-9,Núñez,José,12/03/1968,,,,8003608833357361,,,", "Record WL-1 here has the same"),
        ("WL-2,Núñez,José,1/5/1990,,,,8003608833357361,,,", "that of record WL-1"),
        ("WL-1,Different,Person,1/1/1950,,,,,,,", "somebody else here"),
        ("WL-3,Bad,Number,1/1/1950,,,,8003608833357362,,,", "IHI has a slip"),
        ("WL-3,Bad,Date,31/2/1950,,,,,,,", "date of birth cannot be right"),
    ],
)
def test_a_row_that_cannot_be_right_stays_out_and_says_why(
    mo: Person, row: str, words: str
) -> None:
    through(LIST, mo)
    kept = through(HEAD + row + "\nWL-7,Fine,Row,1/1/1950,,,,,,,\n", mo)
    assert kept.result == {"stopped": 1, "added": 1}
    (finding,) = findings_of(kept)
    assert (finding.row, finding.stops) == (2, True)
    assert words in finding.words
    assert finding.remedy
    assert "Núñez" not in finding.words + finding.remedy


def test_a_doubtful_number_comes_in_with_a_note(mo: Person) -> None:
    kept = through(HEAD + "WL-3,Doubt,Card,1/1/1950,,,,,69514496771,,999\n", mo)
    assert kept.result == {"added": 1}
    assert [one.stops for one in findings_of(kept)] == [False, False]


def test_columns_can_be_chosen_when_headings_are_strange(mo: Person) -> None:
    text = "No,Zuname,Vorname,Geb\nWL-1,Testcase,Pat,12/3/1968\n"
    kept = check_list(text.encode(), by=mo, at=NOON)
    assert kept.forecast == {}
    with pytest.raises(BadInput):
        confirm_list(kept, by=mo, at=NOON)
    columns = {"record_number": 0, "family": 1, "given": 2, "born": 3}
    kept = choose_columns(kept, columns, by=mo, at=NOON)
    assert kept.forecast == {"added": 1}
    with pytest.raises(BadInput):
        choose_columns(kept, {"family": 9}, by=mo, at=NOON)


def test_another_practices_same_numbers_are_not_touched(mo: Person, stranger: Patient) -> None:
    text = HEAD + f"{stranger.record_number},Our,Own,1/1/1950,,,,,,,\n"
    assert through(text, mo).result == {"added": 1}
    stranger.refresh_from_db()
    assert stranger.family == "Elsewhere"


def test_another_practices_identifier_is_nobody_here(mo: Person, stranger: Patient) -> None:
    Identifier.objects.create(patient=stranger, kind="ihi", value="8003608833357361")
    kept = through(HEAD + "WL-1,Our,Own,1/1/1950,,,,8003608833357361,,,\n", mo)
    assert kept.result == {"added": 1}


def test_a_stop_between_batches_loses_and_repeats_nothing(
    mo: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    rows = "".join(f"N{n},Family{n},Given,1/1/1950,,,,,,,\n" for n in range(5))
    kept = confirm_list(check_list((HEAD + rows).encode(), by=mo, at=NOON), by=mo, at=NOON)
    bring_in(kept, at=NOON, batches=1)
    kept = PatientList.objects.get(pk=kept.pk)
    assert (kept.state, kept.next_row, Patient.objects.count()) == ("confirmed", 2, 2)
    assert bring_in_waiting(at=LATER)
    kept.refresh_from_db()
    assert (kept.state, kept.result, Patient.objects.count()) == ("done", {"added": 5}, 5)
    assert not bring_in_waiting(at=LATER)


def test_a_worker_told_to_stop_stops_after_its_batch(
    mo: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    rows = "".join(f"N{n},Family{n},Given,1/1/1950,,,,,,,\n" for n in range(5))
    kept = confirm_list(check_list((HEAD + rows).encode(), by=mo, at=NOON), by=mo, at=NOON)
    bring_in_waiting(at=NOON, stop=lambda: True)
    kept.refresh_from_db()
    assert (kept.state, kept.next_row, kept.claimed_at) == ("confirmed", 2, None)


def test_two_workers_do_not_take_one_list_and_a_dropped_claim_is_taken_up(mo: Person) -> None:
    kept = confirm_list(check_list(LIST.encode(), by=mo, at=NOON), by=mo, at=NOON)
    PatientList.objects.filter(pk=kept.pk).update(claimed_at=NOON)
    bring_in(kept, at=NOON + timedelta(seconds=30))
    assert not bring_in_waiting(at=NOON + timedelta(seconds=30))
    assert not Patient.objects.exists()
    assert bring_in_waiting(at=NOON + timedelta(minutes=3))
    assert Patient.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_what_a_person_changes_while_a_list_comes_in_is_not_overrun(mo: Person) -> None:
    through(LIST, mo)
    quinn = Patient.objects.get(record_number="WL-2")
    moved = LIST.replace("1/5/1990,F,,", "1/5/1990,F,3 Sample Street,")
    kept = confirm_list(check_list(moved.encode(), by=mo, at=LATER), by=mo, at=LATER)

    def bring() -> None:
        try:
            bring_in(kept, at=LATER)
        finally:
            connection.close()

    other = threading.Thread(target=bring)
    with transaction.atomic():
        after = replace(details_of(quinn), phone_number="02 5550 0199")
        edit_patient(quinn, after, by=mo, at=LATER)
        other.start()
        other.join(timeout=1)
        assert other.is_alive(), "it did not wait for the row that is being changed"
    other.join()
    quinn.refresh_from_db()
    assert (quinn.phone_number, quinn.address) == ("02 5550 0199", "3 Sample Street")


def test_a_list_that_breaks_off_each_time_comes_to_a_stop(mo: Person) -> None:
    kept = confirm_list(check_list(LIST.encode(), by=mo, at=NOON), by=mo, at=NOON)
    PatientList.objects.filter(pk=kept.pk).update(content=b"\0")
    at = NOON
    for _ in range(MOST_TRIES):
        with pytest.raises(Refusal):
            bring_in_waiting(at=at)
        at += 2 * CLAIM_LASTS
    assert bring_in_waiting(at=at)
    kept.refresh_from_db()
    assert (kept.state, bytes(kept.content), kept.next_row) == ("stuck", b"", 0)
    assert Entry.objects.filter(action="patient.imported", outcome="stopped").count() == 1
    assert not bring_in_waiting(at=at + 2 * CLAIM_LASTS)


def test_a_batch_that_came_in_is_no_try_of_the_next(mo: Person) -> None:
    kept = confirm_list(check_list(LIST.encode(), by=mo, at=NOON), by=mo, at=NOON)
    PatientList.objects.filter(pk=kept.pk).update(tries=MOST_TRIES - 1)
    kept = bring_in(kept, at=NOON)
    assert (kept.state, kept.tries) == ("done", 0)


def test_a_list_left_alone_or_forgotten_is_emptied(mo: Person) -> None:
    kept = leave_list(check_list(LIST.encode(), by=mo, at=NOON), by=mo, at=NOON)
    assert (kept.state, kept.content) == ("left", b"")
    with pytest.raises(NotWaiting):
        confirm_list(kept, by=mo, at=NOON)
    old = check_list(LIST.encode(), by=mo, at=NOON)
    check_list(LIST.encode(), by=mo, at=NOON + timedelta(days=2))
    old.refresh_from_db()
    assert (old.state, bytes(old.content)) == ("left", b"")


def test_confirming_twice_brings_in_once(mo: Person) -> None:
    kept = check_list(LIST.encode(), by=mo, at=NOON)
    confirm_list(kept, by=mo, at=NOON)
    bring_in(kept, at=NOON)
    confirm_list(kept, by=mo, at=LATER)
    assert PatientList.objects.get().state == "done"


def test_only_manager_and_officer_bring_in_lists_and_only_their_own(
    mo: Person, ada: Person, rec: Person, cy: Person
) -> None:
    for person in (ada, rec):
        with pytest.raises(NotAllowed):
            check_list(LIST.encode(), by=person, at=NOON)
    kept = check_list(LIST.encode(), by=mo, at=NOON)
    with pytest.raises(NotFound):
        list_for(cy, kept.pk)


def test_the_report_names_rows_and_no_people(mo: Person) -> None:
    kept = check_list((HEAD + "WL-1,Núñez,José,31/2/1968,,,,,,,\n").encode(), by=mo, at=NOON)
    text = report(kept)
    assert text.splitlines()[1].startswith('"2","Not brought in","The date of birth')
    assert "Núñez" not in text


def test_fifty_thousand_rows_are_planned_with_a_few_queries_each_batch(
    mo: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = "".join(f"N{n},Family{n},Given,1/1/1950,,,,,,,\n" for n in range(1500))
    kept = confirm_list(check_list((HEAD + rows).encode(), by=mo, at=NOON), by=mo, at=NOON)
    begun = time.perf_counter()
    with django_assert_max_num_queries(80):
        bring_in(kept, at=NOON)
    assert Patient.objects.count() == 1500
    assert time.perf_counter() - begun < 30
