"""The place a score would have had in a field of humans."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray


class Place(NamedTuple):
    """better, tied: how many humans score more, or as much. place: with ties shared, 1 + better + tied / 2. humans:
    all of them. percentile: the share of them, in per cent, that score strictly less."""

    place: float
    better: int
    tied: int
    humans: int
    percentile: float


def place_among(score: float, humans: npt.ArrayLike) -> Place:
    """The place of a score among those of humans, the model being one more participant.

    Raises ValueError for a field without humans, or with an unknown score.
    """
    field: FloatArray = np.asarray(humans, dtype=np.float64).ravel()
    if not len(field) or np.isnan(field).any():
        raise ValueError("a field needs at least one human, each with a known score")
    # Sums of decimals differ in the last bits.
    tied = np.isclose(field, score, rtol=0, atol=1e-9)
    better = int((field[~tied] > score).sum())
    n_tied = int(tied.sum())
    below = len(field) - better - n_tied
    return Place(1 + better + n_tied / 2, better, n_tied, len(field), 100 * below / len(field))
