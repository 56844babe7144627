"""The desk's addresses. Each thing keeps its own list beside its views."""

from django.urls import include, path

app_name = "desk"

urlpatterns = [
    path("", include("safelight.web.desk.today")),
    path("", include("safelight.web.desk.alarms")),
    path("", include("safelight.web.desk.clock")),
    path("", include("safelight.web.desk.photos")),
    path("", include("safelight.web.desk.labels")),
    path("", include("safelight.web.desk.timeline")),
    path("", include("safelight.web.desk.unmatched")),
    path("", include("safelight.web.desk.audit")),
    path("", include("safelight.web.desk.patients")),
    path("", include("safelight.web.desk.merges")),
    path("", include("safelight.web.desk.visits")),
    path("", include("safelight.web.desk.imports")),
    path("", include("safelight.web.desk.break_glass")),
    path("", include("safelight.web.desk.consents")),
    path("", include("safelight.web.desk.policy")),
    path("", include("safelight.web.desk.people")),
    path("", include("safelight.web.desk.me")),
    path("", include("safelight.web.desk.phones")),
    path("", include("safelight.web.desk.shares")),
    path("", include("safelight.web.desk.shares_steps")),
    path("", include("safelight.web.desk.shares_hiding")),
    path("", include("safelight.web.desk.shares_going")),
    path("", include("safelight.web.desk.shares_out")),
    path("", include("safelight.web.desk.shares_checking")),
    path("", include("safelight.web.desk.shares_teaching")),
    path("", include("safelight.web.desk.address_book")),
    path("", include("safelight.web.desk.mail_server")),
]
