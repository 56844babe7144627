"""Custody in any order: no photo is lost, doubled, or kept without a yes.

What a phone, a desk and two patients do is generated; what ought to hold is a small model of it.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase
from hypothesis import settings as Bounds
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from safelight.audit.checking import first_wrong
from safelight.consent.models import Consent
from safelight.consent.withdrawing import withdraw_consent
from safelight.lib.ids import new_id
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.people.phones import report_lost
from safelight.photos import receiving
from safelight.photos.copies import outside_count
from safelight.photos.holding import Held, note_gone, note_held
from safelight.photos.labelling import Words, edit_label
from safelight.photos.matching import match_photo
from safelight.photos.models import Capture, Copy, Photo, Rendition
from safelight.photos.moving import move_photo
from safelight.photos.places import inbox
from safelight.photos.renditions import open_picture
from safelight.site.worker import work_once
from safelight.vault.inbox import WrongOffset
from tests.conftest import NOON
from tests.consent.talks import keep
from tests.photos.making import capsule, consent_words, meta, offer_of, picture, send

HOUR = timedelta(hours=1)
PIECES = (1, 700, 9_000, 1_000_000)


@dataclass
class Shot:
    """One press of the shutter, as the phone remembers it, and what was promised for it."""

    id: UUID
    image: bytes
    raw: bytes
    taken_at: datetime
    patient: UUID | None
    beside: "Yes | None" = None  # the consent that came beside a photo of nobody we know
    known: bool = False  # the server has heard of it
    receipts: dict[str, str] = field(default_factory=dict)  # state -> signed text
    gone: bool = False


@dataclass
class Yes:
    """A yes of a patient, from when, and until when."""

    consent: UUID
    since: datetime
    until: datetime | None = None


class Custody(RuleBasedStateMachine):
    """A phone, a desk and two patients. Every step takes an hour, so that no two coincide."""

    ada: Person
    owned: Phone
    patients: tuple[Patient, Patient]
    folder: Settings

    shots = Bundle("shots")

    def __init__(self) -> None:
        super().__init__()
        self.before = transaction.savepoint()
        self.room = TemporaryDirectory(prefix="safelight-custody-")
        self.folder.SAFELIGHT_DATA = self.room.name
        self.phone = Phone.objects.get(pk=self.owned.pk)
        self.at, self.lost = NOON, False
        self.taken: list[Shot] = []
        self.said: dict[UUID, list[Yes]] = {patient.pk: [] for patient in self.patients}

    def teardown(self) -> None:
        """End as a practice would: everything that arrived is filed, opened, and accounted for."""
        self._work()
        for shot in self.taken:
            photo = Photo.objects.filter(capture=shot.id).first()
            if photo is not None:
                assert open_picture(photo, Rendition.Kind.ORIGINAL) == shot.image
        assert first_wrong(self.ada.practice_id) is None
        transaction.savepoint_rollback(self.before)
        self.room.cleanup()

    def _later(self) -> datetime:
        self.at += HOUR
        return self.at

    def _yes(self, patient: UUID, at: datetime) -> bool:
        """Say whether the newest answer of a patient at an instant is a yes that stands."""
        given = [yes for yes in self.said[patient] if yes.since <= at]
        if not given:
            return False
        newest = max(given, key=lambda yes: yes.since)
        return newest.until is None or newest.until > at

    def _row(self, shot: Shot) -> Capture:
        return Capture.objects.select_related("phone").get(pk=shot.id)

    @initialize(target=shots, n=st.sampled_from([0, 1]), seed=st.integers(1, 3))
    def begin_the_day(self, n: int, seed: int) -> Shot:
        """One patient agreed; a photo was taken of them, or of the other one."""
        self.agree(n)
        return self._shoot(self.patients[0], seed)

    @rule(n=st.sampled_from([0, 1]))
    def agree(self, n: int) -> None:
        patient, at = self.patients[n], self._later()
        self.said[patient.pk].append(Yes(keep(patient, self.ada, agreed_at=at).pk, at))

    @rule(n=st.sampled_from([0, 1]))
    def withdraw(self, n: int) -> None:
        given = self.said[self.patients[n].pk]
        if not given:
            return
        yes, at = max(given, key=lambda yes: yes.since), self._later()
        consent = Consent.objects.get(pk=yes.consent)
        withdraw_consent(consent, said_by="The patient", by=self.ada, at=at)
        yes.until = yes.until or at

    @precondition(lambda self: not self.lost)
    @rule(target=shots, n=st.sampled_from([0, 1]), seed=st.integers(1, 3))
    def shoot(self, n: int, seed: int) -> Shot:
        patient = self.patients[n]
        return self._shoot(patient, seed)

    @precondition(lambda self: not self.lost)
    @rule(target=shots, seed=st.integers(1, 3))
    def shoot_out_of_reach(self, seed: int) -> Shot:
        """Take a photo of somebody whom the phone cannot look up, with a consent beside it."""
        number, consent, at = new_id(), new_id(), self._later()
        words = consent_words(consent, self.ada, None)
        words["consent"]["agreed_at"] = at.isoformat()
        raw = capsule(self.phone, number, words, b"")
        send(self.phone, number, raw, kind=Capture.Kind.CONSENT, at=at)
        self._work()
        return self._shoot(None, seed, beside=Yes(consent, at))

    def _shoot(self, patient: Patient | None, seed: int, *, beside: Yes | None = None) -> Shot:
        number, at, image = new_id(), self._later(), picture(seed, size=(160, 120))
        told = {"consent": str(beside.consent)} if beside else {}
        words = meta(number, self.ada, patient, taken_at=at.isoformat(), **told)
        if beside:
            words["patient_hint"] = {"name": "Testcase, Pat", "born": "1968-03-12"}
        raw = capsule(self.phone, number, words, image)
        shot = Shot(number, image, raw, at, patient.pk if patient else None, beside)
        self.taken.append(shot)
        return shot

    @precondition(lambda self: not self.lost)
    @rule(shot=shots)
    def beat(self, shot: Shot) -> None:
        """Tell the server what the phone holds."""
        if not shot.gone:
            note_held(self.phone, [Held(shot.id, shot.taken_at)], at=self._later())
            shot.known = True

    @precondition(lambda self: not self.lost)
    @rule(shot=shots)
    def begin(self, shot: Shot) -> None:
        """Announce a capsule, perhaps again: what it had earned is answered again, word by word."""
        if shot.gone:
            return
        found = receiving.begin_sending(self.phone, shot.id, offer_of(shot.raw), at=self._later())
        shot.known = True
        self._keep(shot, found.receipt)

    @precondition(lambda self: not self.lost)
    @rule(shot=shots, size=st.sampled_from(PIECES), slip=st.sampled_from([0, 0, 0, 5]))
    def send_piece(self, shot: Shot, size: int, slip: int) -> None:
        """Send a piece where the last one ended, or somewhere else, as after a cut."""
        if not shot.known or self._row(shot).state != Capture.State.RECEIVING:
            return
        arrival = receiving.arrival_of(self._row(shot))
        offset = arrival.offset
        piece = shot.raw[offset + slip :][:size]
        if slip or offset == len(shot.raw):
            with pytest.raises(WrongOffset):
                receiving.add_piece(arrival, offset=offset + slip, piece=piece)
            assert arrival.offset == offset
            return
        receiving.add_piece(arrival, offset=offset, piece=piece)
        if self._row(shot).state == Capture.State.RECEIVING and arrival.offset == len(shot.raw):
            found = receiving.finish(self._row(shot), at=self._later())
            assert found.receipt is not None
            self._keep(shot, found.receipt)

    @precondition(lambda self: not self.lost)
    @rule(shot=shots)
    def send_all(self, shot: Shot) -> None:
        if not shot.gone:
            self._keep(shot, send(self.phone, shot.id, shot.raw, at=self._later()).receipt)
            shot.known = True

    def _keep(self, shot: Shot, receipt: dict[str, str] | None) -> None:
        """Keep a receipt. Whoever asks again gets the same one, until a further one is earned."""
        if receipt is None:
            return
        state = self._row(shot).state
        assert shot.receipts.setdefault(state, receipt["text"]) == receipt["text"]

    @rule()
    def work(self) -> None:
        self._work()

    def _work(self) -> None:
        """File what arrived. It is in the record if a yes stood, and was refused if none did."""
        waiting = set(
            Capture.objects.filter(state=Capture.State.STORED, kind=Capture.Kind.PHOTO).values_list(
                "pk", flat=True
            )
        )
        at = self._later()
        work_once(clock=lambda: at)
        for shot in self.taken:
            if shot.id in waiting:
                covered = shot.patient is None or any(
                    self._yes(shot.patient, moment) for moment in (shot.taken_at, at)
                )
                wanted = Capture.State.FILED if covered else Capture.State.REFUSED
                assert self._row(shot).state == wanted
                shot.receipts.pop("stored", None)

    def _one(self, n: int, *, matched: bool) -> tuple[Photo, Shot] | None:
        """Return one of the photos that are here by now, of a patient or in the tray."""
        rows = Photo.objects.filter(patient__isnull=not matched).select_related("patient")
        photos = list(rows.order_by("taken_at"))
        if not photos:
            return None
        photo = photos[n % len(photos)]
        return photo, next(shot for shot in self.taken if shot.id == photo.capture_id)

    @rule(n=st.integers(0, 3), to=st.sampled_from([0, 1]))
    def match(self, n: int, to: int) -> None:
        """Match a photo of the tray; the consent that came beside it becomes the patient's."""
        if found := self._one(n, matched=False):
            photo, shot = found
            patient = self.patients[to]
            match_photo(photo, patient=patient, by=self.ada, at=self._later())
            assert shot.beside is not None
            self.said[patient.pk].append(shot.beside)
            shot.patient = patient.pk

    @rule(n=st.integers(0, 3))
    def move(self, n: int) -> None:
        """Move a photo to the other patient. Without a yes of theirs it has none there."""
        if found := self._one(n, matched=True):
            (photo, shot), at = found, self._later()
            other = next(one for one in self.patients if one.pk != photo.patient_id)
            moved = move_photo(photo, other, reason="Wrong", by=self.ada, at=at, stepped_up=True)
            covered = any(self._yes(other.pk, moment) for moment in (shot.taken_at, at))
            assert (moved.consent is not None) == covered
            shot.patient = other.pk

    @rule(n=st.integers(0, 3), label=st.sampled_from(["Mark", "Scar", ""]))
    def label(self, n: int, label: str) -> None:
        if found := self._one(n, matched=True):
            words = replace(Words.of(found[0]), label=label)
            edit_label(found[0], words=words, by=self.ada, at=self._later())

    @precondition(lambda self: not self.lost)
    @rule()
    def forget(self) -> None:
        """Forget what is filed, which a phone does on the filed receipt alone."""
        for shot in self.taken:
            if shot.known and not shot.gone and self._row(shot).state == Capture.State.FILED:
                assert note_gone(self.phone, [shot.id], at=self._later()) == 1
                assert note_gone(self.phone, [shot.id], at=self._later()) == 0
                shot.gone = True

    @precondition(lambda self: not self.lost and len(self.taken) > 2)
    @rule()
    def lose_the_phone(self) -> None:
        report_lost(self.phone, last_seen="", by=self.ada, at=self._later())
        self.lost = True

    @invariant()
    def nothing_is_lost(self) -> None:
        """What was promised to be here is here: sealed in the inbox, or filed, or refused whole."""
        for shot in self.taken:
            if not shot.known:
                continue
            row = self._row(shot)
            if row.state == Capture.State.STORED:
                assert inbox().sha256_of(shot.id) == row.sha256
            photos = Photo.objects.filter(capture=shot.id)
            assert photos.count() == (row.state == Capture.State.FILED)
            assert (row.filed_receipt != "") == (row.state == Capture.State.FILED)

    @invariant()
    def every_photo_stands_on_a_yes_of_its_patient(self) -> None:
        for photo in Photo.objects.select_related("consent"):
            if photo.consent is not None:
                assert photo.consent.patient_id == photo.patient_id
            else:
                assert photo.patient is None or photo.moves.exists()

    @invariant()
    def every_copy_is_where_its_row_says(self) -> None:
        on_phones = {shot.id: shot.gone for shot in self.taken if shot.known}
        rows = Copy.objects.filter(holder=Copy.Holder.PHONE)
        assert {row.capture_id: row.state == Copy.State.ENDED for row in rows} == on_phones
        outside = sum(not gone for gone in on_phones.values())
        assert outside_count(self.ada.practice) == outside
        for photo in Photo.objects.all():
            vault = Copy.objects.filter(photo=photo, holder=Copy.Holder.VAULT, state="held")
            assert sorted(vault.values_list("rendition", flat=True)) == [
                "original",
                "thumb",
                "view",
            ]


def test_in_any_order_no_photo_is_lost_doubled_or_kept_without_a_yes(
    ada: Person, phone: Phone, pat: Patient, quinn: Patient, settings: Settings
) -> None:
    Custody.ada, Custody.owned, Custody.patients = ada, phone, (pat, quinn)
    Custody.folder = settings
    run_state_machine_as_test(
        Custody,
        settings=Bounds(
            max_examples=20,
            stateful_step_count=30,
            derandomize=True,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
