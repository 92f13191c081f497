"""Tuning o1-ioi's weights: a random search whose objective is the replayed contest itself (arXiv:2502.06807, 3.2).

Which ranges, how many tries and which objective were used is not published (A20). Here: weights are drawn log-uniformly
from `RANGES`, try 0 are the defaults, and the objective is the mean share of the points over the problems tuned on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comparisons.strategies import o1_ioi
from comparisons.strategies.o1_ioi import WEIGHTS
from comparisons.strategies.pool_view import FloatArray, PoolView
from comparisons.strategies.replay import replay

RANGES = {"errors_weight": (0.01, 3.0), "public_weight": (0.01, 3.0), "attempts_weight": (0.001, 1.0)}


@dataclass(frozen=True)
class Case:
    """A judged problem to replay. scores: candidates × subtasks, none unknown; points: obtainable per subtask."""

    view: PoolView
    scores: FloatArray
    points: FloatArray


def draw_weights(tries: int, *, seed: int) -> FloatArray:
    """tries × `WEIGHTS`: the defaults first, then lots."""
    low, high = np.log([RANGES[name] for name in WEIGHTS]).T
    lots = np.exp(np.random.default_rng(seed).uniform(low, high, size=(tries, len(WEIGHTS))))
    lots[:1] = [float(option.default) for name in WEIGHTS for option in o1_ioi.STRATEGY.options if option.name == name]
    return lots


def shares(case: Case, weights: FloatArray, *, budget: int) -> FloatArray:
    """The share of the case's points that o1-ioi gets, per row of weights."""
    total = float(case.points.sum()) or 1.0
    found = []
    for row in weights:
        options = dict(zip(WEIGHTS, row.tolist(), strict=True))
        played = replay(o1_ioi.STRATEGY, case.view, case.scores, case.points, budget=budget, options=options)
        found.append((played.score or 0.0) / total)
    return np.array(found)


def objective(cases: Sequence[Case], weights: FloatArray, *, budget: int) -> FloatArray:
    """Mean share of the points over the cases, per row of weights."""
    mean: FloatArray = np.mean([shares(case, weights, budget=budget) for case in cases], axis=0)
    return mean
