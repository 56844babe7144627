"""Giving up: what a stopped phone held will not come back, and a person says how they know that.

Until then it is on Today. From then on its copy is out of reach, which is not gone: should the
phone turn up and send what it has, or show that it forgot, that is what the ledger says.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, Refusal
from safelight.people.models import Person, Phone
from safelight.people.phones import require_charge
from safelight.photos.alarms import end_alarms
from safelight.photos.copies import end_copy
from safelight.photos.models import Alarm, Capture, Copy

LONGEST: Final = 240
"""Characters of how we know; the ledger's column."""


class StillOpen(Refusal):
    """A phone that still works can send its photos: nobody gives them up."""

    code = "phone_still_open"

    def __init__(self) -> None:
        """Say what comes first."""
        super().__init__(
            "Nothing was given up. This phone still works and can send what it holds.",
            remedy="Open Safelight on it. If it is lost, report it lost first.",
        )


def awaited(phone: Phone) -> QuerySet[Capture]:
    """Return what a phone may still hold and nobody has given up: photos and sealed consents."""
    return Capture.objects.filter(phone=phone, gone_at__isnull=True, given_up_at__isnull=True)


@transaction.atomic
def give_up(phone: Phone, *, evidence: str, by: Person, at: datetime) -> int:
    """Mark what a stopped phone held as out of reach, with how one knows; return how many.

    Nothing is deleted, and no alarm asks for what cannot be mended any more. Twice changes nothing.
    """
    require_charge(by, phone)
    if phone.state == Phone.State.OPEN:
        raise StillOpen
    words = " ".join(evidence.split())
    if not 0 < len(words) <= LONGEST:
        raise BadInput(f"Say how you know, in at most {LONGEST} characters.")
    numbers = list(awaited(phone).select_for_update().values_list("pk", flat=True))
    if not numbers:
        return 0
    Capture.objects.filter(pk__in=numbers).update(given_up_at=at)
    copies = Copy.objects.filter(capture__in=numbers, holder=Copy.Holder.PHONE)
    for copy in copies.filter(state=Copy.State.HELD).select_related("photo"):
        end_copy(copy, by=by, at=at, evidence=words, state=Copy.State.OUT_OF_REACH)
        end_alarms(Alarm.Kind.OVERDUE, [f"copy:{copy.pk}"], at=at, by=by)
    end_alarms(Alarm.Kind.UNFILED, [f"capture:{pk}" for pk in numbers], at=at, by=by)
    record(
        "phone.given_up",
        practice=phone.practice_id,
        by=by,
        at=at,
        of=f"phone:{phone.pk}",
        detail=words,
    )
    return len(numbers)
