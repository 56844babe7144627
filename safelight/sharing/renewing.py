"""Renewing: a new PIN or a new link in place of one that was lost. The old one opens nothing."""

from datetime import datetime

from django.db import transaction

from safelight.lib.tokens import new_token, token_hash
from safelight.people.models import Person
from safelight.sharing.addressbook import known_now
from safelight.sharing.asking import items_of, may_leave
from safelight.sharing.confirming import acts_of, hashed_pin, new_pin, require_still_theirs
from safelight.sharing.messages import put_message
from safelight.sharing.models import Link, Opening, Release
from safelight.sharing.refusals import MovedOn
from safelight.sharing.standing import back_to, note, require_acts


@transaction.atomic
def renew_pin(release: Release, *, by: Person, at: datetime) -> str:
    """Make a new PIN for an open link and return it, shown once. The old one opens nothing."""
    link = _own_link(release, by=by, at=at)
    pin = new_pin()
    Link.objects.filter(pk=link.pk).update(pin_hash=hashed_pin(pin), pin_tries=0)
    note("share.pin_renewed", release, by=by, at=at)
    return pin


@transaction.atomic
def renew_link(release: Release, *, by: Person, at: datetime, stepped_up: bool = False) -> None:
    """Make a new token and send it again, to the same address. The old link is dead at once.

    It asks for what sending asked: the same duties, a signature, that the record is still open to
    whoever sends, that the patient's word still stands, and an address that is still vouched for.
    """
    link = _own_link(release, by=by, at=at)
    items = items_of(release)
    require_acts(
        by,
        acts_of(release),
        patients=[item.patient for item in items],
        at=at,
        stepped_up=stepped_up,
        way_back=back_to(release),
    )
    if release.clinician is not None:
        known_now(release.clinician, at=at)
    for item in items:
        may_leave(release, item.photo, at=at, checked_by=release.checked_by)
    token = new_token()
    Link.objects.filter(pk=link.pk).update(token_hash=token_hash(token))
    Opening.objects.filter(link=link, ends_at__gt=at).update(ends_at=at)
    put_message(release, token=token, at=at)
    note("share.link_renewed", release, by=by, at=at)


def _own_link(release: Release, *, by: Person, at: datetime) -> Link:
    """Return the open link of a release that this person made, and could still make."""
    require_still_theirs(release, by=by, at=at)
    link = Link.objects.select_for_update().filter(release=release, closed_at=None).first()
    release.refresh_from_db()
    if link is None or release.state != Release.State.OUT or release.made_by_id != by.pk:
        raise MovedOn(release)
    return link
