"""Where a subtask's points went: never sampled, sampled but not chosen, chosen too late, lost to infrastructure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray


class GapParts(NamedTuple):
    """Points per subtask; all parts are at least 0 and sum to the obtainable points.

    got: the score. too_late: what the same rule gets without a limit, beyond the score. not_chosen: what the pool
    holds beyond that. infrastructure: what unjudged candidates might hold beyond the pool's best. never_sampled: the
    rest.
    """

    got: FloatArray
    too_late: FloatArray
    not_chosen: FloatArray
    infrastructure: FloatArray
    never_sampled: FloatArray


def gap_parts(points: npt.ArrayLike, scores: npt.ArrayLike, got: npt.ArrayLike, unlimited: npt.ArrayLike) -> GapParts:
    """The parts of one problem.

    points: obtainable per subtask. scores: candidates × subtasks, NaN = not judged by our fault. got, unlimited: the
    rule's score per subtask under its budget and with one submission for every candidate. A rule that draws lots may
    get more under the budget than a mean without one; then nothing is too late. Raises ValueError for odd shapes.
    """
    full = np.asarray(points, dtype=np.float64).ravel()
    table = np.asarray(scores, dtype=np.float64)
    mine, all_sent = (np.asarray(values, dtype=np.float64).ravel() for values in (got, unlimited))
    if table.ndim != 2 or table.shape[1] != len(full) or len(mine) != len(full) or len(all_sent) != len(full):
        raise ValueError("points, got and unlimited need one number per subtask, scores one column")
    known = np.where(np.isnan(table), 0.0, table).max(axis=0, initial=0.0)
    possible = np.where(np.isnan(table).any(axis=0), full, known) if len(table) else known
    reached = np.minimum(np.maximum(all_sent, mine), full)
    held = np.maximum(known, reached)
    return GapParts(
        got=mine,
        too_late=reached - mine,
        not_chosen=held - reached,
        infrastructure=np.maximum(possible - held, 0.0),
        never_sampled=full - np.maximum(possible, held),
    )
