"""The last step of a share: how it travels, the card that is confirmed, and its one minute."""

from collections.abc import Mapping
from typing import TypedDict
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.people.duties import Act
from safelight.policy.settings import all_settings
from safelight.sharing.asking import items_of
from safelight.sharing.confirming import card, confirm
from safelight.sharing.drafting import QUESTION_LENGTH, missing, set_form
from safelight.sharing.mailing import can_send_mail
from safelight.sharing.models import Release
from safelight.sharing.rules.ways import (
    LINKS,
    PATIENT_COPY,
    PRINT,
    TEACHING_SET,
    Bounds,
    forms_for,
    is_public,
)
from safelight.web.desk.shares import STATE_PAGES, going_context
from safelight.web.desk.shares_said import context, page_of
from safelight.web.desk.shares_seen import share_seen
from safelight.web.doors import PersonRequest, signed_in, stepped_up, to_step_up

HINTS = {
    "link": "They open it on our server with a PIN that you tell them. We see each opening.",
    "patient_copy": "They open it on our server with a PIN, and may save it: it is theirs to keep.",
    "pdf": "For secure messaging or e-mail. Tell them the password by phone. Once opened we can’t "
    "end it: we ask what became of it.",
    "archive": "The files themselves, sealed with a password. Once opened we can’t end it: we ask "
    "what became of it.",
    "print": "Numbered copies. Their lamps stay lit until somebody says what became of them.",
    "teaching_set": "A sealed archive under random numbers. A second person checks it first.",
}


def control_words(place: int, count: int) -> str:
    """Return how much control a way keeps, by its place in the list."""
    if place == 0:
        return "Most control"
    return "Least control" if place == count - 1 else "Some control"


def whole(text: str) -> int | None:
    """Read a whole number; empty means the usual one, anything else is refused."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise BadInput("Type days and openings as whole numbers.")
    return int(text)


class Way(TypedDict):
    """How they travel and until when, by the names under which it is kept."""

    form: str
    channel: str
    question: str
    days: int | None
    open_limit: int | None
    needs_pin: bool
    view_only: bool


def _told(form: QueryDict) -> Way:
    way = form.get("form", "")
    return {
        "form": way,
        "channel": form.get("channel", "email"),
        "question": form.get("question", ""),
        "days": whole(form.get(f"days-{way}", "")),
        "open_limit": whole(form.get(f"opens-{way}", "")) if way in LINKS else None,
        "needs_pin": "no_pin" not in form if way in LINKS else True,
        "view_only": "may_save" not in form,
    }


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_VIEW)
def how(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Choose how they travel and until when; the way that keeps most control comes first."""
    at, person = now(), request.person
    release = share_seen(request, release_id, at=at)
    problem = ""
    if request.method == "POST":
        try:
            set_form(release, **_told(request.POST), by=person, at=at)
            return redirect("desk:share-send", release.pk)
        except BadInput as refused:
            problem = refused.message
    bounds = Bounds.of(all_settings(person.practice))
    is_set = release.form == TEACHING_SET
    ways = [way for way in forms_for(release.use) if (way == TEACHING_SET) == is_set]
    told = context(
        release,
        step="form",
        at=at,
        problem=problem,
        ways=[
            {
                "code": way,
                "label": Release.Form(way).label,
                "hint": HINTS[way],
                "control": control_words(place, len(ways)),
                "days": release.days if release.form == way else bounds.usual_days(way),
                "most": bounds.most_days(way),
                "is_link": way in LINKS,
                "checked": way == (request.POST.get("form") or release.form),
            }
            for place, way in enumerate(ways)
        ],
        has_link=any(way in LINKS for way in ways),
        own_copy=release.use == PATIENT_COPY,
        is_set=is_set,
        opens_most=bounds.opens_most,
        has_mail=can_send_mail(person.practice),
        public=is_public(release.use),
        longest_question=QUESTION_LENGTH,
        question=request.POST.get("question", release.question),
    )
    return render(request, "desk/shares/how.html", told, status=400 if problem else 200)


def seen_in(form: QueryDict) -> Mapping[str, str]:
    """Return the fingerprints that the page carried: what was looked at."""
    return {
        name.removeprefix("seen-"): value
        for name, value in form.items()
        if name.startswith("seen-") and isinstance(value, str)
    }


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_VIEW)
def send(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Show the card: to whom, whose, how many, what for. Then decide. Nothing is kept in between.

    The PIN is in the answer to this one form and nowhere else, so that page is never reloaded.
    """
    at, person = now(), request.person
    release = share_seen(request, release_id, at=at)
    if release.state != Release.State.DRAFT:
        return redirect("desk:share", release.pk)
    told = card(release, by=person)
    if told.step_up and not stepped_up(request):
        return to_step_up(request)
    if request.method == "POST":
        done = confirm(
            release,
            seen=seen_in(request.POST),
            by=person,
            at=at,
            stepped_up=stepped_up(request),
        )
        if not done.pin:
            return redirect("desk:share", release.pk)
        page = going_context(request, done.release, done.pin)
        return render(request, STATE_PAGES[Release.State(done.release.state)], page)
    unmet = [(one, page_of(release, one.step)) for one in missing(release, at=at)]
    page = context(
        release,
        step="form",
        at=at,
        card=told,
        unmet=unmet,
        is_link=release.form in LINKS,
        is_print=release.form == PRINT,
        seen=[(str(item.pk), item.sha256) for item in items_of(release)],
    )
    return render(request, "desk/shares/send.html", page)


urlpatterns = [
    path("shares/<uuid:release_id>/how", how, name="share-how"),
    path("shares/<uuid:release_id>/send", send, name="share-send"),
]
