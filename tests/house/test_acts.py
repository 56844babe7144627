"""Acts, whole: each asks itself who may and whose it is. No page or phone's check stands in for it.

The table names every public function that takes `by`; a new one must be put into it, or be named
below with the reason why something else asks.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from safelight.consent import arriving, own_phone, papers, pdf, recording, reviewing, withdrawing
from safelight.consent.models import Consent, PaperScan
from safelight.lib.ids import new_id
from safelight.lib.refusals import NotAllowed, NotFound
from safelight.patients import (
    adding,
    breaking_glass,
    editing,
    importing,
    merging,
    pushing,
    searching,
    visits,
)
from safelight.patients.details import Details
from safelight.patients.merging import CannotMerge
from safelight.patients.models import Merge, Patient, PatientList, Visit
from safelight.patients.reading import details_of
from safelight.people import (
    changing,
    inviting,
    leaving,
    pairing,
    phone_care,
    phones,
    recovering,
)
from safelight.people import reading as people
from safelight.people.duties import role_names
from safelight.people.models import Person, Phone
from safelight.policy import legal, settings, words
from safelight.policy.models import LegalRule, Practice
from tests.conftest import NOON, make_patient
from tests.consent.talks import EMERGENCY, WHOLE, keep
from tests.consent.test_own_phone import words as shown_words

pytestmark = pytest.mark.django_db

FLOORS = ("consent", "policy", "patients", "people")
ASKED_ELSEWHERE = {
    "consent.going.may_go": "reads; whoever lets a photo go asks for the duty",
    "consent.moving.move_all": "a part of joining records, which asks",
    "consent.recording.require_whole": "a check of showing and recording, which ask",
    "policy.keeping.require_keeper": "is the question",
    "patients.breaking_glass.note_way_in": "a part of adding a visit and of editing, which ask",
    "patients.breaking_glass.review_break_glass": "its officers are told by name, tested there",
    "patients.keeping.change_row": "writes nothing",
    "patients.looking.note_view": "writes that somebody looked, whoever it was",
    "patients.visits.move_all": "a part of joining records, which asks",
    "patients.visits.visit_now": "a part of sending to a phone, which asks",
    "people.inviting.checked_roles": "a check of inviting and changing, which ask",
    "people.inviting.checked_supervisor": "a check of inviting and changing, which ask",
    "people.inviting.make_link": "a part of inviting, which asks; by nobody on the command line",
    "people.passkeys.remove_passkey": "one's own alone, whatever the duties",
    "people.phone_care.declare_checks": "by whoever has the phone in hand, tested there",
    "people.phone_care.require_holder": "is the question",
    "people.phone_care.store_self_check": "by whoever has the phone in hand, tested there",
    "people.phones.require_charge": "is the question",
    "people.phones.stop_phones_of": "a part of leaving, which asks",
    "people.reading.names_by_id": "the names of one's own practice, for pages that ask",
    "people.reading.supervisors_of": "the names of one's own practice, for pages that ask",
    "people.signed_in.end_screen": "one's own, or as a manager, tested there",
}


@dataclass
class Things:
    """What the acts are asked about: all of one practice."""

    practice: Practice
    patient: Patient
    other: Patient
    visit: Visit
    consent: Consent
    emergency: Consent
    scan: PaperScan
    rule: LegalRule
    person: Person
    phone: Phone
    merge: Merge
    list: PatientList

    @property
    def details(self) -> Details:
        """Other details of the patient than those kept."""
        return replace(details_of(self.patient), address="2 Sample Street")


Call = Callable[[Things, Person], object]
WHO: dict[str, Any] = {
    "title": "Dr",
    "given": "Ida",
    "family": "Invented",
    "roles": ["RE"],
    "supervisor": None,
    "provider_number": "",
}
ABOUT: dict[str, Call] = {
    "consent.arriving.record_arrival": lambda t, by: arriving.record_arrival(
        t.patient,
        id=new_id(),
        body={**shown_words(t.patient), "agreed_at": NOON.isoformat()},
        by=by,
        at=NOON,
    ),
    "consent.own_phone.show": lambda t, by: own_phone.show(
        t.patient, id=new_id(), body=shown_words(t.patient), by=by, at=NOON
    ),
    "consent.papers.add_scan": lambda t, by: papers.add_scan(
        t.consent, content=b"%PDF-1.7 made up", by=by, at=NOON
    ),
    "consent.papers.open_scan": lambda t, by: papers.open_scan(
        t.consent, t.scan.pk, by=by, at=NOON
    ),
    "consent.pdf.consent_pdf": lambda t, by: pdf.consent_pdf(t.consent, by=by, at=NOON),
    "consent.recording.record_consent": lambda t, by: recording.record_consent(
        t.patient,
        id=new_id(),
        talk=WHOLE,
        notice=words.newest_notice(t.practice),
        agreed_at=NOON,
        by=by,
        at=NOON,
    ),
    "consent.reviewing.review_emergency": lambda t, by: reviewing.review_emergency(
        t.emergency, outcome="agreed", words="Told her on the ward", by=by, at=NOON
    ),
    "consent.withdrawing.withdraw_consent": lambda t, by: withdrawing.withdraw_consent(
        t.consent, said_by="Pat", by=by, at=NOON
    ),
    "policy.legal.change_rule": lambda t, by: legal.change_rule(
        t.practice,
        rule_id=t.rule.pk,
        value=t.rule.value,
        source="Ours",
        checked_on=None,
        verified=False,
        by=by,
        at=NOON,
    ),
    "policy.settings.change_setting": lambda t, by: settings.change_setting(
        t.practice, key="lock_seconds", value=90, by=by, at=NOON
    ),
    "policy.words.new_notice": lambda t, by: words.new_notice(
        t.practice, points=[dict(point) for point in words.FIRST_POINTS], by=by, at=NOON
    ),
    "patients.breaking_glass.break_glass": lambda t, by: breaking_glass.break_glass(
        t.patient, reason="treating", words="Rang about a rash", by=by, at=NOON
    ),
    "patients.editing.edit_patient": lambda t, by: editing.edit_patient(
        t.patient, t.details, by=by, at=NOON
    ),
    "patients.editing.restrict": lambda t, by: editing.restrict(
        t.patient, True, reason="Works here", by=by, at=NOON
    ),
    "patients.importing.choose_columns": lambda t, by: importing.choose_columns(
        t.list, {}, by=by, at=NOON
    ),
    "patients.importing.confirm_list": lambda t, by: importing.confirm_list(t.list, by=by, at=NOON),
    "patients.importing.leave_list": lambda t, by: importing.leave_list(t.list, by=by, at=NOON),
    "patients.merging.merge_patients": lambda t, by: merging.merge_patients(
        t.patient, t.other, reason="One patient", by=by, at=NOON
    ),
    "patients.merging.undo_merge": lambda t, by: merging.undo_merge(
        t.merge, reason="Two patients", by=by, at=NOON
    ),
    "patients.pushing.send_to_phone": lambda t, by: pushing.send_to_phone(
        t.patient, by=by, at=NOON
    ),
    "patients.visits.add_visit": lambda t, by: visits.add_visit(
        t.patient, clinician=t.person, starts_at=NOON, by=by, at=NOON
    ),
    "patients.visits.cancel_visit": lambda t, by: visits.cancel_visit(t.visit, by=by, at=NOON),
    "people.changing.change_person": lambda t, by: changing.change_person(
        t.person, **WHO, by=by, at=NOON
    ),
    "people.inviting.invite_again": lambda t, by: inviting.invite_again(t.person, by=by, at=NOON),
    "people.leaving.let_leave": lambda t, by: leaving.let_leave(t.person, by=by, at=NOON),
    "people.leaving.let_return": lambda t, by: leaving.let_return(
        t.person, roles=["GP"], supervisor=None, by=by, at=NOON
    ),
    "people.phones.report_lost": lambda t, by: phones.report_lost(
        t.phone, last_seen="", by=by, at=NOON
    ),
    "people.phones.revoke_phone": lambda t, by: phones.revoke_phone(t.phone, by=by, at=NOON),
    "people.phone_care.describe_phone": lambda t, by: phone_care.describe_phone(
        t.phone, name="Blue", model="", imei="", serial="", by=by, at=NOON
    ),
    "people.phone_care.hand_back": lambda t, by: phone_care.hand_back(t.phone, by=by, at=NOON),
    "people.reading.person_for": lambda t, by: people.person_for(by, t.person.pk),
    "people.recovering.agree": lambda t, by: recovering.agree(t.person, by=by, at=NOON),
}
"""What is done to something that is there already."""
OWN: dict[str, Call] = {
    "patients.adding.add_patient": lambda t, by: adding.add_patient(t.details, by=by, at=NOON),
    "patients.importing.check_list": lambda t, by: importing.check_list(b"", by=by, at=NOON),
    "patients.searching.search": lambda t, by: searching.search("Pat", by=by, at=NOON),
    "people.inviting.invite_person": lambda t, by: inviting.invite_person(
        **WHO, email="ida@invented.example", by=by, at=NOON
    ),
    "people.pairing.make_code": lambda t, by: pairing.make_code(for_practice=True, by=by, at=NOON),
    "people.recovering.all_waiting": lambda t, by: recovering.all_waiting(by, at=NOON),
    "people.reading.people_of": lambda t, by: people.people_of(by),
}
"""What is done in one's own practice, whichever that is."""


def somebody(practice: Practice, given: str, roles: list[str]) -> Person:
    return Person.objects.create(
        practice=practice,
        given=given,
        family="Invented",
        email=f"{given}@invented.example".lower(),
        roles=roles,
        joined_at=NOON,
    )


@pytest.fixture
def things(pat: Patient, visit: Visit, ada: Person, mo: Person, phone: Phone) -> Things:
    practice = pat.practice
    legal.seed_rules(practice, at=NOON)
    joined = make_patient(practice, "Paat", "Testcase", "WL-2")
    consent = keep(pat, ada)
    phone.owner = None
    phone.save(update_fields=["owner"])
    return Things(
        practice=practice,
        patient=pat,
        other=make_patient(practice, "Patt", "Testcase", "WL-3"),
        visit=visit,
        consent=consent,
        emergency=keep(pat, ada, EMERGENCY, visit=visit),
        scan=PaperScan.objects.create(
            consent=consent,
            wrapped_key=b"",
            blob="",
            media_type="application/pdf",
            size=1,
            at=NOON,
            by=ada,
        ),
        rule=legal.rules_of(practice)[0],
        person=ada,
        phone=phone,
        merge=merging.merge_patients(pat, joined, reason="One patient", by=mo, at=NOON),
        list=PatientList.objects.create(
            practice=practice, content=b"", sha256="", encoding="", added_by=mo, added_at=NOON
        ),
    )


def test_the_table_names_every_act() -> None:
    assert set(acts()) == {*ABOUT, *OWN, *ASKED_ELSEWHERE}


def acts() -> list[str]:
    """Return every public function of the floors that takes `by`."""
    found = []
    for floor in FLOORS:
        package = importlib.import_module(f"safelight.{floor}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" in module.name:
                continue
            for name, thing in vars(importlib.import_module(module.name)).items():
                is_own = inspect.isfunction(thing) and thing.__module__ == module.name
                if is_own and name[0] != "_" and "by" in inspect.signature(thing).parameters:
                    found.append(f"{module.name}.{name}".removeprefix("safelight."))
    return found


@pytest.mark.parametrize("name", [*ABOUT, *OWN])
def test_an_act_asks_for_its_duty(name: str, things: Things) -> None:
    nobody = somebody(things.practice, "Noa", [])
    with pytest.raises(NotAllowed):
        {**ABOUT, **OWN}[name](things, nobody)


@pytest.mark.parametrize("name", ABOUT)
def test_an_act_does_nothing_to_what_is_another_practices(
    name: str, things: Things, other_practice: Practice
) -> None:
    stranger = somebody(other_practice, "Zoe", list(role_names()))
    with pytest.raises((NotFound, CannotMerge)):
        ABOUT[name](things, stranger)
