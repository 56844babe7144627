"""Receiving: torn, repeated, doubled or contradicted, a capsule is stored once or not at all."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from safelight.audit import reading as audit
from safelight.lib.ids import new_id
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.people.models import Person, Phone
from safelight.photos import receiving
from safelight.photos.announcing import announce
from safelight.photos.models import Alarm, Capture, Copy
from safelight.photos.places import inbox
from safelight.photos.receiving import Offer
from safelight.policy.settings import setting
from safelight.vault.inbox import ArrivedDamaged, WrongOffset
from tests.conftest import NOON
from tests.photos.making import offer_of, send

RAW = bytes(range(256)) * 40
LATER = NOON + timedelta(seconds=30)


def actions(phone: Phone, capture: UUID) -> list[str]:
    return [e.action for e in audit.of_object(phone.practice_id, f"capture:{capture}").entries]


def test_a_whole_capsule_earns_one_stored_receipt(phone: Phone) -> None:
    number = new_id()
    first = send(phone, number, RAW)
    again = send(phone, number, RAW, at=LATER)
    assert first.state == "stored"
    assert first.receipt == again.receipt
    words = json.loads(first.receipt["text"]) if first.receipt else {}
    assert (words["state"], words["capture"], words["size"]) == ("stored", str(number), len(RAW))
    assert inbox().read(number) == RAW
    assert sorted(actions(phone, number)) == ["capture.announced", "capture.arrived"]


@pytest.mark.parametrize("piece", [1, 7, 64, 1023, len(RAW) - 1, len(RAW)])
def test_an_upload_cut_after_any_piece_goes_on_from_there(phone: Phone, piece: int) -> None:
    number = new_id()
    offer = offer_of(RAW[:2048])
    found = receiving.begin_sending(phone, number, offer, at=NOON)
    while found.receipt is None:
        # each round is a new connection: begin again, send one piece, and be cut off
        found = receiving.begin_sending(phone, number, offer, at=NOON + timedelta(hours=1))
        if found.receipt:
            break
        Capture.objects.filter(pk=number).update(begun_at=NOON)
        arrival = receiving.arrival_of(receiving.capture_of(phone, number))
        part = RAW[found.offset : min(found.offset + max(piece, 64), 2048)]
        receiving.add_piece(arrival, offset=found.offset, piece=part)
    assert inbox().read(number) == RAW[:2048]


def test_a_piece_sent_twice_is_added_once(phone: Phone) -> None:
    number = new_id()
    receiving.begin_sending(phone, number, offer_of(RAW), at=NOON)
    arrival = receiving.arrival_of(receiving.capture_of(phone, number))
    assert receiving.add_piece(arrival, offset=0, piece=RAW[:100]) == 100
    with pytest.raises(WrongOffset) as refused:
        receiving.add_piece(arrival, offset=0, piece=RAW[:100])
    assert refused.value.offset == 100


def test_other_content_under_a_stored_number_is_refused_and_reported(phone: Phone) -> None:
    number = new_id()
    send(phone, number, RAW)
    other = RAW[::-1]
    for _ in range(2):
        with pytest.raises(receiving.ContentConflict):
            receiving.begin_sending(phone, number, offer_of(other), at=LATER)
    assert inbox().read(number) == RAW
    assert Capture.objects.get(pk=number).conflict["sha256"] == offer_of(other).sha256
    assert Alarm.objects.get().about == f"capture:{number}"
    assert actions(phone, number).count("capture.conflict") == 1


def test_a_part_of_one_content_never_mixes_with_another(phone: Phone) -> None:
    number, other = new_id(), RAW[::-1]
    receiving.begin_sending(phone, number, offer_of(RAW), at=NOON)
    arrival = receiving.arrival_of(receiving.capture_of(phone, number))
    receiving.add_piece(arrival, offset=0, piece=RAW[:5000])
    assert receiving.begin_sending(phone, number, offer_of(other), at=NOON).offset == 0
    send(phone, number, other)
    assert inbox().read(number) == other


def test_damaged_bytes_are_dropped_and_begin_again(phone: Phone) -> None:
    number = new_id()
    receiving.begin_sending(phone, number, offer_of(RAW), at=NOON)
    arriving = receiving.capture_of(phone, number)
    receiving.add_piece(receiving.arrival_of(arriving), offset=0, piece=b"x" + RAW[1:])
    with pytest.raises(ArrivedDamaged):
        receiving.finish(arriving, at=NOON)
    assert Capture.objects.get(pk=number).state == "receiving"
    assert receiving.begin_sending(phone, number, offer_of(RAW), at=NOON).offset == 0
    assert send(phone, number, RAW).receipt


def test_a_number_of_another_phone_or_practice_is_not_found(
    phone: Phone, cy: Person, ben: Person
) -> None:
    number = new_id()
    send(phone, number, RAW)
    for owner in (ben, cy):
        other = Phone.objects.create(
            practice=owner.practice,
            owner=owner,
            name="Another",
            public_key=b"",
            paired_at=NOON,
            paired_by=owner.pk,
        )
        with pytest.raises(NotFound):
            receiving.begin_sending(other, number, offer_of(RAW), at=NOON)
        with pytest.raises(NotFound):
            receiving.capture_of(other, number)


@pytest.mark.parametrize(
    ("size", "sha256"), [(0, "a" * 64), (-1, "a" * 64), (10, "A" * 64), (10, "../../etc/passwd")]
)
def test_a_malformed_offer_is_refused_before_anything_is_written(
    phone: Phone, size: int, sha256: str
) -> None:
    with pytest.raises(BadInput):
        receiving.begin_sending(phone, new_id(), Offer(size, sha256), at=NOON)
    assert not Capture.objects.exists()


def test_a_photo_larger_than_the_practice_takes_is_refused(phone: Phone) -> None:
    most = setting(phone.practice, "max_bytes")
    with pytest.raises(receiving.PhotoTooLarge):
        receiving.begin_sending(phone, new_id(), Offer(most * 2, "a" * 64), at=NOON)
    assert not Capture.objects.exists()


def test_the_sixty_first_photo_in_a_minute_waits(phone: Phone) -> None:
    for _ in range(60):
        receiving.begin_sending(phone, new_id(), offer_of(RAW), at=NOON)
    with pytest.raises(receiving.TooManyAtOnce):
        receiving.begin_sending(phone, new_id(), offer_of(RAW), at=LATER)
    later = NOON + timedelta(seconds=61)
    assert receiving.begin_sending(phone, new_id(), offer_of(RAW), at=later).offset == 0


def test_two_that_finish_at_once_get_one_receipt_and_write_one_entry(phone: Phone) -> None:
    number = new_id()
    receiving.begin_sending(phone, number, offer_of(RAW), at=NOON)
    first, second = receiving.capture_of(phone, number), receiving.capture_of(phone, number)
    receiving.arrival_of(first).append(0, RAW)
    receipts = [receiving.finish(one, at=LATER).receipt for one in (first, second)]
    assert receipts[0] == receipts[1]
    assert actions(phone, number).count("capture.arrived") == 1


def test_a_crash_between_capsule_and_row_is_completed(phone: Phone) -> None:
    number = new_id()
    receiving.begin_sending(phone, number, offer_of(RAW), at=NOON)
    arrival = receiving.arrival_of(receiving.capture_of(phone, number))
    arrival.append(0, RAW)
    arrival.finish()  # and here the power went
    assert Capture.objects.get(pk=number).state == "receiving"
    assert receiving.complete_arrivals(at=LATER) == 1
    assert Capture.objects.get(pk=number).state == "stored"
    assert actions(phone, number).count("capture.arrived") == 1


def test_a_piece_before_the_offer_is_refused(phone: Phone) -> None:
    number = new_id()
    capture = announce(phone, number, kind=Capture.Kind.PHOTO, sealed_at=NOON, at=NOON)
    with pytest.raises(receiving.NotBegun):
        receiving.arrival_of(capture)


def test_a_photo_on_a_phone_is_a_copy_outside_from_the_shutter(phone: Phone) -> None:
    number = new_id()
    for _ in range(2):
        announce(phone, number, kind=Capture.Kind.PHOTO, sealed_at=NOON, at=LATER)
    copy = Copy.objects.get(capture_id=number)
    assert (copy.holder, copy.outside, copy.since) == ("phone", True, NOON)


def test_no_refusal_carries_more_than_codes_and_sentences(phone: Phone) -> None:
    with pytest.raises(Refusal) as refused:
        receiving.begin_sending(phone, new_id(), Offer(10, "zz"), at=NOON)
    assert "zz" not in refused.value.message
