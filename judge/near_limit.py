"""Runs whose CPU time lies so near the limit that another day they might be judged otherwise.

Such a run is repeated with nothing else running on the machine, and the least of all readings counts: what disturbs a
reading only ever makes it larger. Every reading is kept, and the run is marked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

#: Within this share of the limit, on either side. Runs over the limit are let go on for as long, so that their reading
#: shows how far over they are.
NEAR = 0.1
#: A run that is repeated is repeated at most so often: until the least reading is within the limit.
REPEATS = 3
#: How long a repeat waits for the machine to be quiet before it is made all the same.
PATIENCE_S = 60.0

Run = TypeVar("Run")


def is_near(cpu_time_s: float, limit_s: float) -> bool:
    """Whether a reading (CPU seconds) is near the limit. A run that was stopped for time at the end of its grace is
    not: it reads more than that."""
    return (1 - NEAR) * limit_s <= cpu_time_s <= (1 + NEAR) * limit_s


def settle(
    first: Run, repeat: Callable[[], Run | None], *, limit_s: float, cpu_time_s: Callable[[Run], float]
) -> tuple[Run, tuple[float, ...]]:
    """The run that counts, and all readings in order (CPU seconds).

    A run near the limit is repeated at least once, then until a reading is within the limit, at most REPEATS times. Of
    all runs the one with the least reading counts. A repeat that gives None could not be made and is no reading.
    """
    runs = [first]
    for _ in range(REPEATS):
        if (run := repeat()) is not None:
            runs.append(run)
        if len(runs) > 1 and min(map(cpu_time_s, runs)) <= limit_s:
            break
    return min(runs, key=cpu_time_s), tuple(round(cpu_time_s(run), 6) for run in runs)
