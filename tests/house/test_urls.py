"""Every address needs sign-in, a phone's signature, or stands on the short list."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

# Open to anyone, each with the reason.
OPEN = {
    "door:sign-in": "where signing in begins",
    "door:join": "an invitation; the token is checked when it is posted",
    "door:recover": "a recovery code and a person are asked for",
    "door:demo": "a demo person's link; the token is checked when it is posted",
    "door:pair": "tells whoever scanned with the wrong app what to do; knows nothing",
}
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


def test_no_address_is_open_by_oversight() -> None:
    loose = {
        name
        for name, view in ours()
        if not guard(view) and view.__module__ != SHELL and not name.startswith("door:")
    }
    assert loose - {"phone:pair"} == set()


@pytest.mark.parametrize("name", sorted(OPEN))
def test_what_is_open_exists(name: str) -> None:
    assert name in {known for known, _ in ours()}


def test_the_walk_finds_the_addresses_it_should() -> None:
    names = {name for name, _ in ours()}
    assert {"desk:today", "desk:photo", "desk:patient", "phone:home"} <= names
    assert len(names) > 40


def test_an_unguarded_view_would_be_noticed() -> None:
    assert guard(lambda request: None) == ""
