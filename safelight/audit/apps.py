"""The audit log as a Django app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Entries are named by practice and position, so their row numbers may be plain integers."""

    name = "safelight.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
