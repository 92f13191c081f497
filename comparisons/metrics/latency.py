"""How long a run would take, replayed from recorded times: "replayed at c", never "measured"."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Latency:
    """seconds is None where no time is known. `is_lower_bound`: some needed time is unknown."""

    seconds: float | None
    is_lower_bound: bool


def schedule(times_s: Iterable[float], *, slots: int | None) -> float:
    """Seconds until the last call ends: calls start in order, each on the first free of `slots`; None = all at once."""
    times = list(times_s)
    if slots is None or slots >= len(times):
        return max(times, default=0.0)
    if slots < 1:
        raise ValueError(f"slots = {slots} must be at least 1")
    free = [0.0] * slots
    for time in times:
        heapq.heapreplace(free, free[0] + time)
    return max(free)


def latency_of_draws(latency_s: npt.ArrayLike, choices: Sequence[IntArray], *, slots: int | None) -> Latency:
    """Seconds for the draws a rule needs on one problem, on `slots` parallel calls (None = unlimited).

    latency_s: recorded seconds per draw in drawing order, NaN = unknown. choices: the draws needed; where lots decide
    which, several choices, and the mean over them counts. Waits for rate limits and queues are no part of it.
    """
    times: FloatArray = np.asarray(latency_s, dtype=np.float64)
    parts = [_scheduled(times[np.sort(rows)], slots) for rows in choices]
    known = [part.seconds for part in parts if part.seconds is not None]
    return Latency(sum(known) / len(known) if known else None, any(part.is_lower_bound for part in parts))


def _scheduled(times: FloatArray, slots: int | None) -> Latency:
    known = times[~np.isnan(times)]
    if not len(times):
        return Latency(0.0, False)
    if not len(known):
        return Latency(None, True)
    return Latency(schedule(known.tolist(), slots=slots), len(known) < len(times))


def latency_of_problem(
    draws: Latency,
    *,
    probe_making_s: float | None = 0.0,
    execution_cpu_s: float | None = 0.0,
    cores: int = 1,
    ranking_s: float = 0.0,
    submissions: float = 0.0,
    submission_s: float | None = 0.0,
) -> Latency:
    """Seconds from the first call to the last verdict of one problem.

    Draws, then making probes, then executions spread over `cores`, then ranking, then submissions in sequence
    (`submission_s` each). None = unknown, which makes the sum a lower bound.
    """
    parts = [
        draws.seconds,
        probe_making_s,
        None if execution_cpu_s is None else execution_cpu_s / max(1, cores),
        ranking_s,
        None if submission_s is None else submissions * submission_s,
    ]
    known = [part for part in parts if part is not None]
    is_bound = draws.is_lower_bound or len(known) < len(parts)
    return Latency(sum(known) if draws.seconds is not None else None, is_bound)
