"""Signing in, confirming, signing out: pages whose button asks the device for a passkey."""

from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from safelight.audit.log import record
from safelight.lib.clock import now
from safelight.lib.refusals import NotAllowed
from safelight.people.demo_links import may_confirm_without_passkey
from safelight.people.passkeys import confirmed_by
from safelight.people.signed_in import renew_key
from safelight.web.doors import PersonRequest, is_our_path, person_of, signed_in


def safe_next(request: HttpRequest) -> str:
    """Return where to go on: a path of our own, else Today."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    return wanted if is_our_path(wanted) else "/"


@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the one button. It says the same to everybody, so it tells nobody who works here."""
    if person_of(request) is not None:
        return redirect(safe_next(request))
    return render(request, "door/sign_in.html", {"next": safe_next(request)})


@require_GET
@signed_in(None)
def step_up(request: PersonRequest) -> HttpResponse:
    """Ask for the passkey again before something that cannot be taken back lightly."""
    return render(
        request,
        "door/step_up.html",
        {
            "next": safe_next(request),
            "again": request.GET.get("again") == "1",
            "demo": may_confirm_without_passkey(request.person, request.session),
        },
    )


@require_POST
@signed_in(None)
def step_up_demo(request: PersonRequest) -> HttpResponse:
    """Confirm by a button: in the demo practice only, where a demo link began the session."""
    if not may_confirm_without_passkey(request.person, request.session):
        raise NotAllowed("Not confirmed. Use your passkey.")
    with transaction.atomic():
        confirmed_by(request, request.person, "demo")
        renew_key(request.session)
        _note("step_up", request)
    return redirect(safe_next(request))


@require_POST
@signed_in(None)
def sign_out(request: PersonRequest) -> HttpResponse:
    """End this screen's session. Sealed photos on a phone stay: they need no session to be sent."""
    with transaction.atomic():
        _note("signed_out", request)
        logout(request)
    return redirect("door:sign-in")


def _note(action: str, request: PersonRequest) -> None:
    person = request.person
    record(action, practice=person.practice_id, by=person, of=f"person:{person.pk}", at=now())


urlpatterns = [
    path("sign-in", sign_in, name="sign-in"),
    path("step-up", step_up, name="step-up"),
    path("step-up/demo", step_up_demo, name="step-up-demo"),
    path("sign-out", sign_out, name="sign-out"),
]
