"""Every refusal of the house, read from the code: `python -m tests.house.refusals` writes its page.

A refusal is a class with a code; its first sentence says what it means.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "refusals.md"
HEAD = """# Refusals

What Safelight does not do, it says: a sentence for people, a way on, and one of these codes for
programs (in the JSON of the phone's calls, of `safelight clean --json`, and in the server's log).
No sentence ever holds a patient's name. The same code in two rooms means the same to a program.
This page is written from the code by `python -m tests.house.refusals`, and a test fails when the
two differ.

| code | room | means |
|---|---|---|
"""


def found() -> Iterator[tuple[str, str, str]]:
    """Give each refusal's code, the room it stands in, and its first sentence."""
    for path in sorted((ROOT / "safelight").rglob("*.py")):
        room = path.relative_to(ROOT / "safelight").parts[0]
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and (code := _code(node)):
                words = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
                yield code, room, words.replace("|", "\\|")


def _code(node: ast.ClassDef) -> str:
    for line in node.body:
        target = line.targets[0] if isinstance(line, ast.Assign) else None
        is_code = isinstance(target, ast.Name) and target.id == "code"
        if is_code and isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
            return str(line.value.value)
    return ""


def page() -> str:
    """Return the page as the code would have it."""
    return HEAD + "".join(
        f"| `{code}` | {room} | {words} |\n" for code, room, words in sorted(found())
    )


if __name__ == "__main__":
    PAGE.write_text(page())
