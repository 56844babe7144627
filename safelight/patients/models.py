"""Patients' tables: who they are, their identifiers and visits, and what was merged."""

from typing import Any

from django.db import models

from safelight.lib.ids import new_id
from safelight.people.models import Person, Phone
from safelight.policy.models import Practice


class Patient(models.Model):
    """One patient of one practice. Three identifiers are always shown: name, birth date, record."""

    class Sex(models.TextChoices):
        """As the practice records it."""

        FEMALE = "F", "Female"
        MALE = "M", "Male"
        OTHER = "X", "Another term"
        UNKNOWN = "U", "Not stated"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="patients")
    family = models.CharField(max_length=80)
    given = models.CharField(max_length=80)
    search_name = models.CharField(max_length=170)  # "family given", folded; see patients/rules.py
    search_given = models.CharField(max_length=170, blank=True)  # "given family", folded
    born = models.DateField()
    sex = models.CharField(max_length=1, choices=Sex, default=Sex.UNKNOWN)
    record_number = models.CharField(max_length=40)
    address = models.CharField(max_length=200, blank=True)
    phone_number = models.CharField(max_length=30, blank=True)
    usual_gp = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="patients")
    restricted = models.BooleanField(default=False)
    restricted_reason = models.CharField(max_length=200, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged_from")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "record_number"], name="one_patient_per_record_number"
            )
        ]
        indexes = [
            models.Index(fields=["practice", "search_name"]),
            models.Index(fields=["practice", "search_given"]),
            models.Index(fields=["practice", "born", "search_name"]),
        ]

    def __str__(self) -> str:
        return f"patient {self.pk}"

    @property
    def name(self) -> str:
        """The name as it identifies: SURNAME, Given."""
        return f"{self.family.upper()}, {self.given}"


class Identifier(models.Model):
    """A number that others know the patient by. Never the key of our own rows (APP 9)."""

    class Kind(models.TextChoices):
        """Kinds with a known form; see patients/rules.py for their check digits."""

        IHI = "ihi", "IHI"
        MEDICARE = "medicare", "Medicare"
        DVA = "dva", "DVA"
        OTHER = "other", "Other"

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=40)  # normalised: no spaces or dashes, upper case

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "kind", "value"], name="one_identifier_once")
        ]
        indexes = [models.Index(fields=["value"])]

    def __str__(self) -> str:
        return f"identifier of patient {self.patient_id}"


class PatientChange(models.Model):
    """One past state of a patient's details: an edit or a merge, by whom and when."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="changes")
    act = models.CharField(max_length=20)  # added, edited, imported, restricted, merged, unmerged
    before: "models.JSONField[Any]" = models.JSONField(default=dict)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["patient", "-at"])]

    def __str__(self) -> str:
        return f"change {self.pk} of patient {self.patient_id}"


class Visit(models.Model):
    """A consultation: a patient, a clinician and a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="visits")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="visits")
    person = models.ForeignKey(Person, models.PROTECT, related_name="visits")
    starts_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["practice", "starts_at"]),
            models.Index(fields=["patient", "-starts_at"]),
        ]

    def __str__(self) -> str:
        return f"visit {self.pk}"


class Push(models.Model):
    """ "Send to my phone": the patient opened at the desk is put on a person's phone."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="pushes")
    patient = models.ForeignKey(Patient, models.CASCADE)
    visit = models.ForeignKey(Visit, models.CASCADE, null=True)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(Phone, models.SET_NULL, null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-at"])]

    def __str__(self) -> str:
        return f"push {self.pk}"


class BreakGlass(models.Model):
    """A person looked past a wall, for one patient, 30 minutes, with a reason (security 8)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=30)
    words = models.CharField(max_length=300)
    at = models.DateTimeField()
    ends_at = models.DateTimeField()
    told_to: "models.JSONField[Any]" = models.JSONField(default=list)  # privacy officers
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["person", "patient", "-ends_at"])]

    def __str__(self) -> str:
        return f"break-glass {self.pk}"


class Merge(models.Model):
    """Two records of one patient joined into one: what moved, so that it can be moved back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+")
    keep = models.ForeignKey(Patient, models.PROTECT, related_name="merges")
    gone = models.ForeignKey(Patient, models.PROTECT, related_name="merged_away")
    reason = models.CharField(max_length=300)
    moved: "models.JSONField[Any]" = models.JSONField(default=dict)  # mover -> ids it moved
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    undone_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gone"],
                condition=models.Q(undone_at__isnull=True),
                name="merged_into_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"merge {self.pk}"


class PatientList(models.Model):
    """A list of patients given as a file: checked first, then brought in batch by batch."""

    class State(models.TextChoices):
        """How far it has come."""

        CHECKED = "checked", "Checked, nothing changed"
        CONFIRMED = "confirmed", "Being brought in"
        DONE = "done", "Brought in"
        LEFT = "left", "Left alone"
        STUCK = "stuck", "Came to a stop"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.CHECKED)
    content = models.BinaryField()  # the file itself; emptied once done or left
    sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=20)
    columns: "models.JSONField[Any]" = models.JSONField(default=dict)  # field -> column number
    rows = models.PositiveIntegerField(default=0)
    forecast: "models.JSONField[Any]" = models.JSONField(default=dict)  # counts of the dry run
    result: "models.JSONField[Any]" = models.JSONField(default=dict)  # counts so far
    next_row = models.PositiveIntegerField(default=0)
    added_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)  # by whoever brings in its next batch
    tries = models.PositiveSmallIntegerField(default=0)  # since a batch last came in
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "confirmed_at"])]

    def __str__(self) -> str:
        return f"list {self.pk}"


class ListFinding(models.Model):
    """Something said of one row of a list: why it stays out, or what to check. No names."""

    list = models.ForeignKey(PatientList, models.CASCADE, related_name="findings")
    row = models.PositiveIntegerField()  # as a spreadsheet numbers it
    stops = models.BooleanField()
    words = models.CharField(max_length=240)
    remedy = models.CharField(max_length=240)

    def __str__(self) -> str:
        return f"finding {self.pk}"
