"""Answers: the one place where a refusal becomes a page or JSON, after the rollback."""

import logging
from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from safelight.audit.log import record
from safelight.lib.clock import now
from safelight.lib.refusals import NotAllowed, NotFound, Refusal
from safelight.people.models import Person

log = logging.getLogger("safelight.refusals")
KEPT_OUT = frozenset({"not_allowed", "walled", "no_export"})
"""Refusals of a person, not of what they typed. What looks like nothing (404) stays nothing."""
THINGS = ("patient", "photo", "consent", "phone")


def wants_json(request: HttpRequest) -> bool:
    """Say whether a program is asking: the phone, or a page's own script."""
    return request.path.startswith("/phone/api/") or request.accepts("text/html") is False


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Turn a refusal into an answer. It carries no patient's name, so it may be logged."""
    log.info("refused %s %s", refusal.code, refusal.status)
    if wants_json(request):
        return told(refusal)
    return render(request, "refusal.html", {"refusal": refusal}, status=refusal.status)


def told(refusal: Refusal) -> JsonResponse:
    """Turn a refusal into the JSON that a phone or a page's own script reads."""
    return JsonResponse(refusal.told(), status=refusal.status)


def enter(request: HttpRequest, refusal: Refusal) -> None:
    """Write in the log that somebody was kept out, once (ASVS 16.3.2). The act was rolled back.

    The address says what they asked for: an id of ours, or nothing.
    """
    person = getattr(request, "user", None)
    if refusal.code not in KEPT_OUT or not isinstance(person, Person):
        return
    asked = request.resolver_match.kwargs if request.resolver_match else {}
    things = (f"{kind}:{asked[f'{kind}_id']}" for kind in THINGS if f"{kind}_id" in asked)
    with transaction.atomic():
        record(
            "refusal",
            practice=person.practice_id,
            by=person,
            at=now(),
            of=next(things, ""),
            outcome=refusal.code,
        )


class Answers:
    """Catch what rises out of a view. The unexpected becomes one plain page, never a trace."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; Django calls `process_exception` when a view raises."""
        response = self.get_response(request)
        if response.status_code == 404 and not getattr(response, "is_ours", False):
            return self._plain_404(request, response)
        return response

    def _plain_404(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Give the same 404 for an unknown address as for a thing one may not see."""
        if response.has_header("Content-Type") and "json" in response["Content-Type"]:
            return response
        return answer(request, NotFound())

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer refusals, and Django's own two; leave the rest to the plain error page."""
        if isinstance(error, Refusal):
            enter(request, error)
            return answer(request, error)
        if isinstance(error, Http404):
            return answer(request, NotFound())
        if isinstance(error, PermissionDenied):
            return answer(request, NotAllowed("Your duties do not include this."))
        return None


class StaleForm(Refusal):
    """The form's anti-forgery mark is missing or old. Nothing was changed."""

    code = "stale_form"
    status = 403


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from one of our own pages."""
    return answer(
        request,
        StaleForm(
            "This page had been open too long, so nothing was changed.",
            remedy="Go back, load the page again and repeat what you did.",
        ),
    )


def broken(request: HttpRequest) -> HttpResponse:
    """Say plainly that something failed. The trace goes to the log, never to the page.

    The page asks for nothing that may be what broke: it knows neither who asks nor any number.
    """
    if wants_json(request):
        words = {"code": "broken", "message": "The server could not do this.", "remedy": ""}
        return JsonResponse(words, status=500)
    return HttpResponse(render_to_string("broken.html"), status=500)
