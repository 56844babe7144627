"""Ending: by date, by the patient's word, by hand. What was ours is gone, the rest is asked for."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.consent.withdrawing import withdraw_consent
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.patients.merging import merge_patients, undo_merge
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos.copies import CopyEndsByItself, declare_gone, outside_count
from safelight.photos.models import Copy, Photo
from safelight.photos.moving import move_photo
from safelight.sharing import packing, reading, recalling
from safelight.sharing.ending import end_due, end_for_withdrawal, hand_over, note_destroyed
from safelight.sharing.gate import bytes_for
from safelight.sharing.models import Clinician, Message, Package, Release
from safelight.sharing.opening import LinkClosed, knock, open_link
from safelight.sharing.packing import PackageEnded
from safelight.sharing.replying import reply, see_replies
from safelight.sharing.worker import tidy
from tests.conftest import NOON
from tests.consent.talks import keep, talk
from tests.sharing.letting import MINUTE, Out, drafted, sent

LATER = NOON + timedelta(minutes=10)
pytestmark = pytest.mark.django_db


@pytest.fixture
def out(photo: Photo, nil: Clinician, ada: Person) -> Out:
    return sent(drafted([photo], nil, ada, needs_pin=False), ada)


@pytest.fixture
def packed(photo: Photo, nil: Clinician, ada: Person) -> Out:
    return sent(drafted([photo], nil, ada, form="pdf"), ada)


def copy_of(out: Out) -> Copy:
    copy = out.release.items.get().copy
    assert copy is not None
    return copy


def test_a_clock_in_doubt_ends_nothing(out: Out) -> None:
    Release.objects.filter(pk=out.release.pk).update(ends_at=NOON - timedelta(minutes=4))
    assert tidy(at=NOON - timedelta(minutes=3)) == 0
    out.release.refresh_from_db()
    assert out.release.state == Release.State.OUT
    assert tidy(at=NOON) == 1


def test_a_link_ends_by_its_date_and_its_lamp_goes_out(out: Out, ada: Person) -> None:
    assert out.release.ends_at is not None
    assert end_due(out.release.ends_at - timedelta(seconds=1)) == 0
    assert end_due(out.release.ends_at) == 1
    assert end_due(out.release.ends_at) == 0
    out.release.refresh_from_db()
    assert (out.release.state, out.release.end_why) == (Release.State.ENDED, "date")
    copy = copy_of(out)
    assert (copy.state, copy.end_evidence) == (
        "ended", "Its time was over. Nothing opens any more.",
    )  # fmt: skip
    assert outside_count(ada.practice) == Copy.objects.filter(holder="phone", state="held").count()
    assert Entry.objects.filter(action="share.ended", outcome="date").count() == 1


def test_a_link_used_up_ends_once_its_last_reader_is_gone(
    photo: Photo, nil: Clinician, ada: Person
) -> None:
    out = sent(drafted([photo], nil, ada, needs_pin=False, open_limit=1), ada)
    session = open_link(out.token, accepts_terms=True, at=LATER).session
    assert end_due(LATER) == 0
    assert bytes_for(session, out.release.items.get().pk, kind="thumb", at=LATER).data
    assert end_due(LATER + timedelta(minutes=31)) == 1
    out.release.refresh_from_db()
    assert out.release.end_why == "used_up"


def test_a_sender_who_left_ends_their_links(out: Out, ada: Person, mo: Person) -> None:
    Person.objects.filter(pk=ada.pk).update(is_active=False, left_at=LATER)
    assert end_due(LATER) == 1
    out.release.refresh_from_db()
    assert out.release.end_why == "sender_left"


def test_one_photo_moved_to_another_record_ends_the_share_of_all(
    photos: Callable[[int], list[Photo]], quinn: Patient, nil: Clinician, ada: Person
) -> None:
    first, second = photos(2)
    keep(quinn, ada, talk(uses={"referral": "yes"}), agreed_at=NOON - timedelta(hours=1))
    packed = sent(drafted([first, second], nil, ada, form="pdf"), ada)
    assert end_due(LATER) == 0
    item = packed.release.items.select_related("photo__patient__practice").get(photo=second)
    move_photo(item.photo, quinn, reason="Wrong record", by=ada, at=LATER, stepped_up=True)
    assert end_due(LATER) == 1
    packed.release.refresh_from_db()
    assert (packed.release.state, packed.release.end_why) == (Release.State.ENDED, "moved")
    assert not bytes(Package.objects.get(release=packed.release).wrapped_key)


def test_a_withdrawal_ends_everything_live_and_says_who_has_had_what(
    out: Out, packed: Out, consent: Consent, ada: Person
) -> None:
    open_link(out.token, accepts_terms=True, at=LATER)
    packing.open_package(packed.release, by=ada, at=LATER, stepped_up=True)
    withdraw_consent(consent, use="referral", said_by="Pat", by=ada, at=LATER)
    for one in (out, packed):
        one.release.refresh_from_db()
        assert (one.release.state, one.release.end_why) == (Release.State.ENDED, "withdrawn")
    had = {told.form: told for told in reading.who_has_had(consent)}
    assert (had["link"].opens, had["link"].still_has) == (1, False)
    assert (had["pdf"].recipient, had["pdf"].still_has) == ("Dr Nil Dummy", True)


def test_what_a_recipient_still_has_is_overdue_at_once_and_asked_for(
    packed: Out, consent: Consent, ada: Person
) -> None:
    packing.open_package(packed.release, by=ada, at=LATER, stepped_up=True)
    (had,) = end_for_withdrawal(consent, "", by=ada, at=LATER)
    assert (had.still_has, had.asked) == (True, True)
    assert end_for_withdrawal(consent, "", by=ada, at=LATER) == []
    copy = copy_of(packed)
    assert (copy.state, copy.due_at) == ("held", LATER)
    message = Message.objects.get()
    assert (message.kind, message.to) == ("destroy", "nil@dummy.example")


def test_another_use_taken_back_leaves_a_link_alone(
    out: Out, consent: Consent, ada: Person
) -> None:
    withdraw_consent(consent, use="teaching", said_by="Pat", by=ada, at=LATER)
    assert knock(out.token, at=LATER)


def test_a_yes_renewed_and_then_taken_back_ends_what_left_on_the_first(
    out: Out, pat: Patient, ada: Person
) -> None:
    renewed = keep(pat, ada, talk(uses={"referral": "yes"}), agreed_at=LATER)
    assert knock(out.token, at=LATER)
    withdraw_consent(renewed, said_by="Pat", by=ada, at=LATER)
    with pytest.raises(LinkClosed):
        knock(out.token, at=LATER)


def test_a_newer_no_ends_what_left_on_the_older_yes(
    out: Out, packed: Out, pat: Patient, ada: Person
) -> None:
    session = open_link(out.token, accepts_terms=True, at=LATER).session
    keep(pat, ada, talk(uses={"referral": "no"}), agreed_at=LATER)
    with pytest.raises(LinkClosed):
        bytes_for(session, out.release.items.get().pk, kind="view", at=LATER)
    for one in (out, packed):
        one.release.refresh_from_db()
        assert (one.release.state, one.release.end_why) == (Release.State.ENDED, "withdrawn")


def test_a_no_to_another_use_leaves_a_link_alone(out: Out, pat: Patient, ada: Person) -> None:
    keep(pat, ada, talk(uses={"teaching": "no"}), agreed_at=LATER)
    assert knock(out.token, at=LATER)


def test_a_link_does_not_outlive_the_review_day_of_the_yes_it_stands_on(
    out: Out, packed: Out, consent: Consent
) -> None:
    Consent.objects.filter(pk=consent.pk).update(review_on=NOON.date())
    tonight = NOON + timedelta(hours=11, minutes=59)  # a minute to midnight in Exampleton
    assert knock(out.token, at=tonight)
    assert end_due(tonight) == 0
    with pytest.raises(LinkClosed):
        knock(out.token, at=tonight + timedelta(minutes=1))
    assert end_due(tonight + timedelta(minutes=1)) == 2
    packed.release.refresh_from_db()
    assert (packed.release.state, packed.release.end_why) == (Release.State.ENDED, "yes_over")


def test_a_link_goes_on_where_the_yes_was_renewed_before_its_review_day(
    out: Out, consent: Consent, pat: Patient, ada: Person
) -> None:
    Consent.objects.filter(pk=consent.pk).update(review_on=NOON.date())
    keep(pat, ada, talk(uses={"referral": "yes"}), agreed_at=LATER)
    assert end_due(NOON + timedelta(days=2)) == 0
    assert knock(out.token, at=NOON + timedelta(days=2))


def test_a_parents_yes_to_teaching_ends_with_the_childs_birthday_also_where_it_left(
    photo: Photo, nil: Clinician, pat: Patient, consent: Consent, ada: Person
) -> None:
    Patient.objects.filter(pk=pat.pk).update(born=date(2010, 10, 16))
    Consent.objects.filter(pk=consent.pk).update(decider="advocate")
    photo.refresh_from_db()
    out = sent(drafted([photo], nil, ada, use="teaching", form="link", needs_pin=False), ada)
    eve = datetime(2026, 10, 15, 12, 59, tzinfo=UTC)  # a minute to the sixteenth birthday
    assert end_due(eve) == 0
    assert knock(out.token, at=eve)
    assert end_due(eve + timedelta(minutes=1)) == 1


def test_a_withdrawal_that_fails_ends_nothing(out: Out, consent: Consent, ada: Person) -> None:
    class Broken(Exception):
        pass

    def undone() -> None:
        with transaction.atomic():
            withdraw_consent(consent, said_by="Pat", by=ada, at=LATER)
            raise Broken

    with pytest.raises(Broken):
        undone()
    assert knock(out.token, at=LATER)
    assert not consent.withdrawals.exists()


def test_stopped_before_it_was_opened_nobody_has_had_anything(out: Out, ben: Person) -> None:
    told = recalling.recall(out.release, reason="Wrong doctor", by=ben, at=LATER)
    assert (told.before_sent, told.opened, told.had.still_has) == (False, [], False)
    with pytest.raises(LinkClosed):
        open_link(out.token, accepts_terms=True, at=LATER)
    again = recalling.recall(out.release, reason="Again", by=ben, at=LATER)
    assert again.release.end_words == "Wrong doctor"
    assert Entry.objects.filter(action="share.recalled").count() == 1


def test_stopped_after_it_was_opened_says_who_had_opened(out: Out, ada: Person) -> None:
    open_link(out.token, accepts_terms=True, at=LATER)
    told = recalling.recall(out.release, reason="Wrong doctor", by=ada, at=LATER)
    assert [one.number for one in told.opened] == [1]
    assert told.had.last_opened_at == LATER


def test_a_file_that_reached_the_wrong_one_is_asked_for_at_once(packed: Out, ada: Person) -> None:
    packing.open_package(packed.release, by=ada, at=LATER, stepped_up=True)
    told = recalling.recall(packed.release, reason="Wrong doctor", by=ada, at=LATER)
    assert (told.had.still_has, told.had.asked) == (True, True)
    assert copy_of(packed).due_at == LATER
    recalling.recall(packed.release, reason="Again", by=ada, at=LATER)
    assert Message.objects.filter(kind="destroy").count() == 1


def test_nobody_can_declare_a_link_gone_that_is_still_open(out: Out, ada: Person) -> None:
    with pytest.raises(CopyEndsByItself):
        declare_gone(copy_of(out), by=ada, at=LATER, evidence="I think so")
    assert copy_of(out).state == Copy.State.HELD


@pytest.mark.parametrize("who", ["ben", "rec", "mo"])
def test_anybody_with_the_duty_may_stop_a_mistake(
    out: Out, who: str, request: pytest.FixtureRequest
) -> None:
    recalling.recall(out.release, reason="", by=request.getfixturevalue(who), at=LATER)
    out.release.refresh_from_db()
    assert out.release.state == Release.State.RECALLED


def test_who_has_no_such_duty_stops_nothing(out: Out, ivy: Person, cy: Person) -> None:
    with pytest.raises(NotAllowed):
        recalling.recall(out.release, reason="", by=ivy, at=LATER)
    with pytest.raises(NotFound):
        recalling.recall(out.release, reason="", by=cy, at=LATER)
    assert knock(out.token, at=LATER)


def test_a_file_nobody_took_is_gone_when_it_ends_and_one_taken_is_asked_for(
    packed: Out, ada: Person
) -> None:
    ends_at = packed.release.ends_at
    assert ends_at is not None
    packing.open_package(packed.release, by=ada, at=LATER, stepped_up=True)
    end_due(ends_at)
    assert copy_of(packed).state == Copy.State.HELD
    with pytest.raises(PackageEnded):
        packing.open_package(packed.release, by=ada, at=ends_at, stepped_up=True)


def test_a_file_not_taken_leaves_no_copy_behind(packed: Out, ada: Person) -> None:
    recalling.recall(packed.release, reason="", by=ada, at=LATER)
    assert copy_of(packed).state == Copy.State.ENDED


def test_a_file_is_handed_over_or_destroyed_by_somebodys_word(packed: Out, ada: Person) -> None:
    packing.open_package(packed.release, by=ada, at=LATER, stepped_up=True)
    with pytest.raises(BadInput):
        note_destroyed(packed.release, evidence=" ", by=ada, at=LATER)
    assert hand_over(packed.release, evidence="Filed at Skin Rooms", by=ada, at=LATER) == 1
    assert hand_over(packed.release, evidence="Filed at Skin Rooms", by=ada, at=LATER) == 0
    assert copy_of(packed).state == Copy.State.HANDED_OVER


@pytest.mark.parametrize(
    ("act", "action"), [(hand_over, "share.handed_over"), (note_destroyed, "share.destroyed")]
)
def test_the_log_says_which_of_the_two_became_of_a_file(
    packed: Out, ada: Person, act: Callable[..., int], action: str
) -> None:
    packing.open_package(packed.release, by=ada, at=LATER, stepped_up=True)
    assert act(packed.release, evidence="By telephone", by=ada, at=LATER) == 1
    ended = Entry.objects.filter(action__in=["share.handed_over", "share.destroyed"])
    assert [entry.action for entry in ended] == [action]


def test_joined_records_keep_their_links_open_and_parted_ones_too(
    out: Out, pat: Patient, quinn: Patient, mo: Person
) -> None:
    merge = merge_patients(quinn, pat, reason="One person", by=mo, at=LATER)
    session = open_link(out.token, accepts_terms=True, at=LATER).session
    item = out.release.items.get()
    assert item.patient_id == quinn.pk
    assert bytes_for(session, item.pk, kind="view", at=LATER).data
    undo_merge(merge, reason="Two people", by=mo, at=LATER)
    item.refresh_from_db()
    assert item.patient_id == pat.pk
    assert bytes_for(session, item.pk, kind="view", at=LATER).data


def test_a_newer_no_in_the_other_record_ends_the_link_when_both_are_joined(
    out: Out, pat: Patient, quinn: Patient, ada: Person, mo: Person
) -> None:
    keep(quinn, ada, talk(uses={"referral": "no"}), agreed_at=NOON + timedelta(minutes=2))
    assert knock(out.token, at=LATER)
    merge_patients(quinn, pat, reason="One person", by=mo, at=LATER)
    with pytest.raises(LinkClosed):
        knock(out.token, at=LATER)
    out.release.refresh_from_db()
    assert (out.release.state, out.release.end_why) == (Release.State.ENDED, "yes_over")


def test_a_reply_comes_with_an_open_session_and_is_read_once(out: Out, ada: Person) -> None:
    session = open_link(out.token, accepts_terms=True, at=LATER).session
    words = "A naevus.\r\nSee again in 3 months.\x00"
    one = reply(session, words=words, at=LATER)
    assert reply(session, words=words, at=LATER) == one
    assert one.words == "A naevus.\nSee again in 3 months."
    assert reading.unread_replies(ada.practice) == [one]
    assert see_replies(out.release, by=ada, at=LATER) == [one]
    assert reading.unread_replies(ada.practice) == []
    recalling.recall(out.release, reason="", by=ada, at=LATER)
    with pytest.raises(LinkClosed):
        reply(session, words="Too late", at=LATER)


def test_the_today_page_knows_what_ends_soon_and_what_nobody_opened(out: Out, ada: Person) -> None:
    practice, soon = ada.practice, NOON + timedelta(days=13)
    assert reading.ends_soon(practice, at=LATER) == []
    assert reading.ends_soon(practice, at=soon) == [out.release]
    assert reading.never_opened(practice, at=LATER) == []
    assert reading.never_opened(practice, at=NOON + timedelta(days=3)) == [out.release]
    open_link(out.token, accepts_terms=True, at=LATER)
    assert reading.never_opened(practice, at=NOON + timedelta(days=3)) == []
    assert reading.outside_shares(practice) == [out.release]
    copy = copy_of(out)
    assert reading.shares_of_copies([copy]) == {copy.pk: out.release.pk}


def test_a_release_is_found_only_by_whom_it_concerns(
    out: Out, ada: Person, rec: Person, ivy: Person, cy: Person,
    photos: Callable[[int], list[Photo]], nil: Clinician, ben: Person,
) -> None:  # fmt: skip
    for person in (ada, rec):
        assert reading.release_for(person, out.release.pk, at=LATER) == out.release
    for person in (ivy, cy):
        with pytest.raises(NotFound):
            reading.release_for(person, out.release.pk, at=LATER)
    draft = drafted(photos(1), nil, ada)
    with pytest.raises(NotFound):
        reading.release_for(ben, draft.pk, at=LATER + MINUTE)
