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
        ('data = "elsewhere"', "unknown settings: data"),
        ("root_key_file = 7", "`root_key_file` must be a text"),
        ("hosts = [7]", "`hosts` must be a list of texts"),
        ("origin = 'https://caf\udce9.example'", "cannot be read"),
    ],
)
def test_a_mistake_in_the_settings_is_told_in_words(tmp_path: Path, words: str, told: str) -> None:
    (tmp_path / "safelight.toml").write_bytes(words.encode(errors="surrogateescape"))
    with pytest.raises(WrongSettings, match=told):
        load(tmp_path)


def test_the_file_of_the_root_key_is_taken_from_the_settings_else_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFELIGHT_ROOT_KEY_FILE", "/keys/told-by-the-system")
    assert load(tmp_path).root_key_file == Path("/keys/told-by-the-system")
    (tmp_path / "safelight.toml").write_text('root_key_file = "/keys/chosen"\nworkers = 2')
    chosen = load(tmp_path)
    assert (chosen.root_key_file, chosen.workers) == (Path("/keys/chosen"), 2)
