"""Limits: counted in rows, exactly, and by everybody together."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from safelight.people.limits import RATES, TooMany, forget_old, give_back, take
from safelight.people.models import Limit
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


def test_the_sixth_try_in_five_minutes_is_refused() -> None:
    for _ in range(5):
        take("sign_in.account", "ada", at=NOON)
    with pytest.raises(TooMany):
        take("sign_in.account", "ada", at=NOON + timedelta(minutes=4, seconds=59))


def test_the_eleventh_try_in_a_minute_from_one_address_is_refused() -> None:
    for _ in range(10):
        take("sign_in.address", "192.0.2.1", at=NOON)
    with pytest.raises(TooMany):
        take("sign_in.address", "192.0.2.1", at=NOON)


def test_after_the_window_it_counts_from_nothing() -> None:
    for _ in range(5):
        take("sign_in.account", "ada", at=NOON)
    take("sign_in.account", "ada", at=NOON + timedelta(minutes=5))


@pytest.mark.parametrize("kind", RATES)
def test_who_waits_as_long_as_they_are_told_may_try_again(kind: str) -> None:
    for _ in range(RATES[kind].most):
        take(kind, "ada", at=NOON)
    with pytest.raises(TooMany) as refused:
        take(kind, "ada", at=NOON)
    assert refused.value.remedy == "Wait five minutes, then try again."
    take(kind, "ada", at=NOON + timedelta(minutes=5))


def test_others_are_not_touched() -> None:
    for _ in range(5):
        take("sign_in.account", "ada", at=NOON)
    take("sign_in.account", "ben", at=NOON)
    take("recover.account", "ada", at=NOON)


def test_a_right_try_is_given_back() -> None:
    for _ in range(20):
        take("sign_in.account", "ada", at=NOON)
        give_back("sign_in.account", "ada")


def test_nothing_readable_stays_behind() -> None:
    take("recover.account", "ada@specimen.example", at=NOON)
    assert "ada" not in Limit.objects.get().key


def test_old_counters_are_forgotten() -> None:
    take("sign_in.account", "ada", at=NOON)
    assert forget_old(at=NOON + timedelta(hours=23)) == 0
    assert forget_old(at=NOON + timedelta(hours=25)) == 1


@pytest.mark.django_db(transaction=True)
def test_racing_tries_count_exactly() -> None:
    passed: list[bool] = []
    start = threading.Barrier(8)

    def tries() -> None:
        start.wait()
        try:
            for _ in range(4):
                try:
                    take("sign_in.address", "192.0.2.9", at=NOON)
                    passed.append(True)
                except TooMany:
                    passed.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=tries) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 32
    assert sum(passed) == RATES["sign_in.address"].most
