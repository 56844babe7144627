"""A teaching set: photos of two patients, two people who decide, and a register."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import py7zr
import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.sharing import OUT, Backstage

pytestmark = pytest.mark.browser
ABSENT = (
    "Eyes",
    "Shape of the face",
    "Ancestry",
    "Age",
    "Scars",
    "Birthmarks",
    "Tattoos",
    "Piercings and jewellery",
    "Writing in the picture",
)


@pytest.fixture(scope="module")
def rows(practice: Practice) -> Iterator[Backstage]:
    """Rows made and looked at behind the scenes."""
    backstage = Backstage(practice.server)
    yield backstage
    backstage.stop()


def test_a_teaching_set_takes_two_people_and_stands_in_the_register(
    practice: Practice, rows: Backstage, tmp_path: Path
) -> None:
    maker, checker = practice.desk("GP"), practice.desk("GP")
    photos, names = [], []
    for given in ("Pat", "Quinn"):
        patient = practice.patient(maker, given)
        names.append(patient["family"])
        told = rows.ask(
            "photographed",
            patient=patient["id"],
            gp=maker.person["id"],
            uses={"teaching": "yes"},
        )
        photos += told["photos"]
    no = practice.patient(maker, "Sam")
    rows.ask("photographed", patient=no["id"], gp=maker.person["id"], uses={"teaching": "no"})

    path = _make(maker, photos, offered_not=no["family"])
    (waiting,) = [row for row in rows.ask("shares") if path.endswith(row["id"])]
    assert (waiting["state"], waiting["lit"]) == ("waiting_second", 0)
    maker.go(f"{path}/check")
    expect(maker.page.get_by_role("button", name=re.compile("^Yes, nobody"))).to_have_count(0)

    checker.go(f"{path}/check")
    if "/step-up" in checker.page.url:
        checker.confirm()
    expect(checker.page.locator("figure.photo img")).to_have_count(2)
    checker.shot("s51-check")
    checker.press("Yes, nobody can tell who it is")
    expect(checker.page.get_by_role("heading", level=1)).not_to_contain_text("leave?")
    maker.go(path)  # the page goes on by itself when the set is out
    maker.page.get_by_role("link", name="File and password").click(timeout=OUT)
    if "/step-up" in maker.page.url:
        maker.confirm()
    with maker.page.expect_download() as coming:
        maker.press("Get the file")
    saved = tmp_path / coming.value.suggested_filename
    coming.value.save_as(saved)
    maker.press("Show the password")
    password = maker.page.locator(".code b").inner_text()
    _names_nobody(saved, password, names)

    maker.go("/teaching")
    expect(
        maker.page.get_by_role("row", name=re.compile("Naevi, for the register"))
    ).to_contain_text(checker.person["name"])
    maker.shot("s52-register")
    (out,) = [row for row in rows.ask("shares") if row["id"] == waiting["id"]]
    assert (out["state"], out["lit"]) == ("out", 2)


def _make(desk: Desk, photos: list[str], *, offered_not: str) -> str:
    """Put the set together, answer the list, look at each copy, ask a second person."""
    page = desk.page
    desk.go("/teaching/new")
    expect(page.get_by_role("group", name=re.compile(offered_not, re.I))).to_have_count(0)
    for photo in photos:
        page.locator(f"input[name=photo][value='{photo}']").check(force=True)
    page.get_by_label("Title").fill("Naevi, for the register")
    page.get_by_label("Who sees it").fill("Our registrars")
    desk.shot("s50-set")
    desk.press("Begin the set")
    page.get_by_label("The patient’s own consent").check(force=True)
    desk.press("This is the reason")
    if "/who" in page.url:
        page.get_by_label("Name", exact=True).fill("Our registrars")
        desk.press("Send it to this address")
    for title in ABSENT:
        _answer(desk, title, "Not there")
    _answer(desk, "So rare that it names them?", "No")
    desk.press("Keep it, and on to the next photo")
    desk.press("Show what will leave")
    page.get_by_role("link", name="Yes. Look at the next one").click()
    page.get_by_role("link", name=re.compile("may leave$")).click()
    desk.press("Show me the card")
    if "/step-up" in page.url:
        desk.confirm()
    desk.press("Ask a second person")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Waiting for a second person.")
    found: str = re.findall(r"/shares/[0-9a-f-]{36}", page.url)[0]
    return found


def _answer(desk: Desk, question: str, answer: str) -> None:
    group = desk.page.get_by_role("radiogroup", name=question, exact=True)
    group.get_by_label(answer, exact=True).check(force=True)


def _names_nobody(saved: Path, password: str, names: list[str]) -> None:
    """The archive opens with its password alone, and nothing in it says whose photos these are."""
    raw = saved.read_bytes()
    with py7zr.SevenZipFile(io.BytesIO(raw), password=password) as archive:
        listed = archive.getnames()
        archive.extractall(saved.parent / "out")
    inside = b"".join(p.read_bytes() for p in (saved.parent / "out").rglob("*") if p.is_file())
    assert len(listed) >= 2
    for name in names:
        for part in (raw, inside, " ".join([saved.name, *listed]).encode()):
            assert name.lower().encode() not in part.lower()
