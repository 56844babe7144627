"""Bodies: the one JSON object that a call from a phone or a page's script carries."""

import json
from typing import Any, Final

from django.http import HttpRequest

from safelight.lib.refusals import BadInput

MOST_BODY: Final = 512 * 1024  # bytes: a consent with a long signature is the largest


def words_of(request: HttpRequest, *, most: int = MOST_BODY) -> dict[str, Any]:
    """Return a call's JSON object; anything longer or other is refused, and nothing is kept."""
    if len(request.body) > most:
        raise BadInput("This call is longer than one can be. Nothing was kept.")
    try:
        words = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadInput("This call could not be read. Nothing was kept.") from None
    if not isinstance(words, dict):
        raise BadInput("This call could not be read. Nothing was kept.")
    return words


def text_in(told: dict[str, Any], name: str) -> str:
    """Return a text of a call's object, "" where there is none; anything else is refused."""
    value = told.get(name, "")
    if not isinstance(value, str):
        raise BadInput("That was not understood. Nothing was changed.")
    return value
