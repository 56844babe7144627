"""Setting up a practice: its tables, its first notice and rules, its first manager."""

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from safelight.audit.log import record
from safelight.lib.refusals import Refusal
from safelight.people.models import Person
from safelight.policy.legal import seed_rules
from safelight.policy.models import Practice
from safelight.policy.words import first_notice
from safelight.vault import keyring
from safelight.vault.disk import flatten
from safelight.vault.stores import StoreOfAnother, require_own_store

log = logging.getLogger(__name__)


class DatabaseOut(Refusal):
    """The database that the settings name cannot be reached."""

    code = "database_out"


def waiting_changes() -> int:
    """Return how many changes of the tables this release has that the database has not."""
    try:
        executor = MigrationExecutor(connection)
    except OperationalError:
        raise DatabaseOut(
            "The database does not answer, so nothing was started.",
            remedy="Look at `postgres` in safelight.toml, and whether that server runs.",
        ) from None
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def make_tables() -> None:
    """Bring the tables up to this release. Does nothing, quickly, when they are."""
    if waiting_changes():
        call_command("migrate", verbosity=0, interactive=False)


def bring_up_to_date() -> None:
    """Bring tables and stored photos up to this release, before any process reads them.

    Another installation's store is refused. One that is full or out of reach is left for later:
    phones can still send, and photos can be looked at.
    """
    make_tables()
    flatten(Path(settings.SAFELIGHT_DATA) / "blobs")
    try:
        require_own_store()
    except StoreOfAnother:
        raise
    except Refusal as trouble:
        log.warning("whose the photo store is was not asked: %s", trouble.code)


@transaction.atomic
def make_practice(
    *,
    name: str,
    jurisdiction: str,
    zone: str,
    address: str,
    contact: str,
    at: datetime,
) -> Practice:
    """Add a practice with its first notice and the legal rules of its place."""
    practice = Practice.objects.create(
        name=name,
        jurisdiction=jurisdiction,
        zone=zone,
        address=address,
        contact=contact,
        created_at=at,
    )
    keyring.change(lambda ring: ring.with_practice(practice.pk))
    first_notice(practice, at=at)
    seed_rules(practice, at=at)
    record("practice.made", practice=practice.pk, by=None, of=f"practice:{practice.pk}", at=at)
    return practice


@transaction.atomic
def make_first_manager(
    practice: Practice, *, given: str, family: str, email: str, at: datetime
) -> Person:
    """Add the manager, who is also privacy officer until someone else is. They join by a link."""
    return Person.objects.create(
        practice=practice, given=given, family=family, email=email, roles=["M", "P"]
    )
