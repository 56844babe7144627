"""A photo's page and the acts on it: its patient, its cover, its prints."""

from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods

from safelight.audit.reading import of_object
from safelight.lib.clock import now
from safelight.lib.refusals import NotFound
from safelight.patients.access import patient_for
from safelight.patients.looking import note_view
from safelight.patients.searching import search
from safelight.people.duties import Act, letters
from safelight.photos import copies, reading
from safelight.photos.access import Form, is_covered, photo_for
from safelight.photos.flagging import set_flags, uncover
from safelight.photos.labelling import missing_words
from safelight.photos.models import Photo
from safelight.photos.moving import move_photo
from safelight.photos.printing import LASTS, PURPOSES, print_photo, print_to_make
from safelight.photos.viewing import open_rendition
from safelight.web.desk.asked import uuid_in
from safelight.web.desk.audit import lines
from safelight.web.desk.giving import attached, inline
from safelight.web.desk.ledger import ledger
from safelight.web.doors import PersonRequest, signed_in, stepped_up

SHOWN = {"view", "thumb", "full", "print"}


def _photo(request: PersonRequest, photo_id: UUID, form: str = Form.PAGE) -> Photo:
    """Load a photo through the person: the one function behind every route decides."""
    return photo_for(
        request.person, photo_id, at=now(), rendition=form, stepped_up=stepped_up(request)
    )


def _page(request: PersonRequest, photo_id: UUID, form: str = Form.PAGE) -> Photo:
    """Load a photo for a page about it, and enter who looks at its patient’s record.

    Its words are shown even where its picture is covered or asked for by nobody.
    """
    found = _photo(request, photo_id, form)
    _enter(request, found)
    return found


def _enter(request: PersonRequest, photo: Photo | None) -> None:
    if photo is not None and photo.patient is not None:
        note_view(photo.patient, by=request.person, at=now())


@require_GET
@signed_in(Act.PATIENT_VIEW)
def photo(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Show one photo, its words, its consent and its ledger. The picture is asked for apart."""
    at, person = now(), request.person
    found = _page(request, photo_id)
    rows = ledger(found, at=at)
    before, after = reading.neighbours(found)
    seen = of_object(found.practice_id, f"photo:{found.pk}", limit=8).entries
    return render(
        request,
        "desk/photos/photo.html",
        {
            "photo": found,
            "patient": found.patient,
            "missing": missing_words(found) if found.incomplete else [],
            "covered": is_covered(person, found, at=at),
            "pixels": found.width * found.height,
            "rows": rows,
            "overdue": sum(row.state == "alarm" for row in rows["outside"]),
            "before": before,
            "after": after,
            "edits": reading.edits_of(found),
            "moves": reading.moves_of(found),
            "seen": lines(seen, person) if letters(person, Act.AUDIT_PATIENT) else [],
            "acts": {
                "share": bool(letters(person, Act.SHARE_KNOWN)),
                "label": bool(letters(person, Act.PHOTO_LABEL)),
                "move": bool(letters(person, Act.PHOTO_MOVE)),
                "print": bool(letters(person, Act.PHOTO_PRINT)),
                "original": bool(letters(person, Act.ORIGINAL_DOWNLOAD)),
            },
        },
    )


@require_GET
@signed_in(Act.PATIENT_VIEW)
def photo_bytes(request: PersonRequest, photo_id: UUID, kind: str) -> HttpResponse:
    """Send one rendition, after its audit entry is committed and its seal was checked."""
    if kind not in SHOWN:
        raise NotFound
    found = _photo(request, photo_id, kind)
    picture = open_rendition(
        found, kind, by=request.person, at=now(), stepped_up=stepped_up(request)
    )
    return inline(picture)


@require_GET
@signed_in(Act.ORIGINAL_DOWNLOAD)
def original(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Send the untouched original as a file to keep, never to be shown as a page."""
    found = _photo(request, photo_id, Form.ORIGINAL)
    picture = open_rendition(
        found, Form.ORIGINAL, by=request.person, at=now(), stepped_up=stepped_up(request)
    )
    ending = "jpg" if found.kind == "jpeg" else found.kind
    return attached(picture, f"photo-{found.pk}.{ending}")


def _about(request: PersonRequest, found: Photo, **more: object) -> dict[str, object]:
    """Return what the page of an act needs, so that whoever acts sees which photo it is."""
    covered = is_covered(request.person, found, at=now())
    return {"photo": found, "patient": found.patient, "covered": covered, **more}


class CoverForm(forms.Form):
    """Who a photo is covered from, and whether it shows who it is."""

    sensitive = forms.BooleanField(label="It shows a sensitive site", required=False)
    restricted = forms.BooleanField(label="The patient asked that few see it", required=False)
    recognisable = forms.NullBooleanField(
        label="Could someone recognise the patient?",
        required=False,
        widget=forms.Select(choices=[("unknown", "Not said"), ("true", "Yes"), ("false", "No")]),
    )
    reason = forms.CharField(label="Why it changes", max_length=200)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_LABEL)
def cover(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Cover a photo from a casual look, or lift that; with a reason."""
    found = _page(request, photo_id)
    flags = {name: getattr(found, name) for name in ("sensitive", "restricted", "recognisable")}
    form = CoverForm(request.POST or None, initial=flags)
    if request.method == "POST" and form.is_valid():
        again = stepped_up(request)
        set_flags(found, **form.cleaned_data, by=request.person, at=now(), stepped_up=again)
        return redirect("desk:photo", found.pk)
    return render(request, "desk/photos/cover.html", _about(request, found, form=form))


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_MOVE)
def move(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Move a photo that lies in the wrong patient's record. Find, look, say why, move."""
    at, again = now(), stepped_up(request)
    found = _page(request, photo_id)
    query = request.POST.get("q", "")  # a name: typed into a form, never into an address
    chosen = uuid_in(request.POST.get("to") or request.GET.get("to"))
    to = patient_for(request.person, chosen, at=at, stepped_up=again) if chosen else None
    problem, reason = "", request.POST.get("reason", "").strip()
    if request.method == "POST" and to is not None:
        if reason:
            move_photo(found, to, reason=reason, by=request.person, at=at, stepped_up=again)
            return redirect("desk:patient", to.pk)
        problem = "Say why it moves. Both records keep the reason."
    hits = search(query, by=request.person, at=at).patients if query else []
    others = [hit for hit in hits if hit.pk != found.patient_id]
    more = {"query": query, "hits": others, "to": to, "problem": problem, "reason": reason}
    return render(request, "desk/photos/move.html", _about(request, found, **more))


class PrintForm(forms.Form):
    """Why a photo goes on paper, and for whom."""

    purpose = forms.ChoiceField(
        label="What is it for?", choices=list(PURPOSES.items()), widget=forms.RadioSelect
    )
    holder_name = forms.CharField(label="Who gets it?", max_length=120)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_PRINT)
def print_page(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Make a numbered print: first why and for whom, then the page that goes to the printer."""
    at, again = now(), stepped_up(request)
    found = _page(request, photo_id, Form.PRINT)
    form = PrintForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data
        copy = print_photo(found, **words, by=request.person, at=at, stepped_up=again)
        return redirect("desk:photo-printed", found.pk, copy.number)
    context = _about(request, found, form=form, due=at + LASTS)
    return render(request, "desk/photos/print.html", context)


@require_GET
@signed_in(Act.PHOTO_PRINT)
def printed(request: PersonRequest, photo_id: UUID, number: int) -> HttpResponse:
    """Show the page to print: the photo and a footer with patient, date, copy number, purpose."""
    found = _page(request, photo_id, Form.PRINT)
    copy = print_to_make(found, number, by=request.person)
    context = {"photo": found, "patient": found.patient, "copy": copy}
    return render(request, "desk/photos/printed.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.COPY_END)
def end_copy(request: PersonRequest, copy_id: UUID) -> HttpResponse:
    """Account for a print: destroyed, returned, or handed to its keeper, and how we know."""
    copy = copies.copy_for(request.person, copy_id, at=now())
    _enter(request, copy.photo)
    evidence = request.POST.get("evidence", "").strip()
    if request.method == "POST" and evidence:
        copies.declare_gone(copy, by=request.person, at=now(), evidence=evidence)
        if letters(request.person, Act.PHOTO_VIEW):
            return redirect(reverse("desk:photo", args=[copy.photo_id]) + "#where")
        return redirect("desk:today")
    return render(request, "desk/photos/end_copy.html", {"copy": copy, "asked": request.POST})


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_VIEW)
def unblur(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Show a covered photo to this person for a while. The reason is kept."""
    found = _page(request, photo_id)
    reason = request.POST.get("reason", "").strip()
    if request.method == "POST" and reason:
        again = stepped_up(request)
        uncover(found, reason=reason, by=request.person, at=now(), stepped_up=again)
        return redirect("desk:photo", found.pk)
    context = {"photo": found, "patient": found.patient, "asked": request.POST}
    return render(request, "desk/photos/unblur.html", context)


urlpatterns = [
    path("photos/<uuid:photo_id>", photo, name="photo"),
    path("photos/<uuid:photo_id>/<str:kind>.jpg", photo_bytes, name="photo-bytes"),
    path("photos/<uuid:photo_id>/original", original, name="photo-original"),
    path("photos/<uuid:photo_id>/cover", cover, name="photo-cover"),
    path("photos/<uuid:photo_id>/move", move, name="photo-move"),
    path("photos/<uuid:photo_id>/print", print_page, name="photo-print"),
    path("photos/<uuid:photo_id>/print/<int:number>", printed, name="photo-printed"),
    path("photos/<uuid:photo_id>/unblur", unblur, name="photo-unblur"),
    path("copies/<uuid:copy_id>/end", end_copy, name="copy-end"),
]
