"""Photos of one sitting on a page: the small pictures, and the visits that they may belong to."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from safelight.lib.refusals import Refusal
from safelight.patients.models import Patient, Visit
from safelight.patients.visits import only_visit_on, opens_by_visit, visits_of
from safelight.people.models import Person
from safelight.photos.access import Form, require_sight
from safelight.photos.labelling import NEW_VISIT, may_add_visit
from safelight.photos.models import Photo
from safelight.photos.viewing import enter_page
from safelight.web.desk.templatetags.words import moment


@dataclass(frozen=True)
class Frame:
    """A small picture with its tick."""

    photo: Photo
    ticked: bool
    covered: bool


@dataclass(frozen=True)
class Visits:
    """What a photo's visit may be: the choices, where the form starts, and what adding one does."""

    choices: list[tuple[str, str]]
    start: str
    warning: str = ""


@dataclass
class Ticks:
    """The photos of one sitting, the one that the page is about, and those that are ticked."""

    first: Photo
    photos: list[Photo]
    ticked: set[UUID] = field(default_factory=set)

    @property
    def chosen(self) -> list[Photo]:
        """Return what the answer is for: the page's own photo always, the others if ticked."""
        wanted = self.ticked | {self.first.pk}
        return [photo for photo in self.photos if photo.pk in wanted]

    def frames(self, *, by: Person, at: datetime) -> list[Frame]:
        """Return the others as small pictures, after the page is entered in the log."""
        others = [photo for photo in self.photos if photo.pk != self.first.pk]
        clear = enter_page(others, patient=self.first.patient, by=by, at=at)
        return [Frame(one, one.pk in self.ticked, one.pk not in clear) for one in others]


def visible(
    photos: list[Photo], *, by: Person, at: datetime, stepped_up: bool = False
) -> list[Photo]:
    """Return those of a sitting that this person may act on; the others are not spoken of."""
    found = []
    for photo in photos:
        try:
            require_sight(by, photo, form=Form.PAGE, at=at, stepped_up=stepped_up)
        except Refusal:
            continue
        found.append(photo)
    return found


def numbers_in(texts: list[str]) -> set[UUID]:
    """Read ids from a form; what is none is passed over."""
    found = set()
    for text in texts:
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found


def visits_for(photo: Photo, patient: Patient, *, by: Person, at: datetime) -> Visits:
    """Return the visits to choose from for a photo of this patient, the likeliest to start from.

    Where the day has none, one can be added with the taker. It is chosen beforehand only if it
    would bring nobody into care (decision 5): else it is for a person to choose, with the words.
    """
    rows = visits_of(patient)
    choices = [("", "None named"), *((str(visit.pk), said_of(visit)) for visit in rows)]
    likely = photo.visit or only_visit_on(patient, person=photo.taken_by, at=photo.taken_at)
    start, warning = (str(likely.pk) if likely else ""), ""
    if likely is not None and likely not in rows:
        choices.append((start, said_of(likely)))
    if may_add_visit(photo, by):
        new = f"Add a visit: {moment(photo.taken_at)}, with {photo.taken_by.name}"
        choices.append((NEW_VISIT, new))
        if opens_by_visit(by, patient, at=at):
            warning = (
                f"Adding a visit puts {patient.given} in your care, and the privacy officer is"
                " told."
            )
        elif not start and not _had_visit(rows, photo):
            start = NEW_VISIT
    return Visits(choices, start, warning)


def said_of(visit: Visit) -> str:
    """Return a visit as a list says it: when, with whom, what about."""
    return f"{moment(visit.starts_at)}, with {visit.person.name}" + (
        f", {visit.reason}" if visit.reason else ""
    )


def _had_visit(rows: list[Visit], photo: Photo) -> bool:
    """Say whether the photo's day has visits: of several, a person chooses."""
    day = moment(photo.taken_at).rpartition(", ")[0]
    return any(moment(visit.starts_at).rpartition(", ")[0] == day for visit in rows)
