"""Sittings: one answer for photos taken at once, each kept as if it had been labelled by itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from safelight.audit import reading as audit
from safelight.consent.models import Consent
from safelight.lib.refusals import BadInput, NotAllowed
from safelight.patients.access import WallUp
from safelight.patients.models import BreakGlass, Patient, Visit
from safelight.people.models import Person, Phone
from safelight.photos import rules
from safelight.photos.labelling import NEW_VISIT, Words, edit_label, label_together
from safelight.photos.matching import NotAllCovered, match_together
from safelight.photos.models import LabelEdit, Photo
from safelight.photos.moving import move_photo
from safelight.photos.renditions import open_picture
from safelight.photos.sittings import by_sitting, labelled_with, sitting_of
from tests.conftest import NOON, make_patient
from tests.consent.talks import keep, talk
from tests.photos.making import SITE, filed, picture, unmatched

LATER = NOON + timedelta(hours=5)


def minutes(count: float) -> str:
    return (NOON + timedelta(minutes=count)).isoformat()


@pytest.fixture
def three(phone: Phone, ada: Person, pat: Patient, consent: Consent) -> list[Photo]:
    """Three photos of one sitting without words or visit; a day with two visits left it open."""
    Visit.objects.create(practice=pat.practice, patient=pat, person=ada, starts_at=LATER)
    words = {"label": "", "notes": "", "diagnosis": "", "at": LATER}
    return [
        filed(phone, ada, pat, image=picture(n), taken_at=minutes(n), sequence=n, **words)
        for n in (1, 2, 3)
    ]


@pytest.fixture
def tray(phone: Phone, ada: Person) -> list[Photo]:
    """Two photos that wait for one patient, under one consent."""
    first = unmatched(phone, ada)
    hint = {"name": "Testcase, Pat", "born": "1968-03-12"}
    said = str(first.waiting_consent_id)
    words = {"consent": said, "patient_hint": hint, "taken_at": minutes(0)}
    return [first, filed(phone, ada, None, image=picture(2), **words)]


@pytest.mark.parametrize(
    ("gaps", "groups"), [([1, 20, 30], 1), ([1, 31, 1], 2), ([40, 40, 40], 4), ([], 1)]
)
def test_a_sitting_goes_on_while_no_pause_is_longer_than_half_an_hour(
    gaps: list[int], groups: int
) -> None:
    at, times = NOON, [NOON]
    for gap in gaps:
        at += timedelta(minutes=gap)
        times.append(at)
    found = rules.sittings(times[::-1], key=lambda _: 1, when=lambda when: when)
    assert len(found) == groups
    assert found[0][-1] == times[-1]  # groups keep the order in which they were given
    assert sorted(when for group in found for when in group) == times


def test_a_sitting_is_of_one_patient_and_one_taker(
    three: list[Photo], phone: Phone, ada: Person, quinn: Patient
) -> None:
    keep(quinn, ada, agreed_at=NOON)
    other = filed(phone, ada, quinn, image=picture(9), taken_at=minutes(2), at=LATER)
    much_later = filed(phone, ada, quinn, image=picture(8), taken_at=minutes(200), at=LATER)
    assert sitting_of(three[1]) == three
    assert sitting_of(other) == [other]
    assert by_sitting([*three, other, much_later]) == [three, [other], [much_later]]


def test_photos_without_a_patient_sit_together_only_under_one_name(
    tray: list[Photo], phone: Phone, ada: Person
) -> None:
    said = str(tray[0].waiting_consent_id)
    words = {"name": "Sample, Quinn", "born": "1980-01-01"}
    other = filed(phone, ada, None, image=picture(5), consent=said, patient_hint=words)
    assert sitting_of(tray[0]) == tray
    assert sitting_of(other) == [other]


def test_one_answer_labels_each_photo_with_its_own_history_and_entry(
    three: list[Photo], ada: Person, visit_at_noon: Visit
) -> None:
    said = {"label": "Left forearm", "notes": "Itches", "visit_id": str(visit_at_noon.pk)}
    done = label_together(three, said=said, by=ada, at=LATER)
    assert [photo.incomplete for photo in done] == [False] * 3
    assert LabelEdit.objects.count() == 3
    for photo in three:
        entry = audit.of_object(photo.practice_id, f"photo:{photo.pk}").entries[0]
        assert (entry.action, entry.outcome) == ("photo.labelled", "complete")
        assert LabelEdit.objects.get(photo=photo).before["label"] == ""
    assert labelled_with(three[0], by=ada) == {photo.pk for photo in three}
    assert label_together(three, said=said, by=ada, at=LATER) == []


@pytest.fixture
def visit_at_noon(pat: Patient) -> Visit:
    return pat.visits.get(starts_at=NOON)


def test_what_is_not_said_stays_as_it_is_with_each(three: list[Photo], ada: Person) -> None:
    edit_label(three[0], words=replace(Words.of(three[0]), label="Own"), by=ada, at=LATER)
    label_together(three, said={"notes": "Itches"}, by=ada, at=LATER + timedelta(minutes=1))
    found = Photo.objects.filter(pk__in=[p.pk for p in three]).order_by("taken_at")
    assert [(p.label, p.notes, p.site_code, p.side) for p in found] == [
        ("Own", "Itches", SITE, "L"), ("", "Itches", SITE, "L"), ("", "Itches", SITE, "L"),
    ]  # fmt: skip


def test_a_new_visit_for_several_photos_is_one_visit(
    three: list[Photo], ada: Person, pat: Patient
) -> None:
    before = pat.visits.count()
    done = label_together(three[::-1], said={"visit_id": NEW_VISIT}, by=ada, at=LATER)
    assert pat.visits.count() == before + 1
    assert {photo.visit for photo in done} == {pat.visits.get(starts_at=three[0].taken_at)}


def test_all_are_labelled_or_none_and_only_of_one_patient(
    three: list[Photo], phone: Phone, ada: Person, rec: Person, quinn: Patient
) -> None:
    keep(quinn, ada, agreed_at=NOON)
    other = filed(phone, ada, quinn, image=picture(9))
    with pytest.raises(BadInput, match="different patients"):
        label_together([*three, other], said={"label": "L"}, by=ada, at=LATER)
    with pytest.raises(BadInput):
        label_together(three, said={"label": "L", "visit_id": "none"}, by=ada, at=LATER)
    with pytest.raises(NotAllowed):
        label_together(three, said={"label": "L"}, by=rec, at=LATER)
    assert not LabelEdit.objects.exists()


def test_a_sitting_is_matched_with_one_answer_and_each_key_is_bound(
    tray: list[Photo], ada: Person, pat: Patient, visit: Visit
) -> None:
    done = match_together(tray, patient=pat, visit=visit, by=ada, at=NOON)
    assert [(photo.patient, photo.visit) for photo in done] == [(pat, visit)] * 2
    assert {open_picture(photo, "original") for photo in done} == {picture(), picture(2)}
    for photo in tray:
        acts = [e.action for e in audit.of_object(pat.practice_id, f"photo:{photo.pk}").entries]
        assert acts[0] == "photo.matched"


def test_a_visit_that_matching_adds_is_one_and_comes_after_the_wall(
    tray: list[Photo], ada: Person, pat: Patient
) -> None:
    far = make_patient(pat.practice, "Far", "Unseen", "WL-1")
    with pytest.raises(WallUp):
        match_together(tray, patient=far, new_visit=True, by=ada, at=NOON)
    assert not far.visits.exists()
    assert not BreakGlass.objects.exists()
    done = match_together(tray, patient=pat, new_visit=True, by=ada, at=NOON)
    (visit,) = {photo.visit for photo in done}
    assert visit is not None
    assert (visit.person, visit.starts_at) == (ada, tray[0].taken_at)


def test_a_sitting_is_matched_whole_or_not_at_all(
    tray: list[Photo], ada: Person, quinn: Patient
) -> None:
    Photo.objects.update(waiting_consent=None)
    Photo.objects.filter(pk=tray[1].pk).update(side="R")
    keep(quinn, ada, talk(scope="site", site_code=SITE, side="L"), agreed_at=NOON)
    found = list(Photo.objects.order_by("taken_at", "pk"))
    with pytest.raises(NotAllCovered, match="1 of the 2 photos is covered by no consent"):
        match_together(found, patient=quinn, by=ada, at=NOON)
    assert not Photo.objects.filter(patient=quinn).exists()
    left = next(photo for photo in found if photo.side == "L")
    assert match_together([left], patient=quinn, by=ada, at=NOON)


def test_a_moved_photo_goes_into_the_new_patients_only_visit_of_its_day(
    three: list[Photo], ada: Person, quinn: Patient
) -> None:
    moved = move_photo(three[0], quinn, reason="Wrong record was open", by=ada, at=LATER)
    assert moved.visit == quinn.visits.get()
