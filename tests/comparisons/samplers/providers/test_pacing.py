"""Back-off, breaker and the limit of one process, on a clock that only moves when told to."""

from __future__ import annotations

from random import Random

import pytest

from comparisons.samplers.providers import MalformedAnswer, RetryableError
from comparisons.samplers.providers.pacing import Backoff, Breaker, Call, Ended, LocalLimiter, Pace

ANSWERED = Call(Ended.ANSWERED, 0.1)


class Hands:
    """A clock."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_limit_starts_low_and_doubles_with_every_round_of_answers() -> None:
    limiter = LocalLimiter(Pace(most=64), Hands())
    granted = [limiter.exchange([], want=100, holding=0).n]
    for _ in range(5):
        granted.append(limiter.exchange([ANSWERED] * granted[-1], want=100, holding=0).n)
    assert granted == [4, 8, 16, 32, 64, 64]


def test_limit_is_halved_once_for_all_that_were_refused_together() -> None:
    clock = Hands()
    limiter = LocalLimiter(Pace(most=64, start=32), clock)
    assert limiter.exchange([], want=100, holding=0).n == 32
    clock.now += 1
    assert limiter.exchange([Call(Ended.REFUSED, 1.0)] * 5, want=0, holding=27).limit == 16
    clock.now += 0.1
    assert limiter.exchange([Call(Ended.REFUSED, 1.1)] * 5, want=0, holding=22).limit == 16
    clock.now += 1
    assert limiter.exchange([Call(Ended.REFUSED, 0.5)], want=0, holding=15).limit == 8


def test_limit_grows_by_one_a_round_after_the_first_cut() -> None:
    clock = Hands()
    limiter = LocalLimiter(Pace(most=64, start=8), clock)
    limiter.exchange([Call(Ended.REFUSED, 0.0)], want=0, holding=7)
    limits = [round(limiter.exchange([ANSWERED] * n, want=0, holding=0).limit) for n in (4, 5, 6)]
    assert limits == [5, 6, 7]


def test_limit_that_is_not_used_does_not_grow() -> None:
    limiter = LocalLimiter(Pace(most=64, start=8), Hands())
    assert [limiter.exchange([ANSWERED], want=1, holding=0).limit for _ in range(20)][-1] == 8


def test_nothing_is_granted_before_the_provider_said() -> None:
    clock = Hands()
    limiter = LocalLimiter(Pace(), clock)
    limiter.exchange([Call(Ended.REFUSED, 0.0, wait_s=7.0)], want=0, holding=3)
    waits = []
    for now in (100.0, 103.0, 107.0):
        clock.now = now
        grant = limiter.exchange([], want=1, holding=0)
        waits.append((grant.n, grant.wait_s))
    assert waits == [(0, 7.0), (0, 4.0), (1, 0.0)]


def test_bucket_gives_calls_a_minute_and_says_when_the_next_is_due() -> None:
    clock = Hands()
    limiter = LocalLimiter(Pace(per_minute=60), clock)  # a burst of 3
    granted = []
    for step in (0.0, 0.0, 0.5, 0.5, 10.0):
        clock.now += step
        grant = limiter.exchange([ANSWERED] * 4, want=9, holding=0)
        granted.append((grant.n, round(grant.wait_s, 2)))
    assert granted == [(3, 0.0), (0, 1.0), (0, 0.5), (1, 0.0), (3, 0.0)]


def test_backoff_is_a_random_share_of_a_growing_bound() -> None:
    backoff, rng = Backoff(base_s=1, cap_s=10, most_tries=9), Random(1)
    waits = [[backoff.wait_s(RetryableError("x"), tries, rng) for _ in range(500)] for tries in range(1, 7)]
    bounds = [2, 4, 8, 10, 10, 10]
    assert all(0 <= wait <= bound for several, bound in zip(waits, bounds, strict=True) for wait in several)
    assert [max(several) > bound * 0.95 for several, bound in zip(waits, bounds, strict=True)] == [True] * 6
    assert [min(several) < bound * 0.05 for several, bound in zip(waits, bounds, strict=True)] == [True] * 6


def test_backoff_waits_as_long_as_the_provider_said() -> None:
    assert Backoff().wait_s(RetryableError("x", retry_after_s=90.0), 1, Random(1)) == 90.0


@pytest.mark.parametrize(
    ("error", "tries", "is_given_up"),
    [
        (RetryableError("x"), 7, False),
        (RetryableError("x"), 8, True),
        (MalformedAnswer("x"), 2, False),
        (MalformedAnswer("x"), 3, True),
        (RetryableError("x", kind="rate-limit"), 50, False),
    ],
)
def test_call_is_given_up_after_its_tries(error: RetryableError, tries: int, is_given_up: bool) -> None:
    assert (Backoff().wait_s(error, tries, Random(1)) is None) is is_given_up


@pytest.mark.parametrize(
    ("kind", "has_answered", "trips_after_s"), [("server", False, 20), ("server", True, 180), ("rate-limit", True, 900)]
)
def test_breaker_trips_when_there_is_nothing_but_failures(kind: str, has_answered: bool, trips_after_s: int) -> None:
    clock = Hands()
    breaker = Breaker(clock)
    if has_answered:
        breaker.answered()
    tripped = 0.0
    while not breaker.failed(RetryableError("down", kind=kind)):
        clock.now += 5
        tripped += 5
    assert tripped == trips_after_s
    breaker.answered()
    assert breaker.failed(RetryableError("down")) == ""
