"""Published vectors, so that a wrong algorithm under a right name is found."""

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519

from safelight.vault import ciphers

# The Galois/Counter Mode of Operation (McGrew, Viega), test cases 13 to 16: AES-256.
GCM = [
    ("00" * 32, "00" * 12, "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    (
        "00" * 32,
        "00" * 12,
        "00" * 16,
        "",
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
    ),
    (
        "feffe9928665731c6d6a8f9467308308" * 2,
        "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        "",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
        "b094dac5d93471bdec1a502270e3cc6c",
    ),
    (
        "feffe9928665731c6d6a8f9467308308" * 2,
        "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
]
# RFC 8032, section 7.1, tests 1 to 3: private, public, message, signature.
ED25519 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "nonce", "plain", "aad", "sealed"), GCM)
def test_aes_256_gcm_opens_the_published_vectors(
    key: str, nonce: str, plain: str, aad: str, sealed: str
) -> None:
    whole = bytes.fromhex(nonce + sealed)
    opened = ciphers.open_sealed(bytes.fromhex(key), whole, bytes.fromhex(aad))
    assert opened == bytes.fromhex(plain)


@pytest.mark.parametrize(("private", "public", "message", "signature"), ED25519)
def test_ed25519_signs_as_published(
    private: str, public: str, message: str, signature: str
) -> None:
    signer = ciphers.signer(bytes.fromhex(private))
    assert signer.public_key().public_bytes_raw().hex() == public
    assert signer.sign(bytes.fromhex(message)).hex() == signature
    assert ciphers.is_signed(
        bytes.fromhex(public), bytes.fromhex(signature), bytes.fromhex(message)
    )
    assert not ciphers.is_signed(bytes.fromhex(public), bytes.fromhex(signature), b"other")


def test_x25519_agrees_as_published_in_rfc_7748() -> None:
    scalar = "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"
    point = "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"
    shared = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    private = x25519.X25519PrivateKey.from_private_bytes(bytes.fromhex(scalar))
    public = x25519.X25519PublicKey.from_public_bytes(bytes.fromhex(point))
    assert private.exchange(public).hex() == shared


def test_hkdf_sha256_derives_as_published_in_rfc_5869() -> None:
    derived = ciphers.derive(
        b"\x0b" * 22,
        salt=bytes.fromhex("000102030405060708090a0b0c"),
        purpose=bytes.fromhex("f0f1f2f3f4f5f6f7f8f9"),
    )
    assert derived.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"


def test_sealing_the_same_bytes_twice_never_looks_the_same() -> None:
    key = ciphers.new_key()
    sealed = {ciphers.seal(key, b"same", b"") for _ in range(1_000)}
    assert len({one[: ciphers.NONCE_BYTES] for one in sealed}) == 1_000


def test_the_cost_of_a_guess_is_the_one_the_design_names() -> None:
    assert ciphers.Cost() == ciphers.Cost(kib=256 * 1024, passes=3, lanes=1)
    with pytest.raises(ciphers.Unreadable):
        ciphers.stretch("words", salt=b"s" * 16, cost=ciphers.Cost(kib=1 << 40))
