"""The second person: the same finished copies, then yes or no. And the list of what is out."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from safelight.lib.clock import now
from safelight.people.duties import Act, may, needs_step_up
from safelight.people.models import Person
from safelight.sharing.asking import items_of
from safelight.sharing.checking import approve, decline
from safelight.sharing.drafting import preview
from safelight.sharing.listing import concerning, ended_lately, live_count
from safelight.sharing.models import Release
from safelight.sharing.reading import (
    drafts_of,
    ends_soon,
    never_opened,
    outside_shares,
    to_check,
    unread_replies,
)
from safelight.sharing.replying import may_read_replies
from safelight.sharing.rules.checklist import CHECKLIST, RARITY
from safelight.sharing.rules.ways import act_to_check
from safelight.web.desk.asked import number_in
from safelight.web.desk.shares_going import seen_in
from safelight.web.desk.shares_hiding import HOW_RARE, VISIBLE
from safelight.web.desk.shares_said import statements
from safelight.web.desk.shares_seen import share_seen
from safelight.web.doors import PersonRequest, signed_in, stepped_up, to_step_up


def answers_of(release: Release) -> list[tuple[str, str, str]]:
    """Return the checklist as it was answered: what, the answer, why."""
    words, rare = dict(VISIBLE), dict(HOW_RARE)
    return [
        (
            question.title,
            (rare if key == RARITY else words).get(said.get("answer", ""), "Not answered"),
            said.get("note", ""),
        )
        for key, question in CHECKLIST.items()
        if (said := release.checklist.get(key))
    ]


@require_http_methods(["GET", "POST"])
@signed_in(None)
def check(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Show the second person what would leave, byte for byte, and take their yes or no."""
    at, person = now(), request.person
    release = share_seen(request, release_id, at=at)
    again = stepped_up(request)
    if release.state != Release.State.WAITING_SECOND or release.made_by_id == person.pk:
        return redirect("desk:share", release.pk)
    if needs_step_up(person, act_to_check(release.use)) and not again:
        return to_step_up(request)
    if request.method == "POST" and request.POST.get("say") == "yes":
        approve(release, seen=seen_in(request.POST), by=person, at=at, stepped_up=again)
        return redirect("desk:share", release.pk)
    reason = request.POST.get("reason", "").strip()
    if request.method == "POST" and reason:
        decline(release, reason=reason, by=person, at=at, stepped_up=again)
        return redirect("desk:share", release.pk)
    copies = [
        (item, preview(item, by=person, at=at, stepped_up=again)) for item in items_of(release)
    ]
    context = {
        "release": release,
        "patient": release.patient,
        "statements": [s for s in statements(release, current="", at=at) if s.state == "done"],
        "copies": [
            (item, made, f"{made.sha256[:4]} … {made.sha256[-4:]}") for item, made in copies
        ],
        "answers": answers_of(release),
        "problem": request.method == "POST",
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "desk/shares/check.html", context, status=status)


def named(person: Person, rows: Sequence[Release]) -> list[tuple[Release, str]]:
    """Return rows with the patient’s name where this person may read it."""
    return [
        (
            row,
            row.patient.name
            if row.patient and may(person, Act.PATIENT_VIEW)
            else row.patient.record_number
            if row.patient
            else "Teaching set",
        )
        for row in rows
    ]


@require_GET
@signed_in(Act.SHARE_STOP)
def shares(request: PersonRequest) -> HttpResponse:
    """List what is out, what ends soon, what was never opened, and what waits."""
    person, at = request.person, now()
    start = number_in(request.GET.get("from")) or 0
    listed = outside_shares(person.practice, start=start)
    after = start + len(listed)
    live = concerning(person, listed, at=at)
    soon = {row.pk for row in ends_soon(person.practice, at=at)}
    unopened = {row.pk for row in never_opened(person.practice, at=at)}
    out = [row for row in live if row.state == Release.State.OUT]
    replies = unread_replies(person.practice)
    concern = {row.pk for row in concerning(person, [r.release for r in replies], at=at)}
    context = {
        "groups": _groups(person, live, soon, unopened),
        "count": len(out),
        "start": start,
        "after": after,
        "more": max(0, live_count(person.practice) - after),
        "replies": [
            (reply, reply.release, may_read_replies(person, reply.release, at=at))
            for reply in replies
            if reply.release.pk in concern
        ],
        "to_check": named(person, to_check(person)),
        "drafts": named(person, drafts_of(person)),
        "ended": named(person, concerning(person, ended_lately(person.practice), at=at)),
        "may_teach": may(person, Act.TEACHING_MAKE) or may(person, Act.TEACHING_APPROVE),
        "may_book": may(person, Act.SHARE_NEW),
    }
    return render(request, "desk/shares/list.html", context)


def _groups(
    person: Person, live: Sequence[Release], soon: set[UUID], unopened: set[UUID]
) -> list[tuple[str, str, list[tuple[Release, str]]]]:
    """Sort what is live: about to go, ends soon, never opened, the rest. Each row once."""
    waiting = [row for row in live if row.state != Release.State.OUT]
    out = [row for row in live if row.state == Release.State.OUT]
    first = [row for row in out if row.pk in soon]
    second = [row for row in out if row.pk in unopened and row.pk not in soon]
    rest = [row for row in out if row.pk not in soon | unopened]
    found = (
        ("Not gone yet", "Can be undone", waiting),
        ("Ends soon", "Within two days", first),
        ("Never opened", "Went two days ago or more", second),
        ("Out", "Each can be stopped", rest),
    )
    return [(title, hint, named(person, rows)) for title, hint, rows in found if rows]


urlpatterns = [
    path("shares", shares, name="shares"),
    path("shares/<uuid:release_id>/check", check, name="share-check"),
]
