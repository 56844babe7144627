"""The patients app's name, for Django."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """Nothing happens at start: no signals, no registration."""

    name = "safelight.patients"
    label = "patients"
