"""May this photo go there for this use? Every combination, then each one through the database."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from safelight.consent.going import WORDS, MayNotGo, answers_of, may_go
from safelight.consent.models import Consent
from safelight.consent.rules.asking import Ages, Answer
from safelight.consent.rules.covering import Journey, Said, Subject, verdict
from safelight.consent.uses import ANY_SPECIALIST, USES
from safelight.consent.withdrawing import withdraw_consent
from safelight.lib.ids import new_id
from safelight.lib.refusals import BadInput
from safelight.patients.models import Patient
from safelight.people.models import Person
from tests.conftest import NOON, make_patient
from tests.consent.talks import keep, talk

AGES = Ages(
    guardian_under=14, adult_from=18, parent_review_at=16, parent_lapse_at=18, review_months=12
)
DAY = NOON.date()
BEYOND_CARE = {"teaching", "research", "publication", "social_media"}
HIDDEN = {"peer_opinion", "teaching", "research", "publication", "social_media"}
SECOND = {"publication", "social_media"}

# who decided, at which age on the day of the yes, and how old they are on the day of the question
DECIDED = {
    "adult": (False, 40, 40),
    "parent_still_young": (True, 15, 15),
    "parent_since_16": (True, 15, 16),
    "parent_at_17": (True, 17, 17),
    "parent_since_18": (True, 17, 18),
    "mature_since_18": (False, 17, 18),
}
ENDED_BEYOND_CARE = {"parent_since_16", "parent_since_18"}


@dataclass(frozen=True)
class Case:
    """One combination."""

    use: str
    answer: str
    withdrawn: str  # "", "this", "all", "another"
    past: bool
    decided: str
    country: str  # "", "agreed", "other"
    recipient: str  # "", "named", "other"
    hidden: bool
    second: bool

    @property
    def may(self) -> bool:
        """What the guide says, written without looking at the rules."""
        return (
            self.answer == "yes"
            and self.withdrawn in ("", "another")
            and not self.past
            and not (self.use in BEYOND_CARE and self.decided in ENDED_BEYOND_CARE)
            and self.country != "other"
            and (self.recipient == "named" or self.use == "care")
            and (self.hidden or self.use not in HIDDEN)
            and (self.second or self.use not in SECOND)
        )


def cases() -> Iterator[Case]:
    yield from (
        Case(*parts)
        for parts in product(
            USES,
            ("yes", "no", "not_asked"),
            ("", "this", "all", "another"),
            (False, True),
            DECIDED,
            ("", "agreed", "other"),
            ("", "named", "other"),
            (False, True),
            (False, True),
        )
    )


def decide(case: Case) -> tuple[Said | None, list[str]]:
    """Put a case to the rules."""
    by_parent, then, now = DECIDED[case.decided]
    agreed_on = DAY - timedelta(days=30)
    # Born so that the age then and now are as told, with the birthday between when they differ.
    born = date(DAY.year - now, DAY.month, DAY.day) - timedelta(days=10 if now != then else 100)
    taken_back = {"": set(), "this": {case.use}, "all": set(USES), "another": {"no_such_use"}}
    said = Said(
        id=UUID(int=1),
        agreed_at=NOON - timedelta(days=30),
        agreed_on=agreed_on,
        review_on=DAY - timedelta(days=1) if case.past else DAY,
        scope="standing",
        visit=None,
        site_code="",
        side="",
        condition="",
        answers={case.use: Answer(case.use, case.answer, "Dr Cy Fictional", ("NZ",))},
        by_parent=by_parent,
        withdrawn=frozenset(taken_back[case.withdrawn]),
    )
    journey = Journey(
        use=case.use,
        recipient={"": "", "named": "dr cy fictional", "other": "Dr Other"}[case.recipient],
        country={"": "", "agreed": "NZ", "other": "GB"}[case.country],
        name_hidden=case.hidden,
        second_person=case.second,
    )
    return verdict([said], Subject(born=born, day=DAY, at=NOON), journey, AGES)


def test_every_combination_goes_only_when_all_of_it_was_agreed() -> None:
    seen: Counter[bool] = Counter()
    for case in cases():
        said, wanted = decide(case)
        went = said is not None and not wanted
        assert went == case.may, f"{case}: {wanted}"
        assert all(code in WORDS for code in wanted)
        seen[went] += 1
    assert seen[True] > 500
    assert seen[False] > 10_000


def test_everything_that_is_missing_is_named_at_once() -> None:
    worst = Case("publication", "no", "", False, "adult", "other", "other", False, False)
    assert decide(worst)[1] == [
        "said_no",
        "other_recipient",
        "abroad",
        "name_shown",
        "second_person",
    ]


@dataclass
class Picture:
    """A photo as the question sees it."""

    patient: Patient | None
    consent_id: UUID | None = None
    visit_id: UUID | None = None
    site_code: str = "70559009"
    side: str = "L"
    diagnosis: str = ""
    taken_at: datetime = NOON


def go(photo: Picture, use: str = "teaching", **changes: Any) -> str:
    """Return "" if it may go, else the codes of what is missing, joined."""
    words = {"at": NOON + timedelta(hours=1), "name_hidden": True, **changes}
    try:
        may_go(photo, use=use, **words)
    except MayNotGo as refusal:
        return " ".join(item.code for item in refusal.missing)
    return ""


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("answer", ["yes", "no", "not_asked"])
@pytest.mark.parametrize("taken_back", ["", "this", "all"])
def test_an_answer_in_the_record_is_what_decides(
    pat: Patient, ada: Person, ben: Person, use: str, answer: str, taken_back: str
) -> None:
    if use == "care" and answer == "not_asked":
        return  # a discussion that leaves care open is never kept
    others = {} if use == "care" else {use: answer}
    if use == "care" and answer == "no":
        consent = keep(pat, ada, replace(talk(), answers=(Answer("care", "no"),)))
    else:
        consent = keep(pat, ada, talk(uses=others))
    if taken_back and answer == "yes":
        name = use if taken_back == "this" else ""
        withdraw_consent(consent, use=name, said_by="Pat", by=ben, at=NOON)
    went = go(Picture(pat, consent.pk), use, by=ada, checked_by=ben)
    expected = {"yes": "withdrawn" if taken_back else "", "no": "said_no", "not_asked": "not_asked"}
    assert went == expected[answer]


def test_the_basis_names_the_consent_and_the_use_and_no_patient(pat: Patient, ada: Person) -> None:
    consent = keep(pat, ada, talk(uses={"teaching": "yes"}))
    basis = may_go(Picture(pat, consent.pk), use="teaching", at=NOON, name_hidden=True)
    assert basis.consent_id == consent.pk
    assert basis.words == "Consent of 14 Oct 2026: Teaching our staff and students"


def test_a_refusal_says_what_is_missing_and_what_would_be_needed(pat: Patient, ada: Person) -> None:
    consent = keep(pat, ada, talk(uses={"teaching": "no"}))
    with pytest.raises(MayNotGo) as caught:
        may_go(Picture(pat, consent.pk), use="teaching", at=NOON, abroad="nz")
    assert caught.value.message == (
        "Not shared. The patient said no to teaching. Sending overseas needs the patient’s yes to "
        "that country. The yes to teaching is for a copy with the name hidden."
    )
    assert caught.value.remedy.startswith("Only a new yes from the patient changes that.")
    assert "Pat" not in caught.value.message


def test_a_second_person_is_another_one_and_of_this_practice(
    pat: Patient, ada: Person, ben: Person, cy: Person
) -> None:
    consent = keep(pat, ada, talk(uses={"social_media": "yes"}))
    photo = Picture(pat, consent.pk)
    assert go(photo, "social_media", by=ada, checked_by=ben) == ""
    for second in (None, ada, cy):
        assert go(photo, "social_media", by=ada, checked_by=second) == "second_person"
    assert go(photo, "social_media", checked_by=ben) == "second_person"


def test_a_country_must_be_the_one_agreed_to(pat: Patient, ada: Person) -> None:
    answers = (Answer("care", "yes"), Answer("referral", "yes", "", ("NZ",)))
    photo = Picture(pat, keep(pat, ada, replace(talk(), answers=answers)).pk)
    assert go(photo, "referral", abroad="nz") == ""
    assert go(photo, "referral", abroad="AU") == ""
    assert go(photo, "referral", abroad="GB") == "abroad"


def test_a_named_recipient_or_kind_must_be_the_one_agreed_to(pat: Patient, ada: Person) -> None:
    answers = (Answer("care", "yes"), Answer("referral", "yes", "Dermatologist"))
    photo = Picture(pat, keep(pat, ada, replace(talk(), answers=answers)).pk)
    assert go(photo, "referral", recipient="Dr Cy", recipient_kind="dermatologist") == ""
    assert go(photo, "referral", recipient="Dr Cy") == "other_recipient"
    assert go(photo, "referral") == "other_recipient"


def test_a_yes_to_any_specialist_names_nobody_in_particular(pat: Patient, ada: Person) -> None:
    answers = (Answer("care", "yes"), Answer("referral", "yes", ANY_SPECIALIST))
    photo = Picture(pat, keep(pat, ada, replace(talk(), answers=answers)).pk)
    assert go(photo, "referral", recipient="Dr Cy") == ""


def test_nobody_can_have_agreed_to_an_unmatched_photo_and_an_unknown_use_is_refused(
    pat: Patient,
) -> None:
    assert go(Picture(None)) == "not_matched"
    assert go(Picture(pat)) == "not_asked"
    with pytest.raises(BadInput):
        may_go(Picture(pat), use="marketing", at=NOON)


def test_a_later_no_outweighs_an_earlier_yes_and_a_later_yes_opens_again(
    pat: Patient, ada: Person
) -> None:
    first = keep(pat, ada, talk(uses={"teaching": "yes"}), agreed_at=NOON - timedelta(days=3))
    photo = Picture(pat, first.pk)
    assert go(photo) == ""
    keep(pat, ada, talk(uses={"teaching": "no"}), agreed_at=NOON - timedelta(days=2))
    assert go(photo) == "said_no"
    keep(pat, ada, talk(), agreed_at=NOON - timedelta(days=1))
    assert go(photo) == "said_no", "not asked again changes nothing"
    keep(pat, ada, talk(uses={"teaching": "yes"}))
    assert go(photo) == ""


def test_a_consent_that_replaces_another_silences_it(pat: Patient, ada: Person) -> None:
    first = keep(
        pat,
        ada,
        talk(uses={"teaching": "yes"}, scope="condition", condition="Rash"),
        agreed_at=NOON - timedelta(days=3),
    )
    photo = Picture(pat, first.pk)
    again = talk(uses={}, scope="condition", condition="Rash on arm")
    second = keep(pat, ada, again, agreed_at=NOON - timedelta(days=2), supersedes=first)
    assert go(photo) == "not_asked"
    third = talk(uses={"teaching": "yes"}, scope="condition", condition="Eczema")
    keep(pat, ada, third, agreed_at=NOON, supersedes=second)
    assert go(photo) == ""


@pytest.mark.parametrize(
    ("scope", "facts", "reaches"),
    [
        ("standing", {}, True),
        ("condition", {"condition": "Eczema"}, True),
        ("condition", {"condition": "Mole"}, False),
        ("condition", {"condition": ""}, False),
        ("site", {"site_code": "70559009", "side": "L"}, True),
        ("site", {"site_code": "70559009", "side": "B"}, True),
        ("site", {"site_code": "70559009", "side": "R"}, False),
        ("site", {"site_code": "1902009", "side": "L"}, False),
        ("visit", {}, True),
    ],
)
def test_another_consent_reaches_a_photo_only_within_its_scope(
    pat: Patient, ada: Person, scope: str, facts: dict[str, str], reaches: bool
) -> None:
    own = keep(pat, ada, talk(), agreed_at=NOON - timedelta(days=2))
    keep(pat, ada, talk(uses={"teaching": "yes"}, scope=scope, **facts))
    photo = Picture(pat, own.pk, diagnosis="eczema")
    assert go(photo) == ("" if reaches else "not_asked")


def test_a_consent_for_one_visit_does_not_reach_another(pat: Patient, ada: Person) -> None:
    visit = pat.visits.get()
    keep(pat, ada, talk(uses={"teaching": "yes"}, scope="visit"), visit=visit)
    assert go(Picture(pat, visit_id=visit.pk)) == ""
    assert go(Picture(pat, visit_id=new_id())) == "not_asked"
    assert go(Picture(pat, taken_at=NOON - timedelta(days=1))) == "not_asked"


def test_a_yes_stands_to_its_review_day_and_not_beyond(pat: Patient, ada: Person) -> None:
    consent = keep(pat, ada, talk(uses={"teaching": "yes"}))
    photo = Picture(pat, consent.pk)
    assert go(photo, at=NOON + timedelta(days=365)) == ""
    assert go(photo, at=NOON + timedelta(days=366)) == "review_passed"


def test_a_parents_yes_beyond_care_stops_at_16_and_ends_at_18_but_care_goes_on(
    pat: Patient, ada: Person
) -> None:
    parent: dict[str, Any] = {
        "decider": "advocate",
        "advocate_name": "Par Testcase",
        "advocate_relationship": "Father",
        "advocate_authority": "Parental responsibility",
        "uses": {"teaching": "yes", "referral": "yes"},
    }
    for age, born in ((16, date(2010, 11, 1)), (18, date(2008, 11, 1))):
        child = make_patient(pat.practice, "Kit", "Testcase", f"WL-{age}", born=born)
        photo = Picture(child, keep(child, ada, talk(**parent)).pk)
        assert go(photo) == ""
        later = NOON + timedelta(days=30)
        ended = {16: "young_person_unasked", 18: "parent_lapsed"}[age]
        assert go(photo, at=later) == ended
        assert go(photo, "referral", at=later) == ""


def test_an_emergency_lets_nothing_out(pat: Patient, ada: Person) -> None:
    emergency = talk(
        method="emergency",
        signature=None,
        scope="visit",
        points=(),
        emergency_reason="Unconscious on arrival",
    )
    consent: Consent = keep(pat, ada, emergency)
    assert go(Picture(pat, consent.pk), "care") == ""
    for use in USES:
        if use != "care":
            assert go(Picture(pat, consent.pk), use).startswith("not_asked")


def test_a_patients_answers_are_read_once_for_all_their_photos(
    pat: Patient, ada: Person, django_assert_num_queries: Any
) -> None:
    consent = keep(pat, ada, talk(uses={"teaching": "yes"}))
    at = NOON + timedelta(hours=1)
    answers = answers_of(pat, at=at)
    with django_assert_num_queries(0):
        assert go(Picture(pat, consent.pk), at=at, answers=answers) == ""
        assert go(Picture(pat), "research", at=at, answers=answers) == "not_asked"


def test_answers_of_another_patient_or_instant_are_not_taken_for_theirs(
    pat: Patient, quinn: Patient, ada: Person
) -> None:
    consent = keep(pat, ada, talk(uses={"teaching": "yes"}))
    before = answers_of(pat, at=NOON)
    assert go(Picture(quinn), at=NOON, answers=before) == "not_asked"
    later = NOON + timedelta(hours=1)
    withdraw_consent(consent, said_by="Pat", by=ada, at=later)
    assert go(Picture(pat, consent.pk), at=later, answers=before) == "withdrawn"
