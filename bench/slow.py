"""Slow phones: how long a small page takes while twelve of them upload, beside an idle server."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from http.client import HTTPConnection

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from bench import place
from bench.cast import patient_who_agreed, practice_with_doctor
from bench.measuring import Times, say, table
from bench.parcels import new_phone, parcels, pictures
from bench.phones import Key, Parcel, send_slowly_until
from safelight.people.models import Person
from safelight.people.sessions import SessionStore
from safelight.people.signed_in import BACKEND, PHONE

PHONES = 12
RATE = 0.6e6
ASKS = 200
PAUSE = 0.02
"""Seconds between two questions: a person's clicks, not a flood."""
WARMS_UP = 5.0
TARGET = 2.0
LOAD = 12
"""Photos that each phone has to send: more than it comes to."""
HOME = "/phone/api/home"


def signed_in(doctor: Person, key: Key) -> str:
    """Return the cookie of a session in which a person is signed in on their phone."""
    session = SessionStore()
    session[SESSION_KEY] = str(doctor.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = doctor.get_session_auth_hash()
    session[PHONE] = key.phone
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def ask(line: HTTPConnection, path: str, headers: dict[str, str]) -> float:
    """Return the milliseconds of one answer."""
    begin = time.perf_counter()
    line.request("GET", path, headers=headers)
    reply = line.getresponse()
    reply.read()
    if reply.status != 200:
        raise RuntimeError(f"{path}: {reply.status}")
    return (time.perf_counter() - begin) * 1000


def asked(port: int, key: Key, cookie: str) -> dict[str, Times]:
    """Ask for the two small pages by turns, many times, on a connection that stays open."""
    line = HTTPConnection("localhost", port, timeout=60)
    found: dict[str, list[float]] = {"/sign-in": [], HOME: []}
    for number in range(ASKS + 10):
        for path, runs in found.items():
            headers = {"Cookie": cookie, **key.call("GET", path)} if path == HOME else {}
            spent = ask(line, path, headers)
            if number >= 10:
                runs.append(spent)
            time.sleep(PAUSE)
    return {path: Times(tuple(runs)) for path, runs in found.items()}


def while_uploading(
    where: place.Place, keys: list[Key], loads: list[list[Parcel]], key: Key, cookie: str
) -> tuple[dict[str, Times], int]:
    """Ask while every phone sends slowly; return the times and how many photos went meanwhile."""
    stop = where.data.parent / "stop"
    with ProcessPoolExecutor(PHONES, multiprocessing.get_context("spawn")) as pool:
        going = [
            pool.submit(send_slowly_until, one, where.port, load, stop, RATE)
            for one, load in zip(keys, loads, strict=True)
        ]
        time.sleep(WARMS_UP)
        found = asked(where.port, key, cookie)
        if any(one.done() for one in going):
            raise RuntimeError("a phone had sent all it had before the last question")
        stop.touch()
        return found, sum(one.result() for one in going)


def run(where: place.Place) -> None:
    """Ask an idle server, then a busy one, then an idle one again."""
    practice, doctor = practice_with_doctor()
    patient = patient_who_agreed(practice, doctor)
    images = pictures()
    keys = [new_phone(doctor, f"Bench {number}") for number in range(PHONES)]
    loads = [parcels(one, doctor, patient, images, LOAD) for one in keys]
    mine = new_phone(doctor, "Bench")
    cookie = signed_in(doctor, mine)
    with place.served(where) as _:
        before = asked(where.port, mine, cookie)
        busy, sent = while_uploading(where, keys, loads, mine, cookie)
        time.sleep(WARMS_UP)
        after = asked(where.port, mine, cookie)
    say(f"{sent} photos arrived meanwhile, {RATE / 1e6} MB/s for each phone")
    rows = []
    for path in busy:
        idle = Times(before[path].runs + after[path].runs)
        for words, times in (("idle", idle), (f"{PHONES} slow phones", busy[path])):
            ratio = f"{times.p50 / idle.p50:.2f}"
            much = f"p50 {times.p50:.1f}, p99 {times.p99:.1f} ms"
            rows.append((f"{path}, {words}", much, ratio))
    table("A small page", f"the same page of the idle server; to reach: {TARGET} times (p50)", rows)
