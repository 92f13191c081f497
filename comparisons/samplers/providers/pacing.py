"""How often and how many at once: back-off, circuit breaker, and the limit on calls that are open together.

The limit is additive increase, multiplicative decrease, as TCP's: it starts low, grows by one with every answer until
the first refusal for too many calls, is halved then, and from there grows by one with every round of answers. Several
workers share one limit; `LocalLimiter` is for a process alone, and the rule for others to follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Protocol

from comparisons.samplers.providers.protocol import MalformedAnswer, RetryableError


class Ended(StrEnum):
    """How a call ended, as far as the limit is concerned."""

    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Call:
    """A call that ended. `age_s`: how long ago it was begun; `wait_s`: what the provider asked to be waited."""

    ended: Ended
    age_s: float
    wait_s: float = 0.0


@dataclass(frozen=True)
class Grant:
    """How many calls may be begun now; where none, after how many seconds to ask again. `limit`: calls at once."""

    n: int
    wait_s: float
    limit: float


@dataclass(frozen=True)
class Pace:
    """What a person allows an endpoint: calls at once, calls per minute (None: any)."""

    most: int = 64
    start: int = 4
    per_minute: int | None = None

    @property
    def burst(self) -> float:
        """Calls that may be begun together after a pause: three seconds' worth."""
        return max(1.0, (self.per_minute or 0) / 20)


class Limiter(Protocol):
    """A limit on open calls that several workers may share."""

    def exchange(self, ended: Sequence[Call], *, want: int, holding: int) -> Grant:
        """Reports the calls that ended since the last time and asks for `want` more, beside the `holding` that are
        open. To be called every few seconds: who falls silent is taken for dead and its calls for ended."""


@dataclass
class LocalLimiter:
    """The limit of one process."""

    pace: Pace
    clock: Callable[[], float]
    limit: float = 0.0
    _grows_fast: bool = True
    _cut_at: float = float("-inf")
    _not_before: float = float("-inf")
    _tokens: float = 0.0
    _filled_at: float | None = None

    def exchange(self, ended: Sequence[Call], *, want: int, holding: int) -> Grant:
        now = self.clock()
        self.limit = self.limit or float(min(self.pace.start, self.pace.most))
        # A limit that was not used is not known to be borne, so it does not grow.
        is_used = holding + len(ended) >= self.limit * 0.75
        for call in ended:
            self._learn(call, now, is_used)
        if now < self._not_before:
            return Grant(0, self._not_before - now, self.limit)
        free = min(want, max(0, int(self.limit) - holding))
        n, wait_s = self._take(free, now)
        return Grant(n, wait_s, self.limit)

    def _learn(self, call: Call, now: float, is_used: bool) -> None:
        if call.ended is Ended.ANSWERED and is_used:
            self.limit = min(self.pace.most, self.limit + (1.0 if self._grows_fast else 1.0 / self.limit))
        if call.ended is Ended.REFUSED:
            # One cut for all that were open together.
            if now - call.age_s > self._cut_at:
                self.limit, self._cut_at, self._grows_fast = max(1.0, self.limit // 2), now, False
            self._not_before = max(self._not_before, now + call.wait_s)

    def _take(self, n: int, now: float) -> tuple[int, float]:
        """(how many of n the bucket gives, when it gives the next)."""
        if self.pace.per_minute is None:
            return n, 0.0
        rate = self.pace.per_minute / 60
        if self._filled_at is None:
            self._tokens = self.pace.burst
        else:
            self._tokens = min(self.pace.burst, self._tokens + (now - self._filled_at) * rate)
        self._filled_at = now
        taken = min(n, int(self._tokens))
        self._tokens -= taken
        return taken, (1 - self._tokens) / rate if n and not taken else 0.0


@dataclass(frozen=True)
class Backoff:
    """When to try again: full jitter (a random share of base × 2^tries, at most `cap_s`), never before the provider
    said. `most_tries` of one call; an answer that is none was probably paid for, so those are tried less.

    Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
    """

    base_s: float = 1.0
    cap_s: float = 60.0
    most_tries: int = 8
    most_malformed: int = 3

    def wait_s(self, error: RetryableError, tries: int, rng: Random) -> float | None:
        """Seconds until the next try after `tries` of them failed; None where it is given up. Being refused for too
        many calls is not the call's fault: that alone never gives it up (the breaker does)."""
        most = self.most_malformed if isinstance(error, MalformedAnswer) else self.most_tries
        if tries >= most and not error.is_rate_limit:
            return None
        jitter = rng.uniform(0, min(self.cap_s, self.base_s * 2 ** min(tries, 16)))
        return max(jitter, error.retry_after_s or 0.0)


@dataclass
class Breaker:
    """Stops asking an endpoint that only fails: after `patience_s` of nothing but failures (`first_patience_s` where
    nothing was ever answered, `refused_patience_s` where it only says that there are too many calls)."""

    clock: Callable[[], float]
    first_patience_s: float = 20.0
    patience_s: float = 180.0
    refused_patience_s: float = 900.0
    fewest: int = 4
    _failing_since: float | None = None
    _failures: int = 0
    _has_answered: bool = False
    _kinds: dict[str, int] = field(default_factory=dict)

    def memory(self) -> dict[str, Any]:
        """What the next breaker of the same calls has to know, as JSON-ready data; its clock must be the same one."""
        failing = {"since": self._failing_since, "failures": self._failures, "kinds": dict(self._kinds)}
        return {"has_answered": self._has_answered, **(failing if self._failures else {})}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Takes over what an earlier one remembered; nothing where there is nothing."""
        self._has_answered = bool(memory.get("has_answered"))
        self._failing_since, self._failures = memory.get("since"), int(memory.get("failures", 0))
        self._kinds = dict(memory.get("kinds", {}))

    def answered(self) -> None:
        """A call was answered."""
        self._has_answered = True
        self._failing_since, self._failures = None, 0
        self._kinds.clear()

    def failed(self, error: RetryableError) -> str:
        """A call failed. Why nothing more should be asked, "" while it may."""
        now = self.clock()
        self._failing_since = now if self._failing_since is None else self._failing_since
        self._failures += 1
        self._kinds[error.kind] = self._kinds.get(error.kind, 0) + 1
        patience = self.patience_s if self._has_answered else self.first_patience_s
        if set(self._kinds) == {"rate-limit"}:
            patience = self.refused_patience_s
        failing_s = now - self._failing_since
        if self._failures < self.fewest or failing_s < patience:
            return ""
        return f"nothing but failures for {failing_s:.0f} s ({self._failures} calls): {error.reason}"
