"""`safelight.toml`: what is not understood is told in words, before anything starts."""

from pathlib import Path

import pytest

from safelight.site.config import WrongSettings, load


def test_a_folder_without_settings_listens_to_this_machine_alone(tmp_path: Path) -> None:
    chosen = load(tmp_path / "data")
    assert (chosen.listen, chosen.origin) == ("127.0.0.1", "http://localhost:8000")
    assert not chosen.root_key_file.is_relative_to(chosen.data)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("port = 8443\nlisten = 0.0.0.0", "cannot be read"),
        ('lissten = "0.0.0.0"', "unknown settings: lissten"),
        ('port = "443"', "`port` must be a number"),
        ('hosts = "photos.example"', "`hosts` must be a list"),
        ("certificate = true", "`certificate` must be a text"),
    ],
)
def test_a_mistake_in_the_settings_is_told_in_words(tmp_path: Path, words: str, told: str) -> None:
    (tmp_path / "safelight.toml").write_text(words)
    with pytest.raises(WrongSettings, match=told):
        load(tmp_path)
