"""Several differences at once: Holm's step-down rule, with each interval at the level of its own step.

The interval that is shown is the one that decides. Holm rejects the hypotheses of a family of m in the order of their
p-values, the first against alpha / m, the next against alpha / (m - 1), and so on until one fails; all others are kept
at the level where it failed. Give each interval 1 minus the threshold it met: it excludes 0 exactly where Holm rejects.
So the chance that any difference of the family is wrongly called shown is at most 5 %, whatever their dependence
(Holm 1979, Scandinavian Journal of Statistics 6). That is what is promised; the intervals are not claimed to hold all
true differences at once, for which every one would have to stand at 1 - alpha / m.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from comparisons.metrics.intervals import Interval

ALPHA = 0.05
_LEAST_P = 1e-9


def deciding_p(interval_at: Callable[[float], Interval]) -> float | None:
    """The p-value that belongs to an interval: the least alpha at which the interval at 1 - alpha excludes 0.

    interval_at: level -> interval, wider for a higher level. None where there is no interval.
    """
    if not interval_at(1 - ALPHA).is_known:
        return None
    low, high = math.log(_LEAST_P), 0.0
    if interval_at(1 - _LEAST_P).excludes_zero:
        return _LEAST_P
    for _ in range(50):
        middle = (low + high) / 2
        if interval_at(1 - math.exp(middle)).excludes_zero:
            high = middle
        else:
            low = middle
    return math.exp(high)


def step_levels(p_values: Sequence[float | None], *, alpha: float = ALPHA) -> list[float]:
    """The level of each interval of one family by Holm's rule, in the order given.

    p_values: None where a difference has no interval; it counts in the family and is never rejected.
    """
    size = len(p_values)
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    levels = [0.0] * size
    step, is_open = 0, True
    for p, i in known:
        threshold = alpha / (size - step)
        levels[i] = 1 - threshold
        is_open = is_open and p <= threshold
        step += is_open
    # Those without an interval stand where the rule stopped.
    last = 1 - alpha / max(1, size - step)
    return [level or last for level in levels]


def cannot_reject(problems: int, family: int = 1, *, alpha: float = ALPHA) -> str:
    """Why no sign-flip test on so many problems can reject anything in a family of this size; "" where one can.

    The least two-sided p of n differences is 2 / 2^n, and Holm's first step asks for alpha / family.
    """
    least = 2.0 ** (1 - problems)
    if least * max(1, family) <= alpha:
        return ""
    among = f", times {family} for the family" if family > 1 else ""
    return (
        f"{problems} {'problem' if problems == 1 else 'problems'} cannot reject by sign flips: the least p is "
        f"{least:.3g}{among}"
    )


def rank_ranges(runs: Sequence[int], better: Sequence[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """The places each run may hold: from 1 + how many are shown to be better, to n minus how many are shown worse.

    better: (run, run it is shown to be better than), each pair of one family once.
    """
    above, below = dict.fromkeys(runs, 0), dict.fromkeys(runs, 0)
    for winner, loser in better:
        above[loser] += 1
        below[winner] += 1
    return {run: (1 + above[run], len(runs) - below[run]) for run in runs}
