"""Papers: what the documentation says of refusals, cleaning and small secrets is in the code."""

import ast
import re
from pathlib import Path

from safelight.imaging.cleaning import REMAINS
from tests.house.refusals import PAGE, found, page

ROOT = Path(__file__).resolve().parents[2]
SEALERS = {"seal_text", "open_text"}


def rows_under(heading: str, name: str) -> list[list[str]]:
    """Return the cells of the first table under a heading of a page."""
    words = (ROOT / "docs" / name).read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in words.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def test_every_refusal_is_on_its_page_and_no_other() -> None:
    codes = [code for code, _, _ in found()]
    assert len(codes) > 100
    assert all(words for _, _, words in found())
    assert PAGE.read_text() == page(), "write it anew: python -m tests.house.refusals"


def test_the_page_of_cleaning_prints_all_that_may_remain() -> None:
    assert rows_under("What remains", "cleaning.md") == [list(row) for row in REMAINS.items()]


def contexts() -> set[str]:
    """Return the beginning of every place that a small secret is sealed for, as the code has it."""
    places = set()
    for path in (ROOT / "safelight").rglob("*.py"):
        tree = ast.parse(path.read_text())
        named = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        made = {
            node.name: next(n.value for n in ast.walk(node) if isinstance(n, ast.Return))
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            and any(isinstance(n, ast.Return) for n in ast.walk(node))
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SEALERS:
                places |= {
                    beginning(word.value, named, made)
                    for word in node.keywords
                    if word.arg == "context"
                }
    return places


def beginning(value: object, named: dict[str, ast.expr], made: dict[str, ast.expr | None]) -> str:
    """Return the fixed beginning of a text: a constant, a name of one, or what a function gives."""
    match value:
        case ast.Constant(value=str() as words):
            return words
        case ast.JoinedStr(values=[ast.Constant(value=str() as words), *_]):
            return words
        case ast.Name(id=name) if name in named:
            return beginning(named[name], named, made)
        case ast.Call(func=ast.Name(id=name)) if name in made:
            return beginning(made[name], named, made)
        case _:
            return f"not understood: {ast.dump(value) if isinstance(value, ast.AST) else value}"


def test_the_inventory_names_every_place_of_a_small_secret() -> None:
    listed = {
        cells[0].strip("`").replace("\\|", "|")
        for cells in rows_under("Places", "crypto-inventory.md")
    }
    pepper = {
        words
        for path in (ROOT / "safelight").rglob("*.py")
        for words in re.findall(r'peppered\(b"([a-z-]+\|)"', path.read_text())
    }
    assert listed == contexts() | pepper
