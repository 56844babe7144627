"""The ASGI application: bodies of photos go to the receiver, everything else to Django.

Phones are slow, and a thread must never wait for one (docs/decisions/0002-receiving.md). So the
receiver reads bodies asynchronously and Django's handler, which spools them first, never sees them.
"""

import gc
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "safelight.site.settings")

from django.core.asgi import get_asgi_application

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

django = get_asgi_application()

from safelight.web.phone import captures  # noqa: E402 - needs the settings read above

RECEIVER = "/phone/api/captures/"
gc.freeze()  # what is loaded by now stays: the collector need not walk it again for every photo


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route one request by its path."""
    if scope["type"] == "http" and scope["path"].startswith(RECEIVER):
        await captures.application(scope, receive, send)
    else:
        await django(scope, receive, send)
