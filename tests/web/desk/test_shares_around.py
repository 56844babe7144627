"""Where the rest of the desk speaks of shares: photo, timeline, ledger, today, rail, consent."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from safelight.consent.models import Consent
from safelight.lib.clock import now
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.sharing.models import Clinician, Message, Release
from safelight.sharing.opening import open_link
from safelight.sharing.releasing import let_go
from safelight.sharing.replying import reply
from safelight.web.desk.shares_today import share_groups
from safelight.web.desk.templatetags.words import day
from tests.web.desk.sharing import Desk, confirmed, consent, made_ready, nil, photo
from tests.web.desk.test_shares_out import out, token_in

__all__ = ["consent", "nil", "photo"]


def words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_share_is_on_the_photos_page_for_those_who_may(
    photo: Photo, ada: Person, reg: Person, at_desk: Desk
) -> None:
    link = f'href="/shares/new?photo={photo.pk}"'
    assert link in words(at_desk(ada), f"/photos/{photo.pk}")
    assert link not in words(at_desk(reg), f"/photos/{photo.pk}")


def test_a_share_that_ends_soon_and_was_never_opened_is_one_thing(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, _ = out(client, photo, nil)
    before = now() - timedelta(days=3)
    Release.objects.update(out_at=before, ends_at=now() + timedelta(days=1))
    (group,) = [group for group in share_groups(ada, at=now()) if group.rows]
    assert [(row.words, row.url) for row in group.rows] == [("Nobody has opened it", share)]
    Release.objects.update(ends_at=now() + timedelta(days=9))
    assert [group.key for group in share_groups(ada, at=now()) if group.rows] == ["unopened"]


def test_a_share_is_listed_once_under_what_is_most_urgent(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, pin = out(client, photo, nil)
    opened = open_link(token_in(client, share), pin=pin, accepts_terms=True, at=now())
    for answer in ("Excise it.", "Soon."):
        reply(opened.session, words=answer, at=now())
    end = now() + timedelta(days=1)
    Release.objects.update(out_at=now() - timedelta(days=3), ends_at=end)
    Message.objects.update(state=Message.State.FAILED)

    def listed() -> list[tuple[str, str, str]]:
        groups = [group for group in share_groups(ada, at=now()) if group.rows]
        return [(group.key, row.words, row.limit) for group in groups for row in group.rows]

    ends = f"Ends {day(end)}"
    assert listed() == [("replies", "Wrote back 2 times", ends)]
    client.post(f"{share}/replies")
    assert listed() == [("unsent", "The message with the link was not sent", ends)]
    Message.objects.update(state=Message.State.SENT)
    assert listed() == [("ending", "Ends by itself", ends)]


def test_several_photos_are_ticked_on_the_timeline_and_none_is_ticked_for_you(
    photo: Photo, ada: Person, rec: Person, pat: Patient, at_desk: Desk
) -> None:
    page = words(at_desk(ada), f"/patients/{pat.pk}")
    tick = f'<input type="checkbox" name="photo" value="{photo.pk}">'
    assert tick in page
    assert 'type="submit" formaction="/shares/new">Share those ticked' in page
    assert "Share those ticked" not in words(at_desk(rec), f"/patients/{pat.pk}")
    assert at_desk(ada).get("/shares/new").status_code == 400


def test_the_ledger_ends_a_link_and_accounts_for_a_file(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    link, _ = out(client, photo, nil)
    file, _ = out(client, photo, nil, form="pdf")
    page = words(client, f"/photos/{photo.pk}")
    assert f'href="{link}/stop">End it now' in page
    assert f'href="{file}/settle">Account for it' in page
    client.post(f"{link}/stop", {"reason": "Wrong"})
    assert f"{link}/stop" not in words(client, f"/photos/{photo.pk}")


def test_the_ledger_of_many_shares_asks_the_database_no_more_than_that_of_one(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client, asked = at_desk(ada), []
    for _ in range(2):
        out(client, photo, nil)
        client.get(f"/photos/{photo.pk}")  # the look itself is entered once
        with CaptureQueriesContext(connection) as queries:
            assert "End it now" in words(client, f"/photos/{photo.pk}")
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_the_rail_counts_what_is_live(
    photo: Photo, ada: Person, ivy: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    out(client, photo, nil)
    assert ">Shares<span>1</span>" in words(client, "/policy")
    assert 'href="/shares"' not in words(at_desk(ivy), "/policy")


def test_today_asks_the_second_person_and_nobody_else(
    photo: Photo, ada: Person, ben: Person, mo: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share = made_ready(client, photo, to=nil, use="social_media", form="archive")
    confirmed(client, share)
    group = "Waiting for a second person’s check"
    page = words(at_desk(mo), "/")
    assert group in page
    assert f'href="{share}/check"' in page
    assert group not in words(client, "/")
    assert group not in words(at_desk(ben), "/")


@pytest.mark.parametrize(
    ("change", "group"),
    [
        ({"ends_at": timedelta(days=1)}, "Shares that end soon"),
        ({"out_at": timedelta(days=-3)}, "Never opened"),
    ],
)
def test_today_says_what_ends_soon_and_what_nobody_opened(
    photo: Photo,
    ada: Person,
    cy: Person,
    nil: Clinician,
    at_desk: Desk,
    change: dict[str, timedelta],
    group: str,
) -> None:
    client = at_desk(ada)
    out(client, photo, nil)
    assert group not in words(client, "/")
    Release.objects.update(**{name: now() + gap for name, gap in change.items()})
    assert group in words(client, "/")
    assert group not in words(at_desk(cy), "/")


def test_today_says_who_wrote_back_and_not_what(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, pin = out(client, photo, nil)
    opened = open_link(token_in(client, share), pin=pin, accepts_terms=True, at=now())
    reply(opened.session, words="Excise it.", at=now())
    page = words(client, "/")
    assert "Replies nobody has read" in page
    assert "Excise" not in page
    client.post(f"{share}/replies")
    assert "Replies nobody has read" not in words(client, "/")


def test_today_says_which_message_did_not_go(
    photo: Photo, ada: Person, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    out(client, photo, nil)
    Message.objects.update(state=Message.State.FAILED)
    assert "Messages that did not go" in words(client, "/")


def test_the_consent_says_who_has_had_photos_before_and_after_it_is_taken_back(
    photo: Photo, ada: Person, consent: Consent, nil: Clinician, at_desk: Desk
) -> None:
    client = at_desk(ada)
    share, _ = out(client, photo, nil)
    assert f'href="{share}">Dr Nil Dummy' in words(client, f"/consents/{consent.pk}/withdraw")
    told = {"use": "referral", "said_by": "Pat, by phone", "why": ""}
    client.post(f"/consents/{consent.pk}/withdraw", told)
    assert Release.objects.get().state == Release.State.ENDED
    assert f'href="{share}">Dr Nil Dummy' in words(client, f"/consents/{consent.pk}")
    assert let_go(now()) == 0


def test_each_use_says_what_the_patient_said_to_it(
    photo: Photo, ada: Person, at_desk: Desk
) -> None:
    page = words(at_desk(ada), f"/shares/new?photo={photo.pk}")
    assert "Said yes" in page
    assert "Not asked" in page
