"""Captures: the door through which sealed photos come in, piece by piece (phone API call 7).

It is an ASGI application of its own, not a view: phones are slow, and a thread must never wait for
one (performance, section 3). Bytes are awaited on the event loop; only what touches the database
or makes bytes durable runs in a thread, for milliseconds. A phone is proved by its signature before
a byte of a capsule is read.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.people.models import Phone
from safelight.photos import receiving
from safelight.photos.models import Capture
from safelight.photos.receiving import Offer, Progress
from safelight.vault.inbox import Arrival, WrongOffset
from safelight.web.headers import HEADERS
from safelight.web.phone.signing import PhoneRefusal, calling_phone, piece_phone

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PREFIX = "/phone/api/captures/"
METHODS = ("GET", "PATCH", "POST")
MOST_WORDS = 8 * 1024
MOST_PIECE = 8 * 1024 * 1024
FLUSH = 2 * 1024 * 1024
"""Bytes held in memory for each phone before they are written down, however large its piece is."""
THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="receiving")


class PieceTooLarge(Refusal):
    """More than 8 MiB in one piece."""

    code = "piece_too_large"
    status = 413

    def __init__(self) -> None:
        """Say the limit."""
        super().__init__("A piece is at most 8 MiB. Nothing more of it was read.")


class Disconnected(Exception):
    """The phone went away before its body was whole. Nobody is there to be answered."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what it asks, who says they ask, and when it came."""

    method: str
    path: str
    capture: UUID
    headers: dict[str, str]
    at: datetime

    def header(self, name: str) -> str:
        """Return a header's value, or nothing."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    words: dict[str, Any]
    headers: dict[str, str]

    @classmethod
    def of(cls, words: dict[str, Any], *, status: int = 200, **headers: str) -> "Answer":
        """Make an answer of JSON."""
        return cls(status, words, headers)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request. Whatever goes wrong becomes one plain sentence, never a trace."""
    try:
        answer = await _answer(scope, receive)
    except Disconnected:
        return
    except WrongOffset as wrong:
        answer = Answer.of({"offset": wrong.offset}, status=409)
    except Refusal as refusal:
        log.info("refused %s %s", refusal.code, refusal.status)
        answer = _refused(refusal)
    except Exception:
        log.exception("receiving failed")
        words = {"code": "broken", "message": "The server could not do this.", "remedy": ""}
        answer = Answer.of(words, status=500)
    await _send(answer, send)


async def _answer(scope: Scope, receive: Receive) -> Answer:
    call = _call(scope)
    match call.method:
        case "POST":
            body = await _words(receive)
            return _progress(await _threaded(_begin)(call, body))
        case "PATCH":
            return await _piece(call, receive)
        case "GET":
            return await _threaded(_state)(call)
        case _:
            words = {"code": "method", "message": "There is no such call.", "remedy": ""}
            return Answer(405, words, {"Allow": ", ".join(METHODS)})


def _call(scope: Scope) -> Call:
    path: str = scope["path"]
    query = scope.get("query_string", b"").decode("ascii", "replace")
    try:
        capture = UUID(path.removeprefix(PREFIX))
    except ValueError:
        raise NotFound from None
    if path != f"{PREFIX}{capture}":
        raise NotFound
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    whole = f"{path}?{query}" if query else path
    return Call(scope["method"], whole, capture, headers, now())


def _threaded(act: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Run an act in one of a few threads, each with a database connection of its own.

    Straight on the executor: asgiref's way costs a tenth of what receiving takes, to carry a
    context across that no act here has.
    """

    def with_database(*args: P.args, **kwargs: P.kwargs) -> T:
        close_old_connections()
        try:
            return act(*args, **kwargs)
        finally:
            close_old_connections()

    def in_thread(*args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        call = partial(with_database, *args, **kwargs)
        return asyncio.get_running_loop().run_in_executor(THREADS, call)

    return in_thread


def _signed(call: Call, body: bytes, *, known: Phone | None = None) -> Phone:
    """Return the phone that signed this call. `known` was read already: it is not asked for."""
    return calling_phone(
        phone=call.header("safelight-phone"),
        time=call.header("safelight-time"),
        signature=call.header("safelight-signature"),
        method=call.method,
        path=call.path,
        body=body,
        at=call.at,
        known=known,
    )


def _begin(call: Call, body: bytes) -> Progress:
    phone = _signed(call, body)
    return receiving.begin_sending(phone, call.capture, _offer(body), at=call.at)


def _offer(body: bytes) -> Offer:
    """Read what a phone says it is about to send; anything else is refused."""
    try:
        words = json.loads(body)
        size, sha256, kind = words["size"], words["sha256"], Capture.Kind(words["kind"])
        sealed_at = datetime.fromisoformat(words["sealed_at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("This call is not in its form.") from None
    if type(size) is not int or not isinstance(sha256, str) or sealed_at.tzinfo is None:
        raise BadInput("This call is not in its form.")
    return Offer(size, sha256, kind, sealed_at)


def _state(call: Call) -> Answer:
    capture = receiving.announced(call.capture)
    phone = _signed(call, b"", known=capture.phone if capture else None)
    if capture is None or capture.phone_id != phone.pk:
        raise NotFound
    found = receiving.progress_of(capture)
    return Answer.of(
        {
            "state": found.state,
            "offset": found.offset,
            "receipt": found.receipt,
            "refused": found.refused,
        }
    )


async def _piece(call: Call, receive: Receive) -> Answer:
    """Take one piece: prove the phone first, then await the bytes and write them as they come."""
    offset = _number(call.header("upload-offset"))
    if _number(call.header("content-length") or "0") > MOST_PIECE:
        raise PieceTooLarge
    capture = await _threaded(_expected)(call)
    if capture.state != Capture.State.RECEIVING:
        return _progress(receiving.progress_of(capture))
    offset = await _write_body(receiving.arrival_of(capture), offset, receive)
    if offset < capture.size:
        return Answer.of({"offset": offset})
    return _progress(await _threaded(receiving.finish)(capture, at=now()))


def _expected(call: Call) -> Capture:
    """Return the capture this piece belongs to: still arriving, or here already.

    The signature is over the hash that the phone announced, so a piece of anything else, or from
    anyone else, is refused here: before its body is read.
    """
    capture = receiving.announced(call.capture)
    phone = piece_phone(
        phone=call.header("safelight-phone"),
        signature=call.header("safelight-signature"),
        capture=call.capture,
        sha256=capture.sha256 if capture else "",
        known=capture.phone if capture else None,
    )
    if capture is None or capture.phone_id != phone.pk:
        raise NotFound
    if capture.state in (Capture.State.ANNOUNCED, Capture.State.REFUSED):
        raise receiving.NotBegun("Say the size and hash of this photo first.")
    return capture


async def _write_body(arrival: Arrival, offset: int, receive: Receive) -> int:
    """Write a body down as it comes, at most a flush of it in memory, and return the new offset.

    What came before a connection broke is kept: the phone goes on from there.
    """
    append = _threaded(receiving.add_piece)
    held: list[bytes] = []
    size, written, more = 0, 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            if size > written:
                await append(arrival, offset=offset, piece=b"".join(held))
            raise Disconnected
        held.append(message.get("body", b""))
        size += len(held[-1])
        if size > MOST_PIECE:
            raise PieceTooLarge
        more = message.get("more_body", False)
        if size > written and (size - written >= FLUSH or not more):
            offset = await append(arrival, offset=offset, piece=b"".join(held))
            held.clear()
            written = size
    return offset


async def _words(receive: Receive) -> bytes:
    """Return a small body; a larger one is refused unread."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
        if len(body) > MOST_WORDS:
            raise BadInput("This call is longer than it may be.")
        more = message.get("more_body", False)
    return bytes(body)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise BadInput("This call needs a number where it has none.")
    return int(text)


def _progress(found: Progress) -> Answer:
    """Answer a receipt if there is one, else how far it is."""
    if found.receipt:
        return Answer.of({"receipt": found.receipt})
    return Answer.of({"offset": found.offset})


def _refused(refusal: Refusal) -> Answer:
    headers = dict(refusal.headers) if isinstance(refusal, PhoneRefusal) else {}
    return Answer(refusal.status, refusal.told(), headers)


async def _send(answer: Answer, send: Send) -> None:
    """Send JSON with the headers that every answer carries; it is never kept by a cache."""
    body = json.dumps(answer.words).encode()
    headers = {
        **HEADERS,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **answer.headers,
    }
    if age := settings.SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = f"max-age={age}; includeSubDomains"
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
