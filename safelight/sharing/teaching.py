"""Teaching: a set of cleaned photos under random ids, by two people, with a line in a register."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from safelight.lib.refusals import BadInput
from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.policy.models import Practice
from safelight.sharing.drafting import checked_photos, draft, edit
from safelight.sharing.models import Release, TeachingSet
from safelight.sharing.packing import new_name
from safelight.sharing.rules import ways
from safelight.sharing.standing import require_acts

LONGEST = 160


@transaction.atomic
def begin_set(
    photos: Sequence[Photo],
    *,
    title: str,
    audience: str,
    by: Person,
    at: datetime,
    use: str = "teaching",
    stepped_up: bool = False,
) -> Release:
    """Begin a teaching set, of one patient or of many. It is a release like any other from here.

    Ids are random, never made from what they stand for; which photo is which stays in our own rows.
    Each patient's own yes is asked for each photo, and a second person checks before it goes.
    """
    title, audience = " ".join(title.split()), " ".join(audience.split())
    if not 0 < len(title) <= LONGEST or not 0 < len(audience) <= LONGEST:
        raise BadInput("Give the set a title, and say who it is for.")
    if ways.TEACHING_SET not in ways.forms_for(use):
        raise BadInput("A set is for teaching or research.")
    chosen = checked_photos(photos, by=by, at=at, stepped_up=stepped_up)
    patients = [photo.patient for photo in chosen if photo.patient is not None]
    require_acts(by, [Act.TEACHING_MAKE], patients=patients, at=at, stepped_up=stepped_up)
    names: list[str] = []
    for _ in chosen:
        names.append(new_name(set(names)))
    release = draft(chosen, use=use, form=ways.TEACHING_SET, by=by, at=at, names=names)
    edit(release, by=by, recipient_name=audience[:120])
    Practice.objects.select_for_update().get(pk=by.practice_id)
    newest = TeachingSet.objects.filter(practice=by.practice_id).aggregate(n=Max("number"))["n"]
    TeachingSet.objects.create(
        release=release,
        practice=by.practice,
        number=(newest or 0) + 1,
        title=title,
        audience=audience,
    )
    return release


def register(practice: Practice) -> list[TeachingSet]:
    """Return the register: every set that was made, the newest first, with who made and checked."""
    rows = TeachingSet.objects.filter(practice=practice).select_related(
        "release__made_by", "release__checked_by"
    )
    return list(rows.order_by("-number"))
