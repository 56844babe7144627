"""Two steps of a share: what is hidden in each photo, and the finished file that will leave."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput, NotFound
from safelight.people.duties import Act
from safelight.photos.access import is_covered
from safelight.sharing.asking import items_of
from safelight.sharing.drafting import (
    QUESTION_LENGTH,
    covers_of,
    hide_name,
    preview,
    set_checklist,
    set_crop_and_cover,
    set_words,
)
from safelight.sharing.models import Release, ReleasedPhoto
from safelight.sharing.reading import release_for
from safelight.sharing.rules.checklist import (
    ABSENT,
    CHECKLIST,
    HIDDEN,
    LONGEST_NOTE,
    NEEDED,
    RARE,
    RARITY,
    SURE_NOT,
    UNSURE,
    needs_checklist,
    unsettled,
)
from safelight.sharing.seeing import lie_of
from safelight.sharing.suggesting import can_suggest, suggest
from safelight.web.desk.asked import uuid_in
from safelight.web.desk.giving import PLAIN, attached, inline
from safelight.web.desk.shares_cover import drawn, outline, percents, stored, told_in
from safelight.web.desk.shares_said import context
from safelight.web.desk.shares_seen import share_seen
from safelight.web.doors import PersonRequest, signed_in, stepped_up

VISIBLE = ((ABSENT, "Not there"), (HIDDEN, "Hidden"), (NEEDED, "Needed"))
NEVER_NEEDED = VISIBLE[:2]
HOW_RARE = ((SURE_NOT, "No"), (UNSURE, "Not sure"), (RARE, "Yes"))
SIDE_WORDS = (("x", "From the left"), ("y", "From the top"), ("w", "Width"), ("h", "Height"))
FOUND = {"face": "a face", "eye": "an eye", "text": "writing", "label": "a label"}
NUMBERS_ACROSS = 28
"""So many numbers of suggested places would stand side by side across a photo."""
TYPES = {"jpeg": "image/jpeg", "png": "image/png"}


def item_in(release: Release, wanted: UUID | None) -> tuple[list[ReleasedPhoto], ReleasedPhoto]:
    """Return all photos of a share and the one asked for, the first if none is."""
    items = items_of(release)
    found = next((item for item in items if wanted in (None, item.pk)), None)
    if found is None:
        raise NotFound
    return items, found


def after(items: list[ReleasedPhoto], item: ReleasedPhoto) -> ReleasedPhoto | None:
    """Return the photo after this one."""
    at = items.index(item) + 1
    return items[at] if at < len(items) else None


def answers_in(request: PersonRequest) -> dict[str, dict[str, str]]:
    """Read the checklist’s answers; what was not answered is left out."""
    return {
        key: {"answer": said, "note": request.POST.get(f"note-{key}", "").strip()}
        for key in CHECKLIST
        if (said := request.POST.get(f"check-{key}", ""))
    }


def _keep(request: PersonRequest, release: Release, item: ReleasedPhoto, at: datetime) -> None:
    """Keep everything the form tells: the drawing, the words, the list. Each by its own act."""
    person = request.person
    told = told_in(request.POST)
    own = covers_of(item.photo)
    crop, shapes = stored(lie_of(item), told)
    before = (item.crop, [shape for shape in item.shapes if shape not in own])
    if (crop, shapes) != before:
        set_crop_and_cover(item, crop=crop, shapes=shapes, by=person, at=at)
    if "words" in request.POST:
        set_words(item, words=request.POST["words"], by=person, at=at)
    if needs_checklist(release.use, release.form):
        set_checklist(release, answers_in(request), by=person, at=at)
    else:
        hide_name(release, hidden=bool(request.POST.get("name_hidden")), by=person, at=at)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_VIEW)
def hide(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Crop and cover one photo after the other, and answer the list. The record is not changed."""
    at, person = now(), request.person
    release = share_seen(request, release_id, at=at)
    items, item = item_in(release, uuid_in(request.POST.get("item") or request.GET.get("item")))
    problem, found = "", None
    if request.method == "POST":
        try:
            _keep(request, release, item, at)
            if request.POST.get("then") != "suggest":
                return _onward(request, release, items, item)
            found = suggest(item, by=person, at=at, stepped_up=stepped_up(request))
        except BadInput as refused:
            problem = f"{refused.message} {refused.remedy}".strip()
    told = {**_hide_context(release, items, item, at=at), "problem": problem}
    told["can_suggest"] = can_suggest()
    told["suggested"] = _suggested(item, found) if found is not None else None
    told["number_size"] = item.photo.width // NUMBERS_ACROSS
    told["covered"] = is_covered(person, item.photo, at=at)
    return render(request, "desk/shares/hide.html", told, status=400 if problem else 200)


def _suggested(
    item: ReleasedPhoto, found: list[tuple[str, dict[str, Any]]]
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return what was found as the page offers it: in words, as a cover, as an outline."""
    lie, photo = lie_of(item), item.photo
    seen = [
        (kind, box)
        for (kind, _), box in zip(
            found, drawn(lie, None, [box for _, box in found]).shapes, strict=True
        )
    ]
    return [
        (FOUND[kind], json.dumps(box), outline(box, photo.width, photo.height))
        for kind, box in seen
    ]


def _onward(
    request: PersonRequest, release: Release, items: list[ReleasedPhoto], item: ReleasedPhoto
) -> HttpResponse:
    """Go on: stay to draw more, the next photo, or the finished files if nothing is open."""
    here = reverse("desk:share-hide", args=[release.pk])
    following = after(items, item)
    if request.POST.get("then") == "stay":
        return redirect(f"{here}?item={item.pk}")
    if following is not None:
        return redirect(f"{here}?item={following.pk}")
    release.refresh_from_db()
    if _open_points(release, items_of(release)):
        return redirect(f"{here}?item={item.pk}#list")
    return redirect("desk:share-look", release.pk)


def _open_points(release: Release, items: list[ReleasedPhoto]) -> list[tuple[str, str]]:
    """Return what on the list still stands in the way, each with what settles it."""
    if not needs_checklist(release.use, release.form) or not release.checklist:
        return []
    bare = [item for item in items if not (item.crop or item.shapes)]
    found = unsettled(
        release.checklist,
        use=release.use,
        anything_hidden=len(bare) < len(items),
        recognisable=any(item.photo.recognisable for item in bare),
    )
    return [(one.words, one.needed) for one in found]


def _hide_context(
    release: Release, items: list[ReleasedPhoto], item: ReleasedPhoto, *, at: datetime
) -> dict[str, object]:
    """Return what the page shows: the drawing on the upright photo, the list, the words."""
    photo, own = item.photo, covers_of(item.photo)
    extra = [shape for shape in item.shapes if shape not in own]
    told = drawn(lie_of(item), item.crop, extra)
    fixed = drawn(lie_of(item), None, own).shapes if own else []
    said = release.checklist
    listed = needs_checklist(release.use, release.form)
    return context(
        release,
        step="hidden",
        at=at,
        item=item,
        following=after(items, item),
        numbers=percents(told.crop),
        sides=SIDE_WORDS,
        crop=outline({"shape": "rect", **told.crop}, photo.width, photo.height)
        if told.crop
        else None,
        shapes=json.dumps(told.shapes),
        covers=[(shape, outline(shape, photo.width, photo.height)) for shape in told.shapes],
        fixed=[outline(shape, photo.width, photo.height) for shape in fixed],
        listed=listed,
        questions=[
            (one, said.get(key, {}), _answers(key), one.may_be_needed or key == RARITY)
            for key, one in CHECKLIST.items()
        ]
        if listed
        else [],
        answered=sum(key in said for key in CHECKLIST),
        open_points=_open_points(release, items),
        longest_note=LONGEST_NOTE,
        longest_words=QUESTION_LENGTH,
    )


def _answers(key: str) -> tuple[tuple[str, str], ...]:
    if key == RARITY:
        return HOW_RARE
    return VISIBLE if CHECKLIST[key].may_be_needed else NEVER_NEEDED


@require_GET
@signed_in(Act.PHOTO_VIEW)
def look(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Show one finished file after the other: made, written and opened again, as it will leave."""
    at, person = now(), request.person
    release = release_for(person, release_id, at=at)
    wanted = uuid_in(request.GET.get("item"))
    items = items_of(release)
    first = next((item.pk for item in items if not item.sha256), None)
    items, item = item_in(release, wanted or first)
    made = preview(item, by=person, at=at, stepped_up=stepped_up(request))
    following = after(items, item)
    told = context(
        release,
        step="preview",
        at=at,
        item=item,
        made=made,
        fingerprint=f"{made.sha256[:4]} {made.sha256[4:8]} … {made.sha256[-4:]}",
        following=following,
        place=items.index(item) + 1,
        cut=bool(item.crop),
        hidden=bool(item.crop or item.shapes),
    )
    return render(request, "desk/shares/look.html", told)


@require_GET
@signed_in(None)
def finished(request: PersonRequest, release_id: UUID, item_id: UUID) -> HttpResponse:
    """Send the exact bytes that would leave, to whoever decides or checks; never to be kept."""
    release = release_for(request.person, release_id, at=now())
    _, item = item_in(release, item_id)
    made = preview(item, by=request.person, at=now(), stepped_up=stepped_up(request))
    kind = TYPES.get(made.kind, PLAIN)
    if "file" in request.GET:
        return attached(made.data, f"{item.name}.{_ending(made.kind)}", kind)
    return inline(made.data, kind)


def _ending(kind: str) -> str:
    return "jpg" if kind == "jpeg" else kind


urlpatterns = [
    path("shares/<uuid:release_id>/hide", hide, name="share-hide"),
    path("shares/<uuid:release_id>/look", look, name="share-look"),
    path("shares/<uuid:release_id>/files/<uuid:item_id>", finished, name="share-file"),
]
