"""What the log's tests share: two practices, an actor, a way to write entries."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from safelight.audit.actor import Actor
from safelight.audit.log import record
from safelight.audit.models import Entry

NOON = datetime(2026, 7, 8, 2, 30, tzinfo=UTC)
HERE = UUID("01980000-0000-7000-8000-000000000001")
ELSEWHERE = UUID("01980000-0000-7000-8000-000000000002")
PATIENT = UUID("01980000-0000-7000-8000-0000000000aa")
ADA = Actor(
    id=UUID("01980000-0000-7000-8000-0000000000a1"),
    role="GP",
    phone=UUID("01980000-0000-7000-8000-0000000000f1"),
)

Write = Callable[..., Entry]


@pytest.fixture
def write() -> Write:
    """Record one act as an act would: in a transaction of its own."""

    def write(action: str = "photo.viewed", **given: Any) -> Entry:
        words: dict[str, Any] = {"practice": HERE, "by": ADA, "at": NOON} | given
        with transaction.atomic():
            return record(action, **words)

    return write
