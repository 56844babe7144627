"""Policy's tables: the practice, its settings over time, dated rules, and the words of notices."""

from typing import Any

from django.db import models

from safelight.lib.ids import new_id


class Practice(models.Model):
    """One general practice: one tenant. Every row of patients, people and photos belongs to one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=240, blank=True)
    contact = models.CharField(max_length=120, blank=True)
    jurisdiction = models.CharField(max_length=3)  # NSW VIC QLD SA WA TAS ACT NT
    zone = models.CharField(max_length=40, default="Australia/Sydney")
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"practice {self.pk}"


class Setting(models.Model):
    """One setting's value from one moment on. The newest row counts; older rows are the history."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="settings")
    key = models.CharField(max_length=60)
    value: "models.JSONField[Any]" = models.JSONField()
    since = models.DateTimeField()
    changed_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["practice", "key", "-since"])]

    def __str__(self) -> str:
        return f"setting {self.key}"


class LegalRule(models.Model):
    """A rule of law as the practice keeps it: editable, dated, with its source."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="legal_rules")
    jurisdiction = models.CharField(max_length=3)
    key = models.CharField(max_length=60)
    value: "models.JSONField[Any]" = models.JSONField()
    source = models.CharField(max_length=240)
    verified = models.BooleanField(default=False)
    checked_on = models.DateField(null=True)
    changed_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "jurisdiction", "key"], name="one_rule_per_place_and_key"
            )
        ]

    def __str__(self) -> str:
        return f"rule {self.jurisdiction} {self.key}"


class Notice(models.Model):
    """The words said before a photo, in one version. A version in use is never edited."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="notices")
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=12, default="en-AU")
    points: "models.JSONField[Any]" = models.JSONField()  # six of {key, title, words}
    since = models.DateTimeField()
    changed_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "version", "language"], name="one_notice_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"notice {self.version}"
