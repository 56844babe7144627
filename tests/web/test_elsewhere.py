"""What other sites may have of us: a link that somebody follows, and nothing else."""

import pytest
from django.test import Client

from safelight.people.models import Person
from safelight.photos.models import Photo
from tests.house.test_sweep import addresses
from tests.signing_in import signed_in_client
from tests.web.desk.conftest import consent, data_folder, keys, photo

__all__ = ["consent", "data_folder", "keys", "photo"]

pytestmark = pytest.mark.django_db
DOORS = ("/s", "/join", "/agree", "/pair", "/demo", "/sign-in", "/recover")


def asked(site: str, mode: str, dest: str) -> dict[str, str]:
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}


PICTURE = asked("cross-site", "no-cors", "image")
SCRIPT = asked("same-site", "cors", "empty")
FRAME = asked("cross-site", "navigate", "iframe")
LINK = asked("cross-site", "navigate", "document")


def test_no_address_gives_another_site_anything_or_takes_a_form_of_it() -> None:
    client, statuses = Client(), set()
    for _, address in addresses():
        statuses.add(client.get(address, headers=PICTURE).status_code)
        statuses.add(client.post(address, headers=LINK).status_code)
    assert statuses == {403}


@pytest.mark.parametrize("headers", [PICTURE, SCRIPT, FRAME])
def test_a_photo_is_shown_on_our_pages_and_not_on_theirs(
    headers: dict[str, str], photo: Photo, ada: Person
) -> None:
    client, address = signed_in_client(ada), f"/photos/{photo.pk}/view.jpg"
    ours = client.get(address, headers=asked("same-origin", "no-cors", "image"))
    assert ours.content.startswith(b"\xff\xd8\xff")
    theirs = client.get(address, headers=headers)
    assert theirs.status_code == 403
    assert "Another site asked for this" in theirs.content.decode()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("headers", [LINK, asked("none", "navigate", "document"), {}])
def test_a_link_in_a_letter_a_code_and_an_old_browser_come_in(
    door: str, headers: dict[str, str]
) -> None:
    assert Client().get(door, headers=headers).status_code == 200


def test_a_phone_opens_its_app_and_calls(ada: Person) -> None:
    client = Client()
    for headers in (asked("none", "navigate", "document"), asked("same-origin", "cors", "empty")):
        assert client.get("/phone/api/home", headers=headers).status_code == 401
