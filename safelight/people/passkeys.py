"""Passkeys: how the sign-in library is set for us, and what we ask of it ourselves."""

import base64
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from safelight.audit.log import record
from safelight.lib.refusals import NotFound, Refusal
from safelight.people.models import Person
from safelight.people.signed_in import begin
from safelight.vault.sealing import open_text, seal_text

SEEDS = "mfa"  # the place a sealed recovery seed belongs to; it opens nowhere else


class NotVerified(Refusal):
    """What the browser sent is no passkey made for this page, with finger, face or PIN."""

    code = "passkey_refused"
    status = 400

    def __init__(self) -> None:
        """Say what to try."""
        super().__init__(
            "The passkey was not accepted. Nothing was changed.",
            remedy="Try again, and use your finger, face or PIN when the device asks.",
        )


class LastPasskey(Refusal):
    """Without this passkey the person could not sign in any more."""

    code = "last_passkey"

    def __init__(self) -> None:
        """Say what to do first."""
        super().__init__(
            "This is your only passkey, so it was not removed.",
            remedy="Add another one first.",
        )


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library has no types
    """People come by invitation only, and a sign-in always begins a fresh session."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that the web server believes, forwarded or not (ASVS 4.1.3)."""
        return address_of(request)

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Begin the session our way; somebody who has left stays outside."""
        if not isinstance(user, Person) or user.left_at is not None:
            raise NotVerified
        begin(request, user)


class PasskeyAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library has no types
    """Passkeys belong to the host staff type, whatever host a request claims to be for."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the relying party by the installation's own address."""
        return {"id": relying_party(), "name": "Safelight"}

    def get_public_key_credential_user_entity(self, user: Person) -> dict[str, Any]:
        """Say whose passkey it is, as the device lists it."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": user.email, "display_name": user.name}

    def encrypt(self, text: str) -> str:
        """Seal the seed of recovery codes, so that a database read by others opens nothing."""
        return base64.b64encode(seal_text(text, context=SEEDS)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open it again."""
        return open_text(base64.b64decode(encrypted_text), context=SEEDS)

    def generate_authenticator_name(self, user: Person, type: str) -> str:
        """Name a passkey when the person did not."""
        return "Passkey"


def relying_party() -> str:
    """Return the relying-party id: the host of the address staff type."""
    return urlsplit(settings.SAFELIGHT_ORIGIN).hostname or "localhost"


def address_of(request: HttpRequest) -> str:
    """Return the caller's address as the web server sees it. Its proxy setting decides, not we."""
    return str(request.META.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104 - a name, not a bind


def has_passkey(person: Person) -> bool:
    """Say whether the person can sign in with a passkey."""
    return bool(
        Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN).exists()
    )


def passkeys_of(person: Person) -> list[dict[str, Any]]:
    """List a person's passkeys for a page: id, name, since, last used."""
    rows = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
    return [
        {
            "id": row.pk,
            "name": row.data.get("name") or "Passkey",
            "since": row.created_at,
            "used_at": row.last_used_at,
        }
        for row in rows.order_by("created_at")
    ]


def codes_left(person: Person) -> int:
    """Say how many recovery codes are still unused."""
    row = Authenticator.objects.filter(user=person, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(row.wrap().get_unused_codes()) if row else 0


def begin_passkey(person: Person) -> dict[str, Any]:
    """Return what the browser needs to make a passkey: discoverable, user verification required."""
    options: dict[str, Any] = webauthn.begin_registration(person, passwordless=True)
    return options


def checked_passkey(credential: Any) -> dict[str, Any]:
    """Return a new passkey if it answers this session's challenge with the person verified."""
    if not isinstance(credential, dict):
        raise NotVerified
    try:
        webauthn.parse_registration_response(credential)
        made = webauthn.complete_registration(credential)
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        raise NotVerified from error
    if not made.is_user_verified():
        raise NotVerified
    return credential


def whose_passkey(credential: Any) -> UUID | None:
    """Return whom an assertion claims to be from: a claim only, for counting wrong tries."""
    try:
        person = webauthn.extract_user_from_response(credential)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return person.pk if isinstance(person, Person) else None


def set_passkey(person: Person, credential: dict[str, Any], *, name: str) -> None:
    """Make a checked passkey the person's only one. Called on joining, also for the second time."""
    Authenticator.objects.filter(user=person).delete()
    webauthn.WebAuthn.add(person, name.strip()[:60] or "Passkey", credential)


@transaction.atomic
def new_codes(person: Person, *, at: datetime) -> list[str]:
    """Make ten new recovery codes and end the old ones. They are shown this once."""
    Authenticator.objects.filter(user=person, type=Authenticator.Type.RECOVERY_CODES).delete()
    made = RecoveryCodes.activate(person)
    made.mark_as_viewed()
    record(
        "recovery_codes.made",
        practice=person.practice_id,
        by=person,
        of=f"person:{person.pk}",
        at=at,
    )
    codes: list[str] = made.generate_codes()
    return codes


def use_code(person: Person, code: str) -> bool:
    """Use up one recovery code. A used or wrong one is no code."""
    row = Authenticator.objects.filter(user=person, type=Authenticator.Type.RECOVERY_CODES).first()
    plain = "".join(sign for sign in code if sign.isdigit())
    return bool(row is not None and plain and row.wrap().validate_code(plain))


@transaction.atomic
def remove_passkey(person: Person, passkey: int, *, by: Person, at: datetime) -> None:
    """Remove one of one's own passkeys, never the last."""
    if by.pk != person.pk:
        raise NotFound
    rows = Authenticator.objects.select_for_update().filter(
        user=person, type=Authenticator.Type.WEBAUTHN
    )
    found = [row for row in rows if row.pk == passkey]
    if not found:
        raise NotFound
    if len(rows) == 1:
        raise LastPasskey
    found[0].delete()
    record("passkey.removed", practice=person.practice_id, by=by, of=f"person:{person.pk}", at=at)


def confirmed_by(request: HttpRequest, person: Person, method: Literal["pairing", "demo"]) -> None:
    """Count this moment as a step-up, by something as strong as a passkey.

    Two callers: a pairing code (made after a step-up, used once within ten minutes), so that the
    phone can add its own passkey; and the demo practice, which holds no real person.
    """
    record_authentication(request, person, method, reauthenticated=True)
