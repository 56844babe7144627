"""A capsule opens for its own practice, whole, with its own header, and in no other way."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from safelight.vault import capsules, ciphers, keyring, sealing
from safelight.vault.keys import CaptureKey, Keyring, NoSuchKey
from tests.vault.conftest import Place
from tests.vault.damage import NOON, refuses_damage

META = {"v": 1, "kind": "photo", "label": "Left forearm"}
IMAGE = b"\xff\xd8 a small picture \xff\xd9"


def _header(ring: Keyring, place: Place, **changed: Any) -> dict[str, Any]:
    return {
        "key": ring.newest_capture_key.id,
        "practice": str(place.practice),
        "capture": str(uuid4()),
        "phone": str(uuid4()),
        "sealed_at": "2026-10-14T01:00:00Z",
        **changed,
    }


def _sealed(ring: Keyring, header: dict[str, Any], meta: Any = None, image: bytes = IMAGE) -> bytes:
    public = ring.newest_capture_key.public
    return sealing.seal_capsule(header, META if meta is None else meta, image, public=public)


def _by_hand(ring: Keyring, head: bytes, plain: bytes) -> bytes:
    """Seal any bytes under any header, as a hostile phone might."""
    public = ring.newest_capture_key.public
    sealed = ciphers.seal_hpke(public, plain, ciphers.capture_info(head))
    return b"SLC1" + len(head).to_bytes(4, "big") + head + sealed


def _told(ring: Keyring, place: Place, size: int, changed: dict[str, Any]) -> bytes:
    words = {"v": 1, "suite": capsules.SUITE, **_header(ring, place), "size": size}
    return json.dumps(words | changed).encode()


def test_what_a_phone_sealed_opens_here(ring: Keyring, place: Place) -> None:
    header = _header(ring, place)
    raw = _sealed(ring, header)
    opened = sealing.open_capsule(raw)
    assert opened.header.items() >= header.items()
    assert opened.meta == META
    assert opened.image == IMAGE
    assert b"forearm" not in raw
    assert IMAGE not in raw
    assert "forearm" not in repr(opened)
    assert len(ring.newest_capture_key.public) == 1216


def test_a_capsule_without_a_picture_opens_too(ring: Keyring, place: Place) -> None:
    assert sealing.open_capsule(_sealed(ring, _header(ring, place), image=b"")).image == b""


def test_no_damaged_capsule_opens(ring: Keyring, place: Place) -> None:
    refuses_damage(_sealed(ring, _header(ring, place)), sealing.open_capsule)


def test_a_header_put_on_another_capsule_is_refused(ring: Keyring, place: Place) -> None:
    one = _sealed(ring, _header(ring, place))
    other = _sealed(ring, _header(ring, place))
    cut = 8 + int.from_bytes(one[4:8], "big")
    with pytest.raises(sealing.CapsuleRefused):
        sealing.open_capsule(one[:cut] + other[cut:])


def test_an_older_key_opens_until_it_is_destroyed(ring: Keyring, place: Place) -> None:
    raw = _sealed(ring, _header(ring, place))
    old = ring.newest_capture_key.id
    later = keyring.change(lambda ring: ring.rotate_capture_key(NOON))
    assert later.newest_capture_key.id != old
    assert sealing.open_capsule(raw).image == IMAGE
    with pytest.raises(NoSuchKey):
        later.without_capture_key(later.newest_capture_key.id)
    keyring.use(later.without_capture_key(old))
    with pytest.raises(NoSuchKey):
        sealing.open_capsule(raw)


@pytest.mark.parametrize(
    "changed",
    [
        {"suite": "x25519/hkdf-sha256/aes-256-gcm"},
        {"v": 2},
        {"v": True},
        {"size": "44"},
        {"size": 1},
        {"practice": "not an id"},
        {"capture": "{" + str(uuid4()) + "}"},
        {"phone": 7},
        {"note": "one field more"},
    ],
)
def test_a_header_that_is_not_exactly_right_is_refused(
    ring: Keyring, place: Place, changed: dict[str, Any]
) -> None:
    plain = b"\0\0\0\2{}"
    head = _told(ring, place, len(plain), changed)
    with pytest.raises(sealing.CapsuleRefused):
        sealing.open_capsule(_by_hand(ring, head, plain))


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"\0\0",
        b"\xff\xff\xff\xff{}",
        b"\0\0\0\3{}",
        b"\0\0\0\2[]",
        b'\0\0\0\x0f{"a":1,"a":2}  ',
        b'\0\0\0\x09{"a":NaN}',
        b'\0\0\0\x0b{"a":1e999}',
        b'\0\0\0\x0e{"a":"\\u0000"}',
        b'\0\0\0\x0e{"a":"\\ud800"}',
        (20_000).to_bytes(4, "big") + b"[" * 20_000,
        (capsules.MAX_META_BYTES + 1).to_bytes(4, "big") + b" " * (capsules.MAX_META_BYTES + 1),
    ],
)
def test_words_inside_that_are_not_right_are_refused(
    ring: Keyring, place: Place, plain: bytes
) -> None:
    raw = _by_hand(ring, _told(ring, place, len(plain), {}), plain)
    with pytest.raises(sealing.CapsuleRefused):
        sealing.open_capsule(raw)


def test_sizes_are_refused_before_any_key_is_used(ring: Keyring, place: Place) -> None:
    def no_key(key_id: str) -> ciphers.CapturePrivate:
        raise AssertionError(key_id)

    too_long_header = b"SLC1" + (5_000).to_bytes(4, "big") + b"x" * 9_000
    length = capsules.MAX_CAPSULE_BYTES
    head = _told(ring, place, length, {})
    begins = b"SLC1" + len(head).to_bytes(4, "big") + head
    too_long = begins + bytes(length + capsules.OVERHEAD_BYTES)
    for raw in (too_long_header, too_long, b"SLC1", b"", b"SLC2" + bytes(2_000)):
        with pytest.raises(sealing.CapsuleRefused):
            capsules.open_with(raw, no_key)


def test_the_fingerprint_a_phone_checks_is_of_the_key_it_seals_to(ring: Keyring) -> None:
    key = ring.newest_capture_key
    assert key.fingerprint.hex().startswith(key.id)
    assert len(key.fingerprint) == 16


def test_what_the_phones_own_code_sealed_opens_here() -> None:
    kept = json.loads((Path(__file__).parent / "sealed_by_phone.json").read_text())
    key = CaptureKey.from_private(bytes.fromhex(kept["private"]), made_at=NOON)
    raw = bytes.fromhex(kept["capsule"])
    opened = capsules.open_with(raw, lambda key_id: key.opener)
    assert opened.header["key"] == key.id
    assert opened.image == kept["image"].encode()
    assert opened.meta["kind"] == "photo"


def test_the_header_is_the_one_the_contract_with_the_phone_names() -> None:
    contract = Path(__file__).parents[2] / "contracts" / "inside-capsule.json"
    header = json.loads(contract.read_text())["header"]
    assert header["suite"] == capsules.SUITE
    assert {name: type(value) for name, value in header.items()} == capsules.HEADER_TYPES
