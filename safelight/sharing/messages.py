"""Messages: a fixed sentence and the link. The worker hands them over, and tries again."""

import logging
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from safelight.audit.log import record
from safelight.lib.refusals import Refusal
from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.sharing.confirming import require_still_theirs
from safelight.sharing.mailing import NotSent, hand_over, plain_name
from safelight.sharing.mailing import mail_server as mail_server
from safelight.sharing.mailing import set_mail_server as set_mail_server
from safelight.sharing.mailing import try_mail_server as try_mail_server
from safelight.sharing.models import Message, Release
from safelight.sharing.refusals import MovedOn
from safelight.sharing.rules.ways import LINK_PATH
from safelight.vault.sealing import open_text, seal_text

log = logging.getLogger(__name__)

SENTENCE: Final = "{practice} has sent you a secure item."
OPEN_IT: Final = "Open it here: {link}"
DESTROY: Final = (
    "{practice} asks you to destroy the secure item number {number} that it sent you, and every "
    "copy of it. Ring the practice when that is done."
)
WAITS: Final = (60, 300, 900, 3600, 4 * 3600)
"""Seconds before each new try; after the last one it is given up and shown to the sender."""
MOST_TRIES: Final = len(WAITS) + 1
LEASE: Final = timedelta(minutes=5)
AT_ONCE: Final = 10


class AlreadyTaken(Refusal):
    """The text with the link is given out once."""

    code = "already_taken"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__(
            "This text was copied already, so it is not kept any more.",
            remedy="Make a new link. The old one then opens nothing.",
        )


def link_of(token: str) -> str:
    """Return the address with the token in its fragment, which no browser sends to a server."""
    return f"{settings.SAFELIGHT_ORIGIN}{LINK_PATH}#{token}"


def put_message(release: Release, *, token: str, at: datetime) -> Message:
    """Write the message that carries a link, in the transaction that makes the link.

    The link is sealed until it has gone. An earlier message that still waits is cancelled.
    """
    cancel_messages(release)
    message = Message(
        practice=release.practice,
        release=release,
        kind=Message.Kind.LINK,
        channel=release.channel,
        to=release.recipient_address if release.channel == Release.Channel.EMAIL else "",
        made_at=at,
        next_at=at,
    )
    message.sealed_link = seal_text(link_of(token), context=_place(message))
    message.save(force_insert=True)
    return message


def ask_to_destroy(release: Release, *, at: datetime) -> Message | None:
    """Ask a recipient by mail to destroy what we cannot end ourselves; None without an address."""
    if not release.recipient_address:
        return None
    return Message.objects.create(
        practice=release.practice,
        release=release,
        kind=Message.Kind.DESTROY,
        channel=Release.Channel.EMAIL,
        to=release.recipient_address,
        made_at=at,
        next_at=at,
    )


def cancel_messages(release: Release) -> int:
    """Cancel what waits to be sent, by one conditional update, and forget its link."""
    return Message.objects.filter(
        release=release, kind=Message.Kind.LINK, state=Message.State.WAITING
    ).update(state=Message.State.CANCELLED, sealed_link=b"")


@transaction.atomic
def text_of(release: Release, *, by: Person, at: datetime) -> str:
    """Return the sentence and the link for whoever sends it as a text. Given out once."""
    require_still_theirs(release, by=by, at=at)
    if release.state != Release.State.OUT or release.made_by_id != by.pk:
        raise MovedOn(release)
    message = Message.objects.filter(
        release=release, channel=Release.Channel.TEXT, kind=Message.Kind.LINK
    ).order_by("-made_at", "-pk").first()  # fmt: skip
    if message is None:
        raise MovedOn(release)
    taken = Message.objects.filter(pk=message.pk, state=Message.State.WAITING).update(
        state=Message.State.TAKEN, sent_at=at, sealed_link=b""
    )
    if not taken:
        raise AlreadyTaken
    _record("share.message_taken", message, by=by, at=at)
    return body_of(message)


def body_of(message: Message) -> str:
    """Return a message's words: the practice's name, a fixed sentence, and the link."""
    name = plain_name(message.practice)
    if message.kind == Message.Kind.DESTROY:
        return DESTROY.format(practice=name, number=number_of(message.release)) + "\n"
    link = open_text(bytes(message.sealed_link), context=_place(message))
    return f"{SENTENCE.format(practice=name)}\n\n{OPEN_IT.format(link=link)}\n"


def number_of(release: Release) -> str:
    """Return the short number by which sender and recipient can speak of a release."""
    return release.pk.hex[-6:].upper()


def send_messages(at: datetime) -> int:
    """Hand over the messages that are due, each claimed by one conditional update; return how many.

    A message goes only while its link is open. One that the server does not take waits longer each
    time, and is then given up and shown to the sender.
    """
    due = Message.objects.filter(
        Q(claimed_at=None) | Q(claimed_at__lt=at - LEASE),
        state=Message.State.WAITING,
        channel=Release.Channel.EMAIL,
        next_at__lte=at,
    ).order_by("next_at")  # fmt: skip
    ids = list(due.values_list("pk", flat=True)[:AT_ONCE])
    return sum(_send(pk, at=at) for pk in ids)


def _send(pk: UUID, *, at: datetime) -> bool:
    free = Message.objects.filter(pk=pk, state=Message.State.WAITING)
    free = free.filter(Q(claimed_at=None) | Q(claimed_at__lt=at - LEASE))
    if not free.update(claimed_at=at, tries=F("tries") + 1):
        return False
    message = Message.objects.select_related("practice", "release").get(pk=pk)
    if not _still_wanted(message):
        Message.objects.filter(pk=pk).update(state=Message.State.CANCELLED, sealed_link=b"")
        return False
    if message.tries > MOST_TRIES:  # ended each time by something else than the server's answer
        _put_off(message, NotSent("The message could not be made.", for_good=True), at=at)
        return False
    try:
        hand_over(message.practice, to=message.to, body=body_of(message), at=at)
    except NotSent as refused:
        log.warning("message %s was not sent", message.pk)
        _put_off(message, refused, at=at)
        return False
    with transaction.atomic():
        Message.objects.filter(pk=pk).update(
            state=Message.State.SENT, sent_at=at, sealed_link=b"", trouble=""
        )
        _record("share.message_sent", message, by=None, at=at)
    return True


def _still_wanted(message: Message) -> bool:
    if message.kind != Message.Kind.LINK:
        return True
    return message.release.state == Release.State.OUT and bool(message.sealed_link)


@transaction.atomic
def _put_off(message: Message, refused: NotSent, *, at: datetime) -> None:
    given_up = refused.for_good or message.tries >= MOST_TRIES
    state = Message.State.FAILED if given_up else Message.State.WAITING
    pause = WAITS[min(message.tries, len(WAITS)) - 1]
    fields: dict[str, Any] = {"state": state, "trouble": refused.message, "claimed_at": None}
    if given_up:
        fields["sealed_link"] = b""
        _record("share.message_failed", message, by=None, at=at)
    Message.objects.filter(pk=message.pk, state=Message.State.WAITING).update(
        next_at=at + timedelta(seconds=pause), **fields
    )


def _record(action: str, message: Message, *, by: Person | None, at: datetime) -> None:
    release = message.release
    record(
        action,
        practice=message.practice_id,
        by=by,
        at=at,
        of=f"release:{release.pk}",
        patient=release.patient_id,
        purpose=message.kind,
        detail=message.to,
    )


def _place(message: Message) -> str:
    return f"message|{message.pk}"


def waiting_trouble(practice: Practice) -> list[Message]:
    """Return messages that were given up and whose link nobody renewed: the sender must act."""
    rows = Message.objects.filter(
        practice=practice, state=Message.State.FAILED, release__state=Release.State.OUT
    )
    return list(rows.select_related("release").order_by("made_at"))
