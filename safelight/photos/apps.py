"""The photos app's name, for Django."""

from django.apps import AppConfig


class PhotosConfig(AppConfig):
    """Nothing happens at start: no signals, no registration."""

    name = "safelight.photos"
    label = "photos"
