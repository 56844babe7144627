"""The doors' addresses: what can be reached without being signed in."""

from django.urls import include, path

app_name = "door"

urlpatterns = [
    path("", include("safelight.web.door.sign_in")),
    path("", include("safelight.web.door.join")),
    path("", include("safelight.web.door.recover")),
    path("", include("safelight.web.door.shares")),
    path("", include("safelight.web.door.agree")),
]
