"""Merging two records of one patient, and parting them."""

from collections.abc import Collection
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from safelight.lib.refusals import BadInput, NotAllowed
from safelight.patients.access import WallUp
from safelight.patients.adding import add_patient
from safelight.patients.editing import restrict
from safelight.patients.importing import bring_in, check_list, confirm_list
from safelight.patients.merging import CannotMerge, merge_patients, undo_merge
from safelight.patients.models import Merge, Patient, PatientList, Visit
from safelight.patients.reading import find, merges_of
from safelight.people.models import Person
from tests.conftest import NOON
from tests.patients.helpers import acts_of, details

LATER = NOON + timedelta(hours=1)
WHY = "Registered twice"


@pytest.fixture
def double(rec: Person, ada: Person) -> Patient:
    """A second record of Pat, with a visit and numbers of its own."""
    patient = add_patient(
        details(family="Testkase", given="Pat", ihi="8003608833357361", usual_gp=ada.pk),
        by=rec,
        at=NOON,
    )
    Visit.objects.create(
        practice=rec.practice, patient=patient, person=ada, starts_at=NOON - timedelta(days=9)
    )
    return patient


def test_joining_moves_visits_and_numbers_and_leads_on(
    ada: Person, pat: Patient, double: Patient
) -> None:
    merge = merge_patients(pat, double, reason=WHY, by=ada, at=NOON)
    assert pat.visits.count() == 2
    assert {one.value for one in pat.identifiers.all()} == {"8003608833357361", "WL-009000"}
    double.refresh_from_db()
    assert double.merged_into == pat
    for text in ("WL-009000", "8003608833357361", "testcase"):
        assert list(find(ada.practice, text, today=NOON.date()).patients) == [pat]
    assert merges_of(pat) == [merge]
    assert acts_of(ada.practice)[-2:] == ["patient.merged", "patient.merged"]


def test_parting_moves_back_exactly_what_moved(ada: Person, pat: Patient, double: Patient) -> None:
    merge = merge_patients(pat, double, reason=WHY, by=ada, at=NOON)
    since = Visit.objects.create(
        practice=ada.practice, patient=pat, person=ada, starts_at=LATER, reason="After joining"
    )
    undo_merge(merge, reason="Two people after all", by=ada, at=LATER)
    double.refresh_from_db()
    assert double.merged_into is None
    assert double.visits.count() == 1
    assert since in pat.visits.all()
    assert pat.visits.count() == 2
    assert not pat.identifiers.exists()
    assert double.identifiers.get().value == "8003608833357361"
    assert [change.act for change in pat.changes.order_by("pk")] == ["merged", "unmerged"]
    assert merges_of(pat)[0].undone_by == ada


def test_parting_twice_is_parting_once(ada: Person, pat: Patient, double: Patient) -> None:
    merge = merge_patients(pat, double, reason=WHY, by=ada, at=NOON)
    for _ in range(2):
        undo_merge(merge, reason="Two people", by=ada, at=LATER)
    assert acts_of(ada.practice).count("patient.unmerged") == 2  # one for each history
    merge_patients(pat, double, reason=WHY, by=ada, at=LATER)
    assert Merge.objects.count() == 2


def test_a_record_is_joined_once_and_not_to_itself(
    ada: Person, pat: Patient, quinn: Patient, double: Patient
) -> None:
    with pytest.raises(CannotMerge):
        merge_patients(pat, pat, reason=WHY, by=ada, at=NOON)
    merge_patients(pat, double, reason=WHY, by=ada, at=NOON)
    for keep, gone in ((quinn, double), (double, quinn)):
        with pytest.raises(CannotMerge):
            merge_patients(keep, gone, reason=WHY, by=ada, at=NOON)


def test_a_later_join_is_parted_first(
    ada: Person, pat: Patient, quinn: Patient, double: Patient
) -> None:
    first = merge_patients(pat, double, reason=WHY, by=ada, at=NOON)
    merge_patients(quinn, pat, reason=WHY, by=ada, at=LATER)
    with pytest.raises(CannotMerge):
        undo_merge(first, reason="Two people", by=ada, at=LATER)


def test_joining_needs_a_reason_and_a_duty(
    ada: Person, ben: Person, rec: Person, pat: Patient, double: Patient
) -> None:
    with pytest.raises(BadInput):
        merge_patients(pat, double, reason=" ", by=ada, at=NOON)
    for person in (ben, rec):
        with pytest.raises(NotAllowed):
            merge_patients(pat, double, reason=WHY, by=person, at=NOON)


def test_joining_is_no_way_round_the_wall(
    ada: Person, mo: Person, pat: Patient, double: Patient
) -> None:
    restrict(double, True, reason="Works here", by=mo, at=NOON)
    with pytest.raises(WallUp):
        merge_patients(pat, double, reason=WHY, by=ada, at=NOON)
    merge = merge_patients(pat, double, reason=WHY, by=mo, at=NOON)
    pat.refresh_from_db()
    assert pat.restricted
    undo_merge(merge, reason="Two people", by=mo, at=LATER)
    pat.refresh_from_db()
    double.refresh_from_db()
    assert (pat.restricted, double.restricted) == (False, True)


def test_parting_does_not_lift_a_restriction_somebody_set_since(
    mo: Person, pat: Patient, double: Patient
) -> None:
    restrict(double, True, reason="Works here", by=mo, at=NOON)
    merge = merge_patients(pat, double, reason=WHY, by=mo, at=NOON)
    restrict(pat, False, reason="Works here no more", by=mo, at=LATER)
    restrict(pat, True, reason="A threat", by=mo, at=LATER)
    undo_merge(merge, reason="Two people", by=mo, at=LATER)
    pat.refresh_from_db()
    assert (pat.restricted, pat.restricted_reason) == (True, "A threat")


def test_parting_does_not_lift_the_restriction_of_another_record_still_joined(
    mo: Person, pat: Patient, quinn: Patient, double: Patient
) -> None:
    restrict(double, True, reason="Works here", by=mo, at=NOON)
    restrict(quinn, True, reason="A threat", by=mo, at=NOON)
    first = merge_patients(pat, double, reason=WHY, by=mo, at=NOON)
    second = merge_patients(pat, quinn, reason=WHY, by=mo, at=NOON)
    undo_merge(first, reason="Two people", by=mo, at=LATER)
    pat.refresh_from_db()
    assert (pat.restricted, pat.restricted_reason) == (True, "A threat")
    undo_merge(second, reason="Two people", by=mo, at=LATER)
    pat.refresh_from_db()
    assert (pat.restricted, pat.restricted_reason) == (False, "")


def test_another_practices_records_are_not_joined(
    ada: Person, pat: Patient, stranger: Patient
) -> None:
    with pytest.raises(CannotMerge):
        merge_patients(pat, stranger, reason=WHY, by=ada, at=NOON)


CALLS: list[tuple[str, object]] = []


def moves_things(
    from_patient: Patient,
    to_patient: Patient,
    *,
    by: Person,
    at: object,
    only: Collection[str] | None = None,
) -> list[str]:
    """Stand in for a floor above, as the wiring table would name it."""
    CALLS.append((from_patient.record_number, only))
    return ["thing-1"]


def fails(*args: object, **words: object) -> list[str]:
    raise RuntimeError("the mover broke")


def test_floors_above_move_their_things_and_get_the_same_ids_back(
    ada: Person, pat: Patient, double: Patient, settings: Settings
) -> None:
    CALLS.clear()
    settings.SAFELIGHT_WIRING = {
        **settings.SAFELIGHT_WIRING,
        "patients.movers.test": "tests.patients.test_merging.moves_things",
    }
    merge = merge_patients(pat, double, reason=WHY, by=ada, at=NOON)
    undo_merge(merge, reason="Two people", by=ada, at=LATER)
    assert CALLS == [("WL-009000", None), ("WL-004417", ["thing-1"])]


def test_a_mover_that_breaks_leaves_everything_as_it_was(
    ada: Person, pat: Patient, double: Patient, settings: Settings
) -> None:
    settings.SAFELIGHT_WIRING = {
        **settings.SAFELIGHT_WIRING,
        "patients.movers.test": "tests.patients.test_merging.fails",
    }
    with pytest.raises(RuntimeError):
        merge_patients(pat, double, reason=WHY, by=ada, at=NOON)
    double.refresh_from_db()
    assert double.merged_into is None
    assert double.visits.count() == 1
    assert "patient.merged" not in acts_of(ada.practice)


def test_a_list_brings_nothing_into_a_joined_record(
    ada: Person, mo: Person, pat: Patient, double: Patient
) -> None:
    merge_patients(pat, double, reason=WHY, by=ada, at=NOON)
    content = b"Record number,Family name,Given name,Born\nWL-009000,Other,Pat,17/5/1990\n"
    kept = confirm_list(check_list(content, by=mo, at=NOON), by=mo, at=NOON)
    bring_in(kept, at=NOON)
    kept = PatientList.objects.get(pk=kept.pk)
    assert kept.result == {"stopped": 1}
    assert Patient.objects.filter(practice=ada.practice).count() == 2
