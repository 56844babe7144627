"""Phones: they sign, send in pieces of 1 to 8 MiB and ask until it is filed, as the phone app does.

Nothing here needs Django, so phones can run in a process of their own.
"""

import hashlib
import json
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from safelight.people.phone_keys import unpadded

PIECE = 1024 * 1024
LARGEST, QUICK = 8 * PIECE, 0.5
"""A line that takes a piece this quickly is given twice as much, as by the phone app."""
FIRST_WAIT, LONGEST_WAIT, LONGER = 0.3, 5.0, 1.5
"""How often the phone app asks (phone/src/outbox.ts)."""
PATIENCE = 180.0
STEP = 16 * 1024
"""Bytes that a slow phone puts on the wire at once."""


@dataclass
class Parcel:
    """One sealed capsule and its number."""

    capture: str
    raw: bytes = field(repr=False)
    sha256: str
    sealed_at: str

    @property
    def path(self) -> str:
        """Where it is sent."""
        return f"/phone/api/captures/{self.capture}"


@dataclass
class Key:
    """A phone's number and its own key, in a form that another process can be given."""

    phone: str
    private: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "Key":
        """Make a key; the phone's number is put in when it has one."""
        made = ec.generate_private_key(ec.SECP256R1())
        return cls("", made.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ))  # fmt: skip

    @property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_der_private_key(self.private, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("not a phone's key")
        return key

    @property
    def public(self) -> bytes:
        """The public half, as the server keeps it."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def signature(self, text: str) -> str:
        """Sign as a browser does: r and s, 32 bytes each."""
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return unpadded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def call(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        """Return the headers of a signed call."""
        moment = str(int(time.time()))
        digest = hashlib.sha256(body).hexdigest()
        text = f"safelight/request/v1\n{method}\n{path}\n{moment}\n{digest}"
        return {
            "Safelight-Phone": self.phone,
            "Safelight-Time": moment,
            "Safelight-Signature": self.signature(text),
        }

    def piece(self, parcel: Parcel) -> dict[str, str]:
        """Return the headers of any piece of a parcel."""
        text = f"safelight/piece/v1\n{parcel.capture}\n{parcel.sha256}"
        return {"Safelight-Phone": self.phone, "Safelight-Signature": self.signature(text)}


class Phone:
    """A phone with one connection to the server."""

    def __init__(self, key: Key, port: int) -> None:
        """Connect."""
        self.key = key
        self.line = HTTPConnection("localhost", port, timeout=PATIENCE)
        self.size = PIECE

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        self.line.request(method, path, body or None, headers)
        reply = self.line.getresponse()
        words: dict[str, Any] = json.loads(reply.read())
        if reply.status != 200:
            raise RuntimeError(f"{method}: {reply.status} {words}")
        return words

    def announce(self, parcel: Parcel) -> dict[str, Any]:
        """Say what will come."""
        offer = {
            "size": len(parcel.raw),
            "sha256": parcel.sha256,
            "sealed_at": parcel.sealed_at,
            "kind": "photo",
        }
        body = json.dumps(offer).encode()
        return self._ask("POST", parcel.path, body, self.key.call("POST", parcel.path, body))

    def send(self, parcel: Parcel) -> None:
        """Send a whole parcel, piece after piece, until its `stored` receipt."""
        words = self.announce(parcel)
        while "receipt" not in words:
            offset = words["offset"]
            headers = {**self.key.piece(parcel), "Upload-Offset": str(offset)}
            piece, begun = parcel.raw[offset : offset + self.size], time.monotonic()
            words = self._ask("PATCH", parcel.path, piece, headers)
            quick = time.monotonic() - begun < QUICK
            self.size = min(LARGEST, self.size * 2) if quick else max(PIECE, self.size // 2)

    def send_slowly(self, parcel: Parcel, *, rate: float) -> None:
        """Send a whole parcel at so many bytes a second, as a poor line lets it."""
        words = self.announce(parcel)
        while "receipt" not in words:
            offset = words["offset"]
            piece = parcel.raw[offset : offset + PIECE]
            self.line.putrequest("PATCH", parcel.path)
            headers = {**self.key.piece(parcel), "Upload-Offset": str(offset)}
            for name, value in {**headers, "Content-Length": str(len(piece))}.items():
                self.line.putheader(name, value)
            self.line.endheaders()
            begin = time.monotonic()
            for at in range(0, len(piece), STEP):
                self.line.send(piece[at : at + STEP])
                time.sleep(max(0.0, begin + (at + STEP) / rate - time.monotonic()))
            reply = self.line.getresponse()
            words = json.loads(reply.read())
            if reply.status != 200:
                raise RuntimeError(f"PATCH: {reply.status} {words}")

    def wait_until_filed(self, parcel: Parcel) -> dict[str, Any]:
        """Ask until it is filed, at once and then ever less often, and return the receipt."""
        limit, wait = time.monotonic() + PATIENCE, FIRST_WAIT
        while time.monotonic() < limit:
            state = self._ask("GET", parcel.path, b"", self.key.call("GET", parcel.path))
            if state["state"] == "filed":
                receipt: dict[str, Any] = json.loads(state["receipt"]["text"])
                return receipt
            if state["state"] == "refused":
                raise RuntimeError(f"refused: {state['refused']}")
            time.sleep(wait)
            wait = min(LONGEST_WAIT, wait * LONGER)
        raise RuntimeError("not filed in time")


def send_slowly_until(key: Key, port: int, parcels: list[Parcel], stop: Path, rate: float) -> int:
    """Send one parcel after the other, slowly, until the file `stop` appears; return how many."""
    phone, sent = Phone(key, port), 0
    for parcel in parcels:
        if stop.exists():
            break
        phone.send_slowly(parcel, rate=rate)
        sent += 1
    return sent
