"""A whole fit: for every problem, weights that never saw it, and what they are worth on it.

Per fold: a learned score trained on the others, predictions on what was held out, and (with probes) o1-ioi's weights by
random search on the others. The search's own quality scores come from inner folds: neither the problem they score nor
the one held out is in them, or the held-out outcomes would reach the weights on a detour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from comparisons.strategies.features import feature_names
from comparisons.strategies.fitted import Fitted, Weights
from comparisons.strategies.o1_ioi import WEIGHTS
from comparisons.strategies.pool_view import FloatArray, IntArray, PoolView
from comparisons.strategies.training import Examples, Fold, Leave, base_rate, examples_of, folds, together, train
from comparisons.strategies.tuning import Case, draw_weights, objective

#: The search replays at most so many of a fold's problems (drawn by lot), with quality scores of so many inner folds.
MOST_TUNED_ON, INNER_FOLDS = 24, 5


@dataclass(frozen=True)
class JudgedView:
    """A judged problem of one pool: what a strategy sees of it, and its outcomes (NaN = unjudged). names and
    problem_set as in `training.Examples`."""

    view: PoolView
    scores: FloatArray
    points: FloatArray
    names: frozenset[str]
    problem_set: str

    def case(self, fitted: Fitted) -> Case:
        """It, with what was learned, for a replay; candidates without an outcome are left out."""
        known = np.flatnonzero(~np.isnan(self.scores).any(axis=1))
        view = self.view if len(known) == len(self.view) else self.view.take(known)
        return Case(replace(view, fit=fitted), self.scores[known], self.points)


@dataclass(frozen=True)
class Search:
    """A fold's random search. chosen: row of the tries. trained: objective on the problems searched on; held_out: on
    those held out (NaN where none are). Both mean shares of the points, per try."""

    chosen: int
    trained: FloatArray
    held_out: FloatArray


@dataclass(frozen=True)
class Made:
    """A fit. weights, train_log_loss: per fold. predicted, solved, base, problem: per held-out row, `problem` being the
    place in the list of what was given and `base` the base rate of the problems trained on. tries: tries × `WEIGHTS`
    (0 × 3: nothing was searched, `untuned` says why); searches: per fold."""

    names: tuple[str, ...]
    folds: tuple[Fold, ...]
    weights: tuple[Weights, ...]
    train_log_loss: tuple[float, ...]
    predicted: FloatArray
    solved: FloatArray
    base: FloatArray
    problem: IntArray
    tries: FloatArray
    searches: tuple[Search, ...]
    untuned: str = ""

    def fitted(self, fold: int) -> Fitted:
        """What this fold's strategies get."""
        tuned = {}
        if self.searches:
            tuned = dict(zip(WEIGHTS, self.tries[self.searches[fold].chosen].tolist(), strict=True))
        return Fitted(self.names, self.weights[fold], tuned)


def fit(
    judged: Sequence[JudgedView], leave: Leave, *, with_probes: bool, seed: int = 0, tries: int = 0, budget: int = 50
) -> Made:
    """Weights for each fold of these problems. tries: of the random search, 0 = none. Raises StrategyError where
    leaving one out leaves nothing to train on."""
    examples = [
        examples_of(
            one.view, one.scores, one.points,
            names=one.names, problem_set=one.problem_set, with_probes=with_probes, seed=seed,
        )
        for one in judged
    ]  # fmt: skip
    names = feature_names(with_probes=with_probes)
    made = folds(examples, leave)
    weights = [train([examples[at] for at in fold.trained_on]) for fold in made]
    losses = [
        float(np.mean([_log_loss(one, examples[at]) for at in fold.trained_on]))
        for one, fold in zip(weights, made, strict=True)
    ]
    held = [(f, at) for f, fold in enumerate(made) for at in fold.held_out]
    rates = {f: base_rate([examples[at] for at in fold.trained_on]) for f, fold in enumerate(made)}
    untuned = "" if with_probes else "o1-ioi compares outputs on probes, and not every pool was run on any"
    search = draw_weights(tries if with_probes else 0, seed=seed)
    searches = [
        _search(judged, examples, fold, one, names, search, leave, seed, budget)
        for fold, one in zip(made, weights, strict=True)
        if len(search)
    ]
    return Made(
        names,
        tuple(made),
        tuple(weights),
        tuple(losses),
        np.concatenate([weights[f].predict(examples[at].columns) for f, at in held]),
        np.concatenate([examples[at].solved for _, at in held]),
        np.concatenate([np.full(len(examples[at].solved), rates[f]) for f, at in held]),
        np.concatenate([np.full(len(examples[at].solved), at, dtype=np.int64) for _, at in held]),
        search,
        tuple(searches),
        untuned or ("" if tries else "no tries were asked for"),
    )


def _log_loss(weights: Weights, example: Examples) -> float:
    if not len(example.solved):
        return 0.0
    chance = np.clip(weights.predict(example.columns), 1e-15, 1 - 1e-15)
    return float(-np.mean(np.log(np.where(example.solved > 0.5, chance, 1 - chance))))


def _search(
    judged: Sequence[JudgedView],
    examples: Sequence[Examples],
    fold: Fold,
    weights: Weights,
    names: tuple[str, ...],
    tries: FloatArray,
    leave: Leave,
    seed: int,
    budget: int,
) -> Search:
    inner = _inner(examples, fold, leave, seed)
    cases = [judged[at].case(Fitted(names, learned)) for at, learned in inner]
    trained = objective(cases, tries, budget=budget)
    held = [judged[at].case(Fitted(names, weights)) for at in fold.held_out]
    held_out = objective(held, tries, budget=budget) if held else np.full(len(tries), np.nan)
    return Search(int(np.argmax(trained)), trained, held_out)


def _inner(examples: Sequence[Examples], fold: Fold, leave: Leave, seed: int) -> list[tuple[int, Weights]]:
    """(place, weights that saw neither it nor what the fold holds out) of the problems that are searched on."""
    groups = _groups(examples, fold.trained_on, leave)
    if len(groups) < 2:
        groups = _groups(examples, fold.trained_on, Leave.PROBLEM)
    lots = np.random.default_rng(seed)
    parts: list[list[int]] = [[] for _ in range(min(INNER_FOLDS, len(groups)))]
    for turn, group in enumerate(lots.permutation(len(groups))):
        parts[turn % len(parts)] += groups[group]
    used = set(lots.permutation(sorted(fold.trained_on))[:MOST_TUNED_ON].tolist())
    found = []
    for part in parts:
        others = [examples[at] for at in fold.trained_on if at not in part]
        # Alone, a problem has nobody to learn its quality from: then everyone's is the base rate.
        learned = train(others) if others else _flat(examples[part[0]])
        found += [(at, learned) for at in part if at in used]
    return found


def _flat(example: Examples) -> Weights:
    n = example.columns.shape[1]
    return Weights(np.zeros(n), np.ones(n), np.zeros(n), 0.0)


def _groups(examples: Sequence[Examples], places: Sequence[int], leave: Leave) -> list[list[int]]:
    """`places` parted into what is the same problem, or the same set."""
    chosen = [examples[at] for at in places]
    groups: list[list[int]] = []
    seen: set[int] = set()
    for first in range(len(chosen)):
        if first not in seen:
            found = together(chosen, chosen[first], leave)
            seen.update(found)
            groups.append([places[at] for at in found])
    return groups
