"""Me: my sign-ins, my passkeys, my recovery codes, my keys."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from safelight.lib.clock import now
from safelight.people.changing import choose_keys
from safelight.people.passkeys import codes_left, new_codes, passkeys_of, remove_passkey
from safelight.people.phones import phones_of
from safelight.people.reading import role_words
from safelight.people.signed_in import end_others, end_screen, screens_of
from safelight.web.doors import PersonRequest, signed_in


@require_GET
@signed_in(None)
def me(request: PersonRequest) -> HttpResponse:
    """Show where I am signed in and with what."""
    return render(
        request,
        "desk/me/me.html",
        {
            "roles": role_words(request.person),
            "screens": screens_of(request.person, this=request.session.session_key),
            "passkeys": passkeys_of(request.person),
            "codes_left": codes_left(request.person),
            "phones": phones_of(request.person),
        },
    )


@require_POST
@signed_in(None)
def end(request: PersonRequest, screen: int) -> HttpResponse:
    """Sign me out on one screen; on this one it is an ordinary sign-out."""
    end_screen(request.person, screen, by=request.person, at=now())
    return redirect("desk:me")


@require_POST
@signed_in(None)
def end_other(request: PersonRequest) -> HttpResponse:
    """Sign me out everywhere but here."""
    end_others(request.person, keep=request.session.session_key or "", at=now())
    return redirect("desk:me")


@require_GET
@signed_in(None, step_up=True)
def add_passkey(request: PersonRequest) -> HttpResponse:
    """Show the page whose button makes one more passkey."""
    return render(request, "desk/me/add_passkey.html")


@require_POST
@signed_in(None, step_up=True)
def drop_passkey(request: PersonRequest, passkey: int) -> HttpResponse:
    """Remove one of my passkeys, never the last; sign-ins on other screens end with it."""
    remove_passkey(request.person, passkey, by=request.person, at=now())
    end_others(request.person, keep=request.session.session_key or "", at=now())
    return redirect("desk:me")


@require_GET
@signed_in(None, step_up=True)
def confirm_codes(request: PersonRequest) -> HttpResponse:
    """Ask before new codes end the old ones."""
    return render(request, "desk/me/codes.html", {"codes": []})


@require_POST
@signed_in(None, step_up=True)
def make_codes(request: PersonRequest) -> HttpResponse:
    """Make new recovery codes and show them this once."""
    codes = [f"{code[:5]} {code[5:]}" for code in new_codes(request.person, at=now())]
    return render(request, "desk/me/codes.html", {"codes": codes})


@require_POST
@signed_in(None)
def keys(request: PersonRequest) -> HttpResponse:
    """Turn the single-letter keys on or off for me."""
    choose_keys(request.person, single_keys=request.POST.get("single_keys") == "on")
    return redirect("desk:me")


urlpatterns = [
    path("me", me, name="me"),
    path("me/keys", keys, name="me-keys"),
    path("me/screens/end-others", end_other, name="me-screens-end"),
    path("me/screens/<int:screen>/end", end, name="me-screen-end"),
    path("me/passkeys/add", add_passkey, name="me-passkey-add"),
    path("me/passkeys/<int:passkey>/remove", drop_passkey, name="me-passkey-remove"),
    path("me/codes", confirm_codes, name="me-codes"),
    path("me/codes/new", make_codes, name="me-codes-new"),
]
