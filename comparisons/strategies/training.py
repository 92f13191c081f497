"""Training a learned score: outcomes of some problems in, weights for another one out.

The only place where hidden outcomes meet features. What is trained for a problem gets the examples of other problems:
`folds` says which, `train` sees nothing else. Training is scikit-learn's; what is kept of it are numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from comparisons.strategies.features import features
from comparisons.strategies.filtering import compiling
from comparisons.strategies.fitted import Weights
from comparisons.strategies.pool_view import BoolArray, FloatArray, PoolView
from judge.errors import StrategyError

#: Rows of one problem of one pool that take part; more are drawn from by lot.
MOST_ROWS = 4000
#: L2 regularisation of the logistic model: scikit-learn's C over standardised columns.
REGULARISATION = 0.1
_FULL = 1e-9


class Leave(StrEnum):
    """What is left out in training for a problem: the problem itself, or the whole set it is in."""

    PROBLEM = "problem"
    SET = "set"


@dataclass(frozen=True)
class Examples:
    """The judged candidates of one problem in one pool.

    names: all that the problem is known by (its row, its content, its slug): who shares one is the same problem.
    problem_set: the set it is in. columns: rows × columns, one row per compiling candidate and subtask. solved: per
    row, 1.0 at full score.
    """

    names: frozenset[str]
    problem_set: str
    columns: FloatArray
    solved: FloatArray

    def is_kin(self, names: frozenset[str], problem_set: str, leave: Leave) -> bool:
        """Must it be left out in training for a problem of these names and this set?"""
        return bool(self.names & names) or (leave is Leave.SET and self.problem_set == problem_set)


@dataclass(frozen=True)
class Fold:
    """What is held out together, and what is trained on: places in the list of examples."""

    held_out: tuple[int, ...]
    trained_on: tuple[int, ...]


def examples_of(
    view: PoolView,
    scores: FloatArray,
    points: FloatArray,
    *,
    names: frozenset[str],
    problem_set: str,
    with_probes: bool,
    seed: int,
) -> Examples:
    """The examples of a judged problem. scores: candidates × subtasks, NaN = no outcome, which is left out."""
    columns = features(view, with_probes=with_probes)
    rows, subtasks = np.nonzero(compiling(view)[:, None] & ~np.isnan(scores))
    if len(rows) > MOST_ROWS:
        some = np.sort(np.random.default_rng(seed).choice(len(rows), MOST_ROWS, replace=False))
        rows, subtasks = rows[some], subtasks[some]
    solved = (scores[rows, subtasks] >= points[subtasks] - _FULL).astype(np.float64)
    return Examples(names, problem_set, columns[rows, subtasks], solved)


def folds(examples: Sequence[Examples], leave: Leave) -> list[Fold]:
    """One fold for each problem (or set) that is held out, and last one that holds out nothing, for problems that are
    in none of the pools. Raises StrategyError where leaving one out leaves nothing to train on."""
    made: list[Fold] = []
    seen: set[int] = set()
    for first, example in enumerate(examples):
        if first in seen:
            continue
        same = together(examples, example, leave)
        seen.update(same)
        kept = [
            at
            for at, other in enumerate(examples)
            if not any(other.is_kin(examples[i].names, examples[i].problem_set, leave) for i in same)
        ]
        made.append(Fold(tuple(same), tuple(kept)))
    if len(made) < 2 or not all(fold.trained_on for fold in made):
        what = "problem sets" if leave is Leave.SET else "problems"
        raise StrategyError(f"a learned score is trained on other {what} than it ranks: at least two are needed")
    return [*made, Fold((), tuple(range(len(examples))))]


def together(examples: Sequence[Examples], first: Examples, leave: Leave) -> list[int]:
    """Places of all that is the same problem (or set), also by way of a third."""
    names = first.names
    while True:
        if leave is Leave.SET:
            found = [at for at, one in enumerate(examples) if one.problem_set == first.problem_set]
            return found
        found = [at for at, one in enumerate(examples) if one.names & names]
        more = frozenset().union(*(examples[at].names for at in found))
        if more == names:
            return found
        names = more


def usable(
    folds: Sequence[Fold], examples: Sequence[Examples], names: frozenset[str], problem_set: str, leave: Leave
) -> int | None:
    """The fold that may rank a problem of these names: of those that trained on nothing akin to it, the one that
    trained on most. None where there is none."""
    free = [
        at
        for at, fold in enumerate(folds)
        if not any(examples[i].is_kin(names, problem_set, leave) for i in fold.trained_on)
    ]
    return max(free, key=lambda at: len(folds[at].trained_on), default=None)


def train(examples: Sequence[Examples]) -> Weights:
    """Weights from these examples; every problem weighs the same, however many candidates it has.

    Where all rows end alike there is nothing to tell apart: every chance is then the (smoothed) base rate.
    """
    columns = np.concatenate([example.columns for example in examples])
    solved = np.concatenate([example.solved for example in examples])
    weight = np.concatenate([np.full(len(e.solved), 1.0 / max(1, len(e.solved))) for e in examples])
    if not len(solved):
        raise StrategyError(
            "no candidate of the other problems compiles and has an outcome: there is nothing to train on"
        )
    mean, scale = _standard(columns)
    rate = base_rate(examples)
    if solved.min() == solved.max():
        return Weights(mean, scale, np.zeros(len(mean)), float(np.log(rate / (1 - rate))))
    # Slow to import, and only needed here.
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    standardised = (np.where(np.isnan(columns), mean, columns) - mean) / scale
    # Few columns: Newton's method takes a handful of steps.
    model = LogisticRegression(C=REGULARISATION, solver="newton-cholesky")
    # One thread: several wait for each other far longer than these small matrices take.
    with threadpool_limits(limits=1):
        # Weights of mean 1: the strength of the regularisation does not depend on the number of candidates.
        model.fit(standardised, solved, sample_weight=weight / weight.mean())
    return Weights(mean, scale, np.array(model.coef_[0], dtype=np.float64), float(model.intercept_[0]))


def base_rate(examples: Sequence[Examples]) -> float:
    """Mean share of solved rows over these problems, smoothed as a whole so that it is neither 0 nor 1: by problem, it
    would be drawn to a half where problems have few rows, and beating it would be too easy."""
    shares = [example.solved.mean() for example in examples if len(example.solved)]
    rows = sum(len(example.solved) for example in examples)
    return float((np.mean(shares) * rows + 0.5) / (rows + 1.0)) if shares else 0.5


def _standard(columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and deviation of each column over its known values; a column that does not vary is left as it is."""
    known: BoolArray = ~np.isnan(columns)
    n = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, columns, 0.0)
    mean = filled.sum(axis=0) / n
    deviation = np.sqrt((np.where(known, columns - mean, 0.0) ** 2).sum(axis=0) / n)
    return mean, np.where(deviation > 1e-9, deviation, 1.0)
