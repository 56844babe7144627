"""Starting the demo: what it prints, what a stop half-way leaves, what it never touches."""

import re
from pathlib import Path

import pytest

from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.site import demo_run
from safelight.site.config import Config


@pytest.fixture
def chosen(tmp_path: Path) -> Config:
    return Config(data=tmp_path / "data", root_key_file=tmp_path / "root.key")


def fill(chosen: Config, *names: str) -> None:
    for name in names:
        path = chosen.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    chosen.root_key_file.write_text("x")


def test_a_start_prints_a_link_for_each_person_and_how_to_be_the_phone(
    practice: Practice, ada: Person, ben: Person
) -> None:
    Practice.objects.filter(pk=practice.pk).update(is_demo=True)
    practice.refresh_from_db()
    lines = demo_run._ways_in(practice, "http://localhost:8000")
    links = [line for line in lines if re.search(r"http://localhost:8000/demo#\S{40,}$", line)]
    assert len(links) == practice.people.filter(is_active=True).count() >= 2
    assert sum(ada.name in line for line in links) == 1
    assert any("each works once" in line.lower() for line in lines)
    assert "  http://localhost:8000/phone/" in lines


def test_a_demo_stopped_half_way_is_cleared_but_for_the_settings(chosen: Config) -> None:
    fill(chosen, "keyring/1", "safelight.db", "safelight.toml", demo_run.UNFINISHED)
    said: list[str] = []
    demo_run._clear_unfinished(chosen, said.append)
    assert [path.name for path in chosen.data.iterdir()] == ["safelight.toml"]
    assert not chosen.root_key_file.exists()
    assert len(said) == 1


def test_without_our_mark_nothing_is_cleared(chosen: Config) -> None:
    fill(chosen, "keyring/1", "safelight.db", "safelight.toml")
    demo_run._clear_unfinished(chosen, lambda _: None)
    assert {path.name for path in chosen.data.iterdir()} == {
        "keyring",
        "safelight.db",
        "safelight.toml",
    }
    assert chosen.root_key_file.exists()


def test_a_key_without_its_data_is_left_alone(chosen: Config) -> None:
    chosen.root_key_file.write_text("the key of something else")
    with pytest.raises(demo_run.DemoKeyLeft):
        demo_run._new_keys(chosen)
    assert chosen.root_key_file.read_text() == "the key of something else"
    assert not chosen.data.exists()
