"""Filing: what arrives whole, with consent, is in the record; anything else leaves nothing."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from safelight.audit import reading as audit
from safelight.consent.models import Consent
from safelight.consent.withdrawing import withdraw_consent
from safelight.imaging.results import Prepared
from safelight.imaging.sandbox import Decoder
from safelight.lib.ids import new_id
from safelight.patients.merging import merge_patients
from safelight.patients.models import BreakGlass, Patient, Visit
from safelight.patients.visits import add_visit, cancel_visit
from safelight.people.models import Person, Phone
from safelight.photos import receiving
from safelight.photos.announcing import announce
from safelight.photos.claims import waiting_for_filing
from safelight.photos.filing import file_capture
from safelight.photos.holding import note_gone
from safelight.photos.models import Alarm, Capture, Copy, Photo, WaitingConsent
from safelight.photos.places import inbox
from safelight.photos.renditions import open_picture
from safelight.vault.sealing import is_receipt
from safelight.vault.stores import store
from tests.conftest import NOON
from tests.consent.talks import EMERGENCY, keep, talk
from tests.photos.making import (
    arrived,
    blobs_and_capsules,
    capsule,
    consent_words,
    everything_on_disk,
    filed,
    meta,
    picture,
    send,
)

LATER = NOON + timedelta(minutes=2)


def state_of(capture: Capture) -> tuple[str, str]:
    capture.refresh_from_db()
    return capture.state, capture.refused_code


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


def test_the_ledger_says_when_nobody_could_be_asked(
    phone: Phone, ada: Person, pat: Patient, visit: Visit
) -> None:
    keep(pat, ada, EMERGENCY, visit=visit, agreed_at=NOON)
    photo = filed(phone, ada, pat, visit=visit)
    told = set(photo.copies.filter(holder="vault").values_list("basis", flat=True))
    assert told == {"Emergency: nobody could be asked, to be reviewed"}


def test_renditions_carry_no_metadata_and_the_original_every_byte(
    phone: Phone, ada: Person, pat: Patient, consent: Consent, corpus: Any
) -> None:
    raw = corpus("j-gps.jpg")
    photo = filed(phone, ada, pat, image=raw)
    assert open_picture(photo, "original") == raw
    for kind in ("view", "thumb"):
        data = open_picture(photo, kind)
        assert b"Exif" not in data
        assert b"GPS" not in data
        assert data[:2] == b"\xff\xd8"


def test_the_filed_receipt_is_signed_over_exactly_what_arrived(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    capture = Capture.objects.get(pk=photo.pk)
    receipt = receiving.progress_of(capture).receipt
    assert receipt is not None
    words = json.loads(receipt["text"])
    assert words == {
        "v": 1,
        "state": "filed",
        "capture": str(capture.pk),
        "sha256": capture.sha256,
        "size": capture.size,
        "at": "2026-10-14T01:00:00.000000Z",
        "place": "record",
        "checkpoint": words["checkpoint"],
    }
    assert set(words["checkpoint"]) == {"size", "root"}
    assert is_receipt(receipt["text"].encode(), unpad(receipt["signature"]))
    forged = receipt["text"].replace('"filed"', '"stored"').encode()
    assert not is_receipt(forged, unpad(receipt["signature"]))


def unpad(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


def test_the_time_from_unlocking_to_filed_is_kept(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    timing = Capture.objects.get(pk=photo.pk).timing
    assert timing is not None
    assert timing["unlock_to_filed"] == 21.0


def test_after_filing_the_capsule_is_gone(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    filed(phone, ada, pat)
    assert list(inbox().waiting()) == []


def test_filing_twice_files_once(phone: Phone, ada: Person, pat: Patient, consent: Consent) -> None:
    photo = filed(phone, ada, pat)
    assert not file_capture(photo.pk, at=LATER)
    assert Photo.objects.count() == 1
    assert Copy.objects.filter(holder="vault").count() == 3


@pytest.mark.parametrize("answer", ["no", "not_asked"])
def test_without_a_yes_to_care_nothing_is_stored(
    phone: Phone, ada: Person, pat: Patient, answer: str
) -> None:
    if answer == "no":
        keep(pat, ada, talk(method="spoken", signature=None, uses={"care": "no"}, points=()))
    before = blobs_and_capsules()
    capture = arrived(phone, ada, pat, notes="CANARY-NOTE")
    assert file_capture(capture.pk, at=NOON)
    assert state_of(capture) == ("refused", "no_consent")
    assert blobs_and_capsules() == before
    assert picture()[600:700] not in everything_on_disk()
    assert Photo.objects.count() == 0
    assert receiving.progress_of(capture).receipt is None


def test_a_refused_photo_is_filed_when_it_comes_again_after_consent(
    phone: Phone, ada: Person, pat: Patient
) -> None:
    number = new_id()
    raw = capsule(phone, number, meta(number, ada, pat), picture())
    send(phone, number, raw)
    file_capture(number, at=NOON)
    capture = Capture.objects.get(pk=number)
    assert state_of(capture) == ("refused", "no_consent")
    keep(pat, ada, agreed_at=NOON)
    send(phone, number, raw, at=NOON)
    file_capture(number, at=NOON)
    assert state_of(capture) == ("filed", "")


def test_a_patient_of_another_practice_is_refused_and_nothing_stored(
    phone: Phone, ada: Person, stranger: Patient, cy: Person
) -> None:
    keep(stranger, cy)
    before = blobs_and_capsules()
    capture = arrived(phone, ada, stranger)
    file_capture(capture.pk, at=NOON)
    assert state_of(capture) == ("refused", "not_found")
    assert blobs_and_capsules() == before


@pytest.mark.parametrize("what", ["capture", "practice", "phone"])
def test_a_capsule_whose_inside_does_not_fit_its_outside_is_refused(
    phone: Phone, ada: Person, pat: Patient, cy: Person, consent: Consent, what: str
) -> None:
    number = new_id()
    other = {"practice": str(cy.practice_id)}.get(what, str(new_id()))
    raw = capsule(phone, number, meta(number, ada, pat), picture(), head={what: other})
    send(phone, number, raw)
    file_capture(number, at=NOON)
    assert state_of(Capture.objects.get(pk=number)) == ("refused", "mismatch")


@pytest.mark.parametrize("place", [0, 4, 40, 2000, -1])
def test_a_capsule_that_rotted_on_the_disk_is_refused_as_damaged(
    phone: Phone, ada: Person, pat: Patient, consent: Consent, place: int
) -> None:
    capture = arrived(phone, ada, pat)
    (path,) = inbox().folder.glob(f"{capture.pk}-*")
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(raw)
    file_capture(capture.pk, at=LATER)
    assert state_of(capture) == ("refused", "arrived_damaged")
    assert not Photo.objects.exists()


def test_a_person_of_another_practice_or_without_the_duty_files_nothing(
    phone: Phone, ada: Person, rec: Person, cy: Person, pat: Patient, consent: Consent
) -> None:
    capture = arrived(phone, cy, pat)
    file_capture(capture.pk, at=NOON)
    assert state_of(capture) == ("refused", "mismatch")
    Phone.objects.filter(pk=phone.pk).update(owner=None)
    capture = arrived(phone, rec, pat)
    file_capture(capture.pk, at=NOON)
    assert state_of(capture) == ("refused", "not_allowed")


def test_a_photo_in_anothers_name_on_a_persons_own_phone_is_refused(
    phone: Phone, ben: Person, pat: Patient, consent: Consent
) -> None:
    capture = arrived(phone, ben, pat)
    file_capture(capture.pk, at=NOON)
    assert state_of(capture) == ("refused", "mismatch")


def test_a_registrar_files_for_their_supervisors_patients_only(
    phone: Phone, reg: Person, ben: Person, pat: Patient, quinn: Patient, consent: Consent
) -> None:
    Phone.objects.filter(pk=phone.pk).update(owner=reg)
    assert filed(phone, reg, pat).taken_by == reg
    quinn.visits.update(person=ben)
    Patient.objects.filter(pk=quinn.pk).update(usual_gp=ben)
    keep(quinn, ben)
    capture = arrived(phone, reg, quinn)
    file_capture(capture.pk, at=NOON)
    assert state_of(capture) == ("refused", "not_allowed")


def test_what_a_leaver_took_before_leaving_is_filed_and_nothing_after(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    before, after = (
        arrived(phone, ada, pat),
        arrived(phone, ada, pat, taken_at=(NOON + timedelta(minutes=1)).isoformat()),
    )
    Person.objects.filter(pk=ada.pk).update(left_at=NOON, is_active=False)
    file_capture(before.pk, at=LATER)
    file_capture(after.pk, at=LATER)
    assert state_of(before) == ("filed", "")
    assert state_of(after) == ("refused", "not_allowed")


def test_a_file_that_is_no_photo_is_refused_and_nothing_stored(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    before = blobs_and_capsules()
    capture = arrived(phone, ada, pat, image=b"<html>not a photo</html>")
    file_capture(capture.pk, at=NOON)
    assert state_of(capture)[0] == "refused"
    assert blobs_and_capsules() == before


def test_a_photo_without_words_is_in_the_record_and_incomplete(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat, label="", notes="", diagnosis="")
    assert photo.incomplete


def test_a_sensitive_site_makes_the_photo_sensitive(
    phone: Phone, ada: Person, pat: Patient, consent: Consent, sensitive_site: str
) -> None:
    assert filed(phone, ada, pat, site_code=sensitive_site, side="").sensitive
    assert not filed(phone, ada, pat).sensitive


def test_filing_writes_one_entry_with_the_taker_and_the_phone(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)
    (entry,) = [e for e in audit.of_object(pat.practice_id, f"photo:{photo.pk}").entries]
    assert (entry.action, entry.actor_id, entry.phone_id) == ("photo.filed", ada.pk, phone.pk)
    assert entry.patient == pat.pk


def test_a_blob_lost_before_the_receipt_is_put_away_again_from_the_capsule(
    phone: Phone, ada: Person, pat: Patient, consent: Consent, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = arrived(phone, ada, pat, image=picture(3))
    kept: list[str] = []
    put = store().put

    def put_and_lose(data: bytes) -> str:
        name = put(data)
        if not kept:
            store().delete(name)
        kept.append(name)
        return name

    monkeypatch.setattr(type(store()), "put", lambda self, data: put_and_lose(data))
    file_capture(capture.pk, at=NOON)
    assert state_of(capture)[0] == "stored"
    assert list(inbox().waiting()) == [capture.pk]
    file_capture(capture.pk, at=NOON + timedelta(minutes=10))
    assert state_of(capture) == ("filed", "")
    photo = Photo.objects.get(pk=capture.pk)
    assert open_picture(photo, "original") == picture(3)
    for row in photo.renditions.all():
        copy = Copy.objects.get(photo=photo, holder="vault", rendition=row.kind)
        assert copy.evidence == f"Stored as {row.blob[:12]}…, read back"


def while_decoding(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen once, while the next photo is decoded."""
    decode, todo = Decoder.prepare, [happens]

    def prepare(self: Decoder, data: bytes, **words: Any) -> Prepared:
        found = decode(self, data, **words)
        while todo:
            todo.pop()()
        return found

    monkeypatch.setattr(Decoder, "prepare", prepare)


def test_a_photo_follows_its_record_that_is_joined_to_another_meanwhile(
    phone: Phone,
    ada: Person,
    mo: Person,
    pat: Patient,
    quinn: Patient,
    consent: Consent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capture = arrived(phone, ada, pat)
    while_decoding(
        monkeypatch, lambda: merge_patients(quinn, pat, reason="One person", by=mo, at=NOON)
    )
    file_capture(capture.pk, at=NOON)
    assert state_of(capture)[0] == "stored"
    assert not Photo.objects.exists()
    file_capture(capture.pk, at=NOON + timedelta(minutes=10))
    assert state_of(capture) == ("filed", "")
    photo = Photo.objects.get()
    assert photo.patient == quinn
    assert open_picture(photo, "view")


def test_a_worker_that_lost_its_claim_while_decoding_writes_nothing(
    phone: Phone, ada: Person, pat: Patient, consent: Consent, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = arrived(phone, ada, pat)
    mine = Capture.objects.filter(pk=capture.pk)
    while_decoding(monkeypatch, lambda: mine.update(claimed_at=NOON + timedelta(minutes=5)))
    file_capture(capture.pk, at=NOON)
    assert state_of(capture)[0] == "stored"
    assert not Photo.objects.exists()


def test_a_consent_that_its_phone_has_lost_is_waited_for_no_more(
    phone: Phone, ada: Person, pat: Patient
) -> None:
    number = new_id()
    announce(phone, number, kind=Capture.Kind.CONSENT, sealed_at=NOON, at=NOON)
    photo = arrived(phone, ada, pat, consent=str(new_id()))
    file_capture(photo.pk, at=NOON)
    assert state_of(photo)[0] == "stored"
    note_gone(phone, [number], at=NOON)
    file_capture(photo.pk, at=NOON + timedelta(minutes=10))
    assert state_of(photo) == ("refused", "no_consent")


def test_waiting_for_a_consent_is_asked_ever_more_seldom_and_calls_nobody(
    phone: Phone, ada: Person, pat: Patient
) -> None:
    announce(phone, new_id(), kind=Capture.Kind.CONSENT, sealed_at=NOON, at=NOON)
    photo, at = arrived(phone, ada, pat, consent=str(new_id())), NOON
    for _ in range(10):
        file_capture(photo.pk, at=at)
        at += timedelta(minutes=6)
    assert not waiting_for_filing(at=at - timedelta(minutes=2), most=9)
    assert not Alarm.objects.exists()


def test_a_consent_capsule_is_recorded_and_its_photo_waits_for_it(
    phone: Phone, ada: Person, pat: Patient
) -> None:
    number, consent_id = new_id(), new_id()
    announce(phone, number, kind=Capture.Kind.CONSENT, sealed_at=NOON, at=NOON)
    photo = arrived(phone, ada, pat, consent=str(consent_id))
    file_capture(photo.pk, at=NOON)
    assert state_of(photo)[0] == "stored"
    words = consent_words(consent_id, ada, pat)
    send(phone, number, capsule(phone, number, words, b""), kind=Capture.Kind.CONSENT)
    assert file_capture(number, at=NOON)
    consent = Consent.objects.get(pk=consent_id)
    assert (consent.patient, consent.phone) == (pat, phone)
    receipt = receiving.progress_of(Capture.objects.get(pk=number)).receipt
    assert receipt is not None
    assert json.loads(receipt["text"])["place"] == "consent"
    file_capture(photo.pk, at=LATER)
    assert state_of(photo) == ("filed", "")
    assert Photo.objects.get(pk=photo.pk).consent == consent
    assert not Copy.objects.filter(capture_id=number).exists()


def test_an_unmatched_photo_waits_with_its_consent(phone: Phone, ada: Person) -> None:
    number, consent_id = new_id(), new_id()
    words = consent_words(consent_id, ada, None)
    send(phone, number, capsule(phone, number, words, b""), kind=Capture.Kind.CONSENT)
    file_capture(number, at=NOON)
    assert WaitingConsent.objects.get().consent is None
    hint = {"name": "Testcase, Pat", "born": "1968-03-12"}
    photo = filed(phone, ada, None, consent=str(consent_id), patient_hint=hint)
    assert photo.patient is None
    assert photo.patient_hint == "Testcase, Pat, 1968-03-12"
    assert photo.waiting_consent_id == consent_id
    receipt = receiving.progress_of(Capture.objects.get(pk=photo.pk)).receipt
    assert receipt is not None
    assert json.loads(receipt["text"])["place"] == "unmatched"


@pytest.mark.parametrize("said", ["nothing", "no"])
def test_an_unmatched_photo_without_a_yes_is_refused(phone: Phone, ada: Person, said: str) -> None:
    consent_id = new_id()
    if said == "no":
        number = new_id()
        words = consent_words(consent_id, ada, None, care="no")
        send(phone, number, capsule(phone, number, words, b""), kind=Capture.Kind.CONSENT)
        file_capture(number, at=NOON)
    capture = arrived(phone, ada, None, consent=str(consent_id))
    file_capture(capture.pk, at=NOON)
    assert state_of(capture) == ("refused", "no_consent")


def test_a_photo_taken_before_a_withdrawal_is_kept_and_one_taken_after_is_not(
    phone: Phone, ada: Person, pat: Patient, consent: Consent
) -> None:
    withdraw_consent(consent, said_by="Pat", by=ada, at=NOON + timedelta(hours=1))
    late = NOON + timedelta(hours=2)
    before = (NOON + timedelta(minutes=30)).isoformat()
    assert filed(phone, ada, pat, at=late, taken_at=before).consent == consent
    after = (NOON + timedelta(minutes=90)).isoformat()
    capture = arrived(phone, ada, pat, at=late, taken_at=after)
    assert file_capture(capture.pk, at=late)
    capture.refresh_from_db()
    assert (capture.state, capture.refused_code) == (Capture.State.REFUSED, "no_consent")


def test_a_photo_without_a_visit_gets_the_only_one_of_that_day(
    phone: Phone, ada: Person, ben: Person, pat: Patient, visit: Visit, consent: Consent
) -> None:
    photo = filed(phone, ada, pat)  # found on the phone: no visit was named
    assert (photo.visit, photo.incomplete) == (visit, False)
    pat.visits.update(person=ben)  # Ada was called into it
    assert filed(phone, ada, pat, image=picture(2)).visit == visit
    for hours in (1, 2):
        add_visit(pat, clinician=ada, starts_at=NOON + timedelta(hours=hours), by=ada, at=NOON)
    unsure = filed(phone, ada, pat, image=picture(3))  # of two with her, she says which
    assert (unsure.visit, unsure.incomplete) == (None, True)


def test_a_walk_ins_photos_found_on_the_phone_share_one_visit_that_is_added(
    phone: Phone, ada: Person, pat: Patient, visit: Visit, consent: Consent
) -> None:
    cancel_visit(visit, by=ada, at=NOON)
    first = filed(phone, ada, pat)
    second = filed(phone, ada, pat, image=picture(2), taken_at=NOON.isoformat())
    assert (first.incomplete, second.incomplete) == (False, False)
    added = Visit.objects.get(patient=pat)
    assert first.visit == second.visit == added
    assert (added.person, added.starts_at, added.reason) == (ada, first.taken_at, "")
    entry = audit.of_object(pat.practice_id, f"visit:{added.pk}").entries[0]
    assert (entry.action, entry.actor_id) == ("visit.added", ada.pk)
    assert audit.detail_of(entry) == "No visit was booked: a photo was taken"


def test_a_photo_brings_nobody_into_care_and_an_old_one_adds_no_visit(
    phone: Phone, ada: Person, pat: Patient, visit: Visit, consent: Consent
) -> None:
    cancel_visit(visit, by=ada, at=NOON)
    later = NOON + timedelta(days=8)
    assert filed(phone, ada, pat, at=later).visit is None  # a wrong clock, or a long way round
    Patient.objects.filter(pk=pat.pk).update(restricted=True)
    assert filed(phone, ada, pat, image=picture(2)).visit is None
    Patient.objects.filter(pk=pat.pk).update(restricted=False, usual_gp=None)
    walled = filed(phone, ada, pat, image=picture(3))
    assert (walled.visit, walled.incomplete) == (None, True)
    assert not Visit.objects.filter(patient=pat).exists()
    assert not BreakGlass.objects.exists()


def test_a_visit_taken_back_while_its_photo_was_on_the_phone_costs_no_photo(
    phone: Phone, ada: Person, pat: Patient, visit: Visit, consent: Consent
) -> None:
    capture = arrived(phone, ada, pat, visit=visit)
    cancel_visit(visit, by=ada, at=NOON)
    file_capture(capture.pk, at=NOON)
    photo = Photo.objects.get(capture=capture)
    assert (photo.patient, photo.visit, photo.incomplete) == (pat, None, True)
