"""The root of all addresses: the phone, the doors, the desk, and the sign-in protocol."""

from django.urls import include, path

urlpatterns = [
    path("phone/", include("safelight.web.phone.urls")),
    path("_allauth/browser/v1/", include("safelight.web.door.passkeys")),
    path("", include("safelight.web.door.urls")),
    path("", include("safelight.web.desk.urls")),
]

handler500 = "safelight.web.answers.broken"
