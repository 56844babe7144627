"""Counted: a call from a door's own page, by somebody not signed in; each address has few tries."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from safelight.lib.clock import now
from safelight.lib.refusals import Refusal
from safelight.people.limits import give_back, take
from safelight.people.passkeys import address_of
from safelight.web.answers import told
from safelight.web.bodies import words_of

Call = Callable[[HttpRequest, dict[str, Any]], HttpResponse]
View = Callable[[HttpRequest], HttpResponse]


def counted(limit: str) -> Callable[[Call], View]:
    """Read JSON, count the try, answer refusals as JSON. A try that was right is free."""

    def door(call: Call) -> View:
        @wraps(call)
        def view(request: HttpRequest) -> HttpResponse:
            at, address = now(), address_of(request)
            try:
                take(limit, address, at=at)
                response = call(request, words_of(request))
            except Refusal as refusal:
                return told(refusal)
            give_back(limit, address)
            return response

        return cast(View, require_POST(view))

    return door
