"""Cleaning: a copy of a photo in which nothing but pixels and colours is left."""

from safelight.imaging.cleaning.act import clean, verify
from safelight.imaging.cleaning.results import REMAINS, CannotClean, Cleaned, NotProved

__all__ = ["REMAINS", "CannotClean", "Cleaned", "NotProved", "clean", "verify"]
