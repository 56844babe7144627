"""Filing: what arrives whole, with consent, is in the record; anything else leaves nothing."""

import json

from safelight.consent.models import Consent
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person, Phone
from safelight.photos.models import Capture, Copy, Photo
from safelight.photos.renditions import open_picture
from safelight.vault.sealing import is_receipt
from tests.photos.making import arrived, filed, picture


def test_a_photo_is_filed_with_its_words_pictures_and_copies(
    phone: Phone, ada: Person, pat: Patient, visit: Visit, consent: Consent
) -> None:
    photo = filed(phone, ada, pat, visit=visit, image=picture(1))
    assert photo.patient == pat
    assert photo.consent == consent
    assert not photo.incomplete
    assert (photo.width, photo.height) == (640, 480)
    assert open_picture(photo, "original") == picture(1)
    assert {row.kind for row in photo.renditions.all()} == {"original", "view", "thumb"}
    held = {(c.holder, c.rendition): c.state for c in photo.copies.all()}
    assert held == {
        ("phone", "original"): "held",
        ("vault", "original"): "held",
        ("vault", "view"): "held",
        ("vault", "thumb"): "held",
    }
