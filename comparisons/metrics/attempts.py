"""What a second attempt changes: the metrics of SCoRe (arXiv:2409.12917), unconditional and conditional apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class SecondAttempt(NamedTuple):
    """Shares of all items, except the last two.

    first, second: right at the first and at the second attempt. difference = second - first = gained - lost. gained:
    wrong, then right. lost: right, then wrong. fixed_of_wrong, broken_of_right: the same as shares of the items that
    were wrong, or right, at first; None where there are none.
    """

    first: float
    second: float
    difference: float
    gained: float
    lost: float
    fixed_of_wrong: float | None
    broken_of_right: float | None


def second_attempts(first: npt.ArrayLike, second: npt.ArrayLike) -> SecondAttempt:
    """first, second: was each item (a draw) right at its first and at its second attempt? Paired by position.

    Raises ValueError for unequal lengths or none. The published arrows, Δ i→c and Δ c→i, are `gained` and `lost`.
    """
    before, after = (np.asarray(values, dtype=bool).ravel() for values in (first, second))
    if len(before) != len(after):
        raise ValueError(f"{len(before)} first attempts and {len(after)} second ones")
    if not len(before):
        raise ValueError("no attempt to compare")
    return second_attempts_of(
        n=len(before),
        right=int(before.sum()),
        gained=int((~before & after).sum()),
        lost=int((before & ~after).sum()),
    )


def second_attempts_of(*, n: int, right: int, gained: int, lost: int) -> SecondAttempt:
    """The same from counts: of n items, `right` at first; `gained` wrong then right; `lost` right then wrong.

    Raises ValueError where there is no item, or more changed than could.
    """
    wrong = n - right
    if n < 1 or not (0 <= gained <= wrong and 0 <= lost <= right):
        raise ValueError(f"{right} of {n} right, {gained} gained and {lost} lost cannot be")
    return SecondAttempt(
        first=right / n,
        second=(right + gained - lost) / n,
        difference=(gained - lost) / n,
        gained=gained / n,
        lost=lost / n,
        fixed_of_wrong=gained / wrong if wrong else None,
        broken_of_right=lost / right if right else None,
    )
