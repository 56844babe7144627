"""The test pictures: what is cleaned, what is refused, and what an outside witness still sees."""

from pathlib import Path

import numpy as np
import pytest

from safelight.imaging.cleaning import CannotClean, clean
from safelight.imaging.cleaning.kinds import ENDINGS
from safelight.imaging.cleaning.sandbox import CleaningDecoder
from safelight.imaging.prepare import UPRIGHT
from tests.imaging.cleaning.conftest import Tidy, Witness
from tests.imaging.cleaning.making import opened, same_pixels

CORPUS = Path(__file__).parents[1] / "corpus"
REFUSED = {"j-bomb.jpg", "j-truncated.jpg", "p-bomb.png", "d-photo.dcm"}
FILES = sorted(
    file.name for file in CORPUS.iterdir() if file.suffix != ".md" and file.name not in REFUSED
)
LYING = {"j-orient3": 3, "j-orient5": 5, "j-orient6": 6, "j-orient8": 8, "p-exif-orient6": 6,
         "w-exif-orient8": 8, "x-paris-exif-orientation-5": 5}  # fmt: skip
GROUPS = {"ExifTool", "System", "File", "Composite", "JFIF", "Adobe", "PNG", "PNG-pHYs", "RIFF",
          "QuickTime", "ICC-header", "ICC_Profile", "Meta", "ItemList"}  # fmt: skip
"""Where exiftool files what is layout and colour: no EXIF, XMP, IPTC or MakerNotes."""
WORDS = {"Colours", "sRGB", "Display P3", "Adobe RGB", "None", "ICC"}
SPEAKING = ("ProfileDescription", "ProfileCopyright", "ProfileName")
FORBIDDEN = ("Comment", "Author", "Software", "Make", "Model", "Date", "GPS", "Thumbnail",
             "Preview", "Artist", "Copyright", "Warning", "Trailer")  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_it_is_cleaned_and_looks_the_same(name: str, tidy: Tidy) -> None:
    data = (CORPUS / name).read_bytes()
    cleaned = tidy(data)
    turn = LYING.get(Path(name).stem)
    if turn is None:
        assert same_pixels(data, cleaned.data)
        return
    wanted = np.asarray(opened(data).convert("RGB").transpose(UPRIGHT[turn])).astype(int)
    found = np.asarray(opened(cleaned.data).convert("RGB")).astype(int)
    assert wanted.shape == found.shape
    assert np.abs(wanted - found).mean() < (2.5 if cleaned.kind == "jpeg" else 0.001)


@pytest.mark.parametrize("name", FILES)
def test_an_outside_witness_sees_only_layout_and_colour(
    name: str, tidy: Tidy, witness: Witness
) -> None:
    cleaned = tidy((CORPUS / name).read_bytes())
    seen = witness(cleaned.data, ENDINGS[cleaned.kind])
    for label, value in seen.items():
        group, _, tag = label.rpartition(":")
        assert group in GROUPS or label == "SourceFile", label
        if tag in SPEAKING:
            assert value in WORDS, label
        elif group == "ICC-header":
            assert str(value).strip() not in ("APPL", "Apple Computer Inc.", "FABR"), label
        elif group not in ("System", "ExifTool", "ICC_Profile"):
            assert not any(word in tag for word in FORBIDDEN), label


def test_the_witness_sees_what_was_there_before(witness: Witness) -> None:
    seen = witness((CORPUS / "x-apple-gainmap-new.jpg").read_bytes(), ".jpg")
    assert {"ExifIFD", "GPS", "Apple", "MPF0"} <= {label.rpartition(":")[0] for label in seen}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_it_is_refused(name: str, cleaner: CleaningDecoder) -> None:
    with pytest.raises(CannotClean):
        clean((CORPUS / name).read_bytes(), decoder=cleaner)


def test_colour_that_only_exif_names_stays(tidy: Tidy) -> None:
    cleaned = tidy((CORPUS / "j-adobergb-exif.jpg").read_bytes())
    profile = opened(cleaned.data).info["icc_profile"]
    assert "Adobe RGB".encode("utf-16-be") in profile
