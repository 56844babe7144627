"""Consent's tables: what was said, each use decided one by one, and what was taken back."""

from typing import Any

from django.db import models

from safelight.lib.ids import new_id
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person, Phone
from safelight.policy.models import Notice, Practice


class Consent(models.Model):
    """One discussion with a patient or their advocate. A refusal is a record too."""

    class Decider(models.TextChoices):
        """Who decided."""

        PATIENT = "patient", "The patient"
        ADVOCATE = "advocate", "Someone for the patient"

    class Method(models.TextChoices):
        """How it was given."""

        SIGNED = "signed", "Signed on the glass"
        SPOKEN = "spoken", "Spoken, with a witness"
        PAPER = "paper", "On paper, to be scanned"
        EMERGENCY = "emergency", "Emergency, to be reviewed"

    class Scope(models.TextChoices):
        """What it covers."""

        VISIT = "visit", "This visit"
        CONDITION = "condition", "This condition"
        SITE = "site", "This body site"
        STANDING = "standing", "Until reviewed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)  # the phone may choose
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consents")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True)
    notice = models.ForeignKey(Notice, models.PROTECT, null=True)
    points: "models.JSONField[Any]" = models.JSONField(default=list)  # keys of the points said
    decider = models.CharField(max_length=10, choices=Decider, default=Decider.PATIENT)
    advocate_name = models.CharField(max_length=120, blank=True)
    advocate_relationship = models.CharField(max_length=60, blank=True)
    advocate_authority = models.CharField(max_length=120, blank=True)
    advocate_evidence = models.CharField(max_length=200, blank=True)
    maturity_note = models.CharField(max_length=300, blank=True)  # 14 to 17: why they may decide
    interpreter = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=40, blank=True)
    method = models.CharField(max_length=10, choices=Method)
    signature: "models.JSONField[Any]" = models.JSONField(null=True)  # strokes as fractions
    witness = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    witness_name = models.CharField(max_length=120, blank=True)
    paper_due = models.BooleanField(default=False)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.CONDITION)
    condition = models.CharField(max_length=120, blank=True)
    site_code = models.CharField(max_length=20, blank=True)
    side = models.CharField(max_length=1, blank=True)
    told: "models.JSONField[Any]" = models.JSONField(default=list)  # recipient classes, in words
    agreed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    phone = models.ForeignKey(Phone, models.PROTECT, null=True)
    review_on = models.DateField()
    emergency_reason = models.CharField(max_length=300, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    review_outcome = models.CharField(max_length=300, blank=True)
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, related_name="superseded_by")
    fingerprint = models.CharField(max_length=64)  # of what was sent: the same id twice must match

    class Meta:
        indexes = [models.Index(fields=["patient", "-agreed_at"])]

    def __str__(self) -> str:
        return f"consent {self.pk}"


class Decision(models.Model):
    """One use, one answer. Not asked counts as no."""

    class Answer(models.TextChoices):
        """What was said."""

        YES = "yes", "Said yes"
        NO = "no", "Said no"
        NOT_ASKED = "not_asked", "Not asked"

    consent = models.ForeignKey(Consent, models.CASCADE, related_name="decisions")
    use = models.CharField(max_length=20)  # codes of consent/uses.py
    answer = models.CharField(max_length=10, choices=Answer)
    recipient = models.CharField(max_length=160, blank=True)  # a named or usual kind of recipient
    abroad: "models.JSONField[Any]" = models.JSONField(default=list)  # countries outside Australia

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consent", "use"], name="one_decision_per_use")
        ]

    def __str__(self) -> str:
        return f"decision {self.use} of consent {self.consent_id}"


class Withdrawal(models.Model):
    """A yes taken back: for one use, or for all of a consent. It acts at once."""

    consent = models.ForeignKey(Consent, models.PROTECT, related_name="withdrawals")
    use = models.CharField(max_length=20, blank=True)  # empty: every use
    said_by = models.CharField(max_length=120)
    why = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"withdrawal {self.pk} of consent {self.consent_id}"


class PaperScan(models.Model):
    """The signed paper, scanned later: sealed in the vault under the consent's own key."""

    consent = models.ForeignKey(Consent, models.CASCADE, related_name="scans")
    wrapped_key = models.BinaryField()
    blob = models.CharField(max_length=64)
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True)  # read back whole; see photos/upkeep.py

    def __str__(self) -> str:
        return f"scan {self.pk} of consent {self.consent_id}"


class Showing(models.Model):
    """A consent on its way to a signature on the patient's own phone, for a quarter of an hour."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "Not opened yet"
        OPEN = "open", "Being read"
        AGREED = "agreed", "Signed"
        DECLINED = "declined", "Said no"
        ENDED = "ended", "Ended without an answer"

    id = models.UUIDField(primary_key=True, editable=False)  # the consent's own, if it becomes one
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    body: "models.JSONField[Any]" = models.JSONField()  # as call 6 sends it; emptied at the end
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    phone = models.ForeignKey(Phone, models.PROTECT, null=True, related_name="+")
    code_hash = models.BinaryField(max_length=32, unique=True)
    session_hash = models.BinaryField(max_length=32, null=True, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    opened_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"showing {self.pk}"
