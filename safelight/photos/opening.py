"""Opening: a capsule is opened, and its words are held against what is known from outside it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from safelight.lib.refusals import NotFound, Refusal
from safelight.patients.access import own
from safelight.patients.models import Patient, Visit
from safelight.patients.reading import named
from safelight.patients.visits import visit_at
from safelight.people.duties import Act, letters_of
from safelight.people.models import Person
from safelight.photos.meta import ConsentMeta, PhotoMeta, read_meta
from safelight.photos.models import Capture
from safelight.photos.places import inbox
from safelight.photos.rules import believable_time
from safelight.vault.keyring import NoSuchKey
from safelight.vault.sealing import CapsuleRefused, OpenedCapsule, open_capsule


class Mismatch(Refusal):
    """What is written inside a capsule is not what its number, phone or practice say outside."""

    code = "mismatch"

    def __init__(self) -> None:
        """Say the same sentence whatever did not fit."""
        super().__init__(
            "The photo arrived, but what it says of itself does not fit the phone that sent it.",
            remedy="Tell the practice manager. The phone keeps it, sealed.",
        )


class NotTheirs(Refusal):
    """The one who took the photo may not file it for this patient."""

    code = "not_allowed"
    status = 403

    def __init__(self) -> None:
        """Say what would mend it."""
        super().__init__(
            "The photo was not filed: it may not be filed by this person for this patient.",
            remedy="Ask the supervising doctor. The phone keeps it, sealed.",
        )


@dataclass(frozen=True, slots=True)
class Arrived:
    """An opened capsule: its words, and the picture exactly as the phone sealed it."""

    meta: PhotoMeta | ConsentMeta
    image: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Belongs:
    """Whose a photo is: taker, patient (None: not known yet) and visit, all of this practice."""

    person: Person
    patient: Patient | None
    visit: Visit | None


def open_arrived(capture: Capture) -> Arrived:
    """Open a stored capsule and check its inside against its header, row and phone.

    The header is bound into the seal, so an id changed on the way opens nothing.
    """
    try:
        opened = _opened(capture.pk)
    except NotFound:
        raise CapsuleRefused("This photo is not on the server any more. Send it again.") from None
    except NoSuchKey as missing:
        raise CapsuleRefused(missing.message) from missing
    header = opened.header
    outside = (str(capture.pk), str(capture.practice_id), str(capture.phone_id))
    if (header["capture"], header["practice"], header["phone"]) != outside:
        raise Mismatch
    meta = read_meta(opened.meta)
    if isinstance(meta, PhotoMeta) and meta.capture != capture.pk:
        raise Mismatch
    if (capture.kind == Capture.Kind.PHOTO) != isinstance(meta, PhotoMeta):
        raise Mismatch
    return Arrived(meta, opened.image)


def _opened(capture: UUID) -> OpenedCapsule:
    """Open a capsule. Its seal tells of any changed byte, and then its hash, if the disk did it."""
    try:
        return open_capsule(inbox().sealed(capture))
    except CapsuleRefused:
        inbox().read(capture)
        raise


def taker(capture: Capture, person_id: UUID, *, taken_at: datetime) -> Person:
    """Return who took it: of this practice, on their own phone or the practice's, with the duty.

    Someone who left since may have taken it while they were here; later than that is refused.
    """
    rows = Person.objects.filter(practice=capture.practice_id, pk=person_id)
    person = next(iter(rows), None)  # by their key: nothing to sort
    if person is None or capture.phone.owner_id not in (None, person.pk):
        raise Mismatch
    if person.left_at is not None and taken_at > person.left_at:
        raise NotTheirs
    if not any(letters_of(role, Act.PHOTO_FILE) for role in person.roles):
        raise NotTheirs
    return person


def belongs(capture: Capture, meta: PhotoMeta, *, at: datetime) -> Belongs:
    """Return whose the photo is. A patient or visit of another practice is as good as none.

    A registrar's photo is for their own or their supervisor's patients (letter O).
    """
    person = taker(capture, meta.person, taken_at=min(meta.taken_at, at))
    if meta.patient is None:
        return Belongs(person, None, None)
    patient = named(person, meta.patient)
    visit = visit_at(patient, meta.visit, person=person, at=believable_time(meta.taken_at, at=at))
    require_theirs(person, patient, Act.PHOTO_FILE, at=at)
    return Belongs(person, patient, visit)


def require_theirs(person: Person, patient: Patient, act: Act, *, at: datetime) -> None:
    """Refuse a registrar's act for a patient who is neither theirs nor their supervisor's (O).

    It reads the roles themselves: someone who left keeps what they did while they were here.
    """
    duties = frozenset[str]().union(*(letters_of(role, act) for role in person.roles))
    if "A" not in duties and not ("O" in duties and own(person, patient, at=at)):
        raise NotTheirs
