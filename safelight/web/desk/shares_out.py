"""One share once it was decided: where it is, who opened it, what was answered, what ends it."""

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from safelight.lib.clock import now
from safelight.lib.refusals import NotFound
from safelight.people.duties import Act, needs_step_up
from safelight.sharing import printing
from safelight.sharing.asking import items_of
from safelight.sharing.decided import carries, decided, may_do, require_renews
from safelight.sharing.ending import hand_over, note_destroyed
from safelight.sharing.messages import text_of
from safelight.sharing.models import Release
from safelight.sharing.opening import renew_link, renew_pin
from safelight.sharing.packing import open_package, password_of
from safelight.sharing.reading import openings, release_for
from safelight.sharing.recalling import recall
from safelight.sharing.replying import see_replies
from safelight.sharing.rules.ends import ENDS
from safelight.sharing.rules.ways import LINKS, TEACHING_SET
from safelight.web.desk.giving import attached, inline
from safelight.web.desk.shares_said import statements
from safelight.web.desk.shares_seen import share_seen
from safelight.web.doors import PersonRequest, signed_in, stepped_up, to_step_up

EVIDENCE_LENGTH = 200
REASON_LENGTH = 300


def out_page(request: PersonRequest, release: Release, *, at: datetime) -> HttpResponse:
    """Show a share that went out, ended, was undone or refused. It shows no picture."""
    person, found = request.person, decided(release)
    acts = may_do(person, release, found, at=at)
    said = statements(release, current="", at=at, in_full=acts["read"])
    context = {
        "release": release,
        "patient": release.patient,
        "found": found,
        "statements": [s for s in said if s.state == "done"],
        "opens_left": release.open_limit - len(found.openings),
        "why": ENDS.get(release.end_why, release.end_why),
        "is_link": release.form in LINKS,
        "acts": acts,
    }
    return render(request, "desk/shares/share.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.SHARE_STOP)
def stop(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Stop a share at once. Says before what that can and cannot do, and after who has seen it."""
    at = now()
    release = share_seen(request, release_id, at=at)
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        done = recall(release, reason=reason, by=request.person, at=at)
        told = {"release": release, "patient": release.patient, "done": done}
        return render(request, "desk/shares/stopped.html", told)
    context = {
        "release": release,
        "patient": release.patient,
        "count": len(items_of(release)),
        "openings": openings(release),
        "is_link": release.form in LINKS,
        "longest": REASON_LENGTH,
    }
    return render(request, "desk/shares/stop.html", context)


@require_POST
@signed_in(None)
def read_replies(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Show what the recipient wrote back, and note who read it."""
    at = now()
    release = share_seen(request, release_id, at=at)
    found = see_replies(release, by=request.person, at=at)
    context = {"release": release, "patient": release.patient, "replies": found}
    return render(request, "desk/shares/replies.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(None)
def renew(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Make a new PIN, or a new link in place of the old one. A new PIN is shown this one time."""
    at = now()
    release = share_seen(request, release_id, at=at)
    require_renews(request.person, release)
    context = {"release": release, "patient": release.patient}
    if request.method == "POST" and request.POST.get("what") == "pin":
        pin = renew_pin(release, by=request.person, at=at)
        return render(request, "desk/shares/pin.html", {**context, "pin": pin})
    if needs_step_up(request.person, Act.SHARE_NEW) and not stepped_up(request):
        return to_step_up(request)
    if request.method == "POST":
        renew_link(release, by=request.person, at=at, stepped_up=stepped_up(request))
        return redirect("desk:share", release.pk)
    return render(request, "desk/shares/renew.html", context)


@require_POST
@signed_in(None)
def text(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Show the sentence and the link once, to be sent as a text by the sender’s own means."""
    release = share_seen(request, release_id, at=now())
    words = text_of(release, by=request.person, at=now())
    context: dict[str, object] = {"release": release, "patient": release.patient, "words": words}
    return render(request, "desk/shares/text.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(None)
def package(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Give the sealed file, or its password, each by its own button. They go by different ways."""
    at, person = now(), request.person
    release = share_seen(request, release_id, at=at)
    if not carries(person, release):
        raise NotFound
    act = Act.TEACHING_MAKE if release.form == TEACHING_SET else Act.ORIGINAL_DOWNLOAD
    again = stepped_up(request)
    if needs_step_up(person, act) and not again:
        return to_step_up(request)
    context: dict[str, object] = {"release": release, "patient": release.patient}
    if request.method == "POST" and request.POST.get("what") == "file":
        packed = open_package(release, by=person, at=at, stepped_up=again)
        return attached(packed.data, packed.name)
    if request.method == "POST":
        context["password"] = password_of(release, by=person, at=at, stepped_up=again)
    return render(request, "desk/shares/package.html", context)


@require_GET
@signed_in(Act.PHOTO_PRINT)
def pages(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Show the pages to print: one photo each, numbered, with what it is for and until when."""
    at = now()
    release = share_seen(request, release_id, at=at)
    found = printing.pages(release, by=request.person, at=at, stepped_up=stepped_up(request))
    context = {"release": release, "patient": release.patient, "prints": found, "at": at}
    return render(request, "desk/shares/pages.html", context)


@require_GET
@signed_in(Act.PHOTO_PRINT)
def page_picture(request: PersonRequest, release_id: UUID, number: int) -> HttpResponse:
    """Send the picture of one page to print: the finished copy, never the photo itself."""
    at = now()
    release = release_for(request.person, release_id, at=at)
    data = printing.page_picture(
        release, number, by=request.person, at=at, stepped_up=stepped_up(request)
    )
    return inline(data)


@require_http_methods(["GET", "POST"])
@signed_in(Act.COPY_END)
def settle(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Say what became of a file or a print: another keeps it for good, or it is destroyed."""
    release = share_seen(request, release_id, at=now())
    evidence, what = request.POST.get("evidence", "").strip(), request.POST.get("what", "")
    if request.method == "POST" and evidence and what in ("kept", "destroyed"):
        act = hand_over if what == "kept" else note_destroyed
        act(release, evidence=evidence, by=request.person, at=now())
        return redirect("desk:share", release.pk)
    context = {
        "release": release,
        "patient": release.patient,
        "asked": request.POST,
        "longest": EVIDENCE_LENGTH,
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "desk/shares/settle.html", context, status=status)


urlpatterns = [
    path("shares/<uuid:release_id>/stop", stop, name="share-stop"),
    path("shares/<uuid:release_id>/replies", read_replies, name="share-replies"),
    path("shares/<uuid:release_id>/renew", renew, name="share-renew"),
    path("shares/<uuid:release_id>/text", text, name="share-text"),
    path("shares/<uuid:release_id>/package", package, name="share-package"),
    path("shares/<uuid:release_id>/pages", pages, name="share-pages"),
    path("shares/<uuid:release_id>/pages/<int:number>.jpg", page_picture, name="share-page"),
    path("shares/<uuid:release_id>/settle", settle, name="share-settle"),
]
