"""Labels at the desk: a photo's words and its visit, or those of a whole sitting at once."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from safelight.lib.clock import now
from safelight.patients.looking import note_view
from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.photos.access import is_covered, photo_for
from safelight.photos.labelling import Words, label_together, lacks_only_visit, missing_words
from safelight.photos.models import Photo
from safelight.photos.sittings import labelled_with, sitting_of
from safelight.policy.sites import sites
from safelight.web.desk.choices import offer
from safelight.web.desk.sittings import Ticks, numbers_in, visible, visits_for
from safelight.web.desk.templatetags.words import in_words, moment
from safelight.web.doors import PersonRequest, signed_in, stepped_up

VISIT: Final = "visit"
"""In an address or a form: only the visit is asked for."""
OWN: Final = "Each keeps its own"
DIFFER: Final = "They differ. Left empty, each keeps its own."


class LabelForm(forms.Form):
    """The words by which photos are found. Where they differ, an empty field leaves them so."""

    site_code = forms.ChoiceField(label="Body site", required=False)
    side = forms.ChoiceField(
        label="Side",
        required=False,
        choices=[("", "No sides"), ("L", "Left"), ("R", "Right"), ("B", "Both")],
    )
    label = forms.CharField(label="Label", max_length=80, required=False)
    diagnosis = forms.CharField(label="Diagnosis", max_length=160, required=False)
    notes = forms.CharField(
        label="Notes for the record",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    visit_id = forms.ChoiceField(label="Visit", required=False)
    own = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        photos: list[Photo],
        by: Person,
        at: datetime,
        only_visit: bool,
    ) -> None:
        """Offer the practice's sites and the patient's visits; start from what they share."""
        shared, own = _shared(photos)
        super().__init__(data, initial=shared | {"own": " ".join(own)})
        offer(self, "site_code", [("", OWN if "site_code" in own else "No site yet"), *_sites()])
        if "site_code" in own:
            offer(self, "side", [("", OWN), ("L", "Left"), ("R", "Right"), ("B", "Both")])
        for name in ("label", "diagnosis", "notes"):
            self.fields[name].help_text = DIFFER if name in own else ""
        self._offer_visits(photos, by=by, at=at, differ="visit_id" in own)
        if only_visit:
            self.fields["visit_id"].required = "visit_id" not in own
            for name in ("site_code", "side", "label", "diagnosis", "notes"):
                del self.fields[name]

    def _offer_visits(self, photos: list[Photo], *, by: Person, at: datetime, differ: bool) -> None:
        first = photos[0]
        if first.patient is None:
            return offer(self, "visit_id", [("", "None named")])
        visits = visits_for(first, first.patient, by=by, at=at)
        (_, none), *rest = visits.choices
        offer(self, "visit_id", [("", OWN if differ else none), *rest])
        if not differ and not self.initial["visit_id"]:
            self.initial["visit_id"] = visits.start
        self.fields["visit_id"].help_text = visits.warning
        return None

    def said(self) -> dict[str, str]:
        """Return what is said for all the photos; a field left empty where they differ is not."""
        words = dict(self.cleaned_data)
        kept = {name for name in words.pop("own").split() if not words.get(name)}
        kept |= {"side"} & words.keys() if "site_code" in kept else set()
        return {name: value for name, value in words.items() if name not in kept}


def _shared(photos: list[Photo]) -> tuple[dict[str, str], list[str]]:
    """Return the words that the photos share, and the names of those in which they differ.

    What some have and the others lack is offered for all. A site and its side are one answer.
    """
    shared, own = {}, []
    for name in ("site_code", "side", "label", "diagnosis", "notes", "visit_id"):
        values = {getattr(Words.of(photo), name) for photo in photos}
        if len(values) > 1:
            values -= {""}
        if len(values) > 1:
            own.append(name)
        shared[name] = values.pop() if len(values) == 1 else ""
    if len({(photo.site_code, photo.side) for photo in photos if photo.site_code}) > 1:
        own.append("site_code")
        shared["site_code"] = shared["side"] = ""
    return shared, list(dict.fromkeys(own))


def _sites() -> list[tuple[str, str]]:
    return [(site.code, site.name.capitalize()) for site in sites().values()]


def _ticks(request: PersonRequest, found: Photo, *, at: datetime) -> Ticks:
    """Return the photos of the sitting, and which of them the answer is for.

    Unless a form says so, or the last answer is to be changed, it is those that are not whole yet.
    """
    again = stepped_up(request)
    all_of_it = visible(sitting_of(found), by=request.person, at=at, stepped_up=again)
    ticks = Ticks(found, all_of_it or [found])
    if request.method == "POST":
        ticks.ticked = numbers_in(request.POST.getlist("photo"))
    elif "again" in request.GET:
        ticks.ticked = labelled_with(found, by=request.person)
    elif found.incomplete:
        ticks.ticked = {photo.pk for photo in ticks.photos if photo.incomplete}
    return ticks


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_LABEL)
def label(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Write or correct the words of a photo and of others from its sitting. Those before stay."""
    at, by, again = now(), request.person, stepped_up(request)
    found = photo_for(by, photo_id, at=at, stepped_up=again)
    if found.patient is not None:
        note_view(found.patient, by=by, at=at)
    ticks = _ticks(request, found, at=at)
    asks = request.POST.get("asks") or request.GET.get("asks")
    only_visit = asks == VISIT or (not asks and request.method == "GET" and lacks_only_visit(found))
    chosen = ticks.chosen
    form = LabelForm(request.POST or None, photos=chosen, by=by, at=at, only_visit=only_visit)
    if request.method == "POST" and form.is_valid():
        done = label_together(chosen, said=form.said(), by=by, at=at, stepped_up=again)
        messages.success(request, _done(found, done, only_visit=only_visit))
        return redirect("desk:today") if len(chosen) > 1 else redirect("desk:photo", found.pk)
    context = {
        "photo": found,
        "patient": found.patient,
        "covered": is_covered(by, found, at=at),
        "form": form,
        "only_visit": only_visit,
        "count": len(chosen),
        "frames": ticks.frames(by=by, at=at),
        "missing": _missing(chosen),
    }
    return render(request, "desk/photos/label.html", context)


def _missing(photos: list[Photo]) -> list[str]:
    """Return what any of the photos still lacks, each thing once."""
    return list(dict.fromkeys(words for photo in photos for words in missing_words(photo)))


def _done(found: Photo, done: list[Photo], *, only_visit: bool) -> str | SafeString:
    """Say what was done and what is still owed, with the way back to the answer."""
    count = len(done)
    if not done:
        return "Nothing was changed."
    visit = done[0].visit
    if only_visit and visit is not None:
        words = ngettext("Put %d photo in a visit", "Put %d photos in a visit", count) % count
        said = f"{words}: {moment(visit.starts_at)}."
    else:
        said = ngettext("Labelled %d photo.", "Labelled %d photos.", count) % count
    owed = [photo for photo in done if photo.incomplete]
    if owed:
        still = ngettext("%d still needs", "%d still need", len(owed)) % len(owed)
        said += f" {still} {in_words(_missing(owed))}."
    asks = VISIT if only_visit else "words"
    url = reverse("desk:photo-label", args=[done[0].pk if found not in done else found.pk])
    return format_html('{} <a href="{}?again&amp;asks={}">Change</a>', said, url, asks)


urlpatterns = [path("photos/<uuid:photo_id>/label", label, name="photo-label")]
