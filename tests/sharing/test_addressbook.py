"""The address book: typed twice, verified by a person, and again after a while."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from safelight.audit.models import Entry
from safelight.lib.refusals import BadInput, NotAllowed, NotFound, StepUp
from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.policy.settings import change_setting
from safelight.sharing.addressbook import (
    Entry as Who,
)
from safelight.sharing.addressbook import (
    NotTheSame,
    add_clinician,
    change_clinician,
    clinician_for,
    clinicians_of,
    end_clinician,
    is_due,
    verify_clinician,
)
from safelight.sharing.models import Clinician
from tests.conftest import NOON

pytestmark = pytest.mark.django_db
NIL = Who(
    name="Dr Nil  Dummy",
    email="Nil@Dummy.example",
    organisation="Skin Rooms",
    kind="Skin specialist (dermatologist)",
    ahpra="MED 0001234567",
    provider_number="1234561a",
)
RANG = "Rang the rooms on the number in the directory"


def added(by: Person, who: Who = NIL, again: str = "nil@dummy.example") -> Clinician:
    return add_clinician(who, email_again=again, how_verified=RANG, by=by, at=NOON, stepped_up=True)


def test_somebody_is_kept_in_one_form_and_the_log_says_so(ada: Person) -> None:
    one = added(ada)
    assert (one.name, one.email, one.ahpra, one.provider_number) == (
        "Dr Nil Dummy", "nil@dummy.example", "MED0001234567", "1234561A",
    )  # fmt: skip
    entry = Entry.objects.get(action="clinician.added")
    assert "Dummy" not in entry.leaf


def test_two_different_addresses_keep_nothing(ada: Person) -> None:
    with pytest.raises(NotTheSame):
        added(ada, again="nli@dummy.example")
    assert not Clinician.objects.exists()


@pytest.mark.parametrize(
    "spoilt",
    [
        {"name": " "}, {"ahpra": "12"}, {"provider_number": "12"}, {"country": "AUS"},
        {"name": "x" * 121}, {"email": "nil"}, {"email": "nil@dummy.example\nBcc: a@b.example"},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(ada: Person, spoilt: dict[str, str]) -> None:
    who = replace(NIL, **spoilt)
    with pytest.raises(BadInput):
        added(ada, who, again=who.email)
    assert not Clinician.objects.exists()


def test_only_who_may_send_to_new_addresses_adds_one(ada: Person, rec: Person) -> None:
    with pytest.raises(NotAllowed):
        added(rec)
    with pytest.raises(StepUp):
        add_clinician(NIL, email_again=NIL.email, how_verified=RANG, by=ada, at=NOON)


def test_an_address_is_due_after_the_practices_own_time(
    ada: Person, mo: Person, practice: Practice
) -> None:
    one = added(ada)
    assert not is_due(one, at=NOON + timedelta(days=89))
    assert is_due(one, at=NOON + timedelta(days=90))
    change_setting(practice, key="reverify_days", value=30, by=mo, at=NOON)
    assert is_due(one, at=NOON + timedelta(days=30))
    late = NOON + timedelta(days=40)
    verify_clinician(one, how="Rang again", by=ada, at=late, stepped_up=True)
    assert not is_due(one, at=late)


def test_changing_and_ending_are_for_the_own_practice(ada: Person, cy: Person) -> None:
    one = added(ada)
    acts: list[Callable[[], object]] = [
        lambda: change_clinician(
            one, NIL, email_again=NIL.email, how_verified=RANG, by=cy, at=NOON, stepped_up=True
        ),
        lambda: verify_clinician(one, how=RANG, by=cy, at=NOON, stepped_up=True),
        lambda: end_clinician(one, by=cy, at=NOON, stepped_up=True),
        lambda: clinician_for(cy, one.pk),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()
    one.refresh_from_db()
    assert one.ended_at is None


def test_ending_twice_ends_once(ada: Person, practice: Practice) -> None:
    one = added(ada)
    assert clinicians_of(practice, q="skin") == [one]
    for _ in range(2):
        end_clinician(one, by=ada, at=NOON, stepped_up=True)
    assert clinicians_of(practice) == []
    assert Entry.objects.filter(action="clinician.ended").count() == 1
