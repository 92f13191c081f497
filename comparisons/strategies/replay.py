"""Replaying a strategy over one problem's judged candidates under a budget. Seconds for thousands of candidates.

Scores are means over the seeds where lots are drawn; a strategy without lots is replayed once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from comparisons.strategies.contest import Contest, Submission
from comparisons.strategies.pool_view import BoolArray, FloatArray, PoolView
from comparisons.strategies.strategy import Options, OptionValue, Strategy


@dataclass(frozen=True)
class SeedReplay:
    """One replay: what was sent, in order, and the best score per subtask."""

    seed: int
    submissions: tuple[Submission, ...]
    subtask_scores: tuple[float, ...]

    @property
    def score(self) -> float:
        return sum(self.subtask_scores)


@dataclass(frozen=True)
class Replay:
    """A strategy's result on one problem.

    seeds: one entry per seed. subtask_scores, score: means over the seeds; None where the problem is incomplete (an
    unjudged candidate was sent), and then `bounds` holds the score with 0 and with full score in its place and
    `seeds` are those with 0. sd: spread of the score over seeds, None without lots. draws_needed: how many draws,
    from the first on, the rule needs.
    """

    seeds: tuple[SeedReplay, ...]
    subtask_scores: tuple[float, ...] | None
    score: float | None
    sd: float | None
    draws_needed: int
    draws_lots: bool
    bounds: tuple[float, float] | None = None

    @property
    def submissions(self) -> float:
        """Submissions sent, mean over the seeds."""
        return sum(len(one.submissions) for one in self.seeds) / len(self.seeds)


def replay(
    strategy: Strategy,
    view: PoolView,
    scores: npt.ArrayLike,
    points: npt.ArrayLike,
    *,
    budget: int,
    seeds: int = 20,
    seed: int = 0,
    options: Mapping[str, OptionValue] | None = None,
    key: str = "",
) -> Replay:
    """Replay `strategy` over the candidates of `view`, of which it sees what it declares to look at.

    scores: candidates × subtasks obtained on hidden tests, NaN = unjudged; points: obtainable per subtask. budget:
    submissions. seeds: how many replays where lots are drawn; seed and key (the problem's name, say) fix the lots.
    Raises StrategyError for options the strategy lacks or views without what it needs, ValueError for odd shapes.
    """
    chosen = strategy.complete(options)
    strategy.check(view, chosen)
    view = strategy.masked(view, chosen)
    table = np.asarray(scores, dtype=np.float64)
    full = np.asarray(points, dtype=np.float64).ravel()
    if table.shape != (len(view), len(full)):
        raise ValueError(f"scores of shape {table.shape} for {len(view)} candidates and {len(full)} subtasks")
    lots = strategy.draws_lots(chosen)
    needed = strategy.draws_needed(view, budget, chosen)
    numbers = range(max(1, seeds) if lots else 1)

    def play(outcomes: FloatArray) -> tuple[SeedReplay, ...]:
        return tuple(_play(strategy, view, outcomes, full, budget, chosen, i, _rng(seed, i, key)) for i in numbers)

    unknown = np.asarray(np.isnan(table))
    if not unknown.any():
        return _summary(play(table), needed, lots)
    low, high = play(np.where(unknown, 0.0, table)), play(np.where(unknown, full, table))
    unjudged: BoolArray = np.any(unknown, axis=1)
    if not any(unjudged[sent.row] for one in low + high for sent in one.submissions):
        return _summary(low, needed, lots)
    ends = sorted((_mean_score(low), _mean_score(high)))
    return Replay(low, None, None, None, needed, lots, (ends[0], ends[1]))


def _play(
    strategy: Strategy,
    view: PoolView,
    outcomes: FloatArray,
    points: FloatArray,
    budget: int,
    options: Options,
    number: int,
    rng: np.random.Generator,
) -> SeedReplay:
    contest = Contest(outcomes, points, budget)
    strategy.run(view, contest, rng, options)
    return SeedReplay(number, contest.submissions, contest.best)


def _rng(seed: int, number: int, key: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}\0{number}\0{key}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))


def _mean_score(seeds: tuple[SeedReplay, ...]) -> float:
    return sum(one.score for one in seeds) / len(seeds)


def _summary(seeds: tuple[SeedReplay, ...], needed: int, lots: bool) -> Replay:
    table = np.array([one.subtask_scores for one in seeds])
    sd = float(table.sum(axis=1).std(ddof=1)) if lots and len(seeds) > 1 else None
    subtask_scores = tuple(table.mean(axis=0).tolist())
    return Replay(seeds, subtask_scores, sum(subtask_scores), sd, needed, lots)
