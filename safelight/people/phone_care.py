"""Looking after a phone: what it reports, what its owner declares, and who has a practice phone."""

import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotAllowed
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person, Phone
from safelight.people.phones import require_charge
from safelight.people.rules import check_is_due
from safelight.people.signed_in import end_on_phone
from safelight.policy.dates import local_day
from safelight.policy.settings import setting

SELF_CHECK_BYTES = 8 * 1024


def phone_reported(
    phone: Phone,
    *,
    held: int,
    held_since: datetime | None,
    storage_kept: bool,
    app_version: str,
    checkpoint: dict[str, Any] | None,
    at: datetime,
) -> None:
    """Keep what a phone counted itself. The caller checked its signature; a late report changes
    nothing, so two that cross cannot bring an old count back."""
    fields: dict[str, Any] = {
        "held": held,
        "held_since": held_since if held else None,
        "storage_kept": storage_kept,
        "app_version": app_version[:40],
        "seen_at": at,
    }
    if checkpoint is not None:
        fields["checkpoint"] = checkpoint
    fresh = Q(seen_at__lte=at) | Q(seen_at=None)
    Phone.objects.filter(fresh, pk=phone.pk, state=Phone.State.OPEN).update(**fields)


def checks_due(phone: Phone, *, at: datetime, months: int | None = None) -> list[str]:
    """Return what the phone should ask its holder: `declare`, `self_check`, or nothing.

    `months` is the practice's setting, where a list of phones has read it already.
    """
    if months is None:
        months = int(setting(phone.practice, "phone_checks_months"))
    today = local_day(at, phone.practice.zone)
    due = []
    if any(
        check_is_due(day, today=today, months=months)
        for day in (phone.backup_off_on, phone.updated_on)
    ):
        due.append("declare")
    if phone.self_checked_at is None:
        due.append("self_check")
    return due


@transaction.atomic
def declare_checks(
    phone: Phone, *, backup_off: bool, updated: bool, by: Person, at: datetime
) -> None:
    """Write down what the holder says: back-up off, phone up to date. A no removes an earlier yes.

    It is a statement, not a proof: a web app cannot read these settings.
    """
    require_holder(phone, by)
    today = local_day(at, phone.practice.zone)
    phone.backup_off_on = today if backup_off else None
    phone.updated_on = today if updated else None
    phone.save(update_fields=["backup_off_on", "updated_on"])
    record(
        "phone.checks_declared",
        practice=phone.practice_id,
        by=by,
        of=f"phone:{phone.pk}",
        at=at,
        outcome="done" if backup_off and updated else "not_met",
    )


@transaction.atomic
def store_self_check(phone: Phone, result: dict[str, Any], *, by: Person, at: datetime) -> None:
    """Keep a camera self-check as the phone measured it. The test shot itself is never sent."""
    require_holder(phone, by)
    if len(json.dumps(result).encode()) > SELF_CHECK_BYTES:
        raise BadInput("The camera check is too long, so it was not kept.")
    phone.self_check, phone.self_checked_at = result, at
    phone.save(update_fields=["self_check", "self_checked_at"])
    record("phone.self_checked", practice=phone.practice_id, by=by, of=f"phone:{phone.pk}", at=at)


@transaction.atomic
def describe_phone(
    phone: Phone, *, name: str, model: str, imei: str, serial: str, by: Person, at: datetime
) -> None:
    """Change what the practice calls a phone, and the numbers a carrier or the police ask for."""
    require_charge(by, phone)
    if not name.strip():
        raise BadInput("Give the phone a name, so that people know which one it is.")
    phone.name, phone.model = name.strip(), model.strip()
    phone.imei, phone.serial = imei.replace(" ", ""), serial.strip()
    phone.save(update_fields=["name", "model", "imei", "serial"])
    record("phone.described", practice=phone.practice_id, by=by, of=f"phone:{phone.pk}", at=at)


@transaction.atomic
def hand_out(phone: Phone, *, to: Person, at: datetime) -> None:
    """Sign a practice phone out to whoever just signed in on it with their passkey.

    The holder before is in the log, and their sign-in on it ends here. Sealed photos of theirs stay
    and are sent as before: they need the phone's key only.
    """
    if phone.owner_id is not None:
        raise NotAllowed("This phone belongs to one person.")
    require_duty(to, Act.PHONE_OWN)
    if phone.signed_out_to_id == to.pk:
        return
    moved = Phone.objects.filter(pk=phone.pk, state=Phone.State.OPEN).update(signed_out_to=to)
    if moved:
        phone.signed_out_to = to
        end_on_phone(phone.pk, but=to)
        record("phone.handed_out", practice=phone.practice_id, by=to, of=f"phone:{phone.pk}", at=at)


@transaction.atomic
def hand_back(phone: Phone, *, by: Person, at: datetime) -> None:
    """Take a practice phone back: nobody has it, and nobody is signed in on it, until the next."""
    if phone.owner_id is not None:
        raise NotAllowed("This phone belongs to one person.")
    if phone.signed_out_to_id != by.pk:
        require_charge(by, phone)
    Phone.objects.filter(pk=phone.pk).update(signed_out_to=None)
    phone.signed_out_to = None
    end_on_phone(phone.pk)
    record("phone.handed_back", practice=phone.practice_id, by=by, of=f"phone:{phone.pk}", at=at)


def require_holder(phone: Phone, by: Person) -> None:
    """Refuse unless this person has the phone in hand: its owner, or who signed it out."""
    if by.pk not in (phone.owner_id, phone.signed_out_to_id):
        raise NotAllowed("This is somebody else's phone.")
    require_duty(by, Act.PHONE_OWN)
