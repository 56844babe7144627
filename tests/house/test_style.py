"""One look: colours are named in one file, and its two dark blocks say the same."""

import re
from pathlib import Path

import pytest

STYLE = Path(__file__).resolve().parents[2] / "style"
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", re.IGNORECASE)
SHEETS = sorted(path.name for path in STYLE.glob("*.css") if path.name != "tokens.css")


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def dark_blocks() -> list[dict[str, str]]:
    text = without_comments((STYLE / "tokens.css").read_text())
    found = []
    for opening in (r':root:not\(\[data-theme="light"\]\) \{', r"\.darkroom \{"):
        body = re.split(opening, text, maxsplit=1)[1].split("}", 1)[0]
        found.append(dict(re.findall(r"(--[\w-]+):\s*([^;]+);", body)))
    return found


@pytest.mark.parametrize("name", SHEETS)
def test_a_colour_is_named_nowhere_but_in_the_tokens(name: str) -> None:
    assert COLOUR.findall(without_comments((STYLE / name).read_text())) == []


@pytest.mark.parametrize("name", SHEETS)
def test_safari_is_told_by_its_own_name_that_words_are_not_selected(name: str) -> None:
    text = without_comments((STYLE / name).read_text())
    alone = r"(?<!-webkit-user-select: none; )(?<![\w-])user-select[^;}]*"
    assert re.findall(alone, text) == []


def test_a_long_press_on_a_photo_does_not_offer_to_keep_it() -> None:
    text = without_comments((STYLE / "base.css").read_text())
    assert re.search(r"\n  img \{ -webkit-touch-callout: none; \}", text)


def test_dark_by_choice_and_dark_by_the_machine_are_the_same() -> None:
    by_machine, by_choice = dark_blocks()
    assert by_machine == by_choice
    assert "--canvas" in by_machine


def test_every_variable_that_is_named_is_also_used() -> None:
    sheets = "".join(without_comments(path.read_text()) for path in STYLE.glob("*.css"))
    named = set(re.findall(r"(--[\w-]+)\s*:", sheets))
    used = set(re.findall(r"var\(\s*(--[\w-]+)", sheets))
    assert named - used == set()


def test_no_template_carries_style_or_script_of_its_own() -> None:
    package = STYLE.parent / "safelight"
    found = [
        f"{path.name}: {hit}"
        for path in package.rglob("templates/**/*.html")
        for hit in re.findall(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son\w+=", path.read_text())
    ]
    assert found == []


def test_only_the_page_that_counts_the_copy_prints_a_photo() -> None:
    rules = re.findall(
        r'([^{}]*img\[src\*="/photos/"\])\s*\{\s*display:\s*(\w+)',
        without_comments((STYLE / "print.css").read_text()),
    )
    assert [(where.strip().split(" ")[0], shown) for where, shown in rules] == [
        ('img[src*="/photos/"]', "none"),
        (".print-photo", "block"),
    ]
    package = STYLE.parent / "safelight"
    counted = [
        p.name for p in package.rglob("templates/**/*.html") if "print-photo" in p.read_text()
    ]
    assert sorted(counted) == ["pages.html", "printed.html"]  # of a share, of one photo
