"""Today: what needs a person, oldest and worst first, and where copies are."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from safelight.consent.owing import ROWS as OWED
from safelight.consent.owing import Owed, owed
from safelight.consent.reading import sentence
from safelight.lib.clock import now
from safelight.patients.breaking_glass import may_review, reason_words, to_review
from safelight.patients.visits import reason_for, visits_today
from safelight.people.duties import Act, letters, may
from safelight.people.models import Person
from safelight.people.phones import phones_for
from safelight.photos import reading
from safelight.photos.labelling import lacks_only_visit, missing_words
from safelight.photos.models import Alarm, Capture, Copy, Photo
from safelight.photos.rules import A_VISIT
from safelight.photos.sittings import by_sitting
from safelight.policy.models import Practice
from safelight.policy.settings import setting
from safelight.policy.sites import site_words
from safelight.web.desk.alarms import thing_of, title_of
from safelight.web.desk.asked import number_in
from safelight.web.desk.board import board
from safelight.web.desk.rows import Group, Row
from safelight.web.desk.shares_today import account_urls, share_groups
from safelight.web.desk.templatetags.words import clock, day, in_words, lately, since
from safelight.web.doors import PersonRequest, signed_in

SPEED_DAYS = 7
WORDS: Final = ("labels", "visits")


def _capture_row(capture: Capture, state: str, words: str) -> Row:
    seen = lately(capture.phone.seen_at)
    return Row(
        state,
        capture.phone.name,
        "1 sealed photo" if capture.kind == Capture.Kind.PHOTO else "1 sealed consent",
        words or f"Phone seen: {seen[0].lower()}{seen[1:]}",
        since(capture.announced_at),
        "",
        "See the phone",
        reverse("desk:phone", args=[capture.phone_id]),
    )


def _sitting_row(photos: list[Photo], words: str, act: str, url: str) -> Row:
    first, count = photos[0], len(photos)
    places = {site_words(photo.site_code, photo.side) for photo in photos if photo.site_code}
    place = places.pop() if len(places) == 1 else f"{len(places)} sites" if places else ""
    about = ngettext("%d photo", "%d photos", count) % count
    who = first.patient.name if first.patient else "No patient yet"
    waits = since(min(photo.filed_at for photo in photos))
    return Row("in", who, f"{about}, {place or 'no site yet'}", words, waits, "", act, url)


def _more(found: reading.Today, *lists: str) -> str:
    """Say how many of these lists are left out, or nothing."""
    count = sum(found.more.get(name, 0) for name in lists)
    return f"{count} more, newer than these." if count else ""


def _phones_group(found: reading.Today) -> Group:
    late = [_capture_row(capture, "alarm", "") for capture in found.unfiled]
    rest = [_capture_row(capture, "out", "") for capture in found.waiting]
    refused = [_capture_row(c, "alarm", c.refused_words) for c in found.refused]
    hint = "Each keeps its lamp lit until it is filed and gone"
    more = _more(found, "unfiled", "refused", "waiting")
    return Group("phones", "On a phone, not filed", hint, [*late, *refused, *rest], more)


def _label_row(photos: list[Photo]) -> Row:
    """Say exactly what a sitting lacks. One answer serves all of it."""
    lacking = next((one for one in photos if not lacks_only_visit(one)), photos[0])
    lacks = dict.fromkeys(words for photo in photos for words in missing_words(photo))
    needs = f"Needs {in_words(list(lacks))}. " if lacks else ""
    words = f"{needs}Taken by {lacking.taken_by.name}"
    if not any(photo.label for photo in photos):
        act = ngettext("Label it", "Label them", len(photos))
    elif list(lacks) == [A_VISIT]:
        act = "Choose the visit"
    else:
        act = ngettext("Finish it", "Finish them", len(photos))
    return _sitting_row(photos, words, act, reverse("desk:photo-label", args=[lacking.pk]))


def _words_groups(found: reading.Today, practice: Practice) -> Iterator[Group]:
    """Give the photos that are in the record and not whole, those that lack only a visit apart."""
    late = {photo.pk for photo in found.incomplete}
    limit = f"Limit is {setting(practice, 'incomplete_hours')} h"
    labels: list[Row] = []
    visits: list[Row] = []
    for photos in by_sitting([*found.incomplete, *found.unlabelled]):
        row = _label_row(photos)
        if any(photo.pk in late for photo in photos):
            row = replace(row, state="late", limit=limit)
        (visits if all(map(lacks_only_visit, photos)) else labels).append(row)
    more = _more(found, "incomplete", "unlabelled")
    hint = "In the record, but hard to find"
    yield Group("labels", "Label not finished", hint, labels, more if labels else "")
    hint = "Labelled, and in no consultation yet"
    yield Group("visits", "Visit not known", hint, visits, "" if labels else more)


def _unmatched_group(person: Person, found: reading.Today) -> Group:
    """List what has no patient yet. Who may not see photos is led to the list, not to one."""
    matches = may(person, Act.PHOTO_MATCH)
    rows = [
        _sitting_row(
            photos,
            f"Taken by {photos[0].taken_by.name}",
            "Find the patient" if matches else "See what waits",
            reverse("desk:unmatched-photo", args=[photos[0].pk])
            if matches
            else reverse("desk:unmatched"),
        )
        for photos in by_sitting(found.unmatched)
    ]
    title, hint = "Not matched to a patient", "Sealed in the vault until then"
    return Group("unmatched", title, hint, rows, _more(found, "unmatched"))


def _owed_group(found: reading.Today, at: datetime) -> Group:
    owed = [copy for copy in found.owed if copy.holder != Copy.Holder.PHONE]
    where = account_urls(owed)
    rows = [
        Row(
            "alarm",
            copy.photo.patient.name if copy.photo and copy.photo.patient else copy.holder_name,
            f"{Copy.Holder(copy.holder).label}{f' {copy.number}' if copy.number else ''}",
            copy.holder_name or copy.basis,
            f"{since(copy.due_at)} over",
            f"Due {day(copy.due_at)}",
            "Account for it",
            where[copy.pk],
        )
        for copy in owed
    ]
    title, hint = "Copies that should have ended", "Return, shredding or a reason"
    return Group("owed", title, hint, rows, _more(found, "owed"))


def _consents_owed(person: Person, at: datetime, start: int) -> tuple[list[Owed], bool]:
    """Return what a page shows of each kind, and whether there is more: it asks for one more."""
    found, shown = Counter[str](), []
    for item in owed(person.practice, at=at, start=start, most=OWED + 1):
        found[item.kind] += 1
        if found[item.kind] <= OWED:
            shown.append(item)
    return shown, max(found.values(), default=0) > OWED


def _consent_group(person: Person, at: datetime, start: int) -> Group:
    items, more = _consents_owed(person, at, start)
    acts = {"emergency": "Review it", "paper": "Scan it", "young_person": "Ask again"}
    rows = [
        Row(
            "late" if item.overdue else "in",
            item.consent.patient.name,
            item.words,
            sentence(item.consent, at=at),
            since(item.since),
            f"Due {day(item.due_at)}",
            acts[item.kind],
            reverse("desk:consent", args=[item.consent.pk]),
        )
        for item in items
    ]
    title, hint = "Consent owed", "Care goes on; the record is not whole"
    words = "There are more, due after these." if more else ""
    return Group("consents", title, hint, rows, words)


def _walls_group(person: Person) -> Group:
    rows = [
        Row(
            "in",
            view.person.name,
            "Opened a record with a reason",
            f"{reason_words(view.reason)}: {view.words}",
            lately(view.at),
            "",
            "Look at it",
            reverse("desk:break-glass-review", args=[view.pk]),
        )
        for view in to_review(person)
    ]
    return Group(
        "walls",
        "Opened with a reason",
        "For the privacy officer",
        rows,
    )


def _alarms_group(found: reading.Today) -> Group:
    rows = [
        Row(
            "alarm" if alarm.kind == Alarm.Kind.MANY_VIEWS else "late",
            title_of(alarm),
            thing_of(alarm),
            "Read what it means and what to do",
            lately(alarm.raised_at),
            "",
            "Look into it",
            reverse("desk:clock")
            if alarm.kind == Alarm.Kind.CLOCK
            else reverse("desk:alarm", args=[alarm.pk]),
        )
        for alarm in found.alarms
    ]
    more = _more(found, "alarms")
    return Group("alarms", "Alarms", "Something that should not happen", rows, more)


def _alarm_kinds(person: Person) -> set[str]:
    """Return the alarms that this person can do something about, beside those with own groups."""
    kinds: set[str] = set()
    if letters(person, Act.BREACH_MANAGE):
        kinds |= {Alarm.Kind.CONFLICT, Alarm.Kind.STUCK, Alarm.Kind.DAMAGED, Alarm.Kind.MANY_VIEWS}
        kinds |= {Alarm.Kind.UNNAMED, Alarm.Kind.LOG}
    if letters(person, Act.CLOCK_CONFIRM):
        kinds.add(Alarm.Kind.CLOCK)
    return kinds


def groups_for(person: Person, *, at: datetime, start: int = 0) -> Iterator[Group]:
    """Give each group that this person's duties open; an empty one is left out by the page."""
    kinds = _alarm_kinds(person)
    found = reading.today(person.practice, at=at, start=start, alarms=kinds)
    clinical = bool(letters(person, Act.PHOTO_VIEW))
    if may_review(person):
        yield _walls_group(person)
    yield from share_groups(person, at=at)
    if clinical or letters(person, Act.PHONE_ANY):
        yield _phones_group(found)
    if clinical or letters(person, Act.COPY_END):
        yield _owed_group(found, at)
    if letters(person, Act.PHOTO_MATCH):
        yield _unmatched_group(person, found)
    if letters(person, Act.PHOTO_LABEL):
        yield from _words_groups(found, person.practice)
    if letters(person, Act.CONSENT_RECORD):
        yield _consent_group(person, at, start)
    yield _alarms_group(found)


@require_GET
@signed_in(None)
def today(request: PersonRequest) -> HttpResponse:
    """Show what needs someone. A number here is counted from rows at this moment, never kept."""
    person, at = request.person, now()
    only = request.GET.get("of", "")
    start = (number_in(request.GET.get("from")) or 0) if only else 0
    groups = [
        replace(group, after=start + (OWED if group.key == "consents" else reading.ROWS))
        for group in groups_for(person, at=at, start=start)
        if group.rows
    ]
    if only:
        return _rest(request, [group for group in groups if only in _with(group.key)], start)
    week = at - timedelta(days=SPEED_DAYS)
    return render(
        request,
        "desk/today.html",
        {
            "at": at,
            "clock": clock(at),
            "groups": groups,
            "count": sum(len(group.rows) for group in groups),
            "more": any(group.more for group in groups),
            "alarms": sum(row.state in ("alarm", "late") for group in groups for row in group.rows),
            "clinical": bool(letters(person, Act.PHOTO_LABEL)),
            "board": board(person, at=at),
            "phones": phones_for(person) if letters(person, Act.PHONE_SEE) else [],
            "visits": [
                (visit, reason_for(person, visit)) for visit in visits_today(person.practice, at=at)
            ]
            if letters(person, Act.PATIENT_SEARCH)
            else [],
            "may_search": bool(letters(person, Act.PATIENT_SEARCH)),
            "may_push": bool(letters(person, Act.VISIT_PUSH)),
            "speed": reading.median_seconds_to_filed(person.practice, since=week),
        },
    )


def _with(key: str) -> tuple[str, ...]:
    """Return the groups that go on together: labels and visits are read from the same photos."""
    return WORDS if key in WORDS else (key,)


def _rest(request: PersonRequest, groups: list[Group], start: int) -> HttpResponse:
    """Show what one group of today left out."""
    context = {"groups": groups, "first": start + 1}
    return render(request, "desk/today_rest.html", context)


urlpatterns = [path("", today, name="today")]
