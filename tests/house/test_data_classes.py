"""Every table and every column that can hold a word stands on the page of what is stored."""

import re
from pathlib import Path

from django.apps import apps

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data-classes.md"
CLASSES = {"pixels", "health", "people", "practice", "secret", "trace"}
HOLD_WORDS = ("CharField", "TextField", "JSONField", "BinaryField", "DateField", "EmailField")
ROW = re.compile(r"^\| `(\w+\.\w+)` \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)


def on_the_page() -> dict[str, tuple[set[str], set[str]]]:
    rows = ROW.findall(PAGE.read_text())
    return {
        table: (set(re.findall(r"\w+", kept)) & CLASSES, set(re.findall(r"`(\w+)`", columns)))
        for table, kept, columns in rows
    }


def in_the_code() -> dict[str, set[str]]:
    return {
        model._meta.label: {
            field.name
            for field in model._meta.concrete_fields
            if field.get_internal_type() in HOLD_WORDS and not field.choices
        }
        for model in apps.get_models()
        if model.__module__.startswith("safelight.")
    }


def test_every_column_that_can_hold_a_word_has_its_class() -> None:
    assert {table: columns for table, (_, columns) in on_the_page().items()} == in_the_code()


def test_every_table_has_a_class() -> None:
    assert {table for table, (kept, _) in on_the_page().items() if not kept} == set()
