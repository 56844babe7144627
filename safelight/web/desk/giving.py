"""Giving: bytes to look at or to keep. No cache keeps them, and no page runs them."""

from typing import Final

from django.http import HttpResponse

JPEG: Final = "image/jpeg"
PLAIN: Final = "application/octet-stream"
SHUT: Final = {
    "Cache-Control": "no-store, private",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def inline(data: bytes, kind: str = JPEG) -> HttpResponse:
    """Give a picture of our own making for a page to show."""
    return HttpResponse(data, kind, headers={**SHUT, "Content-Disposition": "inline"})


def attached(data: bytes, name: str, kind: str = PLAIN) -> HttpResponse:
    """Give a file to keep, never to be shown as a page. Its name holds numbers, not people."""
    how = f'attachment; filename="{name}"'
    return HttpResponse(data, kind, headers={**SHUT, "Content-Disposition": how})
