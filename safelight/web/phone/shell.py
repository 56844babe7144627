"""The shell of the phone app: its page, its scripts and its mark, with the headers they need."""

from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import path
from django.views.decorators.http import require_safe

from safelight.lib.refusals import NotFound

BUILT: Final = Path(__file__).resolve().parent / "static" / "phone"
# The only files of the app, with the type each is served as. `nosniff` makes the type binding.
FILES: Final = {
    "app.js": "text/javascript",
    "sealer.js": "text/javascript",
    "qr.js": "text/javascript",
    "sw.js": "text/javascript",
    "lamp.svg": "image/svg+xml",
    "lamp-180.png": "image/png",
    "lamp-192.png": "image/png",
    "lamp-512.png": "image/png",
    "lamp-mask-512.png": "image/png",
}
# phone-platform, section 8. Camera pictures come by srcObject and need no media-src.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types safelight",
    )
)


def _guarded(response: HttpResponse) -> HttpResponse:
    """Add the app's own policy. Only the service worker keeps these answers, never a cache."""
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    """Answer the app's page: the same for everyone, so that a stored copy tells nothing."""
    return _guarded(render(request, "phone/shell.html"))


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Answer what a phone needs to install the app."""
    words = get_template("phone/app.webmanifest").render()
    return _guarded(HttpResponse(words, content_type="application/manifest+json"))


@require_safe
def built(request: HttpRequest, name: str) -> HttpResponse:
    """Answer one built file by its listed name, so that no path can reach anything else."""
    if name not in FILES:
        raise NotFound
    try:
        body = (BUILT / name).read_bytes()
    except FileNotFoundError:
        raise NotFound(
            "The phone app has not been built here.", remedy="Run the build of the phone app."
        ) from None
    response = _guarded(HttpResponse(body, content_type=FILES[name]))
    if name == "sw.js":
        response["Service-Worker-Allowed"] = "/phone/"
    return response


urlpatterns = [
    path("", shell, name="shell"),
    path("app.webmanifest", manifest, name="manifest"),
    path("<str:name>", built, name="built"),
]
