"""A world for the table of access: one real thing for every number that an address can carry."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from safelight.consent.papers import add_scan
from safelight.lib.clock import now
from safelight.patients.breaking_glass import break_glass
from safelight.patients.importing import check_list
from safelight.patients.merging import merge_patients
from safelight.patients.models import Patient, Visit
from safelight.people.models import Person, Phone
from safelight.people.pairing import make_code
from safelight.photos.alarms import raise_alarm
from safelight.photos.models import Alarm, Photo
from safelight.photos.printing import print_photo
from safelight.policy.legal import rules_of, seed_rules
from safelight.policy.words import newest_notice
from safelight.sharing.releasing import let_go
from tests.conftest import make_patient
from tests.consent.talks import EMERGENCY, keep, talk
from tests.photos.making import filed, unmatched
from tests.signing_in import signed_in_client
from tests.web.desk.sharing import begun, clinician, confirmed, made_ready, release_at
from tests.web.door.letting_out import let_out, opened

LIST = b"Record number,Family name,Given name,Born\nWL-9,Sample,Quinn,31/12/1990\n"
LONG_AGO = timedelta(days=365 * 4)
DRAFTS = ("why", "who", "hide", "look", "how", "send", "take-back", "other-use")
OUT = ("stop", "replies", "renew", "text", "settle")
DOORS = ("opened", "still", "reply", "photo", "bytes")


@dataclass
class Things:
    """What addresses may name: by parameter, and where one will not do, by route."""

    told: dict[str, Any]
    by_route: dict[str, dict[str, Any]]

    def of_route(self, name: str) -> dict[str, str]:
        """Return each value as an address writes it."""
        told = self.told | self.by_route.get(name.rpartition(":")[2], {})
        return {key: str(value) for key, value in told.items()}


@dataclass
class World:
    """A practice in which one GP did everything once. `mo` is its manager and privacy officer."""

    ada: Person
    mo: Person
    phone: Phone

    def things(self, number: str) -> Things:
        """Make one of each around a new patient in care."""
        patient = self._patient("Pat", f"WL-1{number}")
        at = now() - timedelta(hours=2)
        visit = Visit.objects.create(
            practice=patient.practice, patient=patient, person=self.ada, starts_at=now()
        )
        uses = dict.fromkeys(("referral", "social_media"), "yes")
        consent = keep(patient, self.ada, talk(uses=uses), agreed_at=at)
        emergency = keep(patient, self.ada, EMERGENCY, agreed_at=at, visit=visit)
        scan = add_scan(consent, content=b"%PDF-1.7 made up", by=self.ada, at=at)
        photo = self._photo(patient)
        copy = print_photo(
            photo, purpose="record", holder_name="Reception", by=self.ada, at=now(), stepped_up=True
        )
        told = {
            "patient_id": patient.pk,
            "visit_id": visit.pk,
            "consent_id": consent.pk,
            "scan_id": scan.pk,
            "photo_id": photo.pk,
            "capture_id": photo.capture_id,
            "kind": "view",
            "copy_id": copy.pk,
            "number": 1,
        }
        waiting = unmatched(self.phone, self.ada).pk
        around = {
            "consent-review": {"consent_id": emergency.pk},
            "unmatched-photo": {"photo_id": waiting},
            "unmatched-add": {"photo_id": waiting},
        }
        shares = self._shares(photo)  # signs in, too
        return Things(told | self._office(patient), around | shares)

    def _patient(self, given: str, number: str) -> Patient:
        words = {"usual_gp": self.ada}
        return make_patient(self.ada.practice, given, "Testcase", number, **words)

    def _photo(self, patient: Patient) -> Photo:
        at = now() - timedelta(hours=1)
        taken = (at - timedelta(minutes=1)).isoformat()
        return filed(self.phone, self.ada, patient, at=at, taken_at=taken)

    def _shares(self, photo: Photo) -> dict[str, dict[str, Any]]:
        """Let the photo out in every form; leave one share unfinished, and one to be checked."""
        ada, desk = self.ada, signed_in_client(self.ada)
        sent = let_out([photo], by=ada)
        to = clinician(ada.practice, ada, verified_days=7)
        draft = begun(desk, photo)
        made = {name: made_ready(desk, photo, to=to, form=name) for name in ("pdf", "print")}
        second = made_ready(desk, photo, to=to, use="social_media", form="archive")
        for share in (*made.values(), second):
            confirmed(desk, share)
        let_go(now() + timedelta(minutes=2))
        door = {
            "seat": opened(sent)[1].rpartition("/")[2],
            "item": sent.items[0].pk,
            "kind": "view",
        }
        return {
            **{f"share-{name}": {"release_id": sent.release.pk} for name in OUT},
            "share": {"release_id": sent.release.pk},
            **{f"share-{name}": _of(draft) for name in DRAFTS},
            "share-check": _of(second),
            "share-file": _of(second),
            "share-package": _of(made["pdf"]),
            "share-pages": _of(made["print"]),
            "share-page": _of(made["print"]),
            **{f"share-{name}": door for name in DOORS},
            "agree-read": {"seat": "none"},
        }

    def _office(self, patient: Patient) -> dict[str, Any]:
        """Make what surrounds a record: people's things, lists, alarms, settings."""
        ada, practice, at = self.ada, self.ada.practice, now()
        other, gone = (
            self._patient(name, f"{patient.record_number}{name}") for name in ("Bo", "Al")
        )
        seed_rules(practice, at=at)
        raise_alarm(Alarm.Kind.UNNAMED, practice=practice, about=f"store:{patient.pk}", at=at)
        stranger = self._patient("Di", f"{patient.record_number}Di")
        Patient.objects.filter(pk=stranger.pk).update(usual_gp=None)
        stranger.refresh_from_db()
        why = {"reason": "treating", "words": "Walked in with a rash"}
        key = Authenticator.objects.create(user=self.mo, type="webauthn", data={"name": "Desk"})
        return {
            "other_id": other.pk,
            "merge_id": merge_patients(other, gone, reason="Twice", by=self.mo, at=at).pk,
            "grant_id": break_glass(stranger, **why, by=ada, at=at).pk,
            "list_id": check_list(LIST, by=self.mo, at=at).pk,
            "clinician_id": clinician(practice, ada, verified_days=7).pk,
            "phone_id": self.phone.pk,
            "person_id": ada.pk,
            "passkey": key.pk,
            "screen": UserSession.objects.filter(user=ada).latest("created_at").pk,
            "code_id": make_code(for_practice=False, by=ada, at=at).row.pk,
            "notice_id": newest_notice(practice).pk,
            "rule_id": rules_of(practice)[0].pk,
            "key": "care_window_months",
            "alarm_id": Alarm.objects.latest("pk").pk,
        }


def _of(share: str) -> dict[str, Any]:
    """Return a share and its one photo, as addresses name them."""
    release = release_at(share)
    return {"release_id": release.pk, "item_id": release.items.get().pk}


def far_away(things: Things) -> Things:
    """Let time pass: the patient has no usual GP any more, and the last visit is years ago."""
    patient = things.told["patient_id"]
    Patient.objects.filter(pk=patient).update(usual_gp=None)
    Visit.objects.filter(patient=patient).update(starts_at=now() - LONG_AGO)
    return things
