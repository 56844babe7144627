"""Phones: stopping one, reporting one lost, and noting that a lost one wiped itself."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from safelight.audit.actor import Actor
from safelight.audit.log import record
from safelight.lib.refusals import NotFound, Refusal
from safelight.people.duties import Act, may, require_duty
from safelight.people.models import Person, Phone
from safelight.people.signed_in import end_on_phone

MOST_WORDS = 300


class AlreadyStopped(Refusal):
    """The phone has no access any more; there is nothing left to stop."""

    code = "already_stopped"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("This phone was stopped before. Nothing was changed.")


def phone_for(person: Person, phone: UUID) -> Phone:
    """Return a phone the person may know of: their own, or any of the practice if it is a duty.

    Another practice's phone and one that never existed give the same answer.
    """
    found = Phone.objects.select_related("owner", "signed_out_to", "practice")
    row = found.filter(pk=phone, practice=person.practice).first()
    if row is None or not (has_it(person, row) or may(person, Act.PHONE_SEE)):
        raise NotFound
    return row


def phones_for(person: Person) -> list[Phone]:
    """List the phones a person may know of: open ones first, the fullest first."""
    with_whom = Phone.objects.select_related("owner", "signed_out_to", "practice")
    rows = with_whom.filter(practice=person.practice)
    if not may(person, Act.PHONE_SEE):
        rows = rows.filter(Q(owner=person) | Q(signed_out_to=person))
    order = {Phone.State.LOST: 0, Phone.State.OPEN: 1, Phone.State.REVOKED: 2}
    return sorted(
        rows, key=lambda row: (order[Phone.State(row.state)], -row.held, row.name.casefold())
    )


def phones_of(person: Person) -> list[Phone]:
    """List one person's own phones and the practice phones they have in hand."""
    rows = Phone.objects.filter(Q(owner=person) | Q(signed_out_to=person))
    return list(rows.order_by("state", "name"))


def has_it(person: Person, phone: Phone) -> bool:
    """Say whether the phone is this person's own, or a practice phone they signed out."""
    return person.pk in (phone.owner_id, phone.signed_out_to_id)


def act_for(person: Person, phone: Phone) -> Act:
    """Return the duty that managing this phone asks of this person: own, or anybody's."""
    return Act.PHONE_OWN if has_it(person, phone) else Act.PHONE_ANY


def require_charge(by: Person, phone: Phone) -> None:
    """Refuse unless it is their own phone, or phones are their duty, in their own practice."""
    if phone.practice_id != by.practice_id:
        raise NotFound
    require_duty(by, act_for(by, phone))


@transaction.atomic
def revoke_phone(phone: Phone, *, by: Person, at: datetime) -> None:
    """Stop a phone: its next call is refused, and every sign-in used on it ends with it.

    What it still holds stays sealed on it and can no longer be sent; the page says so beforehand.
    """
    require_charge(by, phone)
    _stop(phone, Phone.State.REVOKED, by=by.pk, at=at)
    record("phone.revoked", practice=phone.practice_id, by=by, of=f"phone:{phone.pk}", at=at)


@transaction.atomic
def stop_phones_of(person: Person, *, by: Person, at: datetime) -> int:
    """Stop every open phone of a leaver. The caller checked that the leaving is allowed."""
    rows = list(Phone.objects.filter(owner=person, state=Phone.State.OPEN))
    for phone in rows:
        _stop(phone, Phone.State.REVOKED, by=by.pk, at=at)
        record("phone.revoked", practice=phone.practice_id, by=by, of=f"phone:{phone.pk}", at=at)
    Phone.objects.filter(signed_out_to=person).update(signed_out_to=None)
    return len(rows)


@transaction.atomic
def report_lost(phone: Phone, *, last_seen: str, by: Person, at: datetime) -> None:
    """Report a phone lost: stop it now, tell it to wipe itself at its next contact, keep the facts.

    It never waits for a form: `last_seen` may be empty. The report keeps what was known at this
    moment, because the phone's own row goes on changing.
    """
    require_charge(by, phone)
    report = {
        "last_seen": last_seen.strip()[:MOST_WORDS],
        "reported_at": at.isoformat(),
        "reported_by": str(by.pk),
        "held": phone.held,
        "held_since": phone.held_since.isoformat() if phone.held_since else None,
        "contact_at": phone.seen_at.isoformat() if phone.seen_at else None,
        "had": str(phone.signed_out_to_id or phone.owner_id or ""),
        "was_stopped": phone.state == Phone.State.REVOKED,
    }
    if phone.state == Phone.State.LOST:
        raise AlreadyStopped
    Phone.objects.filter(pk=phone.pk).update(lost_report=report)
    phone.lost_report = report
    _stop(phone, Phone.State.LOST, by=by.pk, at=at)
    record("phone.lost", practice=phone.practice_id, by=by, of=f"phone:{phone.pk}", at=at)


@transaction.atomic
def note_wiped(phone: Phone, *, at: datetime) -> bool:
    """Note, once, that a lost phone called, signed by its own key, and was told to wipe itself.

    The answer carries the order; that it was carried out is what the browser promises, not proof.
    """
    noted = Phone.objects.filter(pk=phone.pk, state=Phone.State.LOST, wiped_at=None).update(
        wiped_at=at, seen_at=at
    )
    if noted:
        actor = Actor(id=None, role="phone", phone=phone.pk)
        record("phone.wiped", practice=phone.practice_id, by=actor, of=f"phone:{phone.pk}", at=at)
    return bool(noted)


def _stop(phone: Phone, state: Phone.State, *, by: UUID, at: datetime) -> None:
    """Move the row to a stopped state by one conditional update, and end sign-ins used on it."""
    before = [Phone.State.OPEN]
    if state == Phone.State.LOST:
        before.append(Phone.State.REVOKED)  # it may turn out lost after it was stopped
    moved = Phone.objects.filter(pk=phone.pk, state__in=before).update(
        state=state, ended_at=at, ended_by=by, signed_out_to=None
    )
    if moved != 1:
        raise AlreadyStopped
    phone.state, phone.ended_at, phone.ended_by = state, at, by
    end_on_phone(phone.pk)
