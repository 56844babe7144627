"""Moving and matching: the key follows the patient, both histories keep the line."""

from datetime import timedelta

import pytest
from django.db import transaction

from safelight.audit import reading as audit
from safelight.consent.models import Consent
from safelight.consent.withdrawing import withdraw_consent
from safelight.lib.ids import new_id
from safelight.lib.refusals import BadInput, NotAllowed, NotFound, StepUp
from safelight.patients.merging import merge_patients
from safelight.patients.models import Patient, Visit
from safelight.patients.visits import cancel_visit
from safelight.people.models import Person, Phone
from safelight.photos.access import photo_for
from safelight.photos.filing import file_capture
from safelight.photos.matching import AlreadyMatched, NotCovered, match_photo
from safelight.photos.models import Capture, Move, Photo, WaitingConsent
from safelight.photos.moving import MovedMeanwhile, move_all, move_photo, rebind
from safelight.photos.renditions import open_picture
from safelight.vault.sealing import Unreadable
from tests.conftest import NOON, make_patient
from tests.consent.talks import keep
from tests.photos.making import capsule, consent_words, filed, picture, send


def test_a_moved_photo_opens_for_the_new_patient_and_no_longer_for_the_old(
    phone: Phone, ada: Person, pat: Patient, quinn: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat, image=picture(2))
    old_wrap = bytes(photo.wrapped_key)
    blobs = set(photo.renditions.values_list("blob", flat=True))
    moved = move_photo(photo, quinn, reason="Wrong record was open", by=ada, at=NOON)
    assert moved.patient == quinn
    assert open_picture(moved, "original") == picture(2)
    assert set(moved.renditions.values_list("blob", flat=True)) == blobs
    moved.patient_id = pat.pk
    with pytest.raises(Unreadable):
        open_picture(moved, "original")
    moved.patient_id, moved.wrapped_key = quinn.pk, old_wrap
    with pytest.raises(Unreadable):
        open_picture(moved, "original")


def test_both_histories_keep_the_move_with_its_reason(
    phone: Phone, ada: Person, pat: Patient, quinn: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    move_photo(photo, quinn, reason="Wrong record was open", by=ada, at=NOON)
    for patient, outcome in ((pat, "out"), (quinn, "in")):
        entry = audit.of_patient(pat.practice_id, patient.pk).entries[0]
        assert (entry.action, entry.outcome) == ("photo.moved", outcome)
        assert audit.detail_of(entry) == "Wrong record was open"
    move = Move.objects.get()
    assert (move.from_patient, move.to_patient, move.by) == (pat, quinn, ada)


def test_a_moved_photo_keeps_no_consent_of_the_patient_it_left(
    phone: Phone, ada: Person, pat: Patient, quinn: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    assert move_photo(photo, quinn, reason="Wrong record", by=ada, at=NOON).consent is None
    theirs = keep(quinn, ada)
    back = move_photo(Photo.objects.get(), pat, reason="It was right", by=ada, at=NOON)
    assert back.consent == consent
    again = move_photo(back, quinn, reason="It was not", by=ada, at=NOON)
    assert again.consent == theirs


def test_a_moved_photo_keeps_the_consent_under_which_it_was_taken(
    phone: Phone, ada: Person, pat: Patient, quinn: Patient, consent: Consent
) -> None:
    photo, theirs = filed(phone, ada, pat), keep(quinn, ada)
    withdraw_consent(theirs, said_by="Quinn", by=ada, at=NOON + timedelta(days=1))
    later = NOON + timedelta(days=2)
    assert move_photo(photo, quinn, reason="Wrong record", by=ada, at=later).consent == theirs


def test_the_visit_that_was_added_with_a_photo_goes_when_its_last_photo_moves(
    phone: Phone, ada: Person, pat: Patient, quinn: Patient, visit: Visit, consent: Consent
) -> None:
    cancel_visit(visit, by=ada, at=NOON)
    first, second = (filed(phone, ada, pat, image=picture(n)) for n in (1, 2))
    assert first.visit == second.visit == pat.visits.get(), "a walk-in: it came with the first"
    move_photo(first, quinn, reason="Wrong record was open", by=ada, at=NOON)
    assert pat.visits.count() == 1, "another photo is of it"
    move_photo(second, quinn, reason="Wrong record was open", by=ada, at=NOON)
    assert not pat.visits.exists()
    assert Photo.objects.filter(patient=quinn).count() == 2


def test_a_visit_that_somebody_added_stays_when_its_photo_moves(
    phone: Phone, ada: Person, pat: Patient, quinn: Patient, visit: Visit, consent: Consent
) -> None:
    photo = filed(phone, ada, pat, visit=visit)
    move_photo(photo, quinn, reason="Wrong record was open", by=ada, at=NOON)
    assert pat.visits.get() == visit


def test_nothing_moves_into_a_record_that_was_joined_to_another(
    phone: Phone, ada: Person, mo: Person, pat: Patient, quinn: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    third = make_patient(pat.practice, "Terry", "Testcase", "4711")
    merge_patients(quinn, third, reason="One person", by=mo, at=NOON)
    with transaction.atomic(), pytest.raises(MovedMeanwhile):
        rebind(photo, third, visit=None, consent=None, by=ada, at=NOON, reason="late")
    assert Photo.objects.get().patient == pat


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_move_needs_a_reason(
    phone: Phone, ada: Person, pat: Patient, quinn: Patient, consent: Consent, reason: str
) -> None:
    photo = filed(phone, ada, pat)
    with pytest.raises(BadInput):
        move_photo(photo, quinn, reason=reason, by=ada, at=NOON)
    assert not Move.objects.exists()


def test_nobody_moves_into_another_practice_or_without_the_duty(
    phone: Phone, ada: Person, rec: Person, pat: Patient, stranger: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    with pytest.raises(NotFound):
        move_photo(photo, stranger, reason="Wrong record", by=ada, at=NOON)
    with pytest.raises(NotAllowed):
        move_photo(photo, stranger, reason="Wrong record", by=rec, at=NOON)


def test_a_registrar_may_see_a_photo_and_not_move_it(
    phone: Phone, reg: Person, ada: Person, pat: Patient, quinn: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    assert photo_for(reg, photo.pk, at=NOON)
    with pytest.raises(NotAllowed):
        move_photo(photo, quinn, reason="Wrong record", by=reg, at=NOON, stepped_up=True)


def test_two_moves_at_once_move_once(
    phone: Phone, ada: Person, pat: Patient, quinn: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    stale = Photo.objects.get(pk=photo.pk)
    move_photo(photo, quinn, reason="Wrong record", by=ada, at=NOON)
    third = Patient.objects.create(
        practice=pat.practice,
        family="Third",
        given="T",
        search_name="third t",
        born=pat.born,
        record_number="WL-9",
        usual_gp=ada,
        added_at=NOON,
    )
    with pytest.raises(MovedMeanwhile):
        move_photo(stale, third, reason="Wrong record", by=ada, at=NOON)


def test_joining_two_records_moves_every_photo_and_parting_moves_them_back(
    phone: Phone, ada: Person, pat: Patient, quinn: Patient, consent: Consent
) -> None:
    keep(quinn, ada)
    two = [filed(phone, ada, pat), filed(phone, ada, pat, image=picture(4))]
    own = filed(phone, ada, quinn)
    moved = move_all(pat, quinn, by=ada, at=NOON)
    assert sorted(moved) == sorted(str(photo.pk) for photo in two)
    assert open_picture(Photo.objects.get(pk=two[1].pk), "original") == picture(4)
    move_all(quinn, pat, by=ada, at=NOON, only=moved)
    assert {p.pk for p in pat.photos.all()} == {photo.pk for photo in two}
    assert [p.pk for p in quinn.photos.all()] == [own.pk]
    assert open_picture(Photo.objects.get(pk=two[1].pk), "original") == picture(4)


@pytest.fixture
def unmatched(phone: Phone, ada: Person) -> Photo:
    """A photo in the tray, with the consent that came beside it."""
    number, consent_id = new_id(), new_id()
    words = consent_words(consent_id, ada, None)
    send(phone, number, capsule(phone, number, words, b""), kind=Capture.Kind.CONSENT)
    file_capture(number, at=NOON)
    return filed(phone, ada, None, consent=str(consent_id))


def test_matching_binds_the_key_and_records_the_consent_that_came_with_it(
    unmatched: Photo, ben: Person, ada: Person, pat: Patient
) -> None:
    photo = match_photo(unmatched, patient=pat, by=ben, at=NOON)
    assert photo.patient == pat
    assert open_picture(photo, "original") == picture()
    assert photo.consent is not None
    assert photo.consent.recorded_by == ada
    assert WaitingConsent.objects.get().consent == photo.consent
    assert audit.of_patient(pat.practice_id, pat.pk).entries[0].action == "photo.matched"


def test_a_second_photo_of_the_same_consent_matches_too(
    unmatched: Photo, phone: Phone, ada: Person, pat: Patient
) -> None:
    second = filed(phone, ada, None, consent=str(unmatched.waiting_consent_id))
    match_photo(unmatched, patient=pat, by=ada, at=NOON)
    assert match_photo(second, patient=pat, by=ada, at=NOON).patient == pat
    assert Consent.objects.filter(patient=pat).count() == 1


def test_a_second_photo_cannot_go_to_another_patient_on_the_first_ones_consent(
    unmatched: Photo, phone: Phone, ada: Person, pat: Patient, quinn: Patient
) -> None:
    second = filed(phone, ada, None, consent=str(unmatched.waiting_consent_id))
    match_photo(unmatched, patient=pat, by=ada, at=NOON)
    with pytest.raises(NotCovered):
        match_photo(second, patient=quinn, by=ada, at=NOON)
    assert Photo.objects.get(pk=second.pk).patient is None


def test_matching_twice_matches_once(
    unmatched: Photo, ada: Person, pat: Patient, quinn: Patient
) -> None:
    stale = Photo.objects.get(pk=unmatched.pk)
    photo = match_photo(unmatched, patient=pat, by=ada, at=NOON)
    with pytest.raises(AlreadyMatched):
        match_photo(photo, patient=quinn, by=ada, at=NOON)
    keep(quinn, ada)
    with pytest.raises(MovedMeanwhile):
        match_photo(stale, patient=quinn, by=ada, at=NOON)


def test_reception_and_other_practices_match_nothing(
    unmatched: Photo, rec: Person, cy: Person, pat: Patient, stranger: Patient
) -> None:
    with pytest.raises(NotAllowed):
        match_photo(unmatched, patient=pat, by=rec, at=NOON)
    with pytest.raises(NotFound):
        match_photo(unmatched, patient=stranger, by=cy, at=NOON)


def test_a_privacy_officer_moves_only_after_signing_again(
    phone: Phone, ada: Person, mo: Person, pat: Patient, quinn: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    with pytest.raises(Exception, match="passkey") as refused:
        move_photo(photo, quinn, reason="Wrong record", by=mo, at=NOON)
    assert getattr(refused.value, "code", "") == StepUp.code
    move_photo(photo, quinn, reason="Wrong record", by=mo, at=NOON, stepped_up=True)
