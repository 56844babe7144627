"""Pairing: a code used once, by which a phone joins the practice under its own key."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from safelight.audit.actor import Actor
from safelight.audit.log import record
from safelight.lib.ids import new_id
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.people.duties import Act, may, require_duty
from safelight.people.models import PairingCode, Person, Phone
from safelight.people.phone_keys import checked_key, from_unpadded, is_signed, unpadded
from safelight.people.rules import (
    CODE_LENGTH,
    CODE_MINUTES,
    FINGERPRINT_BYTES,
    new_code,
    plain_code,
    shown_code,
    shown_fingerprint,
)
from safelight.people.signed_in import end_on_phone
from safelight.policy.dates import local_day
from safelight.vault.keyring import current
from safelight.vault.sealing import open_text, peppered, seal_text

SEALED_CODE = "pairing"


class CodeEnded(Refusal):
    """The code was used, is too old, or was never made. All look alike."""

    code = "code_ended"
    status = 404

    def __init__(self) -> None:
        """Say how to get another."""
        super().__init__(
            "This code does not work now.",
            remedy="Codes work once and for 10 minutes. Make a new one at the desk.",
        )


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code as the page shows it, once."""

    row: PairingCode
    code: str
    link: str
    fingerprint: str

    @property
    def shown(self) -> str:
        """The code to type."""
        return shown_code(self.code)


def key_digest() -> bytes:
    """Return SHA-256 of the newest sealing key: what a phone pins (phone-platform, 7)."""
    return hashlib.sha256(current().newest_capture_key.public).digest()


@transaction.atomic
def make_code(*, for_practice: bool, by: Person, at: datetime) -> NewCode:
    """Make a pairing code: for one's own phone, or for a phone the practice owns.

    Nobody makes one for somebody else: pairing a personal phone signs its person in. Older unused
    codes of the same maker end. The code is kept under the keyring's pepper and sealed for the QR.
    """
    require_duty(by, Act.PHONE_ANY if for_practice else Act.PHONE_OWN)
    PairingCode.objects.filter(made_by=by, used_at=None, ends_at__gt=at).update(ends_at=at)
    code = new_code()
    row = PairingCode.objects.create(
        practice=by.practice,
        person=None if for_practice else by,
        code_hash=peppered(code.encode()),
        sealed_code=seal_text(code, context=SEALED_CODE),
        made_by=by,
        made_at=at,
        ends_at=at + timedelta(minutes=CODE_MINUTES),
    )
    record("phone.code_made", practice=by.practice_id, by=by, of=f"code:{row.pk}", at=at)
    return _shown(row, code)


def code_for(person: Person, code: UUID, *, at: datetime) -> NewCode:
    """Return one's own code while it is open, to draw its QR. Looking does not lengthen it."""
    row = PairingCode.objects.filter(pk=code, made_by=person, used_at=None, ends_at__gt=at).first()
    if row is None:
        raise NotFound
    return _shown(row, open_text(row.sealed_code, context=SEALED_CODE))


def paired_with(person: Person, code: UUID) -> Phone | None:
    """Return the phone that used one's own code, if one did."""
    row = PairingCode.objects.select_related("phone").filter(pk=code, made_by=person).first()
    if row is None:
        raise NotFound
    return row.phone


@dataclass(frozen=True, slots=True)
class Before:
    """The number a phone had before, and its new key signed with each key we may know it by.

    Those are its last one, and any that it offered since and had no whole answer to.
    """

    phone: str
    signatures: Sequence[str]


@transaction.atomic
def pair_phone(
    *,
    code: str,
    name: str,
    model: str,
    platform: str,
    imei: str,
    public_key: str,
    declared: dict[str, Any],
    app_version: str,
    at: datetime,
    before: Before | None = None,
) -> Phone:
    """Pair a phone: use up the code and keep the phone's public key. Its private half never left.

    The code is taken by one conditional update, so it pairs one phone. A code whose maker or person
    left, or lost the duty, pairs none. One that was added before keeps its number, which is sealed
    into every photo it still holds: under another they could never be filed.
    """
    key = checked_key(public_key)
    row = _take_code(code, at=at)
    today = local_day(at, row.practice.zone)
    owner = row.person
    number, again = _as_before(before, row, public_key)
    facts: dict[str, Any] = dict(
        name=_short(name, 80) or (f"{owner.given}’s phone" if owner else "Practice phone"),
        model=_short(model, 80),
        platform=_short(platform, 80),
        imei=_short(imei, 20),
        public_key=key,
        paired_at=at,
        paired_by=row.made_by_id,
        seen_at=at,
        app_version=_short(app_version, 40),
        backup_off_on=today if declared.get("backup_off") is True else None,
        updated_on=today if declared.get("updated") is True else None,
        state=Phone.State.OPEN,
        ended_at=None,
        ended_by=None,
    )
    if again is None:
        phone = Phone.objects.create(pk=number, practice=row.practice, owner=owner, **facts)
    else:
        end_on_phone(again.pk)
        Phone.objects.filter(pk=again.pk).update(**facts)
        phone = Phone.objects.select_related("practice", "owner").get(pk=again.pk)
    PairingCode.objects.filter(pk=row.pk).update(phone=phone)
    actor = Actor(id=row.made_by_id, role="+".join(row.made_by.roles), phone=phone.pk)
    record(
        "phone.paired",
        practice=row.practice_id,
        by=actor,
        of=f"phone:{phone.pk}",
        at=at,
        outcome="again" if again else "done",
    )
    return phone


def _as_before(
    before: Before | None, row: PairingCode, public_key: str
) -> tuple[UUID, Phone | None]:
    """Return the number to pair a phone under, and its row where it proves to have been ours.

    It signs its new key with the one that the practice knows it by, and its holder is the same. A
    lost phone never comes back. A number that nobody has is one that a restored database forgot.
    """
    if before is None:
        return new_id(), None
    try:
        number = UUID(before.phone)
    except ValueError:
        return new_id(), None
    rows = Phone.objects.select_for_update().filter(pk=number)
    phone = rows.filter(practice=row.practice, owner=row.person).first()
    if phone is not None and phone.state != Phone.State.LOST:
        text = f"safelight/again/v1\n{number}\n{public_key}".encode()
        if any(_proves(signature, text, phone) for signature in before.signatures):
            return number, phone
    return (new_id() if rows.exists() else number), None


def _proves(signature: str, text: bytes, phone: Phone) -> bool:
    try:
        return is_signed(bytes(phone.public_key), from_unpadded(signature), text)
    except BadInput:
        return False


def _take_code(code: str, *, at: datetime) -> PairingCode:
    """Use a code up. What is refused afterwards rolls this back with the rest."""
    plain = plain_code(code)
    if len(plain) != CODE_LENGTH:
        raise CodeEnded
    rows = PairingCode.objects.filter(code_hash=peppered(plain.encode()))
    if rows.filter(used_at=None, ends_at__gt=at).update(used_at=at) != 1:
        raise CodeEnded
    row = rows.select_related("practice", "person", "made_by").get()
    if not may(row.made_by, Act.PHONE_ANY if row.person is None else Act.PHONE_OWN):
        raise CodeEnded
    return row


def _shown(row: PairingCode, code: str) -> NewCode:
    digest = key_digest()
    mark = unpadded(digest[:FINGERPRINT_BYTES])
    return NewCode(
        row=row,
        code=code,
        link=f"{settings.SAFELIGHT_ORIGIN}/pair#c={code}&f={mark}",
        fingerprint=shown_fingerprint(digest),
    )


def _short(text: Any, most: int) -> str:
    if not isinstance(text, str):
        raise BadInput("The phone sent something that is no text.")
    return " ".join(text.split())[:most]
