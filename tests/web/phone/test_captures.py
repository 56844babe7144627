"""The receiver: proves the phone first, holds no thread, and answers one capsule one receipt."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from safelight.consent.models import Consent
from safelight.lib.clock import now
from safelight.lib.ids import new_id
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.people.phones import report_lost, revoke_phone
from safelight.photos.filing import file_capture
from safelight.photos.models import Capture
from safelight.photos.places import inbox
from safelight.web.phone import captures
from tests.consent.talks import keep
from tests.photos.making import capsule, meta, picture
from tests.signing_in import new_phone
from tests.web.phone.calling import GONE, Caller, Reply

pytestmark = pytest.mark.django_db(transaction=True)

RAW = bytes(range(256)) * 4096  # 1 MiB
EXAMPLES = Path(__file__).parents[3] / "contracts"


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text())["answer"]


def in_parts(raw: bytes, size: int = 64 * 1024) -> list[bytes]:
    return [raw[i : i + size] for i in range(0, len(raw), size)]


def answered(reply: Reply | None) -> Reply:
    assert reply is not None
    return reply


def test_a_capsule_comes_in_pieces_and_earns_its_receipt(receiver: Caller) -> None:
    number, raw = new_id(), RAW + b"the rest"
    assert receiver.begin(number, raw).words == {"offset": 0}
    first = answered(receiver.piece(number, raw, 0, in_parts(RAW)))
    assert first.words == {"offset": len(RAW)}
    last = answered(receiver.piece(number, raw, len(RAW), [b"the rest"]))
    assert set(last.words) == {"receipt"}
    assert set(last.words["receipt"]) == {"text", "signature"}
    assert inbox().read(number) == raw
    assert receiver.state(number).words["receipt"] == last.words["receipt"]
    assert receiver.begin(number, raw).words == last.words


@pytest.mark.parametrize("cut", [0, 1, 3, 7, 15])
def test_a_connection_cut_within_a_piece_loses_nothing_that_came(
    receiver: Caller, cut: int
) -> None:
    number = new_id()
    receiver.begin(number, RAW)
    parts = in_parts(RAW)
    assert receiver.piece(number, RAW, 0, [*parts[:cut], GONE]) is None
    offset = receiver.begin(number, RAW).words["offset"]
    assert offset == cut * 64 * 1024
    done = answered(receiver.piece(number, RAW, offset, in_parts(RAW[offset:])))
    assert done.words["receipt"]
    assert inbox().read(number) == RAW


def test_a_piece_repeated_after_the_end_gets_the_receipt_again_unread(receiver: Caller) -> None:
    number = new_id()
    receiver.begin(number, RAW)
    first = answered(receiver.piece(number, RAW, 0, in_parts(RAW)))
    again = answered(receiver.piece(number, RAW, 0, in_parts(RAW)))
    assert again.words == first.words
    assert again.read == 0


def test_a_wrong_offset_says_the_true_one(receiver: Caller) -> None:
    number = new_id()
    receiver.begin(number, RAW)
    receiver.piece(number, RAW, 0, in_parts(RAW)[:3])
    wrong = answered(receiver.piece(number, RAW, 0, in_parts(RAW)))
    assert (wrong.status, wrong.words) == (409, {"offset": 3 * 64 * 1024})
    assert set(wrong.words) == set(example("capture-wrong-offset")["body"])


def test_the_same_capsule_sent_by_many_at_once_is_stored_once(receiver: Caller) -> None:
    number = new_id()
    receiver.begin(number, RAW)
    path, headers = f"/phone/api/captures/{number}", receiver.piece_headers(number, RAW, 0)

    async def storm() -> list[Reply | None]:
        calls = (receiver.acall("PATCH", path, in_parts(RAW), headers) for _ in range(8))
        return await asyncio.gather(*calls)

    replies = [answered(reply) for reply in asyncio.run(storm())]
    assert {reply.status for reply in replies} <= {200, 409}
    state = receiver.state(number)
    if not state.words["receipt"]:
        offset = state.words["offset"]
        receiver.piece(number, RAW, offset, in_parts(RAW[offset:]))
    assert inbox().read(number) == RAW
    assert Capture.objects.filter(pk=number, state="stored").count() == 1
    receipts = {json.dumps(r.words["receipt"]) for r in replies if r.words.get("receipt")}
    assert len(receipts) <= 1


def test_other_content_under_a_stored_number_is_409_and_the_first_stays(
    receiver: Caller,
) -> None:
    number, other = new_id(), RAW[::-1]
    receiver.begin(number, RAW)
    receiver.piece(number, RAW, 0, in_parts(RAW))
    refused = receiver.begin(number, other)
    assert (refused.status, refused.words["code"]) == (409, "other_content")
    assert inbox().read(number) == RAW


def test_bytes_that_are_not_what_was_announced_are_refused_at_the_end(receiver: Caller) -> None:
    number = new_id()
    receiver.begin(number, RAW)
    refused = answered(receiver.piece(number, RAW, 0, in_parts(b"x" + RAW[1:])))
    assert (refused.status, refused.words["code"]) == (422, "arrived_damaged")
    assert receiver.begin(number, RAW).words == {"offset": 0}


def test_a_revoked_phone_is_refused_before_its_body_is_read(receiver: Caller, ada: Person) -> None:
    number = new_id()
    receiver.begin(number, RAW)
    revoke_phone(receiver.phone, by=ada, at=now())
    refused = answered(receiver.piece(number, RAW, 0, in_parts(RAW)))
    assert (refused.status, refused.words["code"]) == (401, "phone_revoked")
    assert refused.read == 0
    assert receiver.begin(number, RAW).status == 401
    assert receiver.state(number).status == 401


def test_a_lost_phone_is_told_to_wipe_itself(receiver: Caller, ada: Person) -> None:
    number = new_id()
    report_lost(receiver.phone, last_seen="", by=ada, at=now())
    refused = receiver.begin(number, RAW)
    wanted = example("refused-lost")
    assert (refused.status, refused.words) == (401, wanted["body"])
    assert refused.headers["clear-site-data"] == wanted["headers"]["Clear-Site-Data"]


def test_a_phone_whose_owner_left_is_refused_unread(receiver: Caller, ada: Person) -> None:
    number = new_id()
    receiver.begin(number, RAW)
    Person.objects.filter(pk=ada.pk).update(left_at=now(), is_active=False)
    refused = answered(receiver.piece(number, RAW, 0, in_parts(RAW)))
    assert (refused.status, refused.read) == (401, 0)


@pytest.mark.parametrize("wrong", ["signature", "phone", "hash", "missing"])
def test_an_unproved_piece_is_refused_unread(receiver: Caller, ada: Person, wrong: str) -> None:
    number = new_id()
    receiver.begin(number, RAW)
    headers = receiver.piece_headers(number, RAW, 0)
    match wrong:
        case "signature":
            headers["Safelight-Signature"] = "A" * 86
        case "phone":
            _, other = new_phone(receiver.phone.practice, ada)
            headers["Safelight-Phone"] = str(other.phone)
        case "hash":
            headers |= receiver.signer.piece_headers(number, "0" * 64)
        case _:
            headers = {"Upload-Offset": "0"}
    path = f"/phone/api/captures/{number}"
    refused = answered(receiver.call("PATCH", path, in_parts(RAW), **headers))
    assert (refused.status, refused.read) == (401, 0)
    assert Capture.objects.get(pk=number).state == "receiving"


def test_another_phone_cannot_read_or_add_to_a_capture(
    receiver: Caller, cy: Person, ada: Person
) -> None:
    number = new_id()
    receiver.begin(number, RAW)
    for owner in (ada, cy):
        other = Caller(*new_phone(owner.practice, owner))
        assert other.state(number).status == 404
        assert other.begin(number, RAW).status == 404
        refused = answered(other.piece(number, RAW, 0, in_parts(RAW)))
        assert (refused.status, refused.read) == (404, 0)
        gone = other.state(new_id())
        assert (gone.status, gone.body) == (404, other.state(number).body)


def test_more_than_eight_mebibytes_in_a_piece_are_refused(receiver: Caller) -> None:
    number, raw = new_id(), RAW * 9
    receiver.begin(number, raw)
    refused = answered(receiver.piece(number, raw, 0, in_parts(raw)))
    assert refused.status == 413
    assert refused.read <= 8 * 16 + 1
    headers = {**receiver.piece_headers(number, raw, 0), "Content-Length": str(len(raw))}
    path = f"/phone/api/captures/{number}"
    refused = answered(receiver.call("PATCH", path, in_parts(raw), **headers))
    assert (refused.status, refused.read) == (413, 0)


@pytest.mark.parametrize(
    "words",
    [
        {"size": "12"},
        {"size": True},
        {"sha256": 5},
        {"kind": "film"},
        {"sealed_at": "yesterday"},
        {"sealed_at": "2026-10-14T01:00:00"},
    ],
)
def test_a_malformed_offer_is_refused(receiver: Caller, words: dict[str, Any]) -> None:
    assert receiver.begin(new_id(), RAW, **words).status == 400
    assert not Capture.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/phone/api/captures/0197a000-0000-7000-8000-0000000000e1", 405),
        ("GET", "/phone/api/captures/../../etc/passwd", 404),
        ("GET", "/phone/api/captures/0197a000-0000-7000-8000-0000000000e1/", 404),
        ("GET", "/phone/api/captures/{0197a000-0000-7000-8000-0000000000e1}", 404),
    ],
)
def test_other_methods_and_addresses_are_refused(
    receiver: Caller, method: str, path: str, status: int
) -> None:
    reply = answered(receiver.call(method, path))
    assert reply.status == status
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_without_room_nothing_is_taken(receiver: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox().floor.__class__, "least", lambda self, total: 2**62)
    refused = receiver.begin(new_id(), RAW)
    assert (refused.status, refused.words["code"]) == (507, "store_full")


def test_slow_phones_hold_no_thread(receiver: Caller) -> None:
    """Twenty bodies stand open at once while there are four threads; a state call still answers."""
    numbers = [new_id() for _ in range(20)]
    for number in numbers:
        receiver.begin(number, RAW)

    async def slow(number: Any, gate: asyncio.Event, waiting: list[int]) -> Reply | None:
        parts, read = in_parts(RAW), 0
        answers: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            nonlocal read
            if read == 1:
                waiting.append(1)
                await gate.wait()
            read += 1
            return {
                "type": "http.request",
                "body": parts[read - 1],
                "more_body": read < len(parts),
            }

        async def send(message: dict[str, Any]) -> None:
            answers.append(message)

        headers = receiver.piece_headers(number, RAW, 0)
        scope = {
            "type": "http",
            "method": "PATCH",
            "path": f"/phone/api/captures/{number}",
            "query_string": b"",
            "headers": [(n.lower().encode(), v.encode()) for n, v in headers.items()],
        }
        await captures.application(scope, receive, send)
        return Reply(answers[0]["status"], {}, answers[1]["body"], read)

    async def scene() -> tuple[int, list[Reply | None]]:
        gate, waiting = asyncio.Event(), list[int]()
        tasks = [asyncio.create_task(slow(number, gate, waiting)) for number in numbers]
        while len(waiting) < len(numbers):
            await asyncio.sleep(0.01)
        path = f"/phone/api/captures/{numbers[0]}"
        headers = receiver.signer.headers("GET", path)
        small = await asyncio.wait_for(receiver.acall("GET", path, [b""], headers), 5)
        receiving = [t for t in threading.enumerate() if t.name.startswith("receiving")]
        assert len(receiving) <= 4
        gate.set()
        return answered(small).status, await asyncio.gather(*tasks)

    status, replies = asyncio.run(scene())
    assert status == 200
    assert all(answered(reply).words["receipt"] for reply in replies)


def test_the_state_of_a_capture_is_as_the_contracts_say(
    receiver: Caller, ada: Person, pat: Patient
) -> None:
    number = new_id()
    raw = capsule(receiver.phone, number, meta(number, ada, pat), picture())
    receiver.begin(number, raw)
    receiver.piece(number, raw, 0, [raw])
    file_capture(number, at=now())
    refused = receiver.state(number).words
    wanted = example("capture-refused")["body"]
    assert set(refused) == set(wanted)
    assert refused["refused"] == wanted["refused"]
    assert (refused["state"], refused["receipt"]) == ("refused", None)
    keep(pat, ada)
    receiver.begin(number, raw)
    receiver.piece(number, raw, 0, [raw])
    file_capture(number, at=now())
    filed = receiver.state(number).words
    wanted = example("capture-state")["body"]
    assert set(filed) == set(wanted)
    text, wanted_text = json.loads(filed["receipt"]["text"]), json.loads(wanted["receipt"]["text"])
    assert set(text) == set(wanted_text)
    assert (text["state"], text["place"]) == ("filed", "record")
    assert Consent.objects.count() == 1
    assert Phone.objects.count() == 1
