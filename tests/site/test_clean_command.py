"""The clean command: one line a file, nothing written over, no practice needed."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from safelight.imaging.cleaning import verify
from safelight.site import clean_command

CORPUS = Path(__file__).parents[1] / "imaging" / "corpus"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a person would, far from any practice."""
    return subprocess.run(
        [sys.executable, "-m", "safelight.site.cli", "clean", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])},
        timeout=120,
    )


def test_one_line_for_each_file_and_success_only_when_all_were_cleaned(tmp_path: Path) -> None:
    good, bad = str(CORPUS / "j-gps.jpg"), str(CORPUS / "j-truncated.jpg")
    done = run(tmp_path, good, bad, "-o", "out")
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert len(lines) == 2
    assert lines[0].startswith("cleaned  ")
    assert "GPS position" in lines[0]
    assert lines[1].startswith("refused ")
    assert "damaged" in lines[1]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["j-gps.jpg"]
    verify((tmp_path / "out" / "j-gps.jpg").read_bytes())
    assert run(tmp_path, good, "-o", "other").returncode == 0


def test_json_says_what_went_and_what_stayed(tmp_path: Path) -> None:
    done = run(tmp_path, str(CORPUS / "t-tags.tif"), "nowhere.jpg", "--json", "-o", "out")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first["state"] == "cleaned"
    assert first["kind"] == "png"
    assert first["how"] == "coded anew"
    assert first["to"] == "out/t-tags.png"
    assert first["remains"] == ["picture"]
    assert second["state"] == "refused"
    assert second["code"] == "unreadable"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "j-gps.jpg").write_bytes(b"mine")
    done = run(tmp_path, str(CORPUS / "j-gps.jpg"), "-o", "out")
    assert done.returncode == 1
    assert "nothing is written over" in done.stdout
    assert (tmp_path / "out" / "j-gps.jpg").read_bytes() == b"mine"


def test_it_leaves_no_data_folder_and_only_its_owner_may_read_the_copies(tmp_path: Path) -> None:
    assert run(tmp_path, str(CORPUS / "j-gps.jpg"), "-o", "out").returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "j-gps.jpg").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["two\nlines.jpg", b"\xff\xfe.jpg"])
def test_a_strange_name_stays_on_one_line(name: str | bytes, tmp_path: Path) -> None:
    source = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), os.fsencode(name))))
    source.write_bytes((CORPUS / "j-gps.jpg").read_bytes())
    done = run(tmp_path, os.fsdecode(os.fsencode(source)), "-o", "out")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1


def test_what_is_no_file_or_has_too_long_a_name_is_refused_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    photo = (CORPUS / "j-gps.jpg").read_bytes()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / ("y" * 254)).write_bytes(photo)
    (tmp_path / "good.jpg").write_bytes(photo)
    done = run(tmp_path, "folder", "pipe.jpg", "y" * 254, "good.jpg", "--json", "-o", "out")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("code", "") for line in told] == ["no_file", "no_file", "unwritable", ""]
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["good.jpg"]


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    done = run(tmp_path, str(CORPUS / "j-gps.jpg"), "-o", "out")
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert (tmp_path / "out").read_bytes() == b"mine"


def test_a_link_in_the_place_of_the_copy_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "j-gps.jpg").symlink_to(tmp_path / "elsewhere")
    assert run(tmp_path, str(CORPUS / "j-gps.jpg"), "-o", "out").returncode == 1
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_takes_no_nameless_files_gets_copies_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "O_TMPFILE", os.O_DIRECTORY)  # a kernel that does not know of them
    clean_command.write_new(tmp_path / "copy.jpg", b"whole")
    assert (tmp_path / "copy.jpg").read_bytes() == b"whole"
    with pytest.raises(clean_command.NameTaken):
        clean_command.write_new(tmp_path / "copy.jpg", b"other")
    assert (tmp_path / "copy.jpg").read_bytes() == b"whole"


def test_ended_in_mid_run_it_leaves_whole_copies_and_nothing_else(tmp_path: Path) -> None:
    photo = (CORPUS / "j-gps.jpg").read_bytes()
    names = [f"{number:02}.jpg" for number in range(60)]
    for name in names:
        (tmp_path / name).write_bytes(photo)
    words = [sys.executable, "-m", "safelight.site.cli", "clean", *names, "-o", "out"]
    place = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=tmp_path, env=place) as going:
        assert going.stdout is not None
        going.stdout.readline()
        going.terminate()
        going.stdout.read()
        assert going.wait(60) == clean_command.ENDED
    whole = verify_all(tmp_path / "out")
    assert 1 <= whole < len(names)


def verify_all(folder: Path) -> int:
    """Verify every file in a folder, hidden ones too, and count them."""
    files = list(folder.iterdir())
    for file in files:
        verify(file.read_bytes())
    return len(files)


def test_it_cleans_when_nobody_listens(tmp_path: Path) -> None:
    shutil.copy(CORPUS / "j-gps.jpg", tmp_path)
    line = f"exec {shlex.quote(sys.executable)} -m safelight.site.cli clean j-gps.jpg -o out >&-"
    place = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, check=False, cwd=tmp_path, env=place
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert verify_all(tmp_path / "out") == 1
