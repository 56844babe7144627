"""Numbers, never names, wherever a thing writes itself down; every setting has its explanation."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Model

from safelight.policy.settings import DEFAULTS
from safelight.site.config import Config

ROOT = Path(__file__).resolve().parents[2]
OURS = [model for model in apps.get_models() if model.__module__.startswith("safelight.")]
SECRET = "Zzyzx-Canary"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_a_row_writes_itself_without_a_name(model: type[Model]) -> None:
    fields = [f for f in model._meta.fields if f.get_internal_type() in ("CharField", "TextField")]
    row = model(**{f.attname: SECRET for f in fields if not f.choices and not f.primary_key})
    named = {"Rendition", "Setting", "LegalRule", "Entry", "Alarm", "Decision", "Identifier"}
    if model.__name__ not in named:  # these write a code of ours, never a person's words
        assert SECRET not in str(row)


def test_every_setting_of_the_file_is_in_the_running_guide() -> None:
    guide = (ROOT / "docs" / "running.md").read_text()
    wanted = set(Config.__dataclass_fields__) - {"data"}
    assert {name for name in wanted if f"`{name}`" not in guide} == set()


@pytest.mark.parametrize("key", sorted(DEFAULTS))
def test_every_policy_setting_is_explained(key: str) -> None:
    spec = DEFAULTS[key]
    assert spec.title
    assert spec.help.endswith(".")


def test_no_code_prints_or_formats_sql() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "safelight").rglob("*.py")
        if "/migrations/" not in str(path)
        and re.search(r"\.(raw|extra)\(|cursor\.execute\(f?[\"'].*(%|\{)", path.read_text())
    ]
    assert found == []
