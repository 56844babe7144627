"""Typesetting: pages drawn in memory by typst, from a template of ours and data."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import typst


def drawn(
    room: str, name: str, told: Mapping[str, Any], *, at: datetime, is_tagged: bool = False
) -> bytes:
    """Draw a room's template as a PDF. Words go in as data, so none can be an instruction.

    Tagged (PDF/UA-1), with a title and a language, a screen reader can read it.
    """
    compiler = typst.Compiler(_template(room, name), font_paths=_fonts())
    made = compiler.compile(
        format="pdf",
        sys_inputs={name: json.dumps(told)},
        pdf_standards=["ua-1"] if is_tagged else [],
        timestamp=int(at.timestamp()),  # a PDF's clock has whole seconds
    )
    if not isinstance(made, bytes):
        raise TypeError("One document gives one PDF.")
    return made


@cache
def _fonts() -> typst.Fonts:
    """Return the fonts that come with typst, so that every server prints the same page."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


@cache
def _template(room: str, name: str) -> bytes:
    return (files(room) / f"{name}.typ").read_bytes()
