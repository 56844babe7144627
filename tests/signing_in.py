"""Signing in for tests: a browser in which somebody is signed in, and a phone that can sign."""

import hashlib
import time as clock
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from django.test import Client

from safelight.lib.clock import now
from safelight.people.models import Person, Phone
from safelight.people.phone_keys import unpadded
from safelight.people.signed_in import BACKEND
from safelight.policy.models import Practice

STEPPED_UP_USER = "account_authentication_methods_user"


def signed_in_client(person: Person, *, stepped_up: bool = True, **words: Any) -> Client:
    """Return a browser in which a person is signed in, by default freshly confirmed."""
    client = Client(**words)
    client.force_login(person, backend=BACKEND)
    session = client.session
    UserSession.objects.get_or_create(
        session_key=session.session_key,
        defaults={"user": person, "ip": "127.0.0.1", "user_agent": "Mozilla/5.0 (X11; Linux)"},
    )
    if stepped_up:
        step_up(client, person)
    return client


def step_up(client: Client, person: Person) -> None:
    """Mark the browser's session as confirmed with a passkey just now."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "type": "webauthn", "at": clock.time(), "reauthenticated": True}
    ]
    session[STEPPED_UP_USER] = str(person.pk)
    session.save()


@dataclass
class PhoneSigner:
    """A phone's own key, and the headers it puts on a call."""

    phone: UUID | None = None
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def public(self) -> bytes:
        """The public half, as the server keeps it."""
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def signature(self, text: str) -> str:
        """Sign as a browser does: r and s, 32 bytes each."""
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return unpadded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def headers(
        self, method: str, path: str, body: bytes = b"", *, at: float | None = None
    ) -> dict[str, str]:
        """Return the three headers of a signed call."""
        time = str(int(now().timestamp() if at is None else at))
        digest = hashlib.sha256(body).hexdigest()
        text = f"safelight/request/v1\n{method}\n{path}\n{time}\n{digest}"
        return {
            "Safelight-Phone": str(self.phone),
            "Safelight-Time": time,
            "Safelight-Signature": self.signature(text),
        }

    def piece_headers(self, capture: UUID, sha256: str) -> dict[str, str]:
        """Return the two headers of one piece of a capsule."""
        text = f"safelight/piece/v1\n{capture}\n{sha256}"
        return {"Safelight-Phone": str(self.phone), "Safelight-Signature": self.signature(text)}


def new_phone(practice: Practice, owner: Person | None) -> tuple[Phone, PhoneSigner]:
    """Add a paired phone and the key only it has. Without owner it is the practice's own."""
    signer = PhoneSigner()
    phone = Phone.objects.create(
        practice=practice,
        owner=owner,
        name="A phone",
        public_key=signer.public,
        paired_at=now(),
        paired_by=practice.pk if owner is None else owner.pk,
    )
    signer.phone = phone.pk
    return phone, signer
