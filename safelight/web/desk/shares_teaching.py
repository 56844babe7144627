"""Teaching sets: the register, and choosing photos across patients who said yes."""

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from safelight.consent.uses import USES
from safelight.lib.clock import now
from safelight.people.duties import Act, may, require_duty
from safelight.photos.viewing import enter_page
from safelight.policy.sites import sites
from safelight.sharing.listing import Offered, may_be_taught
from safelight.sharing.teaching import LONGEST, begin_set, register
from safelight.web.desk.choices import offer
from safelight.web.desk.shares import chosen_photos
from safelight.web.doors import PersonRequest, signed_in, stepped_up

SET_USES = ("teaching", "research")


class SetForm(forms.Form):
    """What a set is for, and for whom."""

    use = forms.ChoiceField(
        label="What it is for", choices=[(code, USES[code].title) for code in SET_USES]
    )
    title = forms.CharField(
        label="Title", max_length=LONGEST, help_text="What it teaches. Never a patient’s name."
    )
    audience = forms.CharField(
        label="Who sees it",
        max_length=120,
        help_text="Such as: our registrars, 21 October.",
    )


class NarrowForm(forms.Form):
    """Which photos are offered: for which use, of which body site."""

    use = forms.ChoiceField(
        label="For", choices=[(code, USES[code].title) for code in SET_USES], required=False
    )
    site = forms.ChoiceField(label="Body site", required=False)

    def __init__(self, data: QueryDict | None) -> None:
        """Offer the practice's sites."""
        super().__init__(data)
        names = [(one.code, one.name.capitalize()) for one in sites().values()]
        offer(self, "site", [("", "Every site"), *names])


@require_GET
@signed_in(None)
def teaching(request: PersonRequest) -> HttpResponse:
    """Show the register: every set, what for, for whom, who made and who checked it."""
    makes = may(request.person, Act.TEACHING_MAKE)
    if not makes:
        require_duty(request.person, Act.TEACHING_APPROVE)
    context = {"rows": register(request.person.practice), "may_make": makes}
    return render(request, "desk/shares/teaching.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.TEACHING_MAKE)
def teaching_new(request: PersonRequest) -> HttpResponse:
    """Choose photos across patients whose own yes stands, then begin the set."""
    at, person = now(), request.person
    making = request.POST.get("make")
    form = SetForm(request.POST if making else None)
    problem = ""
    if making and form.is_valid() and request.POST.getlist("photo"):
        release = begin_set(
            chosen_photos(request),
            **form.cleaned_data,
            by=person,
            at=at,
            stepped_up=stepped_up(request),
        )
        return redirect("desk:share-why", release.pk)
    if making:
        problem = "" if request.POST.getlist("photo") else "Tick the photos for the set."
    narrow = NarrowForm(request.POST or None)
    told = narrow.cleaned_data if narrow.is_valid() else {}
    use = told.get("use") or "teaching"
    offered = may_be_taught(person, use=use, at=at, site_code=told.get("site", ""))
    context = {
        "form": form,
        "narrow": narrow,
        "offered": _shown(request, offered),
        "use": use,
        "ticked": set(request.POST.getlist("photo")),
        "problem": problem,
        "count": sum(len(one.photos) for one in offered),
    }
    status = 400 if making else 200
    return render(request, "desk/shares/teaching_new.html", context, status=status)


def _shown(request: PersonRequest, offered: list[Offered]) -> list[Offered]:
    """Enter each patient’s small pictures in the log once, before the page asks for them."""
    for one in offered:
        enter_page(one.photos, patient=one.patient, by=request.person, at=now())
    return offered


urlpatterns = [
    path("teaching", teaching, name="teaching"),
    path("teaching/new", teaching_new, name="teaching-new"),
]
