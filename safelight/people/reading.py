"""Reading: what pages ask about people. Nothing here changes anything."""

from uuid import UUID

from django.db.models import QuerySet

from safelight.lib.refusals import NotFound
from safelight.people.duties import Act, may, require_duty, role_names
from safelight.people.models import Person
from safelight.policy.models import Practice


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
    return list(people_who(by.practice_id, Act.PEOPLE_SUPERVISE))


def people_who(practice: Practice | UUID, act: Act) -> QuerySet[Person]:
    """Return the people of a practice whose duties cover an act, by name."""
    here = Person.objects.filter(practice=practice, is_active=True, left_at__isnull=True)
    able = [row.pk for row in here if may(row, act)]
    return here.filter(pk__in=able).order_by("family", "given")


def names_by_id(by: Person) -> dict[UUID, str]:
    """Return the names of everyone who ever worked at the reader's practice, by id."""
    return {row.pk: row.name for row in Person.objects.filter(practice=by.practice)}


def person_known(number: UUID | None) -> Person | None:
    """Return anybody by number, of whatever practice: to write a log, never to show."""
    return Person.objects.filter(pk=number).first() if number else None


def role_words(person: Person) -> str:
    """Return a person's roles in words, as a page shows them."""
    names = role_names()
    return ", ".join(names.get(role, role) for role in person.roles) or "No duties"
