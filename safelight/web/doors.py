"""Doors: who is asking, and whether they may, before a view does anything."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from safelight.lib.refusals import StepUp
from safelight.people.duties import Act, needs_step_up, require_duty
from safelight.people.models import Person
from safelight.web.answers import told, wants_json

P = ParamSpec("P")
SIGN_IN = {"code": "sign_in", "message": "You are signed out.", "remedy": "Sign in and try again."}


class PersonRequest(HttpRequest):
    """A request whose sender is known: a person of a practice who may do the view's act."""

    person: Person


def person_of(request: HttpRequest) -> Person | None:
    """Return who is signed in. Somebody who has left is nobody, whatever their session says."""
    user = request.user
    if not isinstance(user, Person) or not user.is_active or user.left_at is not None:
        return None
    return user


def stepped_up(request: HttpRequest) -> bool:
    """Say whether this person confirmed in this session in the last five minutes.

    Signing in does not count, only an act of confirming after it (security-design, section 8).
    """
    person = person_of(request)
    if person is None:
        return False
    records = get_authentication_records(request, person)
    times = [float(record["at"]) for record in records if record.get("reauthenticated")]
    age = time.time() - max(times, default=0.0)
    return 0 <= age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def signed_in(
    act: Act | None, *, step_up: bool = False, also: str = ""
) -> Callable[
    [Callable[Concatenate[PersonRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """Let only a person whose duties allow the act reach a view, freshly signed where it asks.

    `request.person` is read from the database on every request, so a change of duties acts on the
    next one. `step_up=True` asks for the signature whatever the table says; `also` passes limited
    letters (F U V) that the view honours.
    """

    def door(
        view: Callable[Concatenate[PersonRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            person = person_of(request)
            if person is None:
                return to_sign_in(request)
            if act is not None:
                require_duty(person, act, also=also)
            asked = step_up or (act is not None and needs_step_up(person, act))
            if asked and not stepped_up(request):
                return to_step_up(request)
            known = cast(PersonRequest, request)
            known.person = person
            return view(known, *args, **kwargs)

        cast(Any, guarded).act = act
        cast(Any, guarded).signed_in = True
        return cast(Callable[Concatenate[HttpRequest, P], HttpResponse], guarded)

    return door


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a reader to the sign-in page and back; tell a program 401."""
    if wants_json(request):
        return JsonResponse(SIGN_IN, status=401)
    return _by_way_of("door:sign-in", request)


def to_step_up(request: HttpRequest) -> HttpResponse:
    """Ask for the passkey again. What a form carried is not kept: the page says to repeat it."""
    if wants_json(request):
        return told(StepUp())
    return _by_way_of("door:step-up", request)


def is_our_path(wanted: str) -> bool:
    """Say whether a `next` is a path of our own: going on leads nowhere else (ASVS 3.7.2)."""
    return wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)


def _by_way_of(name: str, request: HttpRequest) -> HttpResponse:
    """Redirect to a door page that leads back here; after a POST it says to repeat the act."""
    query = {"next": request.get_full_path()}
    if request.method not in ("GET", "HEAD"):
        query["again"] = "1"
    response = HttpResponseRedirect(f"{reverse(name)}?{urlencode(query)}")
    response.status_code = 303
    return response
