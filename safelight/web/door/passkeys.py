"""The passkey protocol: four of the library's addresses, behind our limits and our log.

The library serves many more (passwords, e-mail, sign-up); what is not listed here does not exist.
"""

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.headless.account.views import SessionView
from allauth.headless.constants import Client
from allauth.headless.mfa.views import (
    LoginWebAuthnView,
    ManageWebAuthnView,
    ReauthenticateWebAuthnView,
)
from allauth.mfa.webauthn.internal.auth import clear_state
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.views.decorators.http import require_http_methods

from safelight.audit.log import record
from safelight.lib.clock import now
from safelight.lib.refusals import Refusal
from safelight.people.limits import give_back, take
from safelight.people.models import Person
from safelight.people.passkeys import NotVerified, address_of, whose_passkey
from safelight.people.reading import person_known
from safelight.people.signed_in import renew_key
from safelight.web.answers import told
from safelight.web.doors import person_of

View = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger("safelight.doors")

_session: View = SessionView.as_api_view(client=Client.BROWSER)
_login: View = LoginWebAuthnView.as_api_view(client=Client.BROWSER)
_confirm: View = ReauthenticateWebAuthnView.as_api_view(client=Client.BROWSER)
_add: View = ManageWebAuthnView.as_api_view(client=Client.BROWSER)


def protocol(*methods: str) -> Callable[[View], View]:
    """Answer a script: refusals as JSON, and the anti-forgery mark in a header of every GET.

    The mark's cookie cannot be read by scripts; a header of ours can, by our own origin alone.
    """

    def door(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            try:
                response = view(request)
            except Refusal as refusal:
                return told(refusal)
            if request.method == "GET":
                response["Safelight-Csrf"] = get_token(request)
            return response

        return cast(View, require_http_methods(list(methods))(guarded))

    return door


@protocol("GET", "POST")
def login(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey. Wrong tries are counted per address and per account claimed.

    Whoever is claimed, known or not, the answer to a wrong try is the same (ASVS 6.3.8).
    """
    if request.method == "GET":
        return _login(request)
    at, address = now(), address_of(request)
    take("sign_in.address", address, at=at)
    claimed = whose_passkey(_credential(request))
    if claimed:
        take("sign_in.account", str(claimed), at=at)
    with transaction.atomic():
        response = _login(request)
        person = person_of(request) if response.status_code == 200 else None
        if person:
            _note("signed_in", person)
    if person is None:
        clear_state()
        _note_failure(claimed)
        raise NotVerified
    give_back("sign_in.address", address)
    give_back("sign_in.account", str(person.pk))
    return response


@protocol("GET", "POST")
def confirm(request: HttpRequest) -> HttpResponse:
    """Step up: the signed-in person confirms with a passkey; the session gets a new key."""
    person = person_of(request)
    if request.method == "GET" or person is None:
        return _confirm(request)
    take("step_up.account", str(person.pk), at=now())
    with transaction.atomic():
        response = _confirm(request)
        if response.status_code == 200:
            renew_key(request.session)
            _note("step_up", person)
    if response.status_code != 200:
        clear_state()
        _note_failure(person.pk)
        raise NotVerified
    give_back("step_up.account", str(person.pk))
    return response


@protocol("GET", "POST")
def passkeys(request: HttpRequest) -> HttpResponse:
    """Add a passkey, always one that signs in by itself. Asks for a step-up."""
    query = request.GET.copy()
    query["passwordless"] = "1"
    request.GET = query  # type: ignore[assignment]  # a copy, still a QueryDict
    person = person_of(request)
    with transaction.atomic():
        response = _add(request)
        if request.method == "POST" and response.status_code == 200 and person:
            _note("passkey.added", person)
    return response


@protocol("GET", "DELETE")
def session(request: HttpRequest) -> HttpResponse:
    """Say who is signed in, or sign out. The library answers 401 when signing out worked."""
    person = person_of(request)
    with transaction.atomic():
        response = _session(request)
        if request.method == "DELETE" and person:
            _note("signed_out", person)
    return response


def _credential(request: HttpRequest) -> Any:
    """Return what a script claims to be a credential; the library checks it."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return {}
    credential = body.get("credential") if isinstance(body, dict) else None
    return credential if isinstance(credential, dict) else {}


def _note(action: str, person: Person) -> None:
    record(action, practice=person.practice_id, by=person, of=f"person:{person.pk}", at=now())


def _note_failure(claimed: Any) -> None:
    """Write a failed try to the log of the claimed person's practice; of an unknown one, a line."""
    person = person_known(claimed)
    if person is None:
        log.info("a sign-in by nobody we know was turned away")
        return
    with transaction.atomic():
        record(
            "sign_in_failed",
            practice=person.practice_id,
            by=None,
            of=f"person:{person.pk}",
            at=now(),
            outcome="refused",
        )


urlpatterns = [
    path("auth/session", session),
    path("auth/webauthn/login", login),
    path("auth/webauthn/reauthenticate", confirm),
    path("account/authenticators/webauthn", passkeys),
]
