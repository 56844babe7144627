"""The demo practice: made-up people, drawn skin, and the real acts in the order of time.

Nothing is written past an act: every photo goes through capsule, inbox, sandbox and ledger, so the
demo is also a long run of the real thing. What happened is told in demo.toml.
"""

import hashlib
import os
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from safelight.consent.recording import record_consent
from safelight.consent.rules.asking import Answer, Discussion
from safelight.consent.withdrawing import withdraw_consent
from safelight.lib.ids import new_id
from safelight.lib.refusals import Refusal
from safelight.patients.models import Patient, Visit
from safelight.patients.rules import fold
from safelight.patients.visits import day_in, visits_today
from safelight.people.models import Person, Phone
from safelight.photos.filing import file_capture
from safelight.photos.holding import note_gone
from safelight.photos.models import Capture
from safelight.photos.printing import print_photo
from safelight.photos.receiving import (
    Offer,
    add_piece,
    arrival_of,
    begin_sending,
    capture_of,
    finish,
)
from safelight.policy.dates import local_day
from safelight.policy.models import Notice, Practice
from safelight.site import demo_pictures, demo_shares, setting_up
from safelight.vault import keyring
from safelight.vault.capsules import seal_capsule

Say = Callable[[str], None]
Event = tuple[datetime, str, dict[str, Any]]

PENCILS = 2
"""Pictures drawn at a time, ahead of the one that is being filed."""
AFTER_CLINIC = timedelta(hours=5)
"""Shares are made when the day's photos have been taken."""
SIGNATURE = [[[0.2, 0.6], [0.3, 0.4], [0.4, 0.65], [0.5, 0.4], [0.6, 0.62], [0.75, 0.5]]]


@dataclass
class Cast:
    """The practice and everybody in it, by the short names of demo.toml."""

    practice: Practice
    people: dict[str, Person]
    phones: dict[str, Phone]
    patients: dict[str, Patient]
    told: dict[str, dict[str, Any]]


def script() -> dict[str, Any]:
    """Read what the demo tells."""
    return tomllib.loads((files("safelight.site") / "demo.toml").read_text("utf-8"))


class NotADemo(Refusal):
    """The data folder holds a real practice. The demo is not put into it."""

    code = "not_a_demo"


def demo_practice(*, at: datetime, say: Say) -> Practice:
    """Return the demo practice, made when there is none; its list of visits is today's."""
    practice = Practice.objects.first()
    if practice is not None and not practice.is_demo:
        raise NotADemo(
            "This data folder holds a practice that is no finished demo. It was left as it is.",
            remedy="Name another folder: safelight --data demo-data demo",
        )
    if practice is None:
        practice = make_demo(at=at, say=say)
    todays_list(practice, at=at)
    return practice


def make_demo(*, at: datetime, say: Say, words: dict[str, Any] | None = None) -> Practice:
    """Make the demo practice. It is the same each time but for its dates, which end at `at`."""
    words = words or script()
    begin = at - timedelta(days=400)
    practice = setting_up.make_practice(**words["practice"], at=begin)
    cast = Cast(practice, {}, {}, {}, {row["key"]: row for row in words["patients"]})
    _people(cast, words["people"], begin)
    _patients(cast, words["patients"], begin)
    morning, _ = day_in(practice, local_day(at, practice.zone))
    clinic = morning + timedelta(hours=10, minutes=30)
    prints = [(clinic - timedelta(days=row["days"]), "print", row) for row in words["prints"]]
    shared = demo_shares.events(words, clinic + AFTER_CLINIC)
    events = [*_events(cast, words["courses"], clinic), *prints, *shared]
    _tell(cast, sorted(events, key=lambda event: event[0]), say)
    # Last, so that what was interrupted half-way is never taken for a demo.
    practice.is_demo = True
    practice.save(update_fields=["is_demo"])
    return practice


def _tell(cast: Cast, events: list[Event], say: Say) -> None:
    """Do what happened, in its order. The pictures are drawn ahead, beside the filing."""
    acts = {"consent": _consent, "withdrawn": _withdraw, "print": _print}
    shares = demo_shares.Shares(cast.people, cast.patients)
    pool = ThreadPoolExecutor(PENCILS)
    try:
        drawn = [pool.submit(_draw, told, when) for when, kind, told in events if kind == "shot"]
        shots = iter(enumerate(drawn, start=1))
        for when, kind, told in events:
            if kind in demo_shares.ACTS:
                demo_shares.ACTS[kind](shares, told, when)
                continue
            if kind != "shot":
                acts[kind](cast, told, when)
                continue
            done, picture = next(shots)
            _shoot(cast, told, when, picture.result())
            if done % 5 == 0 or done == len(drawn):
                say(f"  {done} of {len(drawn)} photos drawn, sealed and filed")
    finally:
        pool.shutdown(cancel_futures=True)


def _draw(told: dict[str, Any], at: datetime) -> bytes:
    return demo_pictures.picture(
        told["motif"], told["tone"], told["stage"], told["seed"], ruler=told.get("ruler", True),
        taken=f"{at:%Y:%m:%d %H:%M:%S}",
    )  # fmt: skip


def _people(cast: Cast, rows: list[dict[str, Any]], at: datetime) -> None:
    for row in rows:
        person = Person.objects.create(
            practice=cast.practice,
            title=row.get("title", ""),
            given=row["given"],
            family=row["family"],
            email=f"{row['key']}@demo.invalid",
            roles=row["roles"],
            supervisor=cast.people.get(row.get("supervisor", "")),
            joined_at=at,
        )
        cast.people[row["key"]] = person
        if set(row["roles"]) & {"GP", "NU", "RG"}:
            # A phone that took the photos of the past. It has no key, so nothing can call as it.
            cast.phones[row["key"]] = Phone.objects.create(
                practice=cast.practice,
                owner=person,
                name=f"{row['given']}’s old phone",
                model="Demo phone",
                platform="",
                public_key=os.urandom(32),
                paired_at=at,
                paired_by=person.pk,
            )


def _patients(cast: Cast, rows: list[dict[str, Any]], at: datetime) -> None:
    for row in rows:
        cast.patients[row["key"]] = Patient.objects.create(
            practice=cast.practice,
            given=row["given"],
            family=row["family"],
            search_name=fold(f"{row['family']} {row['given']}"),
            search_given=fold(f"{row['given']} {row['family']}"),
            born=row["born"],
            sex=row["sex"],
            record_number=row["number"],
            address=row["address"],
            usual_gp=cast.people[row["gp"]],
            added_at=at,
        )


def _events(cast: Cast, courses: list[dict[str, Any]], at: datetime) -> Iterator[Event]:
    """Give all that happened, each with its instant; consent comes before the first photo."""
    first: dict[str, datetime] = {}
    for number, course in enumerate(courses):
        for place, shot in enumerate(course["shots"]):
            when = at - timedelta(days=shot["days"], minutes=-7 * number - place)
            first[course["patient"]] = min(when, first.get(course["patient"], when))
            yield when, "shot", {**course, **shot}
    for key, when in first.items():
        yield when - timedelta(minutes=2), "consent", {"patient": key}
        if days := cast.told[key].get("withdrawn"):
            yield at - timedelta(days=days), "withdrawn", {"patient": key}


def _visit(cast: Cast, told: dict[str, Any], by: Person, at: datetime) -> Visit:
    """Return the visit of that day, made when it is the day's first photo."""
    patient = cast.patients[told["patient"]]
    known = patient.visits.filter(
        starts_at__gt=at - timedelta(hours=8), starts_at__lte=at + timedelta(hours=1)
    ).first()
    return known or Visit.objects.create(
        practice=cast.practice,
        patient=patient,
        person=by,
        starts_at=at - timedelta(minutes=10),
        reason=cast.told[told["patient"]]["reason"],
    )


def _consent(cast: Cast, told: dict[str, Any], at: datetime) -> None:
    row = cast.told[told["patient"]]
    patient = cast.patients[told["patient"]]
    by = cast.people["ada"]
    notice = Notice.objects.get(practice=cast.practice)
    advocate = row.get("advocate")
    talk = Discussion(
        points=tuple(point["key"] for point in notice.points),
        method="signed",
        answers=tuple(Answer(use, "yes") for use in row["uses"]),
        decider="advocate" if advocate else "patient",
        advocate_name=advocate[0] if advocate else "",
        advocate_relationship=advocate[1] if advocate else "",
        advocate_authority=advocate[2] if advocate else "",
        signature=SIGNATURE,
        scope="standing",
        condition=row["reason"],
    )
    record_consent(
        patient, id=new_id(), talk=talk, notice=notice, agreed_at=at, by=by, at=at,
        visit=_visit(cast, told, by, at),
    )  # fmt: skip


def _withdraw(cast: Cast, told: dict[str, Any], at: datetime) -> None:
    patient = cast.patients[told["patient"]]
    withdraw_consent(
        patient.consents.get(),
        said_by=f"{patient.given} {patient.family}",
        why="Does not want the photos used outside her own care any more",
        by=cast.people["rae"],
        at=at,
    )


def _print(cast: Cast, told: dict[str, Any], at: datetime) -> None:
    photo = cast.patients[told["patient"]].photos.get(label=told["label"])
    print_photo(
        photo, purpose=told["purpose"], holder_name=told["holder"], by=cast.people["ada"], at=at
    )


def _shoot(cast: Cast, told: dict[str, Any], at: datetime, image: bytes) -> None:
    """Take, seal, send and file one photo, as a phone and a worker do."""
    by, phone = cast.people[told["by"]], cast.phones[told["by"]]
    patient = cast.patients[told["patient"]]
    consent = patient.consents.order_by("-agreed_at").first()
    capture, key = new_id(), keyring.current().newest_capture_key
    meta = {
        "v": 1, "kind": "photo", "capture": str(capture), "patient": str(patient.pk),
        "person": str(by.pk), "visit": str(_visit(cast, told, by, at).pk),
        "consent": str(consent.pk) if consent else None, "taken_at": at.isoformat(),
        "site_code": told["site"], "side": told.get("side", ""), "label": told["label"],
        "diagnosis": told["diagnosis"], "notes": told["notes"],
        "recognisable": told.get("recognisable", False),
        "restricted": told.get("restricted", False),
        "chaperone": "Offered, not wanted" if told.get("restricted") else "",
        "timing": {"unlocked_at": (at - timedelta(seconds=24)).isoformat()},
    }  # fmt: skip
    header = {
        "key": key.id, "practice": str(cast.practice.pk), "capture": str(capture),
        "phone": str(phone.pk), "sealed_at": at.isoformat(),
    }  # fmt: skip
    raw = seal_capsule(header, meta, image, public=key.public)
    offer = Offer(size=len(raw), sha256=hashlib.sha256(raw).hexdigest(), sealed_at=at)
    begin_sending(phone, capture, offer, at=at)
    arriving = capture_of(phone, capture)
    add_piece(arrival_of(arriving), offset=0, piece=raw)
    finish(arriving, at=at)
    file_capture(capture, at=at + timedelta(seconds=3))
    note_gone(phone, [capture], at=at + timedelta(seconds=5))
    Phone.objects.filter(pk=phone.pk).update(seen_at=at + timedelta(seconds=5))
    filed = Capture.objects.get(pk=capture)
    if filed.state != Capture.State.FILED:
        raise RuntimeError(f"A demo photo was not filed: {filed.state} {filed.refused_code}")


def todays_list(practice: Practice, *, at: datetime) -> None:
    """Give today its visits, at the hours demo.toml tells, unless it has some already."""
    if visits_today(practice, at=at):
        return
    morning, _ = day_in(practice, local_day(at, practice.zone))
    for row in script()["patients"]:
        patient = Patient.objects.filter(practice=practice, record_number=row["number"]).first()
        if patient is not None and "today" in row:
            Visit.objects.create(
                practice=practice,
                patient=patient,
                person=patient.usual_gp or Person.objects.filter(practice=practice)[0],
                starts_at=morning + timedelta(hours=row["today"]),
                reason=row["reason"],
            )
