"""Readiness: all that still stands before a release may be confirmed, in the page's order."""

from datetime import datetime

from safelight.consent.going import MayNotGo
from safelight.lib.refusals import Refusal
from safelight.patients.models import Patient
from safelight.patients.reading import details_of
from safelight.sharing.addressbook import known_now
from safelight.sharing.asking import SECOND, answers_to, items_of, may_leave
from safelight.sharing.mailing import can_send_mail
from safelight.sharing.models import Release, ReleasedPhoto
from safelight.sharing.refusals import Missing
from safelight.sharing.rules import checklist, ways


def missing(release: Release, *, at: datetime) -> list[Missing]:
    """Return everything that is missing; an empty list may be confirmed. Nothing is changed."""
    items = items_of(release)
    return [
        *_basis(release, items, at=at),
        *_recipient(release, at=at),
        *_hidden(release, items),
        *_preview(items),
        *_form(release),
    ]


def _basis(release: Release, items: list[ReleasedPhoto], *, at: datetime) -> list[Missing]:
    if not release.basis:
        return [Missing("basis", "No reason is named.", "Choose why they may leave.")]
    found: dict[str, Missing] = {}
    answers = answers_to(items, at=at)
    for item in items:
        said = answers.get(item.photo.patient_id) if item.photo.patient_id else None
        try:
            may_leave(release, item.photo, at=at, still_open=SECOND, answers=said)
        except MayNotGo as refused:
            for one in refused.missing:
                found[one.code] = Missing("basis", one.words, one.needed)
    return list(found.values())


def _recipient(release: Release, *, at: datetime) -> list[Missing]:
    if not release.recipient_name:
        return [Missing("recipient", "Nobody is named to get them.", "Say who gets them.")]
    by_mail = release.form in ways.LINKS and release.channel == Release.Channel.EMAIL
    if by_mail and not release.recipient_address:
        return [Missing("recipient", "There is no address to send to.", "Type the address.")]
    if release.clinician is not None:
        try:
            known_now(release.clinician, at=at)
        except Refusal as refused:
            return [Missing("recipient", refused.message, refused.remedy)]
    return []


def _hidden(release: Release, items: list[ReleasedPhoto]) -> list[Missing]:
    """Return what still tells who it is: the list's open points, and a name in the words."""
    if not release.name_hidden:
        return []
    found = []
    if checklist.needs_checklist(release.use, release.form):
        bare = [item for item in items if not (item.crop or item.shapes)]
        found = [
            Missing("hidden", one.words, one.needed)
            for one in checklist.unsettled(
                release.checklist,
                use=release.use,
                anything_hidden=len(bare) < len(items),
                recognisable=any(item.photo.recognisable for item in bare),
            )
        ]
    names = [name for item in items for name in (item.patient.family, item.patient.given)]
    words = " ".join([release.question, *(item.words for item in items)])
    if checklist.names_someone(words, names):
        found.append(
            Missing(
                "hidden",
                "The words that go along hold the patient’s name, which is to stay hidden.",
                "Take the name out of the words.",
            )
        )
    if any(
        _numbered(words, one) for one in {item.patient_id: item.patient for item in items}.values()
    ):
        found.append(
            Missing(
                "hidden",
                "The words that go along hold a number or the birth date of the patient, whose "
                "name is to stay hidden.",
                "Take it out of the words.",
            )
        )
    return found


def _numbered(words: str, patient: Patient) -> bool:
    numbers = [patient.record_number, *details_of(patient).identifiers().values()]
    return checklist.numbers_someone(words, numbers, patient.born)


def _preview(items: list[ReleasedPhoto]) -> list[Missing]:
    unseen = sum(1 for item in items if not item.sha256)
    if not unseen:
        return []
    words = "1 finished copy was" if unseen == 1 else f"{unseen} finished copies were"
    return [Missing("preview", f"{words} not looked at yet.", "Look at each finished copy.")]


def _form(release: Release) -> list[Missing]:
    if release.form not in ways.forms_for(release.use):
        return [Missing("form", "That form is not for this use.", "Choose another way of sending.")]
    by_mail = release.form in ways.LINKS and release.channel == Release.Channel.EMAIL
    if by_mail and not can_send_mail(release.practice):
        return [
            Missing(
                "form",
                "This practice has no mail server set.",
                "Copy the link as a text instead, or ask the manager or the IT person to set one.",
            )
        ]
    return []
