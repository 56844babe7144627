"""Every address needs sign-in, a phone's signature, or stands on the short list."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# The doors: open to anyone, each with the reason.
OPEN = {
    "join.join_page": "an invitation; its token stays in the browser until a button is pressed",
    "join.join_open": "says whose invitation a token is; limited, and only by POST",
    "join.join_finish": "takes the passkey made for an invitation",
    "join.demo_page": "a demo person's link; its token stays in the browser",
    "join.demo_open": "uses up a demo link; refuses in a real practice",
    "passkeys.login": "the sign-in protocol: challenge and answer",
    "passkeys.session": "says whether one is signed in; ends the session",
    "passkeys.confirm": "the step-up protocol; answers only a session",
    "passkeys.passkeys": "adds a passkey; answers only a fresh session",
    "recover.recover": "asks for a recovery code, limited",
    "recover.pair": "tells whoever scanned with the wrong app what to do; knows nothing",
    "sign_in.sign_in": "where signing in begins",
    "agree.agree_page": "where a code shown by a clinician is typed; the page knows nothing",
    "agree.agree_open": "uses a code up; limited, and only by POST",
    "agree.agree_read": "answers only the cookie of whoever used the code",
    "shares.share_page": "a link to photos; its token stays in the browser, the page knows nothing",
    "shares.share_closed": "says that there is nothing; the same for everybody",
    "shares.share_knock": "says which practice a token is from; limited, and only by POST",
    "shares.share_open": "opens a link with its token, PIN and terms; limited, and only by POST",
    "shares.share_opened": "answers only an opening’s own cookie",
    "shares.share_bytes": "answers only an opening’s own cookie, through the one gate",
    "shares.share_still": "answers only an opening’s own cookie",
    "shares.share_reply": "answers only an opening’s own cookie; limited, and only by POST",
}
CALLED_BY_PHONES = {"pairing.pair"}  # a code used once takes the place of a key not known yet
SHELL = "safelight.web.phone.shell"  # the app's own files: code, no data


def views(patterns: list[Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            name = pattern.namespace or place
            yield from views(pattern.url_patterns, name)
        elif isinstance(pattern, URLPattern):
            yield f"{place}:{pattern.name}" if place else str(pattern.name), pattern.callback


def ours() -> list[tuple[str, Any]]:
    found = views(get_resolver().url_patterns)
    return [(name, view) for name, view in found if view.__module__.startswith("safelight.")]


def guard(view: Any) -> str:
    if getattr(view, "signed_in", False):
        return "person"
    return "phone" if getattr(view, "phone_call", "") else ""


def short(view: Any) -> str:
    return f"{view.__module__.rsplit('.', 1)[-1]}.{view.__name__}"


def unguarded() -> set[str]:
    return {
        short(view) for _, view in ours() if not guard(view) and view.__module__ != SHELL
    } - CALLED_BY_PHONES


def test_what_is_open_is_exactly_the_short_list() -> None:
    assert unguarded() == set(OPEN)


def test_the_walk_finds_the_addresses_it_should() -> None:
    names = {name for name, _ in ours()}
    assert {"desk:today", "desk:photo", "desk:patient", "phone:home"} <= names
    assert len(names) > 40


def test_an_unguarded_view_would_be_noticed() -> None:
    assert guard(lambda request: None) == ""
