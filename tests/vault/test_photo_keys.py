"""A photo's key and its blobs open in their own place, and nowhere else."""

from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

import pytest

from safelight.vault import ciphers, keyring, sealing
from safelight.vault.keys import Keyring, NoSuchKey
from tests.vault.conftest import Place
from tests.vault.damage import refuses_damage

PIXELS = b"not really pixels, but as good as" * 3


def _wrap(place: Place) -> bytes:
    return sealing.new_photo_key(practice=place.practice, photo=place.photo, patient=place.patient)


def _seal(wrapped: bytes, place: Place, rendition: str = "original") -> bytes:
    return sealing.seal_blob(
        PIXELS,
        wrapped,
        practice=place.practice,
        photo=place.photo,
        patient=place.patient,
        rendition=rendition,
    )


def _open(blob: bytes, wrapped: bytes, place: Place, rendition: str = "original") -> bytes:
    return sealing.open_blob(
        blob,
        wrapped,
        practice=place.practice,
        photo=place.photo,
        patient=place.patient,
        rendition=rendition,
    )


def test_what_was_sealed_opens_again(ring: Keyring, place: Place) -> None:
    wrapped = _wrap(place)
    blob = _seal(wrapped, place)
    assert blob[:4] == b"SLV1"
    assert PIXELS not in blob
    assert _open(blob, wrapped, place) == PIXELS


def test_a_key_as_a_database_gives_it_opens_too(ring: Keyring, place: Place) -> None:
    wrapped = _wrap(place)
    blob = _seal(wrapped, place)
    opened = sealing.open_blob(
        blob,
        memoryview(wrapped),
        practice=place.practice,
        photo=place.photo,
        patient=place.patient,
        rendition="original",
    )
    assert opened == PIXELS


@pytest.mark.parametrize("changed", ["photo", "patient"])
def test_a_key_moved_to_another_photo_or_patient_is_refused(
    ring: Keyring, place: Place, changed: str
) -> None:
    wrapped = _wrap(place)
    blob = _seal(wrapped, place)
    with pytest.raises(sealing.Unreadable):
        _open(blob, wrapped, replace(place, **{changed: uuid4()}))


def test_a_key_cannot_be_bound_anew_as_another_photos(ring: Keyring, place: Place) -> None:
    with pytest.raises(sealing.Unreadable):
        sealing.rewrap(
            _wrap(place),
            practice=place.practice,
            photo=uuid4(),
            old_patient=place.patient,
            new_patient=place.patient,
        )


def test_a_patient_taken_away_behind_our_back_is_refused(ring: Keyring, place: Place) -> None:
    wrapped = _wrap(place)
    blob = _seal(wrapped, place)
    with pytest.raises(sealing.Unreadable):
        _open(blob, wrapped, replace(place, patient=None))


def test_keys_swapped_between_two_photos_of_one_patient_are_refused(
    ring: Keyring, place: Place
) -> None:
    other = replace(place, photo=uuid4())
    mine, theirs = _wrap(place), _wrap(other)
    blob, other_blob = _seal(mine, place), _seal(theirs, other)
    for bad_blob, bad_key, where in (
        (blob, theirs, place),
        (other_blob, mine, other),
        (other_blob, mine, place),
        (blob, theirs, other),
    ):
        with pytest.raises(sealing.Unreadable):
            _open(bad_blob, bad_key, where)


def test_a_photo_taken_to_another_practice_is_refused(ring: Keyring, place: Place) -> None:
    wrapped = _wrap(place)
    blob = _seal(wrapped, place)
    other = next(practice for practice in ring.keks if practice != place.practice)
    with pytest.raises(sealing.Unreadable):
        _open(blob, wrapped, replace(place, practice=other))
    with pytest.raises(NoSuchKey):
        _open(blob, wrapped, replace(place, practice=uuid4()))


def test_two_renditions_of_one_photo_cannot_change_places(ring: Keyring, place: Place) -> None:
    wrapped = _wrap(place)
    with pytest.raises(sealing.Unreadable):
        _open(_seal(wrapped, place, "view"), wrapped, place, "original")


def test_no_damaged_wrapped_key_opens(ring: Keyring, place: Place) -> None:
    wrapped = _wrap(place)
    blob = _seal(wrapped, place)
    refuses_damage(wrapped, lambda bad: _open(blob, bad, place))


def test_no_damaged_blob_opens(ring: Keyring, place: Place) -> None:
    wrapped = _wrap(place)
    refuses_damage(_seal(wrapped, place), lambda bad: _open(bad, wrapped, place))


def test_a_move_binds_the_key_to_the_new_patient_and_lets_the_blob_lie(
    ring: Keyring, place: Place
) -> None:
    wrapped = _wrap(place)
    blob = _seal(wrapped, place)
    moved_to = replace(place, patient=uuid4())
    moved = sealing.rewrap(
        wrapped,
        practice=place.practice,
        photo=place.photo,
        old_patient=place.patient,
        new_patient=moved_to.patient,
    )
    assert _open(blob, moved, moved_to) == PIXELS
    with pytest.raises(sealing.Unreadable):
        _open(blob, moved, place)


def test_a_move_that_names_the_wrong_old_patient_is_refused(ring: Keyring, place: Place) -> None:
    with pytest.raises(sealing.Unreadable):
        sealing.rewrap(
            _wrap(place),
            practice=place.practice,
            photo=place.photo,
            old_patient=uuid4(),
            new_patient=uuid4(),
        )


def test_an_unmatched_photo_opens_only_as_unmatched(ring: Keyring, place: Place) -> None:
    unmatched = replace(place, patient=None)
    wrapped = _wrap(unmatched)
    blob = _seal(wrapped, unmatched)
    assert _open(blob, wrapped, unmatched) == PIXELS
    with pytest.raises(sealing.Unreadable):
        _open(blob, wrapped, place)


def test_two_epochs_live_side_by_side_until_the_old_one_is_destroyed(
    ring: Keyring, place: Place
) -> None:
    old = _wrap(place)
    blob = _seal(old, place)
    later = keyring.change(lambda ring: ring.next_epoch(place.practice))
    new = sealing.rewrap(
        old,
        practice=place.practice,
        photo=place.photo,
        old_patient=place.patient,
        new_patient=place.patient,
    )
    assert (sealing.epoch_of(old), sealing.epoch_of(new)) == (1, 2)
    assert _open(blob, old, place) == _open(blob, new, place) == PIXELS

    keyring.use(later.without_epochs(place.practice, before=2))
    assert _open(blob, new, place) == PIXELS
    with pytest.raises(NoSuchKey):
        _open(blob, old, place)


def test_the_newest_epoch_is_never_left_out(ring: Keyring, place: Place) -> None:
    assert ring.without_epochs(place.practice, before=99).newest_epoch(place.practice) == 1


def test_more_than_64_mib_is_neither_sealed_nor_opened(ring: Keyring, place: Place) -> None:
    wrapped = _wrap(place)
    words: dict[str, Any] = asdict(place)
    with pytest.raises(sealing.TooLarge):
        sealing.seal_blob(
            bytes(sealing.MAX_PLAIN_BYTES + 1), wrapped, rendition="original", **words
        )
    with pytest.raises(sealing.TooLarge):
        sealing.open_blob(bytes(sealing.MAX_BLOB_BYTES + 1), wrapped, rendition="o", **words)


def test_small_texts_open_in_their_own_place_only(ring: Keyring) -> None:
    sealed = sealing.seal_text("a small secret", context="mail/password")
    assert sealing.open_text(sealed, context="mail/password") == "a small secret"
    with pytest.raises(sealing.Unreadable):
        sealing.open_text(sealed, context="mail/other")
    detail = sealing.seal_detail("the words of an entry")
    assert sealing.open_detail(memoryview(detail)) == "the words of an entry"
    with pytest.raises(sealing.Unreadable):
        sealing.open_text(b"SLT1" + detail[4:])


def test_no_damaged_small_text_opens(ring: Keyring) -> None:
    refuses_damage(sealing.seal_text("words", context="here"), _open_here)
    refuses_damage(sealing.seal_detail("words"), sealing.open_detail)


def _open_here(raw: bytes) -> str:
    return sealing.open_text(raw, context="here")


def test_receipts_and_checkpoints_have_keys_of_their_own(ring: Keyring) -> None:
    text = b'{"capture":"1"}'
    signature = sealing.sign_receipt(text)
    assert sealing.is_receipt(text, signature)
    assert not sealing.is_receipt(text + b" ", signature)
    assert not sealing.is_receipt(text, sealing.sign_audit(text))
    assert ciphers.is_signed(sealing.audit_public_key(), sealing.sign_audit(text), text)
    assert ciphers.is_signed(sealing.receipt_public_key(), signature, text)


def test_derived_keys_differ_by_purpose_and_by_keyring(ring: Keyring) -> None:
    assert ring.derived("a") == ring.derived("a") != ring.derived("b")
    assert sealing.peppered(b"4821") != sealing.peppered(b"4822")


def test_nothing_secret_is_printed(ring: Keyring) -> None:
    shown = repr(ring) + repr(keyring.current()) + repr(ring.newest_capture_key)
    for name in ("database_key", "pepper", "detail_key", "text_key", "receipt_private"):
        assert repr(getattr(ring, name)) not in shown
    assert repr(ring.newest_capture_key.private) not in shown
    assert "keks" not in shown
