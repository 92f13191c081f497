"""Which points no other point beats in both cost and score."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def pareto_front(points: npt.ArrayLike) -> list[int]:
    """Indices, ascending, of the points that no other dominates.

    `points`: rows of (cost, score), lower cost and higher score being better. One point dominates another when it
    is no worse in both and better in one, so equal points stand or fall together. A point with an unknown
    coordinate (NaN or None) is never on the front and dominates nothing.
    """
    table = np.asarray(points, dtype=np.float64)
    if table.size == 0:
        return []
    if table.ndim != 2 or table.shape[1] != 2:
        raise ValueError("points must be rows of (cost, score)")
    known = np.flatnonzero(~np.isnan(table).any(axis=1))
    cost, score = table[known, 0], table[known, 1]
    front: list[int] = []
    best, best_cost = -np.inf, np.nan
    for i in np.lexsort((-score, cost)):
        if score[i] > best or (score[i] == best and cost[i] == best_cost):
            best, best_cost = score[i], cost[i]
            front.append(int(known[i]))
    return sorted(front)
