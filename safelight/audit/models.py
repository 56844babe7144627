"""What the log stores. Rows are added, never changed: here, and by triggers in the database."""

from base64 import b64encode
from typing import Any, Never

from django.db import models

from safelight.lib.refusals import Refusal


class NeverChanged(Refusal):
    """Someone tried to change or remove a row of the log."""

    code = "audit_never_changed"

    def __init__(self) -> None:
        """Say the same sentence for every row."""
        super().__init__("The log is added to, never changed. Nothing was changed.")


class AddedRows(models.QuerySet[Any]):
    """Rows that can be read and added to; every way to change many at once refuses."""

    def update(self, **kwargs: Any) -> Never:
        """Refuse."""
        raise NeverChanged

    def delete(self) -> Never:
        """Refuse."""
        raise NeverChanged

    def bulk_update(self, *args: Any, **kwargs: Any) -> Never:
        """Refuse."""
        raise NeverChanged

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Add rows; refuse to write over those that are there."""
        if kwargs.get("update_conflicts") or kwargs.get("ignore_conflicts"):
            raise NeverChanged
        return super().bulk_create(objs, *args, **kwargs)


class Added(models.Model):
    """A row that is written once."""

    objects = AddedRows.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new row. An insert is forced, so a known key cannot become an update."""
        if not self._state.adding:
            raise NeverChanged
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        """Refuse."""
        raise NeverChanged


class Entry(Added):
    """One act. The leaf is what the tree holds; the columns repeat it so that it can be found.

    No foreign key leads out: the log outlives what it speaks of.
    """

    practice = models.UUIDField()
    n = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    role = models.CharField(max_length=40, blank=True)
    phone_id = models.UUIDField(null=True)
    action = models.CharField(max_length=40)
    object = models.CharField(max_length=95, blank=True)
    patient = models.UUIDField(null=True)
    purpose = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=40)
    detail_commit = models.CharField(max_length=64, blank=True)
    leaf = models.TextField()
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "n"], name="audit_entry_place")]
        indexes = [
            models.Index(
                fields=["practice", "patient", "n"],
                condition=models.Q(patient__isnull=False),
                name="audit_entry_patient",
            ),
            models.Index(
                fields=["practice", "object", "n"],
                condition=~models.Q(object=""),
                name="audit_entry_object",
            ),
        ]

    def __str__(self) -> str:
        """Say which entry this is, by position and act."""
        return f"entry {self.n}: {self.action}"


class Detail(models.Model):
    """The sealed words of an entry. It may be shredded: the tree holds only its commitment."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="detail")
    salt = models.BinaryField(max_length=32)
    ciphertext = models.BinaryField()

    def __str__(self) -> str:
        """Say whose detail this is."""
        return f"detail of entry {self.entry_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new row; sealed words are never replaced by others."""
        if not self._state.adding:
            raise NeverChanged
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)


class Node(Added):
    """A finished subtree, kept at every fourth level so that a proof reads few hashes."""

    practice = models.UUIDField()
    level = models.PositiveSmallIntegerField()
    index = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "level", "index"], name="audit_node_place")
        ]

    def __str__(self) -> str:
        """Say where in the tree this is."""
        return f"node {self.level}/{self.index}"


class Frontier(models.Model):
    """The right edge of a practice's tree: all that is needed to append. Locked by every append."""

    practice = models.UUIDField(primary_key=True)
    size = models.PositiveBigIntegerField(default=0)
    hashes = models.JSONField(default=list)
    newest_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Say how far the log has come."""
        return f"log of {self.size} entries"


class Checkpoint(Added):
    """The signed root of the log at one size: three lines and their Ed25519 signature."""

    practice = models.UUIDField()
    size = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)
    text = models.TextField()
    signature = models.BinaryField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "size"], name="audit_checkpoint_place")
        ]

    def __str__(self) -> str:
        """Say at which size this was signed."""
        return f"checkpoint at {self.size}"

    @property
    def note(self) -> str:
        """Return the four lines to keep elsewhere: name, size, root, signature in base64."""
        return f"{self.text}{b64encode(bytes(self.signature)).decode()}\n"
