"""The sharing app's name, for Django."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """Nothing happens at start: no signals, no registration."""

    name = "safelight.sharing"
    label = "sharing"
