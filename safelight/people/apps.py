"""The people app's name, for Django."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Nothing happens at start: no signals, no registration."""

    name = "safelight.people"
    label = "people"
