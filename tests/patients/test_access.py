"""Access: who may open which record, and what a wall says."""

from datetime import UTC, datetime, timedelta

import pytest

from safelight.lib.refusals import NotAllowed, NotFound, StepUp
from safelight.patients.access import WallUp, Way, identity_for, patient_for, way_to
from safelight.patients.breaking_glass import break_glass
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.policy.settings import change_setting
from tests.conftest import NOON, make_patient


@pytest.fixture
def far(practice: Practice) -> Patient:
    """A patient of the practice whom nobody has seen."""
    return make_patient(practice, "Far", "Unseen", "WL-1")


def visit_on(patient: Patient, person: Person, at: datetime) -> Visit:
    return Visit.objects.create(
        practice=patient.practice, patient=patient, person=person, starts_at=at
    )


def test_a_patient_with_a_visit_is_open_to_gp_and_nurse(
    ada: Person, ben: Person, pat: Patient
) -> None:
    for person in (ada, ben):
        assert patient_for(person, pat.pk, at=NOON) == pat
        assert way_to(person, pat, at=NOON) is Way.CARE


def test_another_practices_patient_and_nobody_look_alike(cy: Person, pat: Patient) -> None:
    with pytest.raises(NotFound) as other:
        patient_for(cy, pat.pk, at=NOON)
    with pytest.raises(NotFound) as nobody:
        patient_for(cy, cy.pk, at=NOON)
    assert str(other.value) == str(nobody.value)


def test_a_patient_outside_care_stands_behind_a_wall_with_a_way_on(
    ada: Person, far: Patient
) -> None:
    with pytest.raises(WallUp) as wall:
        patient_for(ada, far.pk, at=NOON)
    assert (wall.value.code, wall.value.status) == ("walled", 403)
    assert wall.value.way_on == f"/break-glass/{far.pk}"
    assert "Unseen" not in wall.value.message + wall.value.remedy


def test_care_lasts_as_long_as_the_practice_set_it(
    ada: Person, mo: Person, ben: Person, far: Patient
) -> None:
    visit_on(far, ben, datetime(2024, 10, 20, 1, 0, tzinfo=UTC))
    assert way_to(ada, far, at=NOON) is Way.CARE
    change_setting(far.practice, key="care_window_months", value=12, by=mo, at=NOON)
    assert way_to(ada, far, at=NOON) is None


def test_a_visit_before_the_window_or_far_ahead_is_no_care(ada: Person, far: Patient) -> None:
    visit_on(far, ada, datetime(2024, 10, 13, 1, 0, tzinfo=UTC))
    visit_on(far, ada, NOON + timedelta(days=30))
    assert way_to(ada, far, at=NOON) is None
    visit_on(far, ada, NOON + timedelta(hours=3))
    assert way_to(ada, far, at=NOON) is Way.CARE


def test_a_usual_gp_needs_no_visit(ada: Person, ben: Person, far: Patient) -> None:
    far.usual_gp = ada
    far.save(update_fields=["usual_gp"])
    assert way_to(ada, far, at=NOON) is Way.CARE
    assert way_to(ben, far, at=NOON) is None


def test_a_registrar_sees_their_own_and_their_supervisors_patients_only(
    reg: Person, ben: Person, pat: Patient, far: Patient
) -> None:
    assert way_to(reg, pat, at=NOON) is Way.OWN
    visit_on(far, ben, NOON)
    with pytest.raises(WallUp) as wall:
        patient_for(reg, far.pk, at=NOON)
    assert wall.value.way_on == ""
    visit_on(far, reg, NOON)
    assert way_to(reg, far, at=NOON) is Way.OWN


def test_a_restricted_record_is_walled_for_those_who_care_too(
    ada: Person, ben: Person, reg: Person, pat: Patient
) -> None:
    pat.restricted = True
    pat.save(update_fields=["restricted"])
    for person in (ada, ben, reg):
        with pytest.raises(WallUp):
            patient_for(person, pat.pk, at=NOON)


def test_break_glass_opens_one_record_for_thirty_minutes(
    ada: Person, ben: Person, far: Patient, quinn: Patient
) -> None:
    quinn.restricted = True
    quinn.save(update_fields=["restricted"])
    break_glass(far, reason="treating", words="Walked in with a rash", by=ada, at=NOON)
    assert way_to(ada, far, at=NOON + timedelta(minutes=29)) is Way.BREAK_GLASS
    assert way_to(ada, far, at=NOON + timedelta(minutes=30)) is None
    assert way_to(ada, quinn, at=NOON) is None
    assert way_to(ben, far, at=NOON) is None


def test_a_privacy_officer_signs_again_for_any_record(mo: Person, far: Patient) -> None:
    with pytest.raises(StepUp) as refused:
        patient_for(mo, far.pk, at=NOON)
    assert refused.value.way_on == f"/step-up?next=/patients/{far.pk}"
    assert patient_for(mo, far.pk, at=NOON, stepped_up=True) == far


def test_reception_and_it_open_no_record(rec: Person, ivy: Person, pat: Patient) -> None:
    for person in (rec, ivy):
        with pytest.raises(NotAllowed):
            patient_for(person, pat.pk, at=NOON, stepped_up=True)


def test_a_joined_record_leads_to_the_one_kept(ada: Person, pat: Patient, far: Patient) -> None:
    far.merged_into = pat
    far.save(update_fields=["merged_into"])
    assert patient_for(ada, far.pk, at=NOON) == pat


def test_somebody_who_left_opens_nothing(ada: Person, pat: Patient) -> None:
    ada.left_at = NOON
    ada.save(update_fields=["left_at"])
    with pytest.raises(NotAllowed):
        patient_for(ada, pat.pk, at=NOON)


def test_reception_works_on_details_but_not_on_a_restricted_record(
    rec: Person, mo: Person, far: Patient
) -> None:
    assert identity_for(rec, far.pk, at=NOON) == far
    far.restricted = True
    far.save(update_fields=["restricted"])
    with pytest.raises(WallUp):
        identity_for(rec, far.pk, at=NOON)
    assert identity_for(mo, far.pk, at=NOON) == far


def test_a_registrar_reads_details_of_their_own_patients_only(
    reg: Person, pat: Patient, far: Patient
) -> None:
    assert identity_for(reg, pat.pk, at=NOON) == pat
    with pytest.raises(WallUp):
        identity_for(reg, far.pk, at=NOON)
