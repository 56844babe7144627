"""Access: the whole matrix, role by relation by photo, against the table of duties as data."""

from datetime import timedelta
from itertools import product

import pytest

from safelight.consent.models import Consent
from safelight.lib.ids import new_id
from safelight.lib.refusals import NotFound, Refusal
from safelight.patients.models import BreakGlass, Patient, Visit
from safelight.people.duties import Act, letters_of, role_names
from safelight.people.models import Person, Phone
from safelight.photos.access import PIXELS, Covered, Form, photo_for
from safelight.photos.copies import copy_for
from safelight.photos.flagging import uncover
from safelight.photos.models import Copy, Photo
from safelight.photos.printing import print_photo
from tests.conftest import NOON
from tests.photos.making import filed

ROLES = sorted(role_names())
RELATIONS = ("own", "care", "stranger", "restricted", "elsewhere")


def expected(role: str, relation: str, *, sensitive: bool, broke: bool, stepped: bool) -> str:
    """Say what the table promises: "ok", or a refusal's code. Written apart from the code."""
    view, walled = letters_of(role, Act.PHOTO_VIEW), letters_of(role, Act.PHOTO_VIEW_WALLED)
    if relation == "elsewhere":
        return "not_found"
    if not view | walled:
        return "not_allowed"
    near = (relation == "own" and bool(view)) or (relation == "care" and "A" in view)
    answer = "ok" if near else past(walled, broke=broke, stepped=stepped)
    if answer != "ok" or not sensitive:
        return answer
    apart = letters_of(role, Act.PHOTO_VIEW_SENSITIVE)
    if "O" in apart and relation in ("own", "restricted"):
        return "ok"  # a restricted patient of one's own, past the wall
    return past(apart, broke=broke, stepped=stepped) if apart else "not_allowed"


def past(letters: frozenset[str], *, broke: bool, stepped: bool) -> str:
    """Say how a wall answers to these letters."""
    if "S" in letters:
        return "ok" if stepped else "step_up"
    return "ok" if "B" in letters and broke else "walled"


@pytest.fixture
def photo(phone: Phone, ben: Person, pat: Patient, consent: Consent) -> Photo:
    """A photo of Pat, taken by nobody who asks."""
    Phone.objects.filter(pk=phone.pk).update(owner=ben)
    return filed(phone, ben, pat)


def patient_of(photo: Photo) -> Patient:
    assert photo.patient is not None
    return photo.patient


def asker(photo: Photo, role: str, relation: str) -> Person:
    """Return a person of one role, in one relation to the photo's patient."""
    patient = patient_of(photo)
    practice = patient.practice
    if relation == "elsewhere":
        practice = type(practice).objects.exclude(pk=practice.pk).get()
    person = Person.objects.create(
        practice=practice,
        given="An",
        family="Asker",
        email=f"{new_id()}@asker.example",
        roles=[role],
    )
    patient.restricted = relation == "restricted"
    patient.usual_gp = person if relation in ("own", "restricted") else None
    patient.save(update_fields=["restricted", "usual_gp"])
    if relation == "stranger":
        Visit.objects.filter(patient=patient).update(starts_at=NOON - timedelta(days=1000))
    return person


def break_glass(person: Person, photo: Photo) -> None:
    BreakGlass.objects.create(
        person=person,
        patient=patient_of(photo),
        reason="treating",
        words="In front of me now",
        at=NOON,
        ends_at=NOON + timedelta(minutes=30),
    )


def outcome(person: Person, photo: Photo, form: str, *, stepped: bool) -> str:
    try:
        photo_for(person, photo.pk, at=NOON, rendition=form, stepped_up=stepped)
    except Refusal as refusal:
        return refusal.code
    return "ok"


@pytest.mark.parametrize("role", ROLES)
def test_the_matrix_of_roles_and_relations(photo: Photo, visit: Visit, role: str) -> None:
    for relation, flags in product(RELATIONS, product((False, True), repeat=3)):
        sensitive, stepped, broke = flags
        Visit.objects.filter(pk=visit.pk).update(starts_at=NOON)
        person = asker(photo, role, relation)
        Photo.objects.filter(pk=photo.pk).update(sensitive=sensitive)
        BreakGlass.objects.all().delete()
        if broke:
            break_glass(person, photo)
        wanted = expected(role, relation, sensitive=sensitive, broke=broke, stepped=stepped)
        case = (role, relation, sensitive, stepped, broke)
        assert outcome(person, photo, Form.PAGE, stepped=stepped) == wanted, case
        for form in (Form.THUMB, Form.VIEW, Form.FULL, Form.GHOST):
            pixels = "covered" if wanted == "ok" and sensitive else wanted
            assert outcome(person, photo, form, stepped=stepped) == pixels, (*case, form)


@pytest.mark.parametrize("role", ROLES)
def test_originals_need_the_duty_and_a_fresh_signature(photo: Photo, role: str) -> None:
    person = asker(photo, role, "own")
    may = "S" in letters_of(role, Act.ORIGINAL_DOWNLOAD)
    without = outcome(person, photo, Form.ORIGINAL, stepped=False)
    assert without != "ok"
    fresh = outcome(person, photo, Form.ORIGINAL, stepped=True)
    assert (fresh == "ok") is may, (role, fresh)


def test_another_practices_photo_and_none_give_the_same_answer(photo: Photo, cy: Person) -> None:
    with pytest.raises(NotFound) as theirs:
        photo_for(cy, photo.pk, at=NOON)
    with pytest.raises(NotFound) as none:
        photo_for(cy, new_id(), at=NOON)
    assert theirs.value.message == none.value.message
    assert theirs.value.remedy == none.value.remedy


def test_what_was_opened_with_a_reason_is_not_taken_out(photo: Photo) -> None:
    person = asker(photo, "GP", "stranger")
    break_glass(person, photo)
    assert outcome(person, photo, Form.VIEW, stepped=True) == "ok"
    for form in (Form.ORIGINAL, Form.PRINT):
        assert outcome(person, photo, form, stepped=True) == "no_export"


def test_break_glass_ends_after_its_half_hour(photo: Photo) -> None:
    person = asker(photo, "GP", "stranger")
    break_glass(person, photo)
    with pytest.raises(Refusal) as refused:
        photo_for(person, photo.pk, at=NOON + timedelta(minutes=30))
    assert refused.value.code == "walled"


@pytest.mark.parametrize("flag", ["sensitive", "restricted"])
def test_a_covered_photo_shows_no_pixels_until_uncovered_for_this_person_for_a_while(
    photo: Photo, ada: Person, ben: Person, flag: str
) -> None:
    Photo.objects.filter(pk=photo.pk).update(**{flag: True})
    photo.refresh_from_db()
    uncover(photo, reason="Comparing with today's", by=ada, at=NOON)
    for form in PIXELS:
        assert outcome(ben, photo, form, stepped=True) == "covered"
    assert photo_for(ada, photo.pk, at=NOON, rendition=Form.VIEW)
    with pytest.raises(Covered):
        photo_for(ada, photo.pk, at=NOON + timedelta(hours=4), rendition=Form.VIEW)


def test_reception_sees_that_a_photo_waits_but_never_the_photo(
    phone: Phone, ada: Person, rec: Person, pat: Patient, photo: Photo
) -> None:
    Photo.objects.filter(pk=photo.pk).update(patient=None)
    assert outcome(rec, photo, Form.PAGE, stepped=False) == "ok"
    for form in PIXELS:
        assert outcome(rec, photo, form, stepped=True) == "not_allowed"
    assert outcome(ada, photo, Form.VIEW, stepped=False) == "ok"


def test_a_leaver_sees_nothing(photo: Photo, ada: Person) -> None:
    Person.objects.filter(pk=ada.pk).update(left_at=NOON, is_active=False)
    ada.refresh_from_db()
    assert outcome(ada, photo, Form.PAGE, stepped=True) == "not_allowed"


def test_a_registrar_accounts_for_prints_of_their_own_and_supervised_patients_only(
    ada: Person, ben: Person, reg: Person, pat: Patient, phone: Phone, consent: Consent
) -> None:
    printed = print_photo(
        filed(phone, ada, pat), purpose="record", holder_name="Reception", by=ben, at=NOON
    )
    assert copy_for(reg, printed.pk, at=NOON) == printed
    Patient.objects.filter(pk=pat.pk).update(usual_gp=ben)
    Visit.objects.update(person=ben)
    assert copy_for(ada, printed.pk, at=NOON) == printed
    with pytest.raises(NotFound):
        copy_for(reg, printed.pk, at=NOON)
    Copy.objects.filter(pk=printed.pk).update(made_by=ada)
    assert copy_for(reg, printed.pk, at=NOON) == printed
