"""The consent app's name, for Django."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """Nothing happens at start: no signals, no registration."""

    name = "safelight.consent"
    label = "consent"
