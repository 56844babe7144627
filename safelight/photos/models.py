"""Photos' tables: what arrived, what was filed, and every copy with its end."""

from typing import Any

from django.db import models

from safelight.consent.models import Consent
from safelight.lib.ids import new_id
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person, Phone
from safelight.policy.models import Practice


class Capture(models.Model):
    """What a phone sealed at one press of the shutter. The phone chose its id."""

    class State(models.TextChoices):
        """How far it has come. Only `filed` lets the phone forget."""

        ANNOUNCED = "announced", "On the phone"
        RECEIVING = "receiving", "Arriving"
        STORED = "stored", "Arrived"
        FILED = "filed", "Filed"
        REFUSED = "refused", "Not filed"

    class Kind(models.TextChoices):
        """What lies in the capsule. Only a photo is a copy of pixels."""

        PHOTO = "photo", "Photo"
        CONSENT = "consent", "Consent"

    id = models.UUIDField(primary_key=True, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="captures")
    phone = models.ForeignKey(Phone, models.PROTECT, related_name="captures")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="captures")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PHOTO)
    state = models.CharField(max_length=10, choices=State)
    sealed_at = models.DateTimeField(null=True)  # by the phone's clock
    announced_at = models.DateTimeField()  # first heard of, by ours
    begun_at = models.DateTimeField(null=True)  # the newest time its sending began
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    stored_at = models.DateTimeField(null=True)
    stored_receipt = models.TextField(blank=True)
    filed_at = models.DateTimeField(null=True)
    filed_receipt = models.TextField(blank=True)
    refused_code = models.CharField(max_length=40, blank=True)
    refused_words = models.CharField(max_length=300, blank=True)
    gone_at = models.DateTimeField(null=True)  # the phone says it forgot, on the filed receipt
    given_up_at = models.DateTimeField(null=True)  # its phone was stopped; nobody waits for it
    claimed_at = models.DateTimeField(null=True)  # by a worker
    tries = models.PositiveSmallIntegerField(default=0)
    conflict: "models.JSONField[Any]" = models.JSONField(null=True)  # other bytes, same id
    timing: "models.JSONField[Any]" = models.JSONField(null=True)  # unlock, shutter, filed

    class Meta:
        indexes = [
            models.Index(fields=["state", "stored_at"]),
            models.Index(fields=["phone", "gone_at"]),
            models.Index(fields=["practice", "state"]),
            models.Index(fields=["phone", "begun_at"]),
        ]

    def __str__(self) -> str:
        return f"capture {self.pk}"


class Photo(models.Model):
    """A capture in the record. Without a patient it lies in the unmatched tray."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="photos")
    capture = models.OneToOneField(Capture, models.PROTECT, null=True, related_name="photo")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="photos")
    patient_hint = models.CharField(max_length=200, blank=True)  # typed offline, not yet matched
    waiting_consent = models.ForeignKey(
        "WaitingConsent", models.PROTECT, null=True, related_name="photos"
    )
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="photos")
    consent = models.ForeignKey(Consent, models.PROTECT, null=True, related_name="photos")
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(Person, models.PROTECT, related_name="photos_taken")
    filed_at = models.DateTimeField()
    site_code = models.CharField(max_length=20, blank=True)
    side = models.CharField(max_length=1, blank=True)  # L R B, or empty where there are no sides
    set_code = models.CharField(max_length=20, blank=True)  # of policy/sets.toml
    view = models.CharField(max_length=20, blank=True)  # of the capture set: regional, close_up, …
    sequence = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(max_length=80, blank=True)
    notes = models.TextField(blank=True)
    diagnosis = models.CharField(max_length=160, blank=True)
    diagnosis_code = models.CharField(max_length=20, blank=True)
    incomplete = models.BooleanField(default=False)  # no label, notes, site or visit yet
    recognisable = models.BooleanField(null=True)
    sensitive = models.BooleanField(default=False)
    restricted = models.BooleanField(default=False)
    chaperone = models.CharField(max_length=160, blank=True)  # offered, accepted, declined, who
    quality: "models.JSONField[Any]" = models.JSONField(default=dict)
    quality_override = models.CharField(max_length=200, blank=True)
    cover: "models.JSONField[Any]" = models.JSONField(default=list)  # geometry beside the original
    turn = models.PositiveSmallIntegerField(default=0)  # degrees that the taker turned it by
    limit_reason = models.CharField(max_length=200, blank=True)
    evidence: "models.JSONField[Any]" = models.JSONField(
        default=dict
    )  # what the file says of itself
    alike = models.CharField(max_length=16, blank=True)  # picture hash, to find look-alikes
    kind = models.CharField(max_length=10)  # jpeg, png, heic, webp, tiff
    width = models.PositiveIntegerField()  # upright
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)  # of the original bytes
    wrapped_key = models.BinaryField()
    copyright_owner = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["patient", "-taken_at"]),
            models.Index(fields=["patient", "site_code", "side", "taken_at"]),
            # On its own rows alone: SQLite takes no index for a bare truth value in a longer one.
            models.Index(
                fields=["practice", "filed_at"],
                condition=models.Q(incomplete=True),
                name="photo_incomplete",
            ),
            models.Index(
                fields=["practice", "filed_at"],
                condition=models.Q(patient__isnull=True),
                name="photo_unmatched",
            ),
        ]

    def __str__(self) -> str:
        return f"photo {self.pk}"


class Rendition(models.Model):
    """One sealed blob of a photo: the untouched original, or a picture made from it."""

    class Kind(models.TextChoices):
        """Which."""

        ORIGINAL = "original", "Original"
        VIEW = "view", "View"
        THUMB = "thumb", "Small"

    photo = models.ForeignKey(Photo, models.CASCADE, related_name="renditions")
    kind = models.CharField(max_length=10, choices=Kind)
    blob = models.CharField(max_length=64)  # SHA-256 of the ciphertext: its name in the vault
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)  # read back whole; see upkeep

    class Meta:
        constraints = [models.UniqueConstraint(fields=["photo", "kind"], name="one_of_each_kind")]
        indexes = [models.Index(fields=["checked_at"])]

    def __str__(self) -> str:
        return f"{self.kind} of photo {self.photo_id}"


class Copy(models.Model):
    """A place where the pixels exist: held by whom, why, how we know, and what ends it."""

    class Holder(models.TextChoices):
        """Where. Later rooms add theirs."""

        PHONE = "phone", "Phone"
        VAULT = "vault", "Vault"
        RECORD_SYSTEM = "record_system", "Record system"
        SHARE = "share", "Link"
        PACKAGE = "package", "Package"
        PAPER = "paper", "Print"
        RECIPIENT = "recipient", "Recipient"

    class State(models.TextChoices):
        """Held, or how it ended."""

        HELD = "held", "Held"
        ENDED = "ended", "Gone"
        HANDED_OVER = "handed_over", "Handed over"
        OUT_OF_REACH = "out_of_reach", "Out of reach"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+")
    photo = models.ForeignKey(Photo, models.CASCADE, null=True, related_name="copies")
    capture = models.ForeignKey(Capture, models.CASCADE, null=True, related_name="copies")
    holder = models.CharField(max_length=14, choices=Holder)
    holder_name = models.CharField(max_length=120, blank=True)  # "Ada’s phone", a recipient
    phone = models.ForeignKey(Phone, models.PROTECT, null=True, related_name="copies")
    rendition = models.CharField(max_length=10, default="original")
    outside = models.BooleanField()
    basis = models.CharField(max_length=160)  # consent and use, or a named law
    consent = models.ForeignKey(Consent, models.PROTECT, null=True, related_name="+")
    evidence = models.CharField(max_length=240, blank=True)  # how we know
    number = models.PositiveIntegerField(null=True)  # copy number of a print
    since = models.DateTimeField()
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(null=True)  # when it must have ended
    state = models.CharField(max_length=12, choices=State, default=State.HELD)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    end_evidence = models.CharField(max_length=240, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["practice", "state", "outside"]),
            models.Index(fields=["photo", "since"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(photo__isnull=False) | models.Q(capture__isnull=False),
                name="a_copy_is_of_something",
            ),
            models.UniqueConstraint(
                fields=["capture"],
                condition=models.Q(holder="phone"),
                name="one_phone_copy_per_capture",
            ),
            models.UniqueConstraint(
                fields=["photo", "number"],
                condition=models.Q(holder="paper"),
                name="one_print_per_number",
            ),
        ]

    def __str__(self) -> str:
        return f"copy {self.pk}"


class LabelEdit(models.Model):
    """A photo's words before they were changed: by whom, when."""

    photo = models.ForeignKey(Photo, models.CASCADE, related_name="label_edits")
    before: "models.JSONField[Any]" = models.JSONField()
    after: "models.JSONField[Any]" = models.JSONField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"label edit {self.pk} of photo {self.photo_id}"


class Move(models.Model):
    """A photo went from one patient (or none) to another. Both histories keep the line."""

    photo = models.ForeignKey(Photo, models.CASCADE, related_name="moves")
    from_patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="photos_out")
    to_patient = models.ForeignKey(Patient, models.PROTECT, related_name="photos_in")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"move {self.pk} of photo {self.photo_id}"


class Unblur(models.Model):
    """A covered photo was asked for, with a reason: for this person it stays clear a while."""

    photo = models.ForeignKey(Photo, models.CASCADE, related_name="unblurs")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"unblur {self.pk} of photo {self.photo_id}"


class WaitingConsent(models.Model):
    """A consent that came from a phone before its patient was known. Matching records it."""

    id = models.UUIDField(primary_key=True, editable=False)  # the consent's own id
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+")
    capture = models.OneToOneField(Capture, models.PROTECT, related_name="waiting_consent")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")  # who recorded it
    hint = models.CharField(max_length=200, blank=True)  # whose it is said to be
    body: "models.JSONField[Any]" = models.JSONField()  # as the phone would have sent it
    received_at = models.DateTimeField()
    consent = models.ForeignKey(Consent, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"waiting consent {self.pk}"


class Sight(models.Model):
    """Photos a person was just shown: lets a page's small pictures through, and is counted."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    photos: "models.JSONField[Any]" = models.JSONField()  # ids
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "-at"])]

    def __str__(self) -> str:
        return f"sight {self.pk}"


class Alarm(models.Model):
    """Something that a person must look at. Raised once, ended when it no longer holds."""

    class Kind(models.TextChoices):
        """What happened."""

        UNFILED = "unfiled", "Not filed in time"
        STUCK = "stuck", "Could not be opened"
        INCOMPLETE = "incomplete", "Still without label or notes"
        UNMATCHED = "unmatched", "Waiting for a patient"
        OVERDUE = "overdue", "A copy should have ended"
        CONFLICT = "conflict", "Other content under the same number"
        MANY_VIEWS = "many_views", "Many photos looked at"
        DAMAGED = "damaged", "A stored file is damaged"
        UNNAMED = "unnamed", "Stored files that no record names"
        LOG = "log", "The log does not fit together"
        CLOCK = "clock", "The server’s clock is in doubt"
        LOST = "lost", "Gone from a phone before it was filed"

    practice = models.ForeignKey(Practice, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    about = models.CharField(max_length=80)  # id of the capture, photo, copy, person or blob
    raised_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about"],
                condition=models.Q(ended_at__isnull=True),
                name="one_alarm_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["practice", "ended_at"])]

    def __str__(self) -> str:
        return f"alarm {self.kind} {self.about}"
