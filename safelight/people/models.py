"""People's tables: staff, invitations, phones and the codes that pair them."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from safelight.audit.actor import Actor
from safelight.lib.ids import new_id
from safelight.policy.models import Practice


class People(BaseUserManager["Person"]):
    """Finds people by the name they sign in with; makes none by itself."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Find by sign-in e-mail, whatever its case."""
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """One member of staff. There is no password: they sign in with a passkey."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="people")
    title = models.CharField(max_length=20, blank=True)
    given = models.CharField(max_length=80)
    family = models.CharField(max_length=80)
    email = models.EmailField(unique=True)
    roles: "models.JSONField[Any]" = models.JSONField(default=list)  # codes of people/roles.toml
    supervisor = models.ForeignKey("self", models.SET_NULL, null=True, related_name="supervises")
    provider_number = models.CharField(max_length=8, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    single_keys = models.BooleanField(default=True)  # keyboard shortcuts of one letter

    objects = People()
    phone_in_use: UUID | None = None  # set for one request by a phone's call; not a column

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        indexes = [models.Index(fields=["practice", "family", "given"])]

    def __str__(self) -> str:
        return f"person {self.pk}"

    @property
    def name(self) -> str:
        """The name as a page shows it: Dr Ada Specimen."""
        return " ".join(part for part in (self.title, self.given, self.family) if part)

    def actor(self) -> Actor:
        """Return who acted, as the audit log writes it: ids and role codes, no name."""
        return Actor(id=self.pk, role="+".join(self.roles), phone=self.phone_in_use)


class Invitation(models.Model):
    """A link used once, by which somebody becomes a person of the practice, or one again."""

    class Kind(models.TextChoices):
        """What the link does."""

        JOIN = "join", "Invitation"
        RECOVER = "recover", "Way back in"  # opens nothing before a manager agrees
        DEMO = "demo", "Demo sign-in"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="invitations")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.JOIN)
    token_hash = models.BinaryField(max_length=32, unique=True)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    agreed_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "kind", "ends_at"])]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class Phone(models.Model):
    """A paired phone. It is known by the key it signs with; revoking the row ends its access."""

    class State(models.TextChoices):
        """What the server does with the phone's next request."""

        OPEN = "open", "Open"
        REVOKED = "revoked", "Stopped"
        LOST = "lost", "Lost"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="phones")
    owner = models.ForeignKey(Person, models.PROTECT, null=True, related_name="phones")
    signed_out_to = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="borrowed")
    name = models.CharField(max_length=80)
    model = models.CharField(max_length=80, blank=True)
    platform = models.CharField(max_length=80, blank=True)
    imei = models.CharField(max_length=20, blank=True)
    serial = models.CharField(max_length=40, blank=True)
    public_key = models.BinaryField()  # SPKI of the ECDSA P-256 key that the phone signs with
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    paired_at = models.DateTimeField()
    paired_by = models.UUIDField()
    seen_at = models.DateTimeField(null=True)
    held = models.PositiveIntegerField(default=0)  # as the phone last counted
    held_since = models.DateTimeField(null=True)
    storage_kept = models.BooleanField(default=False)  # storage.persisted()
    app_version = models.CharField(max_length=40, blank=True)
    backup_off_on = models.DateField(null=True)  # declared by the owner, asked again yearly
    updated_on = models.DateField(null=True)
    self_check: "models.JSONField[Any]" = models.JSONField(null=True)
    self_checked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    lost_report: "models.JSONField[Any]" = models.JSONField(null=True)
    wiped_at = models.DateTimeField(null=True)
    checkpoint: "models.JSONField[Any]" = models.JSONField(null=True)  # newest it says it keeps

    class Meta:
        indexes = [models.Index(fields=["practice", "state"])]

    def __str__(self) -> str:
        return f"phone {self.pk}"


class PairingCode(models.Model):
    """A code used once, ten minutes long, by which a phone joins the practice."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practice = models.ForeignKey(Practice, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE, null=True)  # null: a practice-owned phone
    code_hash = models.BinaryField(max_length=32, unique=True)
    sealed_code = models.BinaryField()  # so that the page can draw its QR while it is open
    made_by = models.ForeignKey(Person, models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    phone = models.ForeignKey(Phone, models.SET_NULL, null=True)

    def __str__(self) -> str:
        return f"pairing code {self.pk}"


class Limit(models.Model):
    """How often something was tried in the running window. The subject is kept as a hash only."""

    key = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["started_at"])]

    def __str__(self) -> str:
        return f"limit {self.key[:8]}"
