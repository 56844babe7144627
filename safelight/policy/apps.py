"""The policy app's name, for Django."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    """Nothing happens at start: no signals, no registration."""

    name = "safelight.policy"
    label = "policy"
