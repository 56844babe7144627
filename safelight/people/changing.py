"""Changing a person: their duties, name and supervisor. It acts on their next request."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.people.duties import Act, require_duty
from safelight.people.inviting import checked_roles, checked_supervisor, gives_clinical
from safelight.people.leaving import require_another_manager
from safelight.people.models import Person


@transaction.atomic
def change_person(
    person: Person,
    *,
    title: str,
    given: str,
    family: str,
    roles: Sequence[str],
    supervisor: Person | None,
    provider_number: str,
    by: Person,
    at: datetime,
) -> None:
    """Change what somebody may do and how they are called; never one's own duties.

    Nothing caches duties: every request reads the row, so the change holds from the next one on.
    """
    require_duty(by, Act.PEOPLE_MANAGE)
    if person.practice_id != by.practice_id or person.left_at is not None:
        raise NotFound
    if not given.strip() or not family.strip():
        raise BadInput("A person needs a given and a family name.")
    wanted = checked_roles(roles, before=person.roles, by=by)
    changed = set(wanted) != set(person.roles)
    chosen = checked_supervisor(supervisor, by=by)
    whose = person.supervisor_id != (chosen.pk if chosen else None)  # their patients come along
    if (changed or whose) and person.pk == by.pk:
        raise NotAllowed("Not done. Nobody changes their own duties.", remedy="Ask a colleague.")
    if changed and not gives_clinical(wanted):
        require_another_manager(person)
    before = "+".join(person.roles)
    person.title, person.given, person.family = title.strip(), given.strip(), family.strip()
    person.roles = wanted
    person.supervisor = chosen
    person.provider_number = provider_number.strip()
    person.save(
        update_fields=["title", "given", "family", "roles", "supervisor", "provider_number"]
    )
    record(
        "person.duties_changed",
        practice=person.practice_id,
        by=by,
        of=f"person:{person.pk}",
        at=at,
        detail=f"{before} → {'+'.join(wanted)}",
    )


def choose_keys(person: Person, *, single_keys: bool) -> None:
    """Keep whether single letters are shortcuts for this person. It touches nobody else."""
    Person.objects.filter(pk=person.pk).update(single_keys=single_keys)
    person.single_keys = single_keys
