"""Letting photos out: what it is for, and the one address of each share from then on."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from safelight.consent.going import MayNotGo
from safelight.consent.uses import USES
from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.people.duties import Act
from safelight.photos.access import Form, photo_for
from safelight.photos.models import Photo
from safelight.sharing.asking import items_of
from safelight.sharing.confirming import undo
from safelight.sharing.drafting import begin_release, drop, set_basis
from safelight.sharing.models import Release
from safelight.sharing.rules.bases import CONSENT, DISCLOSURE, USES_OUT, bases
from safelight.sharing.rules.checklist import needs_hidden
from safelight.sharing.rules.ways import MOST_PHOTOS
from safelight.web.desk.asked import uuid_in
from safelight.web.desk.shares_out import out_page
from safelight.web.desk.shares_said import next_step, page_of
from safelight.web.desk.shares_seen import share_seen
from safelight.web.doors import PersonRequest, signed_in, stepped_up

STATE_PAGES = {
    Release.State.GOING: "desk/shares/going.html",
    Release.State.WAITING_SECOND: "desk/shares/waiting.html",
}


def chosen_photos(request: PersonRequest) -> list[Photo]:
    """Load the photos named by the form or address, each through the one function that decides."""
    told = [uuid_in(word) for word in (request.POST or request.GET).getlist("photo")]
    ids = list(dict.fromkeys(one for one in told if one))
    if not 0 < len(ids) <= MOST_PHOTOS:
        raise BadInput(
            f"Choose from 1 to {MOST_PHOTOS} photos to share.",
            remedy="Go back to the patient’s photos and tick those that should go.",
        )
    at, again = now(), stepped_up(request)
    return [
        photo_for(request.person, one, at=at, rendition=Form.PAGE, stepped_up=again) for one in ids
    ]


def use_hint(code: str) -> str:
    """Return the line under a use: what it demands."""
    if code == DISCLOSURE:
        return "A court, a regulator, a claim, a threat, or the person responsible. Not asked."
    return USES[code].hint or ("Name hidden" if needs_hidden(code) else "")


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_VIEW)
def new(request: PersonRequest) -> HttpResponse:
    """Ask what the photos are for, and check at once whether the patient’s own yes covers it."""
    photos, at = chosen_photos(request), now()
    use = request.POST.get("use", "")
    if request.method == "POST" and use:
        again = stepped_up(request)
        release = begin_release(photos, use=use, by=request.person, at=at, stepped_up=again)
        if use == DISCLOSURE:
            return redirect("desk:share-why", release.pk)
        try:
            set_basis(release, code=CONSENT, by=request.person, at=at)
        except MayNotGo:  # written down by the act; the next page says all that is missing
            return redirect("desk:share-why", release.pk)
        return redirect("desk:share-who", release.pk)
    context = {
        "photos": photos,
        "patient": photos[0].patient,
        "uses": [(code, words, use_hint(code)) for code, words in USES_OUT.items()],
        "problem": request.method == "POST",
    }
    return render(request, "desk/shares/new.html", context, status=400 if request.POST else 200)


@require_http_methods(["GET"])
@signed_in(None)
def share(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Show a share as it is by now: its next step, its minute, who checks, or where it went."""
    at = now()
    release = share_seen(request, release_id, at=at)
    mine = release.made_by_id == request.person.pk
    if release.state == Release.State.DRAFT and mine:
        return redirect(page_of(release, next_step(release)))
    template = STATE_PAGES.get(Release.State(release.state))
    if template:
        return render(request, template, going_context(request, release))
    return out_page(request, release, at=at)


def going_context(request: PersonRequest, release: Release, pin: str = "") -> dict[str, object]:
    """Return what the page of a share that is about to go says."""
    left = (release.goes_at - now()).total_seconds() if release.goes_at else 0
    return {
        "release": release,
        "patient": release.patient,
        "count": len(items_of(release)),
        "pin": pin,
        "left": max(0, round(left)),
        "mine": release.made_by_id == request.person.pk,
    }


@require_POST
@signed_in(None)
def take_back(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Undo a share in its minute, or leave a draft. Nothing has left."""
    release = share_seen(request, release_id, at=now())
    act = drop if release.state == Release.State.DRAFT else undo
    act(release, by=request.person, at=now())
    return redirect("desk:share", release.pk)


@require_POST
@signed_in(None)
def other_use(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Leave this draft and ask again what the same photos are for, or begin anew by a law’s reason.

    Nothing is carried over but the photos: the new use asks for everything itself.
    """
    at = now()
    release = share_seen(request, release_id, at=at)
    photos = [item.photo for item in items_of(release)]
    reason = bases().get(request.POST.get("reason", ""))
    if reason is None:
        ids = "&".join(f"photo={photo.pk}" for photo in photos)
        drop(release, by=request.person, at=at)
        return redirect(f"{reverse('desk:share-new')}?{ids}")
    again = stepped_up(request)
    begun = begin_release(photos, use=DISCLOSURE, by=request.person, at=at, stepped_up=again)
    drop(release, by=request.person, at=at)
    return redirect(f"{reverse('desk:share-why', args=[begun.pk])}?reason={reason.code}")


urlpatterns = [
    path("shares/new", new, name="share-new"),
    path("shares/<uuid:release_id>", share, name="share"),
    path("shares/<uuid:release_id>/take-back", take_back, name="share-take-back"),
    path("shares/<uuid:release_id>/other-use", other_use, name="share-other-use"),
]
