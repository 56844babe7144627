"""Phones: codes used once, stopping, losing, and what a phone reports."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from safelight.audit.models import Entry
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.people.models import PairingCode, Person, Phone
from safelight.people.pairing import (
    Before,
    CodeEnded,
    code_for,
    key_digest,
    make_code,
    pair_phone,
    paired_with,
)
from safelight.people.phone_care import (
    checks_due,
    declare_checks,
    describe_phone,
    hand_back,
    hand_out,
    phone_reported,
    store_self_check,
)
from safelight.people.phone_keys import checked_key, from_unpadded, is_signed, unpadded
from safelight.people.phones import (
    AlreadyStopped,
    note_wiped,
    phone_for,
    phones_for,
    report_lost,
    revoke_phone,
)
from safelight.people.signed_in import PHONE
from tests.conftest import NOON
from tests.signing_in import PhoneSigner, new_phone, signed_in_client

pytestmark = pytest.mark.django_db


def pair(code: str, *, at: Any = NOON, key: str | None = None, **words: Any) -> Phone:
    told: dict[str, Any] = {
        "name": "Ada’s phone",
        "model": "Pixel 7",
        "platform": "Android",
        "imei": "490154203237518",
        "declared": {"backup_off": True, "updated": True},
        "app_version": "0.1.0",
    }
    public = unpadded(PhoneSigner().public) if key is None else key
    return pair_phone(code=code, public_key=public, **{**told, **words}, at=at)


# Pairing


def test_a_code_pairs_one_phone_for_its_person(ada: Person) -> None:
    made = make_code(for_practice=False, by=ada, at=NOON)
    phone = pair(made.shown.lower())
    assert phone.owner == ada
    assert paired_with(ada, made.row.pk) == phone
    with pytest.raises(CodeEnded):
        pair(made.code)


def test_a_code_ends_after_ten_minutes(ada: Person) -> None:
    made = make_code(for_practice=False, by=ada, at=NOON)
    with pytest.raises(CodeEnded):
        pair(made.code, at=NOON + timedelta(minutes=10))
    assert pair(made.code, at=NOON + timedelta(minutes=9, seconds=59))


def test_a_new_code_ends_the_older_one(ada: Person) -> None:
    first = make_code(for_practice=False, by=ada, at=NOON)
    make_code(for_practice=False, by=ada, at=NOON + timedelta(seconds=1))
    with pytest.raises(CodeEnded):
        pair(first.code, at=NOON + timedelta(seconds=2))


def test_the_code_lies_in_the_database_as_no_readable_text(ada: Person) -> None:
    made = make_code(for_practice=False, by=ada, at=NOON)
    row = PairingCode.objects.get(pk=made.row.pk)
    assert made.code.encode() not in bytes(row.code_hash) + bytes(row.sealed_code)


def test_the_link_carries_code_and_fingerprint_in_its_fragment(ada: Person) -> None:
    made = make_code(for_practice=False, by=ada, at=NOON)
    address, _, fragment = made.link.partition("#")
    assert address.endswith("/pair")
    assert fragment == f"c={made.code}&f={unpadded(key_digest()[:16])}"


def test_a_code_is_its_makers_alone(ada: Person, mo: Person) -> None:
    made = make_code(for_practice=False, by=ada, at=NOON)
    assert code_for(ada, made.row.pk, at=NOON).code == made.code
    for ask in (lambda: code_for(mo, made.row.pk, at=NOON), lambda: paired_with(mo, made.row.pk)):
        with pytest.raises(NotFound):
            ask()


def test_a_practice_phone_has_no_owner_and_asks_the_duty_for_phones(
    ada: Person, mo: Person
) -> None:
    with pytest.raises(NotAllowed):
        make_code(for_practice=True, by=ada, at=NOON)
    assert pair(make_code(for_practice=True, by=mo, at=NOON).code).owner is None


def test_reception_has_no_phone(rec: Person) -> None:
    with pytest.raises(NotAllowed):
        make_code(for_practice=False, by=rec, at=NOON)


def test_a_code_of_somebody_who_lost_the_duty_pairs_nothing(ada: Person) -> None:
    made = make_code(for_practice=False, by=ada, at=NOON)
    Person.objects.filter(pk=ada.pk).update(roles=["RE"])
    with pytest.raises(CodeEnded):
        pair(made.code)


@pytest.mark.parametrize("text", ["", "!!", "AAAA", unpadded(b"x" * 300)])
def test_a_key_that_is_none_is_refused(ada: Person, text: str) -> None:
    with pytest.raises(BadInput):
        checked_key(text)


def test_keys_of_other_kinds_are_refused() -> None:
    for key in (ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()):
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with pytest.raises(BadInput):
            checked_key(unpadded(public))


def test_a_bad_key_uses_no_code_up(ada: Person) -> None:
    made = make_code(for_practice=False, by=ada, at=NOON)
    with pytest.raises(BadInput):
        pair(made.code, key="AAAA")
    assert pair(made.code)


def test_every_flipped_bit_of_text_or_signature_is_noticed() -> None:
    signer, text = PhoneSigner(), b"safelight/request/v1\nGET\n/phone/api/home\n1\nabc"
    signature = bytearray(from_unpadded(signer.signature(text.decode())))
    assert is_signed(signer.public, bytes(signature), text)
    for place in range(len(signature)):
        signature[place] ^= 1
        assert not is_signed(signer.public, bytes(signature), text)
        signature[place] ^= 1
    for place in range(len(text)):
        changed = bytearray(text)
        changed[place] ^= 1
        assert not is_signed(signer.public, bytes(signature), bytes(changed))
    assert not is_signed(signer.public, bytes(64), text)
    assert not is_signed(signer.public, bytes(signature[:63]), text)
    assert not is_signed(b"", bytes(signature), text)


# Who may know of a phone, and act on it


def test_one_sees_ones_own_and_the_manager_sees_all(ada: Person, ben: Person, mo: Person) -> None:
    mine, _ = new_phone(ada.practice, ada)
    theirs, _ = new_phone(ben.practice, ben)
    assert phones_for(ada) == [mine]
    assert set(phones_for(mo)) == {mine, theirs}
    with pytest.raises(NotFound):
        phone_for(ada, theirs.pk)
    assert phone_for(mo, theirs.pk) == theirs


def test_another_practices_phone_looks_like_none(mo: Person, cy: Person) -> None:
    elsewhere, _ = new_phone(cy.practice, cy)
    with pytest.raises(NotFound) as one:
        phone_for(mo, elsewhere.pk)
    with pytest.raises(NotFound) as none:
        phone_for(mo, uuid4())
    assert str(one.value) == str(none.value)
    with pytest.raises(NotFound):
        revoke_phone(elsewhere, by=mo, at=NOON)


def test_stopping_ends_the_sign_ins_used_on_it(ada: Person, mo: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    on_phone, at_desk = signed_in_client(ada), signed_in_client(ada)
    rows = UserSession.objects.filter(session_key=on_phone.session.session_key)
    rows.update(data={PHONE: str(phone.pk)})
    revoke_phone(phone, by=ada, at=NOON)
    phone.refresh_from_db()
    assert phone.state == Phone.State.REVOKED
    left = UserSession.objects.filter(user=ada)
    assert [row.session_key for row in left] == [at_desk.session.session_key]
    assert Entry.objects.filter(action="phone.revoked").count() == 1


def test_a_colleague_does_not_stop_my_phone(ada: Person, ben: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    with pytest.raises(NotAllowed):
        revoke_phone(phone, by=ben, at=NOON)
    with pytest.raises(NotAllowed):
        report_lost(phone, last_seen="", by=ben, at=NOON)


def test_stopping_twice_is_refused(ada: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    revoke_phone(phone, by=ada, at=NOON)
    with pytest.raises(AlreadyStopped):
        revoke_phone(phone, by=ada, at=NOON)


def test_a_lost_phone_keeps_what_was_known_then(ada: Person, mo: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    since = NOON - timedelta(hours=2)
    phone_reported(
        phone,
        held=2,
        held_since=since,
        storage_kept=True,
        app_version="1",
        checkpoint=None,
        at=NOON - timedelta(minutes=45),
    )
    phone.refresh_from_db()
    report_lost(phone, last_seen="", by=mo, at=NOON)
    phone.refresh_from_db()
    report = phone.lost_report
    assert phone.state == Phone.State.LOST
    assert (report["held"], report["held_since"]) == (2, since.isoformat())
    assert report["contact_at"] == (NOON - timedelta(minutes=45)).isoformat()
    assert report["had"] == str(ada.pk)


def test_a_stopped_phone_can_still_turn_out_lost(ada: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    revoke_phone(phone, by=ada, at=NOON)
    report_lost(phone, last_seen="", by=ada, at=NOON)
    with pytest.raises(AlreadyStopped):
        report_lost(phone, last_seen="", by=ada, at=NOON)


def test_a_wipe_is_noted_once_and_only_for_a_lost_phone(ada: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    assert not note_wiped(phone, at=NOON)
    report_lost(phone, last_seen="", by=ada, at=NOON)
    assert note_wiped(phone, at=NOON)
    assert not note_wiped(phone, at=NOON + timedelta(hours=1))
    assert Phone.objects.get(pk=phone.pk).wiped_at == NOON
    assert Entry.objects.filter(action="phone.wiped").count() == 1


# Looking after a phone


def test_an_older_report_does_not_bring_an_old_count_back(phone: Phone) -> None:
    words: dict[str, Any] = {"storage_kept": True, "app_version": "1", "checkpoint": None}
    phone_reported(phone, held=0, held_since=None, at=NOON, **words)
    earlier = NOON - timedelta(seconds=5)
    phone_reported(phone, held=3, held_since=earlier, at=earlier, **words)
    phone.refresh_from_db()
    assert (phone.held, phone.held_since, phone.seen_at) == (0, None, NOON)


def test_a_stopped_phone_reports_nothing(phone: Phone, ada: Person) -> None:
    revoke_phone(phone, by=ada, at=NOON)
    phone_reported(
        phone,
        held=9,
        held_since=NOON,
        storage_kept=True,
        app_version="1",
        checkpoint=None,
        at=NOON + timedelta(minutes=1),
    )
    phone.refresh_from_db()
    assert phone.held == 0


def test_checks_are_asked_for_until_declared_and_again_after_a_year(
    phone: Phone, ada: Person
) -> None:
    assert checks_due(phone, at=NOON) == ["declare", "self_check"]
    declare_checks(phone, backup_off=True, updated=True, by=ada, at=NOON)
    store_self_check(phone, {"width": 4032}, by=ada, at=NOON)
    assert checks_due(phone, at=NOON) == []
    assert checks_due(phone, at=NOON + timedelta(days=364)) == []
    assert checks_due(phone, at=NOON + timedelta(days=366)) == ["declare"]
    declare_checks(phone, backup_off=False, updated=True, by=ada, at=NOON)
    assert checks_due(phone, at=NOON) == ["declare"]


def test_only_its_holder_declares(phone: Phone, ben: Person, mo: Person) -> None:
    for other in (ben, mo):
        with pytest.raises(NotAllowed):
            declare_checks(phone, backup_off=True, updated=True, by=other, at=NOON)


def test_a_camera_check_of_more_than_8_kib_is_refused(phone: Phone, ada: Person) -> None:
    with pytest.raises(BadInput):
        store_self_check(phone, {"user_agent": "x" * 8192}, by=ada, at=NOON)


def test_a_practice_phone_goes_from_hand_to_hand(ada: Person, ben: Person, rec: Person) -> None:
    phone, _ = new_phone(ada.practice, None)
    hand_out(phone, to=ada, at=NOON)
    hand_out(phone, to=ada, at=NOON)
    hand_out(phone, to=ben, at=NOON)
    assert Phone.objects.get(pk=phone.pk).signed_out_to == ben
    assert Entry.objects.filter(action="phone.handed_out").count() == 2
    with pytest.raises(NotAllowed):
        hand_back(phone, by=ada, at=NOON)
    hand_back(phone, by=ben, at=NOON)
    assert Phone.objects.get(pk=phone.pk).signed_out_to is None
    with pytest.raises(NotAllowed):
        hand_out(phone, to=rec, at=NOON)


def test_a_persons_own_phone_is_not_handed_about(phone: Phone, ben: Person) -> None:
    with pytest.raises(NotAllowed):
        hand_out(phone, to=ben, at=NOON)


def test_who_has_a_practice_phone_may_report_it_lost(ben: Person) -> None:
    phone, _ = new_phone(ben.practice, None)
    with pytest.raises(NotAllowed):
        report_lost(phone, last_seen="", by=ben, at=NOON)
    hand_out(phone, to=ben, at=NOON)
    report_lost(phone, last_seen="Car park", by=ben, at=NOON)


def test_a_phone_keeps_its_numbers(phone: Phone, ada: Person) -> None:
    describe_phone(
        phone, name="Ada", model="P7", imei="49 015420 323751 8", serial="A1", by=ada, at=NOON
    )
    assert Phone.objects.get(pk=phone.pk).imei == "490154203237518"
    with pytest.raises(BadInput):
        describe_phone(phone, name=" ", model="", imei="", serial="", by=ada, at=NOON)


# Added again


def come_back(row: Phone, signer: PhoneSigner, by: Person, **words: Any) -> tuple[Phone, str]:
    """Pair a phone anew that says it was `row` before; return it and its new public key."""
    key = unpadded(PhoneSigner().public)
    signature = signer.signature(f"safelight/again/v1\n{row.pk}\n{words.pop('signed', key)}")
    code = make_code(for_practice=words.pop("for_practice", False), by=by, at=NOON)
    proofs = (PhoneSigner().signature("another text"), signature)
    return pair(code.code, key=key, before=Before(str(row.pk), proofs), **words), key


def test_a_stopped_phone_comes_back_under_its_own_number(ada: Person) -> None:
    row, signer = new_phone(ada.practice, ada)
    revoke_phone(row, by=ada, at=NOON)
    again, key = come_back(row, signer, ada, name="Ada’s phone again")
    assert again.pk == row.pk
    assert (again.state, again.name, again.ended_at) == ("open", "Ada’s phone again", None)
    assert bytes(again.public_key) == from_unpadded(key), "the old key opens nothing any more"
    entry = Entry.objects.get(action="phone.paired")
    assert (entry.object, entry.outcome) == (f"phone:{row.pk}", "again")


def test_without_proof_a_phone_comes_back_as_another(ada: Person) -> None:
    row, signer = new_phone(ada.practice, ada)
    revoke_phone(row, by=ada, at=NOON)
    assert come_back(row, PhoneSigner(), ada)[0].pk != row.pk
    assert come_back(row, signer, ada, signed="another key")[0].pk != row.pk
    for before in (Before("", ("",)), Before("x", ("y",)), Before(str(row.pk), ("?",))):
        code = make_code(for_practice=False, by=ada, at=NOON)
        assert pair(code.code, before=before).pk != row.pk
    row.refresh_from_db()
    assert row.state == "revoked"


def test_a_phone_whose_pairing_broke_off_keeps_its_number(ada: Person) -> None:
    row, signer = new_phone(ada.practice, ada)
    revoke_phone(row, by=ada, at=NOON)
    heard, _ = come_back(row, signer, ada)
    assert heard.state == "open", "the phone never heard the answer, or its marks differed"
    # Its old key proves nothing any more: only the one that it offered does.
    assert come_back(row, signer, ada)[0].pk != row.pk
    offered = PhoneSigner()
    Phone.objects.filter(pk=row.pk).update(public_key=offered.public)
    again, key = come_back(row, offered, ada)
    assert (again.pk, again.state) == (row.pk, "open")
    assert bytes(again.public_key) == from_unpadded(key)


def test_a_number_that_a_restored_database_does_not_know_is_kept(ada: Person, cy: Person) -> None:
    number, signer = uuid4(), PhoneSigner()
    unknown = Phone(pk=number, practice=ada.practice, owner=ada)
    again, _ = come_back(unknown, signer, ada)
    assert again.pk == number, "what it holds is sealed under it"
    other, _ = new_phone(cy.practice, cy)
    assert come_back(other, signer, ada)[0].pk != other.pk
    assert Phone.objects.get(pk=other.pk).practice_id == cy.practice_id


def test_a_lost_phone_and_anothers_are_not_taken_over(ada: Person, ben: Person, mo: Person) -> None:
    row, signer = new_phone(ada.practice, ada)
    for by, for_practice in ((ben, False), (mo, True)):
        assert come_back(row, signer, by, for_practice=for_practice)[0].pk != row.pk
    revoke_phone(row, by=ada, at=NOON)
    for by, for_practice in ((ben, False), (mo, True)):
        assert come_back(row, signer, by, for_practice=for_practice)[0].pk != row.pk
    report_lost(row, last_seen="", by=ada, at=NOON)
    assert come_back(row, signer, ada)[0].pk != row.pk
