"""The rating a model performed at, from its places in contests against rated opponents."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray

_PER_POINT = math.log(10) / 400


class Rating(NamedTuple):
    """A rating and its standard error, in rating points. Infinite where the likelihood has no maximum."""

    rating: float
    se: float


def performance_rating(contests: Iterable[tuple[npt.ArrayLike, float]], *, weight: str = "contest") -> Rating:
    """The rating that makes the observed places most likely.

    Each contest: the opponents' ratings (without the model) and the model's place, 1 = first; ties may give
    fractions, up to one past the number of opponents. `weight="contest"` gives every contest the same weight,
    `"opponent"` pools all opponents. In one contest it is the rating whose seed equals the place. First place in
    all contests gives +inf, last in all -inf, both with an infinite standard error. The standard error is Fisher's
    for the pooled likelihood, and that of the weighted estimating equation otherwise (the same for one contest).
    Raises ValueError on an empty contest, an impossible place or an unknown weight.
    Source: arXiv:2502.06807 appendix B.4, with the "1 +" its printed win probability lacks.
    """
    if weight not in ("contest", "opponent"):
        raise ValueError(f"weight must be 'contest' or 'opponent', not {weight!r}")
    fields = [_checked(opponents, rank) for opponents, rank in contests]
    if not fields:
        raise ValueError("a rating needs at least one contest")
    weights = [1 / len(opponents) if weight == "contest" else 1.0 for opponents, _ in fields]
    if all(beaten == len(opponents) for opponents, beaten in fields):
        return Rating(math.inf, math.inf)
    if all(beaten == 0 for _, beaten in fields):
        return Rating(-math.inf, math.inf)
    rating = _root(fields, weights)
    information = [_information(rating, opponents) for opponents, _ in fields]
    slope = math.fsum(w * i for w, i in zip(weights, information, strict=True))
    spread = math.fsum(w * w * i for w, i in zip(weights, information, strict=True))
    return Rating(rating, math.sqrt(spread) / slope)


class Update(NamedTuple):
    """What a Codeforces contest does to a rating, before the corrections that spread over its whole field.

    seed: the place expected. middle: the geometric mean of place and seed. performance: the rating whose seed against
    these opponents is `middle`. delta: half the way there.
    """

    seed: float
    middle: float
    performance: float
    delta: float


def codeforces_update(opponents: npt.ArrayLike, rating: float, rank: float) -> Update:
    """The update of a participant rated `rating` that came in at `rank`. Raises ValueError on an impossible rank.

    Real-valued, where the original takes whole numbers. Source: Codeforces blog entry 20762 and its published code.
    """
    ratings, _ = _checked(opponents, rank)
    seed = 1 + float(_losing_chances(rating, ratings).sum())
    middle = math.sqrt(rank * seed)
    low, high = -5000.0, 15_000.0
    for _ in range(100):
        between = (low + high) / 2
        if 1 + float(_losing_chances(between, ratings).sum()) > middle:
            low = between
        else:
            high = between
    return Update(seed, middle, low, (low - rating) / 2)


def percentile(rating: float, population: npt.ArrayLike, counts: npt.ArrayLike | None = None) -> float:
    """Share, in per cent, of a population that is rated strictly below.

    population: ratings; counts: how many have each, one by default. A percentile says nothing without its population:
    name it. Raises ValueError for an empty one.
    """
    ratings = np.asarray(population, dtype=np.float64).ravel()
    weights = np.ones(len(ratings)) if counts is None else np.asarray(counts, dtype=np.float64).ravel()
    if not len(ratings) or len(weights) != len(ratings) or not weights.sum() > 0:
        raise ValueError("a percentile needs a population, with one count a rating")
    return 100 * float(weights[ratings < rating].sum()) / float(weights.sum())


def _losing_chances(rating: float, opponents: FloatArray) -> FloatArray:
    chances: FloatArray = 1 - _win_chances(rating, opponents)
    return chances


def _checked(opponents: npt.ArrayLike, rank: float) -> tuple[FloatArray, float]:
    ratings = np.asarray(opponents, dtype=np.float64).ravel()
    if not len(ratings) or not np.isfinite(ratings).all():
        raise ValueError("a contest needs at least one opponent, each with a finite rating")
    if not 1 <= rank <= len(ratings) + 1:
        raise ValueError(f"place {rank} is impossible among {len(ratings)} opponents")
    return ratings, len(ratings) + 1 - rank


def _win_chances(rating: float, opponents: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1 + np.tanh((rating - opponents) * _PER_POINT / 2)))


def _information(rating: float, opponents: FloatArray) -> float:
    chances = _win_chances(rating, opponents)
    return float((chances * (1 - chances)).sum()) * _PER_POINT**2


def _root(fields: Sequence[tuple[FloatArray, float]], weights: Sequence[float]) -> float:
    def surplus(rating: float) -> float:
        return math.fsum(
            w * (beaten - float(_win_chances(rating, opponents).sum()))
            for w, (opponents, beaten) in zip(weights, fields, strict=True)
        )

    everyone = np.concatenate([opponents for opponents, _ in fields])
    low, high, step = float(everyone.min()), float(everyone.max()), 400.0
    while surplus(low) < 0:
        low, step = low - step, step * 2
    step = 400.0
    while surplus(high) > 0:
        high, step = high + step, step * 2
    for _ in range(200):
        middle = (low + high) / 2
        if surplus(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
