"""The phone's addresses: the shell of the app, and its API. Bodies of photos go by site.asgi."""

from django.urls import include, path

app_name = "phone"

urlpatterns = [
    path("", include("safelight.web.phone.shell")),
    path("api/", include("safelight.web.phone.pairing")),
    path("api/", include("safelight.web.phone.config")),
    path("api/", include("safelight.web.phone.consents")),
    path("api/", include("safelight.web.phone.home")),
    path("api/", include("safelight.web.phone.patients")),
    path("api/", include("safelight.web.phone.photos")),
    path("api/", include("safelight.web.phone.beat")),
]
