"""Printing: a photo on paper is a copy outside, with a number, a purpose and a day it must end.

Here it goes into the paper record or to the patient. For anybody else it is shared, on paper too
(sharing): there the use, the basis and what must be hidden are decided (G14, G15).
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from safelight.audit.log import record
from safelight.consent.going import may_go
from safelight.consent.uses import PATIENT_COPY
from safelight.lib.refusals import BadInput, NotFound
from safelight.people.models import Person
from safelight.photos.access import Form, require_sight
from safelight.photos.copies import Basis, begin_copy, next_print_number
from safelight.photos.models import Copy, Photo

PURPOSES: Final = {"record": "For the paper record", "patient": "To hand to the patient"}
LASTS: Final = timedelta(days=14)
"""By then somebody says what became of the paper (ours)."""


@transaction.atomic
def print_photo(
    photo: Photo,
    *,
    purpose: str,
    by: Person,
    at: datetime,
    holder_name: str = "",
    due_at: datetime | None = None,
    stepped_up: bool = False,
) -> Copy:
    """Number a print and put it in the ledger, before the page to print is shown.

    Nobody prints what they may not see; a record opened past a wall is not printed at all. The
    patient's own needs their yes to a copy (MayNotGo). Two prints at once cannot share a number:
    the photo's row is locked, and a database rule stands by.
    """
    require_sight(by, photo, form=Form.PRINT, at=at, stepped_up=stepped_up)
    if purpose not in PURPOSES:
        raise BadInput("Not printed. Say what the print is for.")
    words, consent = PURPOSES[purpose], photo.consent_id
    if purpose == "patient":
        consent = may_go(photo, use=PATIENT_COPY, at=at).consent_id
    Photo.objects.select_for_update().get(pk=photo.pk)
    copy = begin_copy(
        practice=photo.practice,
        photo=photo,
        holder=Copy.Holder.PAPER,
        holder_name=holder_name.strip() or by.name,
        basis=Basis(words, consent),
        number=next_print_number(photo),
        rendition="view",
        evidence="Printed at the desk",
        due_at=due_at or at + LASTS,
        by=by,
        at=at,
    )
    record(
        "photo.printed",
        practice=photo.practice_id,
        by=by,
        at=at,
        of=f"photo:{photo.pk}",
        patient=photo.patient_id,
        purpose=purpose,
        detail=f"Copy {copy.number}. {words}",
    )
    return copy


def print_to_make(photo: Photo, number: int, *, by: Person) -> Copy:
    """Return a print that this person asked for and that is held; another’s looks like none."""
    rows = photo.copies.filter(holder=Copy.Holder.PAPER, state=Copy.State.HELD, made_by=by)
    copy = rows.filter(number=number).first()
    if copy is None:
        raise NotFound
    return copy
