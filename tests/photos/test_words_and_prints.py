"""Labels, flags and prints: what is said of a photo, who it is covered from, and paper copies."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from safelight.audit import reading as audit
from safelight.consent.going import MayNotGo
from safelight.consent.models import Consent
from safelight.consent.withdrawing import withdraw_consent
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person, Phone
from safelight.photos import copies
from safelight.photos.copies import CopyEnded, CopyEndsByItself
from safelight.photos.flagging import set_flags, uncover
from safelight.photos.labelling import (
    NEW_VISIT,
    Words,
    edit_label,
    may_add_visit,
    missing_words,
)
from safelight.photos.models import Alarm, Copy, LabelEdit, Photo, Unblur
from safelight.photos.printing import print_photo
from tests.conftest import NOON
from tests.consent.talks import keep, talk
from tests.photos.making import filed


@pytest.fixture
def photo(phone: Phone, ada: Person, ben: Person, pat: Patient, consent: Consent) -> Photo:
    pat.visits.update(person=ben)
    made = filed(phone, ada, pat, label="", notes="", diagnosis="")
    Photo.objects.filter(pk=made.pk).update(visit=None)  # as if Ben's had been added afterwards
    made.refresh_from_db()
    return made


def test_words_complete_a_photo_and_those_before_are_kept(
    photo: Photo, ada: Person, visit: Visit
) -> None:
    assert missing_words(photo) == ["a label", "a note or a diagnosis", "a visit"]
    words = replace(Words.of(photo), label="Left forearm", notes="Itches", visit_id=str(visit.pk))
    done = edit_label(photo, words=words, by=ada, at=NOON)
    assert not done.incomplete
    assert missing_words(done) == []
    edit = LabelEdit.objects.get()
    assert (edit.before["label"], edit.after["label"], edit.by) == ("", "Left forearm", ada)
    assert audit.of_object(photo.practice_id, f"photo:{photo.pk}").entries[0].outcome == "complete"


def test_the_same_words_again_change_nothing(photo: Photo, ada: Person) -> None:
    edit_label(photo, words=Words.of(photo), by=ada, at=NOON)
    assert not LabelEdit.objects.exists()


def test_another_diagnosis_does_not_keep_the_code_of_the_one_before(
    photo: Photo, ada: Person
) -> None:
    coded = replace(Words.of(photo), diagnosis="Naevus", diagnosis_code="398943008")
    photo = edit_label(photo, words=coded, by=ada, at=NOON)
    assert photo.diagnosis_code == "398943008"
    photo = edit_label(photo, words=replace(coded, notes="Itches"), by=ada, at=NOON)
    assert photo.diagnosis_code == "398943008"
    other = replace(Words.of(photo), diagnosis="Melanoma")
    assert edit_label(photo, words=other, by=ada, at=NOON).diagnosis_code == ""
    both = replace(Words.of(photo), diagnosis="Wart", diagnosis_code="57019003")
    assert edit_label(photo, words=both, by=ada, at=NOON).diagnosis_code == "57019003"


def test_completing_a_photo_ends_its_alarm(photo: Photo, ada: Person, visit: Visit) -> None:
    Alarm.objects.create(kind=Alarm.Kind.INCOMPLETE, about=f"photo:{photo.pk}", raised_at=NOON)
    words = replace(Words.of(photo), label="L", diagnosis="Naevus", visit_id=str(visit.pk))
    edit_label(photo, words=words, by=ada, at=NOON)
    assert Alarm.objects.get().ended_by == ada


def test_a_sensitive_site_covers_the_photo_and_another_site_never_uncovers_it(
    photo: Photo, ada: Person, sensitive_site: str
) -> None:
    words = replace(Words.of(photo), site_code=sensitive_site, side="")
    assert edit_label(photo, words=words, by=ada, at=NOON).sensitive
    photo.refresh_from_db()
    back = replace(words, site_code="70559009")
    assert edit_label(photo, words=back, by=ada, at=NOON).sensitive


@pytest.mark.parametrize(
    "changes",
    [
        {"label": "x" * 81},
        {"notes": "x" * 4001},
        {"site_code": "no-such-site"},
        {"side": "Q"},
        {"visit_id": "not-a-number"},
    ],
)
def test_words_that_have_no_form_are_refused(
    photo: Photo, ada: Person, changes: dict[str, str]
) -> None:
    with pytest.raises(BadInput):
        edit_label(photo, words=replace(Words.of(photo), **changes), by=ada, at=NOON)


def test_a_visit_of_somebody_else_and_a_person_without_the_duty_are_refused(
    photo: Photo, ada: Person, rec: Person, cy: Person, quinn: Patient
) -> None:
    theirs = replace(Words.of(photo), visit_id=str(quinn.visits.get().pk))
    with pytest.raises(NotFound):
        edit_label(photo, words=theirs, by=ada, at=NOON)
    with pytest.raises(NotAllowed):
        edit_label(photo, words=theirs, by=rec, at=NOON)
    with pytest.raises(NotFound):
        edit_label(photo, words=theirs, by=cy, at=NOON)


def test_flags_need_a_reason_and_are_in_the_log(photo: Photo, ada: Person) -> None:
    with pytest.raises(BadInput):
        set_flags(
            photo, sensitive=True, restricted=False, recognisable=None, reason=" ", by=ada, at=NOON
        )
    set_flags(
        photo,
        sensitive=True,
        restricted=True,
        recognisable=False,
        reason="Pat asked for it",
        by=ada,
        at=NOON,
    )
    entry = audit.of_object(photo.practice_id, f"photo:{photo.pk}").entries[0]
    assert (entry.action, entry.outcome) == ("photo.flagged", "sensitive_restricted")
    assert audit.detail_of(entry) == "Pat asked for it"


def test_uncovering_keeps_the_reason_and_ends_by_itself(photo: Photo, ada: Person) -> None:
    with pytest.raises(BadInput):
        uncover(photo, reason="", by=ada, at=NOON)
    row = uncover(photo, reason="Comparing with today's", by=ada, at=NOON)
    assert row.ends_at > NOON
    assert Unblur.objects.get().reason == "Comparing with today's"
    assert audit.of_object(photo.practice_id, f"photo:{photo.pk}").entries[0].action == (
        "photo.unblurred"
    )


def test_prints_are_numbered_copies_outside_with_a_purpose_and_an_end(
    photo: Photo, pat: Patient, ada: Person
) -> None:
    before = copies.outside_count(photo.practice)
    yes = keep(pat, ada, talk(uses={"patient_copy": "yes"}), agreed_at=NOON)
    first = print_photo(photo, purpose="patient", by=ada, at=NOON, holder_name="Pat")
    second = print_photo(photo, purpose="record", by=ada, at=NOON)
    assert (first.consent, second.consent) == (yes, photo.consent)
    assert (first.number, second.number) == (1, 2)
    assert first.basis == "To hand to the patient"
    assert first.outside
    assert first.due_at is not None
    assert first.due_at > NOON
    assert copies.outside_count(photo.practice) == before + 2
    entry = audit.of_object(photo.practice_id, f"photo:{photo.pk}").entries[0]
    assert (entry.action, entry.purpose) == ("photo.printed", "record")


def test_a_print_for_the_patient_stands_on_their_yes_to_a_copy(
    photo: Photo, pat: Patient, ada: Person
) -> None:
    with pytest.raises(MayNotGo, match="was not asked"):
        print_photo(photo, purpose="patient", by=ada, at=NOON)
    yes = keep(pat, ada, talk(uses={"patient_copy": "yes"}), agreed_at=NOON)
    print_photo(photo, purpose="patient", by=ada, at=NOON)
    withdraw_consent(yes, said_by="Pat Testcase", why="Changed her mind", by=ada, at=NOON)
    with pytest.raises(MayNotGo, match="taken back"):
        print_photo(photo, purpose="patient", by=ada, at=NOON)
    assert Copy.objects.filter(photo=photo, holder="paper").count() == 1


def test_two_prints_never_share_a_number(photo: Photo, ada: Person) -> None:
    copy = print_photo(photo, purpose="record", by=ada, at=NOON)
    copy.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        Copy.objects.create(
            practice=photo.practice,
            photo=photo,
            holder="paper",
            number=copy.number,
            outside=True,
            basis="x",
            since=NOON,
        )


def test_nobody_prints_without_the_duty_or_a_purpose(photo: Photo, ada: Person, mo: Person) -> None:
    with pytest.raises(NotAllowed):
        print_photo(photo, purpose="record", by=mo, at=NOON, stepped_up=True)
    for purpose in ("", "colleague", "A case meeting"):
        with pytest.raises(BadInput):
            print_photo(photo, purpose=purpose, by=ada, at=NOON)
    assert not Copy.objects.filter(holder="paper").exists()


def test_a_print_is_declared_gone_once_and_the_line_stays(photo: Photo, ada: Person) -> None:
    copy = print_photo(photo, purpose="record", by=ada, at=NOON)
    copies.declare_gone(copy, by=ada, at=NOON, evidence="Shredded")
    assert copies.where_is(photo)[-1].end_evidence == "Shredded"
    assert Copy.objects.get(pk=copy.pk).state == "ended"
    with pytest.raises(CopyEnded):
        copies.declare_gone(copy, by=ada, at=NOON, evidence="Again")


def test_what_ends_by_proof_cannot_be_declared_gone(photo: Photo, ada: Person) -> None:
    for copy in Copy.objects.filter(photo=photo):
        with pytest.raises(CopyEndsByItself):
            copies.declare_gone(copy, by=ada, at=NOON, evidence="I say so")
    assert not Copy.objects.filter(photo=photo).exclude(state="held").exists()


def test_a_copy_is_overdue_when_its_day_has_passed(photo: Photo, ada: Person) -> None:
    copy = print_photo(photo, purpose="record", by=ada, at=NOON)
    assert copy.due_at is not None
    assert copies.overdue_count(photo.practice, at=copy.due_at) == 0
    late = copy.due_at + timedelta(seconds=1)
    assert copies.overdue_count(photo.practice, at=late) == 1


def test_a_visit_that_was_in_no_list_is_added_with_the_label(
    photo: Photo, ada: Person, pat: Patient
) -> None:
    words = replace(Words.of(photo), label="L", notes="Itches", visit_id=NEW_VISIT)
    done = edit_label(photo, words=words, by=ada, at=NOON + timedelta(days=3))
    assert done.visit is not None
    assert (done.visit.patient, done.visit.person) == (pat, ada)
    assert done.visit.starts_at == photo.taken_at
    assert not done.incomplete
    assert LabelEdit.objects.get().after["visit_id"] == str(done.visit.pk)
    edit_label(done, words=words, by=ada, at=NOON + timedelta(days=3))
    assert pat.visits.filter(person=ada).count() == 1


def test_no_visit_is_added_with_somebody_who_has_left(photo: Photo, ada: Person) -> None:
    assert may_add_visit(photo, ada)
    Person.objects.filter(pk=ada.pk).update(left_at=NOON, is_active=False)
    assert not may_add_visit(photo, ada)
