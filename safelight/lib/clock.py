"""The clock: the one place that asks what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant in UTC. Acts are given it as `at`; they never ask themselves."""
    return datetime.now(UTC)
