"""Drafting: a release is put together step by step. Nothing leaves, and nothing is decided yet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from safelight.consent.going import MayNotGo
from safelight.consent.uses import PATIENT_COPY
from safelight.imaging.conceal import checked_crop, checked_shapes
from safelight.lib.refusals import BadInput, NotFound
from safelight.people.duties import Act, may, require_duty
from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.policy.settings import all_settings
from safelight.sharing.addressbook import known_now, recipient_of
from safelight.sharing.asking import UNDECIDED, items_of, may_leave, note_refusal
from safelight.sharing.choosing import choices as choices
from safelight.sharing.models import Clinician, Release, ReleasedPhoto
from safelight.sharing.previewing import preview as preview
from safelight.sharing.readiness import missing as missing
from safelight.sharing.refusals import MovedOn
from safelight.sharing.rules import bases, checklist, ways
from safelight.sharing.rules.ends import UNDONE
from safelight.sharing.sealed import shut, tidy
from safelight.sharing.standing import note, require_may_leave_by, require_practice

QUESTION_LENGTH, WORDS_LENGTH = 1000, 300
BEGINNERS = (Act.SHARE_KNOWN, Act.SHARE_NEW, Act.TEACHING_MAKE, Act.PHOTO_PRINT)


@transaction.atomic
def begin_release(
    photos: Sequence[Photo], *, use: str, by: Person, at: datetime, stepped_up: bool = False
) -> Release:
    """Begin to let photos of one patient out for a use. Nothing has left, nothing is decided.

    Whoever begins may see each of them plainly; the basis is asked for in its own step.
    """
    if use not in bases.USES_OUT:
        raise BadInput("That use is not known.")
    chosen = checked_photos(photos, by=by, at=at, stepped_up=stepped_up)
    patient = chosen[0].patient
    if patient is None or any(photo.patient_id != patient.pk for photo in chosen):
        raise BadInput("These photos are not all of one patient. Share each patient’s by itself.")
    form = ways.forms_for(use)[0]
    if form == ways.TEACHING_SET:
        form = ways.LINK
    return draft(chosen, use=use, form=form, by=by, at=at)


def checked_photos(
    photos: Sequence[Photo], *, by: Person, at: datetime, stepped_up: bool
) -> list[Photo]:
    """Return the photos once each, if this person may see and send them."""
    if not any(may(by, act) for act in BEGINNERS):
        require_duty(by, Act.SHARE_KNOWN)
    chosen = list({photo.pk: photo for photo in photos}.values())
    if not 0 < len(chosen) <= ways.MOST_PHOTOS:
        raise BadInput(f"Choose from 1 to {ways.MOST_PHOTOS} photos.")
    for photo in chosen:
        require_may_leave_by(by, photo, at=at, stepped_up=stepped_up)
    return chosen


def draft(
    chosen: Sequence[Photo],
    *,
    use: str,
    form: str,
    by: Person,
    at: datetime,
    names: Sequence[str] = (),
) -> Release:
    """Write the draft's rows; the caller checked who, which photos, and which use."""
    bounds = ways.Bounds.of(all_settings(by.practice))
    release = Release.objects.create(
        practice=by.practice,
        patient=None if form == ways.TEACHING_SET else chosen[0].patient,
        use=use,
        form=form,
        name_hidden=checklist.needs_checklist(use, form),
        view_only=form != ways.PATIENT_COPY,
        days=bounds.usual_days(form),
        open_limit=bounds.opens,
        made_by=by,
        made_at=at,
    )
    for number, photo in enumerate(chosen, start=1):
        if photo.patient is None:
            raise NotFound
        ReleasedPhoto.objects.create(
            release=release,
            photo=photo,
            patient=photo.patient,
            order=number,
            name=names[number - 1] if names else f"photo-{number}",
            shapes=covers_of(photo),
        )
    ids = " ".join(str(photo.pk) for photo in chosen)
    note("share.begun", release, by=by, at=at, detail=ids)
    return release


def set_basis(
    release: Release,
    *,
    code: str,
    by: Person,
    at: datetime,
    reason: str = "",
    facts: Mapping[str, str] | None = None,
) -> Release:
    """Name the one reason for which these photos may leave. It is refused if it cannot stand.

    The refusal is written down, says all that is missing, and changes nothing. A later step and
    the worker ask again.
    """
    rule = bases.bases().get(code)
    told = {key: str((facts or {}).get(key, "")).strip() for key in (rule.needs if rule else {})}
    reason = reason.strip()
    if len(reason) > bases.MOST_REASON or any(len(v) > bases.MOST_FACT for v in told.values()):
        raise BadInput("Write the reason in fewer words.")
    tried = Release.objects.select_related("made_by__practice").get(pk=release.pk)
    tried.basis, tried.basis_reason, tried.basis_facts = code, reason, told
    try:
        for item in items_of(release):
            may_leave(tried, item.photo, at=at, still_open=UNDECIDED)
    except MayNotGo as refused:
        note_refusal(release, refused, by=by, at=at)
        raise
    return edit(release, by=by, basis=code, basis_reason=reason, basis_facts=told)


def set_recipient(
    release: Release,
    *,
    by: Person,
    at: datetime,
    clinician: Clinician | None = None,
    name: str = "",
    kind: str = "",
    address: str = "",
    address_again: str = "",
    country: str = "AU",
) -> Release:
    """Say who gets them: somebody in the address book, or a new address, typed twice the same.

    Somebody whose address was not verified lately is refused before anything is sent to it. The
    patient's own copy goes to nobody in the book: a yes to that is a yes to no colleague.
    """
    require_practice(release, by)
    if release.use == PATIENT_COPY and clinician is not None:
        raise BadInput(
            "Not kept. The patient’s own copy goes to the patient.",
            remedy="Type their address, or begin again for the use it is meant for.",
        )
    who = recipient_of(
        by.practice,
        clinician,
        name=name,
        kind=kind,
        address=address,
        address_again=address_again,
        country=country,
    )
    if clinician is not None:
        known_now(clinician, at=at)
    return edit(release, by=by, clinician=clinician, **who)


def set_form(
    release: Release,
    *,
    form: str,
    by: Person,
    at: datetime,
    channel: str = Release.Channel.EMAIL,
    question: str = "",
    days: int | None = None,
    open_limit: int | None = None,
    view_only: bool = True,
    needs_pin: bool = True,
) -> Release:
    """Say how they travel and until when, within what the use and the practice's settings allow."""
    is_set = release.form == ways.TEACHING_SET
    if form not in ways.forms_for(release.use) or (form == ways.TEACHING_SET) != is_set:
        raise BadInput("That form is not for this use.")
    if channel not in Release.Channel.values:
        raise BadInput("Choose how the link is sent.")
    bounds = ways.Bounds.of(all_settings(by.practice))
    days = bounds.usual_days(form) if days is None else days
    opens = bounds.opens if open_limit is None else open_limit
    if not 1 <= days <= bounds.most_days(form):
        raise BadInput(f"It ends after 1 to {bounds.most_days(form)} days. That is the policy.")
    if not 1 <= opens <= bounds.opens_most:
        raise BadInput(f"A link opens 1 to {bounds.opens_most} times. That is the policy.")
    if len(question.strip()) > QUESTION_LENGTH:
        raise BadInput(f"Ask in at most {QUESTION_LENGTH} characters.")
    return edit(
        release,
        by=by,
        form=form,
        channel=channel,
        question=question.strip(),
        days=days,
        open_limit=opens,
        view_only=view_only and form != ways.PATIENT_COPY,
        needs_pin=needs_pin,
        name_hidden=release.name_hidden or checklist.needs_checklist(release.use, form),
    )


def hide_name(release: Release, *, hidden: bool, by: Person, at: datetime) -> Release:
    """Leave the name out, also where the use does not ask for it. Where it does, it stays out."""
    wanted = hidden or checklist.needs_checklist(release.use, release.form)
    return edit(release, by=by, name_hidden=wanted)


def set_checklist(
    release: Release, answers: Mapping[str, Mapping[str, Any]], *, by: Person, at: datetime
) -> Release:
    """Keep the answers to the checklist of this release: what is there, hidden, or needed and why.

    Whether they let the photos go is decided by the rules when it is confirmed.
    """
    kept = {}
    for key, answer in answers.items():
        said, why = str(answer.get("answer", "")), str(answer.get("note", "")).strip()
        if key not in checklist.CHECKLIST or len(why) > checklist.LONGEST_NOTE or len(said) > 10:
            raise BadInput("One of these answers is not known, or its note is too long.")
        kept[key] = {"answer": said, "note": why}
    return edit(release, by=by, checklist=kept)


@transaction.atomic
def set_crop_and_cover(
    item: ReleasedPhoto,
    *,
    crop: Mapping[str, Any] | None,
    shapes: Sequence[Any],
    by: Person,
    at: datetime,
) -> ReleasedPhoto:
    """Say what of a photo is cut away and covered in this copy. The photo itself never changes.

    What was covered when the photo was taken stays covered on every copy. The finished bytes have
    to be looked at again.
    """
    try:
        cut, drawn = checked_crop(crop), checked_shapes(shapes)
    except BadInput:
        raise BadInput("The crop or cover could not be understood. Draw it again.") from None
    own = covers_of(item.photo)
    covers = own + [shape for shape in drawn if shape not in own]
    wanted: dict[str, Any] = {"crop": cut, "shapes": covers}
    edit(item.release, by=by)
    item.refresh_from_db()
    unnamed = list(item.blobs.values())
    ReleasedPhoto.objects.filter(pk=item.pk).update(
        **wanted, sha256="", seen_at=None, wrapped_key=b"", blobs={}
    )
    transaction.on_commit(lambda: tidy(unnamed))
    item.refresh_from_db()
    return item


@transaction.atomic
def set_words(item: ReleasedPhoto, *, words: str, by: Person, at: datetime) -> ReleasedPhoto:
    """Set the words that go beside a photo."""
    words = " ".join(words.split())
    if len(words) > WORDS_LENGTH:
        raise BadInput(f"Write at most {WORDS_LENGTH} characters beside a photo.")
    edit(item.release, by=by)
    ReleasedPhoto.objects.filter(pk=item.pk).update(words=words)
    item.refresh_from_db()
    return item


@transaction.atomic
def drop(release: Release, *, by: Person, at: datetime) -> Release:
    """Leave a draft: nothing leaves. Leaving it twice changes nothing."""
    require_practice(release, by)
    gone = Release.objects.filter(pk=release.pk, state=Release.State.DRAFT, made_by=by).update(
        state=Release.State.UNDONE, ended_at=at, ended_by=by, end_why=UNDONE
    )
    release.refresh_from_db()
    if not gone and release.state != Release.State.UNDONE:
        raise MovedOn(release)
    if gone:
        shut(release)
        note("share.dropped", release, by=by, at=at)
    return release


def edit(release: Release, *, by: Person, **fields: Any) -> Release:
    """Change a draft of this person's own by one conditional update; any other is refused."""
    require_practice(release, by)
    rows = Release.objects.filter(pk=release.pk, state=Release.State.DRAFT, made_by=by)
    if not rows.update(**(fields or {"state": Release.State.DRAFT})):
        release.refresh_from_db()
        raise MovedOn(release)
    release.refresh_from_db()
    return release


def covers_of(photo: Photo) -> list[dict[str, Any]]:
    """Return the covers drawn when a photo was taken: they are solid on every copy (DESIGN, P5)."""
    try:
        return checked_shapes(photo.cover)
    except BadInput:
        raise BadInput(
            "This photo carries a cover that cannot be read, so no copy of it is made.",
            remedy="Ask the IT person to look at the photo.",
        ) from None
