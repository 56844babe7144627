"""Reading: what pages ask about people. Nothing here changes anything."""

from uuid import UUID

from safelight.lib.refusals import NotFound
from safelight.people.duties import Act, require_duty, role_names
from safelight.people.models import Person


def people_of(by: Person) -> list[Person]:
    """List the people of the reader's own practice: who works here first, then who has left."""
    require_duty(by, Act.PEOPLE_SEE)
    rows = Person.objects.filter(practice=by.practice).select_related("supervisor")
    return sorted(rows, key=lambda row: (row.left_at is not None, row.family, row.given))


def person_for(by: Person, person: UUID) -> Person:
    """Return a person of the reader's own practice; elsewhere and nowhere look alike."""
    require_duty(by, Act.PEOPLE_SEE)
    rows = Person.objects.select_related("practice", "supervisor")
    row = rows.filter(pk=person, practice=by.practice).first()
    if row is None:
        raise NotFound
    return row


def supervisors_of(by: Person) -> list[Person]:
    """List the GPs who can supervise a registrar here."""
    rows = Person.objects.filter(practice=by.practice, is_active=True, left_at=None)
    return [row for row in rows.order_by("family", "given") if "GP" in row.roles]


def names_by_id(by: Person) -> dict[UUID, str]:
    """Return the names of everyone who ever worked at the reader's practice, by id."""
    return {row.pk: row.name for row in Person.objects.filter(practice=by.practice)}


def role_words(person: Person) -> str:
    """Return a person's roles in words, as a page shows them."""
    names = role_names()
    return ", ".join(names.get(role, role) for role in person.roles) or "No duties"
