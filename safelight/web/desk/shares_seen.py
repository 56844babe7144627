"""A share on a page: whoever is shown one is shown whose photos it holds, and of what."""

from datetime import datetime
from uuid import UUID

from safelight.patients.looking import note_view
from safelight.sharing.models import Release
from safelight.sharing.reading import release_for
from safelight.web.doors import PersonRequest


def share_seen(request: PersonRequest, release_id: UUID, *, at: datetime) -> Release:
    """Load a share through the person, and enter who looks at its patient’s record.

    A set of many patients’ photos names none of them. Pictures have entries of their own.
    """
    release = release_for(request.person, release_id, at=at)
    if release.patient is not None:
        note_view(release.patient, by=request.person, at=at)
    return release
