"""The array types of the metrics, and the one check they share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def as_scores(scores: npt.ArrayLike, *, allow_unknown: bool = False) -> FloatArray:
    """`scores` as candidates × subtasks; a single row of numbers is one subtask.

    Raises ValueError for another shape, and for NaN (an unjudged candidate) unless `allow_unknown`: a missing
    outcome is never taken for 0.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2:
        raise ValueError(f"scores must be candidates × subtasks, not an array of {table.ndim} dimensions")
    if not allow_unknown and np.isnan(table).any():
        raise ValueError("scores hold an unjudged candidate (NaN); ask for bounds instead")
    return table
