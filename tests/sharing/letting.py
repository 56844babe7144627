"""Letting photos out, for tests: the whole way, or up to one step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.sharing import confirming, drafting, messages
from safelight.sharing.models import Clinician, Message, Release
from safelight.sharing.releasing import let_go
from safelight.sharing.rules.checklist import CHECKLIST
from safelight.vault.sealing import open_text
from tests.conftest import NOON

MINUTE = timedelta(seconds=60)
NOTHING_THERE = {key: {"answer": "no"} for key in CHECKLIST}


@dataclass
class Out:
    """A release that is out, with what only its sender and its reader know."""

    release: Release
    token: str
    pin: str


def drafted(
    photos: Sequence[Photo],
    nil: Clinician | None,
    by: Person,
    *,
    use: str = "referral",
    basis: str = "CONSENT_EXPRESS",
    at: datetime = NOON,
    **form: Any,
) -> Release:
    """Return a release that lacks nothing but its decision."""
    release = drafting.begin_release(photos, use=use, by=by, at=at, stepped_up=True)
    return completed(release, nil, by, basis=basis, at=at, **form)


def completed(
    release: Release,
    nil: Clinician | None,
    by: Person,
    *,
    basis: str = "CONSENT_EXPRESS",
    at: datetime = NOON,
    **form: Any,
) -> Release:
    """Go through every step of a draft."""
    drafting.set_basis(release, code=basis, by=by, at=at)
    if nil is not None:
        drafting.set_recipient(release, clinician=nil, by=by, at=at)
    form = {"form": release.form, "channel": "text", **form}
    drafting.set_form(release, by=by, at=at, **form)
    if release.name_hidden:
        drafting.set_checklist(release, NOTHING_THERE, by=by, at=at)
    for item in release.items.select_related("release", "photo__patient__practice"):
        drafting.preview(item, by=by, at=at, stepped_up=True)
    release.refresh_from_db()
    return release


def seen(release: Release) -> dict[str, str]:
    """Return what the page with the finished copies showed."""
    return {str(item.pk): item.sha256 for item in release.items.all()}


def sent(release: Release, by: Person, *, at: datetime = NOON) -> Out:
    """Confirm a release and let it go at once; return it with its token and PIN."""
    done = confirming.confirm(release, seen=seen(release), by=by, at=at, stepped_up=True)
    let_go(at + MINUTE)
    release.refresh_from_db()
    assert release.state == Release.State.OUT, (release.state, release.end_words)
    return Out(release, token_of(release), done.pin)


def token_of(release: Release) -> str:
    """Return a link's token, as its message carries it; "" for what has no link."""
    message = Message.objects.filter(release=release, state="waiting").last()
    if message is None:
        return ""
    link = open_text(bytes(message.sealed_link), context=messages._place(message))
    return link.partition("#")[2]
