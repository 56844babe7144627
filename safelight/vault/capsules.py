"""Capsules: what a phone sealed at the shutter, "SLC1" (security-design, section 3).

Nothing in a capsule is believed before its size, its header and its one suite were checked.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from uuid import UUID

from safelight.lib.refusals import Refusal
from safelight.vault import ciphers

MAGIC = b"SLC1"
SUITE = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"
HEADER_TYPES: Mapping[str, type] = {
    "v": int,
    "suite": str,
    "key": str,  # id of the capture key
    "practice": str,
    "capture": str,
    "phone": str,
    "sealed_at": str,  # by the phone's own clock
    "size": int,  # of the plaintext
}
VERSION = 1
MAX_HEADER_BYTES = 4 * 1024
MAX_META_BYTES = 512 * 1024  # words, cover geometry, a signature's strokes
MAX_IMAGE_BYTES = 64 * 1024 * 1024
OVERHEAD_BYTES = 1120 + ciphers.TAG_BYTES  # the HPKE encapsulation and the tag
MAX_CAPSULE_BYTES = 8 + MAX_HEADER_BYTES + OVERHEAD_BYTES + 4 + MAX_META_BYTES + MAX_IMAGE_BYTES


class CapsuleRefused(Refusal):
    """This is not a capsule that a phone of this practice sealed, or it came damaged."""

    code = "capsule_refused"
    status = 422


@dataclass(frozen=True)
class OpenedCapsule:
    """What was in a capsule. `repr` shows the clear header alone."""

    header: dict[str, Any]
    meta: dict[str, Any] = field(repr=False)
    image: bytes = field(repr=False)


def seal_capsule(
    header: Mapping[str, Any], meta: Mapping[str, Any], image: bytes, *, public: bytes
) -> bytes:
    """Seal as a phone does, for tests, benches and demo data. The length is filled in here."""
    words = json.dumps(dict(meta), separators=(",", ":")).encode()
    plain = len(words).to_bytes(4, "big") + words + image
    told = {"v": VERSION, "suite": SUITE, **header, "size": len(plain)}
    head = json.dumps(told, separators=(",", ":")).encode()
    sealed = ciphers.seal_hpke(public, plain, ciphers.capture_info(head))
    return MAGIC + len(head).to_bytes(4, "big") + head + sealed


def open_with(raw: bytes, key_for: Callable[[str], ciphers.CapturePrivate]) -> OpenedCapsule:
    """Open a capsule with the key its header names. What does not fit exactly is refused."""
    head = _head(raw)
    header = _header(head)
    sealed = memoryview(raw)[8 + len(head) :]
    if header["size"] != len(sealed) - OVERHEAD_BYTES:
        _refuse("Its length is not what its header says.")
    try:
        plain = ciphers.open_hpke(key_for(header["key"]), sealed, ciphers.capture_info(head))
    except ciphers.Unreadable:
        _refuse("It does not open: a byte was changed, or it was sealed for another key.")
    size = int.from_bytes(plain[:4], "big")
    if len(plain) < 4 or size > min(MAX_META_BYTES, len(plain) - 4):
        _refuse("Its words are cut short or too long.")
    if len(plain) - 4 - size > MAX_IMAGE_BYTES:
        _refuse("Its photo is larger than 64 MiB.")
    return OpenedCapsule(header, _object(plain[4 : 4 + size]), plain[4 + size :])


def _refuse(why: str) -> NoReturn:
    raise CapsuleRefused(f"This photo could not be opened. {why}")


def _head(raw: bytes) -> bytes:
    if len(raw) > MAX_CAPSULE_BYTES:
        _refuse("It is larger than a capsule may be.")
    if raw[:4] != MAGIC:
        _refuse("It is not a capsule.")
    size = int.from_bytes(raw[4:8], "big")
    if len(raw) < 8 or size > MAX_HEADER_BYTES or 8 + size + OVERHEAD_BYTES > len(raw):
        _refuse("It is cut short, or its header is too long.")
    return raw[8 : 8 + size]


def _header(head: bytes) -> dict[str, Any]:
    """Check the header's form: exactly its fields, each of its type, one version, one suite."""
    header = _object(head)
    if header.get("v") != VERSION or header.get("suite") != SUITE:
        _refuse("It was sealed in a way that this server does not take.")
    if header.keys() != HEADER_TYPES.keys():
        _refuse("Its header has other fields than it must have.")
    if any(type(header[name]) is not kind for name, kind in HEADER_TYPES.items()):
        _refuse("Its header has a field of the wrong type.")
    try:
        for name in ("practice", "capture", "phone"):
            if str(UUID(header[name])) != header[name]:
                _refuse("Its header has an id that is not written as it must be.")
    except ValueError:
        _refuse("Its header has an id that is none.")
    return header


def _object(raw: bytes) -> dict[str, Any]:
    """Read one JSON object; a name given twice, NaN or endless nesting is refused."""
    try:
        found = json.loads(raw, object_pairs_hook=_once)
        _require_plain(found)
    except (ValueError, RecursionError):
        _refuse("Its words are not what they must be.")
    if not isinstance(found, dict):
        _refuse("Its words are not what they must be.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name is given twice")
    return dict(pairs)


def _require_plain(value: Any) -> None:
    """Refuse what a database would choke on later: NUL, half a character, NaN and infinity."""
    match value:
        case str() if "\0" in value or not _is_unicode(value):
            raise ValueError("a text holds what no text may hold")
        case float() if not math.isfinite(value):
            raise ValueError("a number is not finite")
        case list():
            for part in value:
                _require_plain(part)
        case dict():
            for name, part in value.items():
                _require_plain(name)
                _require_plain(part)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
