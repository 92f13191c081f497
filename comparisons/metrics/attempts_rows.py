"""The rows of further attempts in a comparison's report: what reviews changed in each pool that has them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AttemptsRow:
    """Attempt `attempt` of a pool's draws against their first, over the `n` draws whose two outcomes are known, of all
    problems and whatever was chosen by the runs.

    Right is full score on the hidden tests. `first` and `second` are the shares that were right, `difference` is
    second - first = gained - lost (i→c less c→i). `gained`: wrong, then right, and `lost`: right, then wrong, as shares
    of all n (unconditional); `fixed_of_wrong` and `broken_of_right` the same as shares of those wrong, or right, at
    first (conditional), None where there are none.
    """

    pool: int
    pool_name: str
    model: str
    colour: int
    revision: int
    judging: int
    attempt: int
    n: int
    first: float
    second: float
    difference: float
    gained: float
    lost: float
    fixed_of_wrong: float | None
    broken_of_right: float | None
