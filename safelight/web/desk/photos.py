"""A photo's page: what it shows, why it may exist, and where every copy of it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from safelight.audit.reading import of_object
from safelight.lib.clock import now
from safelight.lib.refusals import NotFound
from safelight.patients.access import patient_for
from safelight.patients.reading import find
from safelight.people.duties import Act, letters
from safelight.photos import copies, reading
from safelight.photos.access import covered_photos, photo_for
from safelight.photos.labelling import edit_label
from safelight.photos.models import Copy, Photo
from safelight.photos.moving import move_photo
from safelight.photos.printing import print_photo
from safelight.photos.viewing import open_rendition, unblur
from safelight.policy.sites import sites
from safelight.web.desk.audit import lines
from safelight.web.desk.templatetags.words import day, moment, span
from safelight.web.doors import PersonRequest, signed_in

BYTES = {"view": "view", "thumb": "thumb", "full": "full"}


@dataclass(frozen=True)
class LedgerRow:
    """One line of "Where is this photo?"."""

    copy: Copy
    where: str
    holder: str
    why: str
    known: str
    begin: float
    end: float
    state: str
    state_words: str
    ends: str
    may_end: bool


def _ends(copy: Copy) -> tuple[str, str, str]:
    """Return a copy's mark, the word beside it, and what ends it."""
    if copy.state == Copy.State.HANDED_OVER:
        return "gone", "Handed over", copy.end_evidence or "Theirs to keep"
    if copy.ended_at is not None:
        held = span(copy.ended_at - copy.since)
        return "gone", f"Held for {held}", f"Gone {moment(copy.ended_at)}"
    if copy.state == Copy.State.OUT_OF_REACH:
        return "alarm", "Out of reach", copy.end_evidence
    if not copy.outside:
        return "in", "Kept with the record", "Disposal review"
    if copy.due_at is not None and copy.due_at < now():
        return "alarm", f"{span(now() - copy.due_at)} overdue", f"Was due {day(copy.due_at)}"
    if copy.due_at is not None:
        return "out", f"Ends {day(copy.due_at)}", ""
    return "out", "Outside", "The phone, when it shows the photo is gone"


def ledger(photo: Photo, *, at: datetime) -> dict[str, list[LedgerRow]]:
    """Group a photo's copies as the page shows them. Times become shares of the photo's life."""
    life = max((at - photo.taken_at).total_seconds(), 1.0)
    rows: dict[str, list[LedgerRow]] = {"outside": [], "inside": [], "gone": []}
    for copy in copies.where_is(photo):
        state, words, ends = _ends(copy)
        group = "gone" if state == "gone" else "outside" if copy.outside else "inside"
        name = Copy.Holder(copy.holder).label
        rows[group].append(
            LedgerRow(
                copy=copy,
                where=f"{name} {copy.number}" if copy.number else name,
                holder=copy.holder_name or copy.rendition,
                why=copy.basis,
                known=(copy.end_evidence if state == "gone" else "") or copy.evidence,
                begin=(copy.since - photo.taken_at).total_seconds() / life,
                end=((copy.ended_at or at) - photo.taken_at).total_seconds() / life,
                state=state,
                state_words=words,
                ends=ends,
                may_end=group == "outside" and copy.holder == Copy.Holder.PAPER,
            )
        )
    return rows


@require_GET
@signed_in(Act.PHOTO_VIEW)
def photo(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Show one photo, its words, its consent and its ledger. The picture is asked for apart."""
    at = now()
    found = photo_for(request.person, photo_id, at=at)
    rows = ledger(found, at=at)
    before, after = reading.neighbours(found)
    return render(
        request,
        "desk/photos/photo.html",
        {
            "photo": found,
            "patient": found.patient,
            "covered": found.pk in covered_photos(request.person, [found], at=at),
            "rows": rows,
            "overdue": sum(row.state == "alarm" for row in rows["outside"]),
            "before": before,
            "after": after,
            "edits": found.label_edits.select_related("by").order_by("-at"),
            "moves": found.moves.select_related("by", "from_patient", "to_patient"),
            "seen": lines(
                of_object(found.practice_id, f"photo:{found.pk}", limit=8).entries,
                found.practice_id,
            )
            if letters(request.person, Act.AUDIT_PATIENT)
            else [],
            "acts": {
                "label": bool(letters(request.person, Act.PHOTO_LABEL)),
                "move": bool(letters(request.person, Act.PHOTO_MOVE)),
                "print": bool(letters(request.person, Act.PHOTO_PRINT)),
                "original": bool(letters(request.person, Act.ORIGINAL_DOWNLOAD)),
            },
        },
    )


@require_GET
@signed_in(Act.PHOTO_VIEW)
def photo_bytes(request: PersonRequest, photo_id: UUID, kind: str) -> HttpResponse:
    """Send one rendition, after its audit entry is committed and its seal was checked."""
    if kind not in BYTES:
        raise NotFound
    at = now()
    found = photo_for(request.person, photo_id, at=at, rendition=kind)
    picture = open_rendition(found, kind, by=request.person, at=at)
    return HttpResponse(
        picture,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "no-store, private",
            "Content-Disposition": "inline",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


@require_GET
@signed_in(Act.ORIGINAL_DOWNLOAD)
def original(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Send the untouched original as a file to keep, never to be shown as a page."""
    at = now()
    found = photo_for(request.person, photo_id, at=at, rendition="original")
    picture = open_rendition(found, "original", by=request.person, at=at)
    ending = "jpg" if found.kind == "jpeg" else found.kind
    return HttpResponse(
        picture,
        content_type="application/octet-stream",
        headers={
            "Cache-Control": "no-store, private",
            "Content-Disposition": f'attachment; filename="photo-{found.pk}.{ending}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


class LabelForm(forms.Form):
    """The words by which a photo is found."""

    site_code = forms.ChoiceField(label="Body site", required=False)
    side = forms.ChoiceField(
        label="Side",
        required=False,
        choices=[("", "No sides"), ("L", "Left"), ("R", "Right"), ("B", "Both")],
    )
    label = forms.CharField(label="Label", max_length=80, required=False)
    diagnosis = forms.CharField(label="Diagnosis", max_length=160, required=False)
    notes = forms.CharField(label="Notes for the record", required=False, widget=forms.Textarea)
    recognisable = forms.NullBooleanField(
        label="Could someone recognise the patient?",
        widget=forms.Select(choices=[("unknown", "Not said"), ("true", "Yes"), ("false", "No")]),
    )
    sensitive = forms.BooleanField(label="A sensitive site: keep it covered", required=False)
    restricted = forms.BooleanField(label="Restricted: keep it covered", required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Offer the body sites of the practice's list."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # passed on as they came
        choices = [("", "No site yet"), *((site.code, site.name) for site in sites().values())]
        self.fields["site_code"].choices = choices  # type: ignore[attr-defined] # a ChoiceField


WORDS = tuple(LabelForm.base_fields)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_LABEL)
def label(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Write or correct a photo's words. The words before stay in its history."""
    at = now()
    found = photo_for(request.person, photo_id, at=at)
    form = LabelForm(request.POST or None, initial={word: getattr(found, word) for word in WORDS})
    if request.method == "POST" and form.is_valid():
        edit_label(found, form.cleaned_data, by=request.person, at=at)
        return redirect("desk:photo", found.pk)
    context = {"form": form, "photo": found, "patient": found.patient}
    return render(request, "desk/photos/label.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_MOVE)
def move(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Move a photo that lies in the wrong patient's record. Find, look, say why, move."""
    at = now()
    found = photo_for(request.person, photo_id, at=at)
    query = request.GET.get("q", "")
    chosen = request.POST.get("to") or request.GET.get("to")
    to = patient_for(request.person, UUID(chosen), at=at) if _is_uuid(chosen) else None
    problem = ""
    if request.method == "POST" and to is not None:
        reason = request.POST.get("reason", "").strip()
        if reason:
            move_photo(found, to=to, reason=reason, by=request.person, at=at)
            return redirect("desk:patient", to.pk)
        problem = "Say why it moves. Both records keep the reason."
    hits = (
        find(request.person.practice, query, today=timezone.localdate(at)).patients
        if query and to is None
        else []
    )
    return render(
        request,
        "desk/photos/move.html",
        {
            "photo": found,
            "patient": found.patient,
            "query": query,
            "hits": [hit for hit in hits if hit.pk != found.patient_id],
            "to": to,
            "problem": problem,
            "reason": request.POST.get("reason", ""),
        },
    )


def _is_uuid(text: str | None) -> bool:
    try:
        UUID(text or "")
    except ValueError:
        return False
    return True


class PrintForm(forms.Form):
    """Why a photo goes on paper, and for whom."""

    purpose = forms.ChoiceField(
        label="What is it for?",
        choices=[
            ("referral", "Goes with a referral"),
            ("patient", "For the patient to keep"),
            ("record", "For the paper record here"),
        ],
        widget=forms.RadioSelect,
    )
    recipient = forms.CharField(label="Who gets it?", max_length=120)
    days = forms.TypedChoiceField(
        label="Accounted for within",
        coerce=int,
        choices=[(14, "14 days"), (30, "30 days"), (90, "90 days")],
        initial=30,
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_PRINT)
def print_page(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Make a numbered print: first why and for whom, then the page that goes to the printer."""
    at = now()
    found = photo_for(request.person, photo_id, at=at)
    form = PrintForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data
        copy = print_photo(
            found,
            purpose=words["purpose"],
            recipient=words["recipient"],
            due_at=at + timedelta(days=words["days"]),
            by=request.person,
            at=at,
        )
        return redirect("desk:photo-printed", found.pk, copy.number)
    context = {"form": form, "photo": found, "patient": found.patient}
    return render(request, "desk/photos/print.html", context)


@require_GET
@signed_in(Act.PHOTO_PRINT)
def printed(request: PersonRequest, photo_id: UUID, number: int) -> HttpResponse:
    """Show the page to print: the photo and a footer with patient, date, copy number, purpose."""
    found = photo_for(request.person, photo_id, at=now())
    copy = found.copies.filter(
        holder=Copy.Holder.PAPER, number=number, made_by=request.person, state=Copy.State.HELD
    ).first()
    if copy is None:
        raise NotFound
    context = {"photo": found, "patient": found.patient, "copy": copy}
    return render(request, "desk/photos/printed.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_PRINT)
def end_copy(request: PersonRequest, photo_id: UUID, copy_id: UUID) -> HttpResponse:
    """Account for a print: destroyed, returned, or handed to its keeper, and how we know."""
    at = now()
    found = photo_for(request.person, photo_id, at=at)
    copy = found.copies.filter(pk=copy_id).first()
    if copy is None:
        raise NotFound
    evidence = request.POST.get("evidence", "").strip()
    if request.method == "POST" and evidence:
        copies.declare_gone(copy, by=request.person, at=at, evidence=evidence)
        return redirect(reverse("desk:photo", args=[found.pk]) + "#where")
    context = {"photo": found, "patient": found.patient, "copy": copy, "asked": request.POST}
    return render(request, "desk/photos/end_copy.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_VIEW)
def uncover(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Show a covered photo to this person for a while. The reason is kept."""
    at = now()
    found = photo_for(request.person, photo_id, at=at)
    reason = request.POST.get("reason", "").strip()
    if request.method == "POST" and reason:
        unblur(found, by=request.person, reason=reason, at=at)
        return redirect("desk:photo", found.pk)
    context = {"photo": found, "patient": found.patient, "asked": request.POST}
    return render(request, "desk/photos/uncover.html", context)


urlpatterns = [
    path("photos/<uuid:photo_id>", photo, name="photo"),
    path("photos/<uuid:photo_id>/<str:kind>.jpg", photo_bytes, name="photo-bytes"),
    path("photos/<uuid:photo_id>/original", original, name="photo-original"),
    path("photos/<uuid:photo_id>/label", label, name="photo-label"),
    path("photos/<uuid:photo_id>/move", move, name="photo-move"),
    path("photos/<uuid:photo_id>/print", print_page, name="photo-print"),
    path("photos/<uuid:photo_id>/print/<int:number>", printed, name="photo-printed"),
    path("photos/<uuid:photo_id>/copies/<uuid:copy_id>/end", end_copy, name="copy-end"),
    path("photos/<uuid:photo_id>/uncover", uncover, name="photo-uncover"),
]
