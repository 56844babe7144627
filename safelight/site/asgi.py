"""The ASGI application: bodies of photos go to the receiver, everything else to Django.

Phones are slow, and a thread must never wait for one (docs/decisions/0002-receiving.md). So the
receiver reads bodies asynchronously and Django's handler, which spools them first, never sees them.
"""

import gc
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.asgi import get_asgi_application

from safelight.site.starting import ready

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

RECEIVER = "/phone/api/captures/"
receiver: Application = ready("safelight.web.phone.captures:application")
django = get_asgi_application()
gc.freeze()  # what is loaded by now stays: the collector need not walk it again for every photo


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route one request by its path."""
    if scope["type"] == "http" and scope["path"].startswith(RECEIVER):
        await receiver(scope, receive, send)
    else:
        await django(scope, receive, send)
