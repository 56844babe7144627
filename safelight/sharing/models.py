"""Sharing's tables: who gets photos, each decision to let some out, and what came of it."""

from typing import Any, Final

from django.db import models

from safelight.consent.models import Consent
from safelight.lib.ids import new_id
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos.models import Copy, Photo
from safelight.policy.models import Practice


class Clinician(models.Model):
    """Somebody in the address book. After a while their address must be verified again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="clinicians")
    name = models.CharField(max_length=120)
    organisation = models.CharField(max_length=120, blank=True)
    email = models.CharField(max_length=254)
    mobile = models.CharField(max_length=30, blank=True)
    kind = models.CharField(max_length=80, blank=True)  # of specialist, as consents name them
    country = models.CharField(max_length=2, default="AU")
    ahpra = models.CharField(max_length=13, blank=True)
    provider_number = models.CharField(max_length=8, blank=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    verified_at = models.DateTimeField()
    verified_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    verified_how = models.CharField(max_length=160)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["practice", "ended_at", "name"])]

    def __str__(self) -> str:
        return f"clinician {self.pk}"


class Release(models.Model):
    """One decision to let photos out: for which use, on what basis, to whom, in which form."""

    class Form(models.TextChoices):
        """How they travel."""

        LINK = "link", "A link we can end"
        PDF = "pdf", "A sealed PDF"
        ARCHIVE = "archive", "A sealed archive"
        PRINT = "print", "On paper"
        PATIENT_COPY = "patient_copy", "The patient’s own copy, by link"
        TEACHING_SET = "teaching_set", "A teaching set"

    class State(models.TextChoices):
        """How far it has come. Nothing has left before `out`."""

        DRAFT = "draft", "Being prepared"
        WAITING_SECOND = "waiting_second", "Waiting for a second person"
        GOING = "going", "About to go"
        OUT = "out", "Out"
        ENDED = "ended", "Ended"
        RECALLED = "recalled", "Stopped"
        UNDONE = "undone", "Undone before it left"
        REFUSED = "refused", "Not sent"

    class Channel(models.TextChoices):
        """How the link reaches its reader. The PIN always goes another way."""

        EMAIL = "email", "By e-mail"
        TEXT = "text", "As a text to copy"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="releases")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="releases")
    state = models.CharField(max_length=14, choices=State, default=State.DRAFT)
    use = models.CharField(max_length=20)  # of consent/uses.py, or "disclosure"
    basis = models.CharField(max_length=20, blank=True)  # a code of sharing/rules/bases.toml
    basis_reason = models.CharField(max_length=500, blank=True)
    basis_facts: "models.JSONField[Any]" = models.JSONField(default=dict)  # order number, who asked
    clinician = models.ForeignKey(Clinician, models.PROTECT, null=True, related_name="releases")
    recipient_name = models.CharField(max_length=120, blank=True)
    recipient_kind = models.CharField(max_length=80, blank=True)
    recipient_address = models.CharField(max_length=254, blank=True)
    recipient_country = models.CharField(max_length=2, default="AU")
    form = models.CharField(max_length=14, choices=Form, default=Form.LINK)
    channel = models.CharField(max_length=6, choices=Channel, default=Channel.EMAIL)
    question = models.CharField(max_length=1000, blank=True)  # what the recipient is asked
    name_hidden = models.BooleanField(default=False)
    checklist: "models.JSONField[Any]" = models.JSONField(default=dict)
    view_only = models.BooleanField(default=True)
    needs_pin = models.BooleanField(default=True)
    days = models.PositiveSmallIntegerField(default=14)
    open_limit = models.PositiveSmallIntegerField(default=5)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="releases")
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    checked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    goes_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)  # by a worker
    tries = models.PositiveSmallIntegerField(default=0)
    out_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)  # a file or print was first taken, to hand it on
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    end_why = models.CharField(max_length=20, blank=True)  # a code of sharing/rules/ends.py
    end_words = models.CharField(max_length=300, blank=True)
    swept_at = models.DateTimeField(null=True)  # its bytes were removed from the vault

    class Meta:
        indexes = [
            models.Index(fields=["state", "goes_at"]),
            models.Index(fields=["state", "ends_at"]),
            models.Index(fields=["practice", "state", "-made_at"]),
            models.Index(fields=["patient", "-made_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(patient__isnull=False) | models.Q(form="teaching_set"),
                name="only_a_set_is_of_many_patients",
            ),
            models.CheckConstraint(
                condition=models.Q(checked_by__isnull=True)
                | ~models.Q(checked_by=models.F("made_by")),
                name="a_release_is_checked_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.pk}"


class ReleasedPhoto(models.Model):
    """One photo of a release: what is cut away and covered, and the very bytes that leave."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    release = models.ForeignKey(Release, models.CASCADE, related_name="items")
    photo = models.ForeignKey(Photo, models.CASCADE, related_name="released")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=20)  # neutral: photo-1, or a set's random id
    words = models.CharField(max_length=300, blank=True)  # shown beside it
    crop: "models.JSONField[Any]" = models.JSONField(null=True)
    shapes: "models.JSONField[Any]" = models.JSONField(default=list)
    consent = models.ForeignKey(Consent, models.PROTECT, null=True, related_name="+")
    basis = models.CharField(max_length=160, blank=True)
    seen_at = models.DateTimeField(null=True)  # the finished bytes were looked at
    kind = models.CharField(max_length=10, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of the finished bytes
    size = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    removed: "models.JSONField[Any]" = models.JSONField(default=list)
    remains: "models.JSONField[Any]" = models.JSONField(default=list)
    how = models.CharField(max_length=20, blank=True)
    wrapped_key = models.BinaryField(default=b"")
    blobs: "models.JSONField[Any]" = models.JSONField(default=dict)  # kind -> name in the vault
    checked_at = models.DateTimeField(null=True)  # read back whole; see photos/upkeep.py
    copy = models.ForeignKey(Copy, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["release", "photo"], name="a_photo_once_in_a_release"),
            models.UniqueConstraint(fields=["release", "name"], name="one_name_in_a_release"),
        ]

    def __str__(self) -> str:
        return f"released photo {self.pk}"


class Link(models.Model):
    """The link of a release. Its token and PIN are kept as hashes only."""

    release = models.OneToOneField(Release, models.CASCADE, related_name="link")
    token_hash = models.BinaryField(max_length=32, unique=True, null=True)
    pin_hash = models.CharField(max_length=200, blank=True)
    pin_tries = models.PositiveSmallIntegerField(default=0)  # wrong ones
    open_limit = models.PositiveSmallIntegerField()
    opens = models.PositiveSmallIntegerField(default=0)
    terms = models.CharField(max_length=1000)
    terms_accepted_at = models.DateTimeField(null=True)
    first_opened_at = models.DateTimeField(null=True)
    last_opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opens__lte=models.F("open_limit")),
                name="a_link_opens_no_more_often_than_agreed",
            )
        ]

    def __str__(self) -> str:
        return f"link of release {self.release_id}"


class Opening(models.Model):
    """One opening of a link: a short session in which its photos can be looked at."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="openings")
    session_hash = models.BinaryField(max_length=32, unique=True)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"opening {self.pk}"


class Saved(models.Model):
    """A photo that a recipient saved as a file: a copy that we cannot end ourselves."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="saved")
    item = models.OneToOneField(ReleasedPhoto, models.CASCADE, related_name="saved")
    opening = models.ForeignKey(Opening, models.PROTECT, related_name="+")
    copy = models.ForeignKey(Copy, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"saved {self.pk}"


class Reply(models.Model):
    """What the recipient wrote back."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="replies")
    opening = models.ForeignKey(Opening, models.PROTECT, related_name="+")
    words = models.TextField()
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"reply {self.pk}"


class Package(models.Model):
    """A sealed file to hand on: its bytes lie in the vault, its password sealed apart."""

    release = models.OneToOneField(Release, models.CASCADE, related_name="package")
    sealed_password = models.BinaryField()
    wrapped_key = models.BinaryField()
    blob = models.CharField(max_length=64)
    checked_at = models.DateTimeField(null=True)  # read back whole; see photos/upkeep.py
    name = models.CharField(max_length=40)
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"package of release {self.release_id}"


class Message(models.Model):
    """A message to a recipient: a fixed sentence, and the link. Sent by the worker."""

    class Kind(models.TextChoices):
        """What it says."""

        LINK = "link", "Here is a secure item"
        DESTROY = "destroy", "Please destroy what we sent"

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        TAKEN = "taken", "Copied by the sender"
        FAILED = "failed", "Not sent"
        CANCELLED = "cancelled", "Not needed any more"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+")
    release = models.ForeignKey(Release, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.LINK)
    channel = models.CharField(max_length=6, choices=Release.Channel)
    to = models.CharField(max_length=254)
    sealed_link = models.BinaryField(default=b"")  # emptied once it has gone
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=160, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "next_at"])]

    def __str__(self) -> str:
        return f"message {self.pk}"


class MailServer(models.Model):
    """The practice's own mail server. Its password is sealed."""

    class Security(models.TextChoices):
        """How the way to it is kept private."""

        TLS = "tls", "TLS from the start"
        STARTTLS = "starttls", "TLS by STARTTLS"
        NONE = "none", "None (this computer only)"

    practice = models.OneToOneField(Practice, models.CASCADE, related_name="mail_server")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=8, choices=Security, default=Security.TLS)
    user = models.CharField(max_length=254, blank=True)
    sealed_password = models.BinaryField(default=b"")
    sender = models.CharField(max_length=254)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    worked_at = models.DateTimeField(null=True)  # last time that it took a message

    def __str__(self) -> str:
        return f"mail server of practice {self.practice_id}"


class TeachingSet(models.Model):
    """A teaching set's line in the register: what for, for whom, when. No patient is named."""

    release = models.OneToOneField(Release, models.CASCADE, related_name="teaching_set")
    number = models.PositiveIntegerField()
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="teaching_sets")
    title = models.CharField(max_length=160)
    audience = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "number"], name="one_teaching_set_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"teaching set {self.number}"


LIVE: Final = (Release.State.WAITING_SECOND, Release.State.GOING, Release.State.OUT)
"""States of a release that has been decided and not ended: what a withdrawal stops at once."""
