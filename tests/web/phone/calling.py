"""Calling the receiver as a phone does, message by message, without a network."""

import asyncio
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from safelight.people.models import Phone
from safelight.web.phone.captures import application
from tests.signing_in import PhoneSigner

GONE = object()
"""Stands in a body where the connection breaks."""


@dataclass
class Reply:
    """What came back, and how many parts of the body were asked for."""

    status: int
    headers: dict[str, str]
    body: bytes
    read: int

    @property
    def words(self) -> Any:
        """The JSON of the answer."""
        return json.loads(self.body)


@dataclass
class Caller:
    """A phone with its key, calling the receiving application."""

    phone: Phone
    signer: PhoneSigner
    sent: list[str] = field(default_factory=list)

    def call(
        self, method: str, path: str, parts: Iterable[Any] = (b"",), **headers: str
    ) -> Reply | None:
        """Send one request; None when nobody answered because the connection broke."""
        return asyncio.run(self.acall(method, path, list(parts), headers))

    async def acall(
        self, method: str, path: str, parts: list[Any], headers: dict[str, str]
    ) -> Reply | None:
        """Send one request on a running loop."""
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(n.lower().encode(), v.encode()) for n, v in headers.items()],
        }
        read, answers = 0, []

        async def receive() -> dict[str, Any]:
            nonlocal read
            await asyncio.sleep(0)
            if read >= len(parts) or parts[read] is GONE:
                return {"type": "http.disconnect"}
            read += 1
            more = read < len(parts)
            return {"type": "http.request", "body": parts[read - 1], "more_body": more}

        async def send(message: dict[str, Any]) -> None:
            answers.append(message)

        await application(scope, receive, send)
        if not answers:
            return None
        found = {n.decode(): v.decode() for n, v in answers[0]["headers"]}
        return Reply(answers[0]["status"], found, answers[1]["body"], read)

    def begin(self, capture: UUID, raw: bytes, **words: Any) -> Reply:
        """Announce a capsule."""
        offer = {
            "size": len(raw),
            "sha256": hashlib.sha256(raw).hexdigest(),
            "sealed_at": "2026-10-14T01:00:00.000Z",
            "kind": "photo",
            **words,
        }
        path, body = f"/phone/api/captures/{capture}", json.dumps(offer).encode()
        reply = self.call("POST", path, [body], **self.signer.headers("POST", path, body))
        assert reply is not None
        return reply

    def piece_headers(self, capture: UUID, raw: bytes, offset: int) -> dict[str, str]:
        """Return the headers of a piece."""
        signed = self.signer.piece_headers(capture, hashlib.sha256(raw).hexdigest())
        return {**signed, "Upload-Offset": str(offset)}

    def piece(self, capture: UUID, raw: bytes, offset: int, parts: Iterable[Any]) -> Reply | None:
        """Send one piece of a capsule."""
        path = f"/phone/api/captures/{capture}"
        headers = self.piece_headers(capture, raw, offset)
        return self.call("PATCH", path, parts, **headers)

    def state(self, capture: UUID) -> Reply:
        """Ask how far a capture is."""
        path = f"/phone/api/captures/{capture}"
        reply = self.call("GET", path, **self.signer.headers("GET", path))
        assert reply is not None
        return reply
