"""Deciding: basis, recipient, list, preview, card. What may not go is refused and written down."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from safelight.audit.models import Entry
from safelight.audit.reading import detail_of
from safelight.consent.going import MayNotGo
from safelight.consent.models import Consent
from safelight.consent.withdrawing import withdraw_consent
from safelight.lib.refusals import BadInput, NotAllowed, NotFound, Refusal, StepUp
from safelight.patients.models import BreakGlass, Patient, Visit
from safelight.people.models import Person, Phone
from safelight.photos.access import NoExport
from safelight.photos.models import Copy, Photo
from safelight.sharing import checking, confirming, drafting
from safelight.sharing.addressbook import NotInBook, NotTheSame, NotVerified
from safelight.sharing.confirming import ChangedMeanwhile
from safelight.sharing.ending import end_due
from safelight.sharing.models import Clinician, Link, Release
from safelight.sharing.refusals import MovedOn, NotReady
from safelight.sharing.releasing import let_go
from tests.conftest import NOON
from tests.consent.talks import keep, talk
from tests.photos.making import filed
from tests.sharing.letting import MINUTE, NOTHING_THERE, completed, drafted, seen, sent

pytestmark = pytest.mark.django_db


def begun(photo: Photo, by: Person, use: str = "referral") -> Release:
    return drafting.begin_release([photo], use=use, by=by, at=NOON)


def actions() -> list[str]:
    return list(Entry.objects.order_by("at", "n").values_list("action", flat=True))


def test_sharing_for_a_use_that_was_not_asked_about_is_refused_and_written_down(
    photo: Photo, ada: Person
) -> None:
    release = begun(photo, ada, "social_media")
    with pytest.raises(MayNotGo) as refused:
        drafting.set_basis(release, code="CONSENT_EXPRESS", by=ada, at=NOON)
    assert {item.code for item in refused.value.missing} == {"not_asked"}
    assert "Record" in refused.value.remedy or "record" in refused.value.remedy
    entry = Entry.objects.get(action="share.refused")
    assert (entry.outcome, entry.purpose, entry.patient) == (
        "refused",
        "social_media",
        photo.patient_id,
    )
    assert "social media" in (detail_of(entry) or "")
    release.refresh_from_db()
    assert release.basis == ""


@pytest.mark.parametrize("use", ["teaching", "research", "publication", "social_media"])
def test_nothing_beyond_care_rides_on_expected_care(photo: Photo, ada: Person, use: str) -> None:
    with pytest.raises(MayNotGo):
        drafting.set_basis(
            begun(photo, ada, use), code="EXPECTED_CARE", reason="They expect it", by=ada, at=NOON
        )


def test_expected_care_stands_where_nobody_asked_and_not_where_the_patient_said_no(
    phone: Phone, ada: Person, pat: Patient, quinn: Patient
) -> None:
    keep(pat, ada, talk(), agreed_at=NOON - timedelta(hours=1))
    keep(quinn, ada, talk(uses={"referral": "no"}), agreed_at=NOON - timedelta(hours=1))
    reason = "The referral letter speaks of this photo."
    asked = begun(filed(phone, ada, pat), ada)
    drafting.set_basis(asked, code="EXPECTED_CARE", reason=reason, by=ada, at=NOON)
    assert asked.basis == "EXPECTED_CARE"
    refused = begun(filed(phone, ada, quinn), ada)
    with pytest.raises(MayNotGo) as told:
        drafting.set_basis(refused, code="EXPECTED_CARE", reason=reason, by=ada, at=NOON)
    assert {item.code for item in told.value.missing} == {"said_no"}


def test_approved_research_stands_where_nobody_asked_and_never_against_a_no(
    photo: Photo, pat: Patient, ada: Person
) -> None:
    told: dict[str, Any] = {"code": "RESEARCH_S95A", "reason": "Too many to ask"}
    told["facts"] = {"approval": "Sample HREC 2026/1"}
    release = drafting.begin_release([photo], use="research", by=ada, at=NOON)
    drafting.set_basis(release, **told, by=ada, at=NOON)
    asked = keep(pat, ada, talk(uses={"research": "yes"}), agreed_at=NOON)
    drafting.set_basis(release, **told, by=ada, at=NOON)
    withdraw_consent(asked, use="research", said_by="Pat", by=ada, at=NOON)
    with pytest.raises(MayNotGo) as refused:
        drafting.set_basis(release, **told, by=ada, at=NOON)
    assert [one.code for one in refused.value.missing] == ["withdrawn"]
    keep(pat, ada, talk(uses={"research": "no"}), agreed_at=NOON + timedelta(minutes=1))
    with pytest.raises(MayNotGo) as refused:
        drafting.set_basis(release, **told, by=ada, at=NOON + timedelta(minutes=1))
    assert [one.code for one in refused.value.missing] == ["said_no"]


def test_a_basis_in_law_needs_its_facts_written_down(photo: Photo, ada: Person) -> None:
    release = begun(photo, ada, "disclosure")
    with pytest.raises(MayNotGo) as refused:
        drafting.set_basis(release, code="ENFORCEMENT", by=ada, at=NOON)
    assert len(refused.value.missing) == 3
    facts = {"asked_by": "Sgt Sample, 12345", "reference": "Warrant 9", "more": "dropped"}
    drafting.set_basis(
        release, code="ENFORCEMENT", reason="A warrant was served", facts=facts, by=ada, at=NOON
    )
    release.refresh_from_db()
    assert set(release.basis_facts) == {"asked_by", "reference"}


def test_the_page_of_reasons_lists_all_eight_with_why_not(photo: Photo, ada: Person) -> None:
    choices = drafting.choices(begun(photo, ada, "teaching"), at=NOON)
    assert len(choices) == 8
    assert [choice.rule.code for choice in choices if choice.may] == ["CONSENT_EXPRESS"]
    assert all(choice.why for choice in choices)


def test_overseas_needs_its_own_yes(photo: Photo, ada: Person) -> None:
    release = begun(photo, ada)
    drafting.set_basis(release, code="CONSENT_EXPRESS", by=ada, at=NOON)
    drafting.set_recipient(
        release, name="Dr Nil", country="NZ", address="nil@dummy.example",
        address_again="nil@dummy.example", by=ada, at=NOON,
    )  # fmt: skip
    told = [one.words for one in drafting.missing(release, at=NOON)]
    assert any("overseas" in words for words in told)


def test_an_address_in_the_book_must_have_been_verified_lately(
    photo: Photo, ada: Person, nil: Clinician
) -> None:
    release = drafted([photo], nil, ada)
    late = NOON + timedelta(days=84)
    with pytest.raises(NotVerified):
        drafting.set_recipient(release, clinician=nil, by=ada, at=late)
    with pytest.raises(NotReady, match="not been verified"):
        confirming.confirm(release, seen=seen(release), by=ada, at=late)
    Clinician.objects.filter(pk=nil.pk).update(ended_at=NOON)
    with pytest.raises(NotInBook):
        drafting.set_recipient(release, clinician=nil, by=ada, at=NOON)


def test_the_patients_own_copy_goes_to_nobody_in_the_book(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    release = begun(photo, ada, use="patient_copy")
    with pytest.raises(BadInput, match="goes to the patient"):
        drafting.set_recipient(release, clinician=nil, by=ada, at=NOON)
    release.refresh_from_db()
    assert (release.clinician, release.recipient_name) == (None, "")


def test_a_new_address_is_typed_twice_the_same(photo: Photo, ada: Person) -> None:
    release = begun(photo, ada)
    with pytest.raises(NotTheSame):
        drafting.set_recipient(
            release, name="Dr Nil", address="nil@dummy.example", address_again="nli@dummy.example",
            by=ada, at=NOON,
        )  # fmt: skip
    with pytest.raises(BadInput):
        drafting.set_recipient(
            release, name="Dr Nil", address="nil@dummy.example\nBcc: b@c.example",
            address_again="nil@dummy.example\nBcc: b@c.example", by=ada, at=NOON,
        )  # fmt: skip
    release.refresh_from_db()
    assert release.recipient_address == ""


def to_new_address(photos: list[Photo], by: Person) -> Release:
    release = drafting.begin_release(photos, use="referral", by=by, at=NOON)
    drafting.set_recipient(
        release, name="Dr New", address="new@dummy.example", address_again="new@dummy.example",
        by=by, at=NOON,
    )  # fmt: skip
    return completed(release, None, by)


def test_a_new_address_asks_for_the_passkey_again(photo: Photo, ada: Person) -> None:
    release = to_new_address([photo], ada)
    assert confirming.card(release, by=ada).step_up
    with pytest.raises(StepUp) as refused:
        confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    assert refused.value.way_on == f"/step-up?next=/shares/{release.pk}"
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON, stepped_up=True)


def test_six_photos_ask_for_the_passkey_even_to_a_known_address(
    photos: Callable[[int], list[Photo]], ada: Person, nil: Clinician
) -> None:
    five, six = photos(5), photos(6)
    few = drafted(five, nil, ada)
    confirming.confirm(few, seen=seen(few), by=ada, at=NOON)
    many = drafted(six, nil, ada)
    with pytest.raises(StepUp):
        confirming.confirm(many, seen=seen(many), by=ada, at=NOON)


@pytest.mark.parametrize("who", ["reg", "rec", "mo", "ivy"])
def test_only_duties_that_share_can_share(
    photo: Photo, nil: Clinician, who: str, request: pytest.FixtureRequest
) -> None:
    person: Person = request.getfixturevalue(who)
    with pytest.raises(Refusal) as refused:
        sent(drafted([photo], nil, person), person)
    assert refused.value.code in ("not_allowed", "step_up", "walled", "not_found")
    assert not Release.objects.exclude(state=Release.State.DRAFT).exists()


def test_a_photo_seen_past_a_wall_goes_no_further(photo: Photo, pat: Patient, ben: Person) -> None:
    Visit.objects.filter(patient=pat).update(starts_at=NOON - timedelta(days=1500))
    BreakGlass.objects.create(
        person=ben, patient=pat, reason="other", words="Needed", at=NOON,
        ends_at=NOON + timedelta(minutes=30),
    )  # fmt: skip
    with pytest.raises(NoExport):
        begun(photo, ben)


def test_another_practice_sees_no_release(
    photo: Photo, nil: Clinician, ada: Person, cy: Person
) -> None:
    release = drafted([photo], nil, ada)
    for act in (
        lambda: drafting.set_basis(release, code="CONSENT_EXPRESS", by=cy, at=NOON),
        lambda: confirming.confirm(release, seen=seen(release), by=cy, at=NOON, stepped_up=True),
        lambda: drafting.drop(release, by=cy, at=NOON),
        lambda: drafting.preview(release.items.get(), by=cy, at=NOON),
        lambda: begun(photo, cy),
    ):
        with pytest.raises(NotFound):
            act()


def test_only_what_was_looked_at_can_be_confirmed(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    release = drafted([photo], nil, ada)
    item = release.items.get()
    with pytest.raises(ChangedMeanwhile):
        confirming.confirm(release, seen={str(item.pk): "0" * 64}, by=ada, at=NOON)
    with pytest.raises(ChangedMeanwhile):
        confirming.confirm(release, seen={}, by=ada, at=NOON)
    was = seen(release)
    drafting.set_crop_and_cover(
        item, crop={"x": 0, "y": 0, "w": 0.5, "h": 0.5}, shapes=[], by=ada, at=NOON
    )
    with pytest.raises(NotReady, match="not looked at"):
        confirming.confirm(release, seen=was, by=ada, at=NOON)


def test_the_crop_is_in_the_bytes_and_the_photo_stays_as_it_was(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    release = drafted([photo], nil, ada)
    item = release.items.get()
    before = photo.sha256
    drafting.set_crop_and_cover(
        item, crop={"x": 0, "y": 0, "w": 0.5, "h": 0.5}, shapes=[], by=ada, at=NOON
    )
    made = drafting.preview(item, by=ada, at=NOON)
    assert made.width <= photo.width // 2 + 1
    assert "everything outside the crop" in made.removed
    photo.refresh_from_db()
    assert photo.sha256 == before


def test_what_was_covered_when_it_was_taken_stays_covered(
    consent: Consent, phone: Phone, pat: Patient, ada: Person
) -> None:
    cover = {"shape": "rect", "x": 0.1, "y": 0.1, "w": 0.3, "h": 0.3}
    release = begun(filed(phone, ada, pat, cover=[cover]), ada)
    item = release.items.get()
    assert item.shapes == [cover]
    drafting.set_crop_and_cover(item, crop=None, shapes=[], by=ada, at=NOON)
    assert item.shapes == [cover]


def test_a_crop_or_cover_that_is_not_understood_changes_nothing(photo: Photo, ada: Person) -> None:
    item = drafting.begin_release([photo], use="referral", by=ada, at=NOON).items.get()
    box = {"x": 0.1, "y": 0.1, "w": 0.2, "h": 0.2}
    odd: list[tuple[Any, list[Any]]] = [
        ({**box, "w": 0.0}, []),
        ({**box, "x": -0.1}, []),
        ({"x": 0.1, "y": 0.1, "w": 0.2}, []),
        (None, [{"shape": "rect", **box, "h": float("nan")}]),
        (None, [{"shape": "blur", **box}]),
        (None, [{"shape": "polygon", "points": [[0.1, 0.1], [0.2, 0.2]]}]),
        (None, [{"shape": "rect", **box}, None]),
    ]
    for crop, shapes in odd:
        with pytest.raises(BadInput, match="Draw it again"):
            drafting.set_crop_and_cover(item, crop=crop, shapes=shapes, by=ada, at=NOON)
    item.refresh_from_db()
    assert (item.crop, item.shapes) == (None, [])


def test_a_crop_that_reaches_past_the_edge_keeps_what_lies_inside(
    photo: Photo, ada: Person
) -> None:
    item = drafting.begin_release([photo], use="referral", by=ada, at=NOON).items.get()
    crop = {"x": 0.5, "y": 0.5, "w": 0.9, "h": 0.5}
    drafting.set_crop_and_cover(item, crop=crop, shapes=[], by=ada, at=NOON)
    made = drafting.preview(item, by=ada, at=NOON)
    assert (made.width, made.height) == (photo.width // 2, photo.height // 2)


def test_the_minute_can_be_undone_and_then_nothing_leaves(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    release = drafted([photo], nil, ada)
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    confirming.undo(release, by=ada, at=NOON)
    confirming.undo(release, by=ada, at=NOON)
    assert let_go(NOON + MINUTE) == 0
    assert release.state == Release.State.UNDONE
    assert not Link.objects.exists()
    assert not Copy.objects.filter(holder=Copy.Holder.SHARE).exists()
    assert actions().count("share.undone") == 1


def test_a_decided_release_cannot_be_changed_or_decided_twice(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    release = drafted([photo], nil, ada)
    item = release.items.get()
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    for act in (
        lambda: confirming.confirm(release, seen=seen(release), by=ada, at=NOON),
        lambda: drafting.set_recipient(release, clinician=nil, by=ada, at=NOON),
        lambda: drafting.set_crop_and_cover(item, crop=None, shapes=[], by=ada, at=NOON),
        lambda: drafting.drop(release, by=ada, at=NOON),
        lambda: drafting.preview(item, by=ada, at=NOON),
    ):
        release.refresh_from_db()
        item.release.refresh_from_db()
        with pytest.raises(MovedOn):
            act()


def test_a_colleague_cannot_confirm_what_another_prepared(
    photo: Photo, nil: Clinician, ada: Person, ben: Person
) -> None:
    release = drafted([photo], nil, ada)
    with pytest.raises(MovedOn):
        confirming.confirm(release, seen=seen(release), by=ben, at=NOON, stepped_up=True)


def test_the_name_in_the_words_is_refused_when_it_is_to_stay_hidden(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    release = drafted([photo], nil, ada, use="peer_opinion", question="What do you make of Pat?")
    with pytest.raises(NotReady, match="hold the patient’s name") as refused:
        confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    assert "Pat" not in refused.value.message.replace("patient", "")


@pytest.mark.parametrize("words", ["Is WL-004417 a naevus?", "Born 12.3.1968, changing"])
def test_a_number_or_the_birth_date_in_the_words_is_refused_when_the_name_is_hidden(
    photo: Photo, nil: Clinician, ada: Person, words: str
) -> None:
    release = drafted([photo], nil, ada, use="peer_opinion", question=words)
    with pytest.raises(NotReady) as refused:
        confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    assert [one.step for one in refused.value.missing] == ["hidden"]
    named = drafted([photo], nil, ada, question=words)
    assert confirming.confirm(named, seen=seen(named), by=ada, at=NOON)


def test_the_list_must_be_answered_before_a_hidden_name_leaves(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    release = drafted([photo], nil, ada, use="teaching", form="link")
    drafting.set_checklist(release, {**NOTHING_THERE, "eyes": {}}, by=ada, at=NOON)
    with pytest.raises(NotReady, match="Eyes"):
        confirming.confirm(release, seen=seen(release), by=ada, at=NOON)


@pytest.mark.parametrize(
    "form", [{"days": 31}, {"days": 0}, {"open_limit": 11}, {"open_limit": 0}, {"form": "carrier"}]
)
def test_the_policy_bounds_how_long_and_how_often(
    photo: Photo, ada: Person, form: dict[str, Any]
) -> None:
    with pytest.raises(BadInput):
        drafting.set_form(begun(photo, ada), **{"form": "link", **form}, by=ada, at=NOON)


def test_nothing_is_mailed_without_a_mail_server(photo: Photo, nil: Clinician, ada: Person) -> None:
    release = drafted([photo], nil, ada, channel="email")
    with pytest.raises(NotReady, match="no mail server"):
        confirming.confirm(release, seen=seen(release), by=ada, at=NOON)


@pytest.fixture
def public(photo: Photo, pat: Patient, nil: Clinician, ada: Person) -> Release:
    """A release for social media that waits for a second person."""
    keep(pat, ada, talk(uses={"social_media": "yes"}), agreed_at=NOON - timedelta(minutes=30))
    release = drafted([photo], nil, ada, use="social_media", form="archive")
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON, stepped_up=True)
    release.refresh_from_db()
    return release


@pytest.fixture
def eve(practice: Any) -> Person:
    """A second GP."""
    return Person.objects.create(
        practice=practice, given="Eve", family="Another", email="eve@another.example",
        roles=["GP"], joined_at=NOON,
    )  # fmt: skip


def test_public_waits_for_a_second_person_and_not_for_the_same_one(
    public: Release, ada: Person
) -> None:
    assert public.state == Release.State.WAITING_SECOND
    assert let_go(NOON + MINUTE) == 0
    with pytest.raises(NotAllowed, match="cannot check it as well"):
        checking.approve(public, seen=seen(public), by=ada, at=NOON, stepped_up=True)
    public.refresh_from_db()
    assert public.state == Release.State.WAITING_SECOND


def test_what_waits_for_a_second_person_ends_when_its_sender_leaves(
    public: Release, ada: Person, eve: Person
) -> None:
    assert end_due(NOON) == 0
    Person.objects.filter(pk=ada.pk).update(is_active=False, left_at=NOON)
    assert end_due(NOON) == 1
    public.refresh_from_db()
    assert (public.state, public.end_why) == (Release.State.REFUSED, "sender_left")
    assert checking.waiting_for(eve) == []


def test_the_second_person_has_the_duty_signs_again_and_saw_the_copies(
    public: Release, ben: Person, eve: Person
) -> None:
    assert checking.waiting_for(eve) == [public]
    assert checking.waiting_for(ben) == []
    with pytest.raises(NotAllowed):
        checking.approve(public, seen=seen(public), by=ben, at=NOON, stepped_up=True)
    with pytest.raises(StepUp):
        checking.approve(public, seen=seen(public), by=eve, at=NOON)
    with pytest.raises(ChangedMeanwhile):
        checking.approve(public, seen={}, by=eve, at=NOON, stepped_up=True)
    checking.approve(public, seen=seen(public), by=eve, at=NOON, stepped_up=True)
    assert let_go(NOON + MINUTE) == 1
    public.refresh_from_db()
    assert (public.state, public.checked_by) == (Release.State.OUT, eve)


def test_the_second_person_can_say_no(public: Release, eve: Person) -> None:
    checking.decline(
        public, reason="The tattoo shows at the edge.", by=eve, at=NOON, stepped_up=True
    )
    public.refresh_from_db()
    assert public.state == Release.State.REFUSED
    assert let_go(NOON + MINUTE) == 0
    with pytest.raises(MovedOn):
        checking.approve(public, seen=seen(public), by=eve, at=NOON, stepped_up=True)


def test_a_yes_for_each_time_is_used_once(
    photo: Photo, pat: Patient, nil: Clinician, ada: Person, eve: Person
) -> None:
    keep(pat, ada, talk(uses={"research": "yes"}), agreed_at=NOON - timedelta(minutes=30))
    sent(drafted([photo], nil, ada, use="research", form="archive"), ada)
    with pytest.raises(MayNotGo, match="asked each time"):
        drafted([photo], nil, ada, use="research", form="archive")
    again = keep(pat, ada, talk(uses={"research": "yes"}), agreed_at=NOON)
    leave = sent(drafted([photo], nil, ada, use="research", form="archive"), ada)
    assert leave.release.items.get().consent == again


def test_a_yes_for_each_time_is_asked_for_before_the_second_person_is(
    photo: Photo, pat: Patient, nil: Clinician, ada: Person, eve: Person
) -> None:
    keep(pat, ada, talk(uses={"publication": "yes"}), agreed_at=NOON - timedelta(minutes=30))
    first = drafted([photo], nil, ada, use="publication", form="archive")
    second = drafted([photo], nil, ada, use="publication", form="archive")
    confirming.confirm(first, seen=seen(first), by=ada, at=NOON, stepped_up=True)
    with pytest.raises(NotReady, match="asked each time"):
        confirming.confirm(second, seen=seen(second), by=ada, at=NOON, stepped_up=True)
    first.refresh_from_db()
    checking.decline(first, reason="Too rare.", by=eve, at=NOON, stepped_up=True)
    confirming.confirm(second, seen=seen(second), by=ada, at=NOON, stepped_up=True)


def test_the_way_out_is_in_the_log_step_by_step(photo: Photo, nil: Clinician, ada: Person) -> None:
    sent(drafted([photo], nil, ada), ada)
    mine = [action for action in actions() if action.startswith("share.")]
    assert mine == ["share.begun", "share.previewed", "share.confirmed", "share.sent"]
    leaves = Entry.objects.filter(action__startswith="share.").values_list("leaf", flat=True)
    assert not any("Dummy" in leaf or "Testcase" in leaf for leaf in leaves)
