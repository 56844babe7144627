"""The bytes of a share at the desk: the finished file, the sealed one, the page to print; for whom.

Each way out of the vault, for each person who has no business there, before and after it went.
"""

import pytest
from django.test import Client

from safelight.lib.clock import now
from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.sharing.models import Clinician, Release
from safelight.sharing.releasing import let_go
from tests.signing_in import signed_in_client
from tests.web.desk.conftest import data_folder, keys
from tests.web.desk.sharing import Desk, confirmed, consent, made_ready, nil, photo, release_at

__all__ = ["consent", "data_folder", "keys", "nil", "photo"]
pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8"


def file_of(share: str) -> str:
    return f"{share}/files/{release_at(share).items.get().pk}"


def ways(share: str) -> dict[str, tuple[str, dict[str, str] | None]]:
    """Return every address at which bytes of a share are had at the desk."""
    return {
        "look": (f"{share}/look", None),
        "file": (file_of(share), None),
        "saved": (f"{file_of(share)}?file", None),
        "package": (f"{share}/package", {"what": "file"}),
        "password": (f"{share}/package", {"what": "password"}),
        "pages": (f"{share}/pages", None),
        "page": (f"{share}/pages/1.jpg", None),
    }


def asked(client: Client, share: str) -> dict[str, tuple[int, bool]]:
    """Ask at every address; return what each answers, and whether bytes of a picture came."""
    found = {}
    for name, (path, form) in ways(share).items():
        answer = client.get(path) if form is None else client.post(path, form)
        body = answer.content
        found[name] = (answer.status_code, body[:2] == JPEG or body[:4] in (b"%PDF", b"7z\xbc\xaf"))
    return found


@pytest.mark.parametrize("who", ["ben", "reg", "rec", "mo", "ivy", "cy"])
@pytest.mark.parametrize("form", ["pdf", "print"])
def test_nobody_else_gets_a_byte_of_it_at_the_desk(
    photo: Photo, nil: Clinician, ada: Person, at_desk: Desk,
    request: pytest.FixtureRequest, who: str, form: str,
) -> None:  # fmt: skip
    share = made_ready(at_desk(ada), photo, to=nil, form=form)
    client = at_desk(request.getfixturevalue(who))
    before = asked(client, share)
    assert not any(came for _, came in before.values()), before
    confirmed(at_desk(ada), share)
    let_go(now())
    assert release_at(share).state == Release.State.OUT
    after = asked(client, share)
    may_print = form == "print" and who in ("ben", "reg")  # with the duty, and in their care
    came = {name for name, (_, came) in after.items() if came}
    assert came == ({"page"} if may_print else set()), after


def test_its_sender_gets_the_file_while_it_is_a_draft_and_the_package_once_it_is_out(
    photo: Photo, nil: Clinician, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil, form="pdf")
    came = {name for name, (_, came) in asked(client, share).items() if came}
    assert came == {"file", "saved"}
    confirmed(client, share)
    let_go(now())
    came = {name for name, (_, came) in asked(client, share).items() if came}
    assert came == {"package"}
    stale = signed_in_client(ada, stepped_up=False)
    assert not any(came for _, came in asked(stale, share).values())
    nobody = Client()
    assert not any(came for _, came in asked(nobody, share).values())


def test_a_range_of_a_finished_file_is_never_answered(
    photo: Photo, nil: Clinician, ada: Person, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil, form="pdf")
    whole = client.get(file_of(share))
    part = client.get(file_of(share), headers={"Range": "bytes=0-99"})
    assert (part.status_code, part.content) == (200, whole.content)
    assert "no-store" in whole["Cache-Control"]
