"""A rule on one problem's pool: strategy, floor or ceiling -> score, bounds, draws needed, what was sent.

The three kinds answer with the same `Result`, so that trials, intervals, cost and latency do not ask which it was.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from comparisons.metrics import Evaluation, first_draws, oracle_k
from comparisons.metrics.arrays import FloatArray, IntArray
from comparisons.metrics.ceilings import VERSION as COMPUTED_VERSION
from comparisons.metrics.ceilings import bounds
from comparisons.models import Fit
from comparisons.models import Strategy as StrategyRow
from comparisons.queries.strategies import COMPUTED
from comparisons.stages.floors import floor_means, floor_needs, floor_of_halves, floor_options, floor_sd, frame_of
from comparisons.stages.pool_views import ProblemPool
from comparisons.strategies import STRATEGIES, Need, OptionValue, Replay, Strategy, StrategyError, get_strategy
from comparisons.strategies.replay import replay
from judge.near import nearest_or_all

RANDOM, ORACLE, NO_LIMIT = "random-k", "oracle-k", "no-limit"
#: Above so many draws, half-samples of a rule that draws lots are replayed with fewer seeds.
MANY_DRAWS, FEW_SEEDS = 1000, 5
#: Seeds of a half, over all problems: each of the many halves is replayed so often, or with FEW_SEEDS each. What fewer
#: seeds than the score's add to the scatter is taken out again, see `metrics.intervals`, Lots.
HALF_SEEDS = 200
_CERTAIN = 1e-9


@dataclass(frozen=True)
class Result:
    """A rule on one problem. `score` and `subtask_scores` are None where they are not known; then `lower` and `upper`
    bound the score, and `reason` says why. `submissions` is the mean over the seeds, `ranking_s` one seed's choosing,
    measured."""

    score: float | None
    subtask_scores: tuple[float | None, ...]
    lower: float
    upper: float
    sd: float | None
    is_exact: bool
    draws_needed: float
    submissions: float = 0.0
    ranking_s: float = 0.0
    replay: Replay | None = None
    reason: str = ""


@dataclass(frozen=True)
class Rule:
    """What is replayed: a strategy with its options and lots, or the floor or a ceiling (`strategy` None)."""

    slug: str
    kind: str
    budget: int
    strategy: Strategy | None
    options: Mapping[str, OptionValue]
    seeds: int
    seed: int
    fit: Fit | None = None

    @property
    def needs_fit(self) -> bool:
        """True where the rule is nothing without a fit."""
        return self.strategy is not None and (Need.FIT in self.strategy.needs or self.needs_tuned)

    @property
    def needs_tuned(self) -> bool:
        """True where the rule takes weights that a fit's random search found."""
        return self.options.get("weights") == "tuned"

    @property
    def takes_fit(self) -> bool:
        """True where a fit makes a difference to the rule: it needs one, or has an option of what to do with it."""
        return self.needs_fit or "quality" in self.options

    @property
    def is_random(self) -> bool:
        """True where any draws will do: the cost is that of so many at random."""
        return self.slug == RANDOM

    @property
    def draws_lots(self) -> bool:
        """True where the seeds matter."""
        return self.strategy is not None and self.strategy.draws_lots(self.options)

    @property
    def uses_probes(self) -> bool:
        """True where the rule looks at outputs on probes."""
        is_learned = self.fit is not None and self.fit.uses_probes
        return is_learned or self._looks_at(Need.PROBES)

    @property
    def uses_public(self) -> bool:
        """True where the rule looks at the public tests."""
        return self.fit is not None or self._looks_at(Need.PUBLIC)

    @property
    def is_public_only(self) -> bool:
        """True where the rule is nothing but a filter by public tests."""
        return self.strategy is not None and self.strategy.needed(self.options) == {Need.PUBLIC}

    @property
    def uses_brute_force(self) -> bool:
        """True where the rule looks at what brute-force programs print on probes."""
        return self._looks_at(Need.BRUTE_FORCE)

    @property
    def uses_generated(self) -> bool:
        """True where the rule looks at generated tests."""
        return self._looks_at(Need.GENERATED)

    def _looks_at(self, need: Need) -> bool:
        return self.strategy is not None and need in self.strategy.needed(self.options)

    @property
    def uses_probing(self) -> bool:
        """True where the rule looks at runs of the candidates on probes or on generated tests."""
        return self.uses_probes or self.uses_generated

    @property
    def measure(self) -> str:
        """What the rule orders candidates by that a pool may not know, as its option says; "" where nothing."""
        is_ordered = self.strategy is not None and Need.TOKENS in self.strategy.needs
        return str(self.options.get("measure", "")) if is_ordered else ""

    def on(self, pool: ProblemPool) -> Result:
        """The rule on this pool. Raises StrategyError where it lacks what the strategy needs."""
        if pool.unjudged:
            return self.unknown(pool, pool.unjudged)
        if not len(pool):
            return _unknown(pool, 0.0, pool.total_points, reason="no draw of it takes part", draws_needed=0)
        if self.strategy is not None:
            return self._replayed(self.strategy, pool)
        if self.slug == RANDOM:
            return _floor(pool, self.budget, self.options)
        return _ceiling(pool, self.budget if self.slug == ORACLE else len(pool))

    def unknown(self, pool: ProblemPool, reason: str) -> Result:
        """What is known of the rule where it cannot be replayed: its bounds, and the draws it would need."""
        return _unknown(pool, 0.0, pool.total_points, reason=reason, draws_needed=self.needed(pool))

    def evaluate(self, pool: ProblemPool, rows: IntArray, *, n_problems: int = 1) -> Evaluation:
        """Score and draws looked at on some judged draws alone, in the order given: what half-samples ask for. Of
        strategies; random choice has `evaluate_all`. `n_problems`: of how many the halves are replayed."""
        assert self.strategy is not None
        seeds = min(self.seeds, max(FEW_SEEDS, HALF_SEEDS // n_problems))
        seeds = min(seeds, FEW_SEEDS) if len(pool) > MANY_DRAWS else seeds
        played = replay(
            self.strategy, pool.view.take(rows), pool.scores[rows], pool.points,
            budget=self.budget, seeds=seeds, seed=self.seed, options=self.options, key=pool.slug,
        )  # fmt: skip
        assert played.score is not None
        lots = (played.sd or 0.0) ** 2
        return Evaluation(played.score, float(played.draws_needed), len(played.seeds), lots, sent_rows(played, rows))

    def evaluate_all(self, pool: ProblemPool, halves: IntArray) -> FloatArray:
        """Random choice on each of many sets of judged draws (sets × rows)."""
        return floor_of_halves(pool, halves, self.budget, self.options)

    def needed(self, pool: ProblemPool) -> float:
        """How many draws it needs, on the mean."""
        if self.strategy is not None:
            return self.strategy.draws_needed(pool.view, self.budget, self.options)
        return round(float(self.needs(pool, 0).sum()), 6) if self.is_random else len(pool)

    def needs(self, pool: ProblemPool, draws_needed: float) -> FloatArray:
        """Per draw, the chance that it is needed, of a rule that needs so many."""
        if self.is_random:
            return floor_needs(pool, self.options, self.budget)
        if self.strategy is not None and self.strategy.draws is not None:
            return self.strategy.draws(pool.view, self.budget, self.options).astype(np.float64)
        return first_draws(draws_needed, len(pool))

    def _replayed(self, strategy: Strategy, pool: ProblemPool) -> Result:
        start = time.perf_counter()
        played = replay(
            strategy, pool.view, pool.scores, pool.points,
            budget=self.budget, seeds=self.seeds, seed=self.seed, options=self.options, key=pool.slug,
        )  # fmt: skip
        ranking_s = round((time.perf_counter() - start) / len(played.seeds), 3)
        common: dict[str, Any] = {
            "draws_needed": played.draws_needed,
            "submissions": played.submissions,
            "ranking_s": ranking_s,
            "replay": played,
        }
        if played.score is None or played.subtask_scores is None:
            low, high = played.bounds or (0.0, pool.total_points)
            return _unknown(pool, low, high, reason="a candidate that is sent has no outcome", **common)
        return Result(
            played.score, played.subtask_scores, played.score, played.score, played.sd, not played.draws_lots, **common
        )


def sent_rows(played: Replay | None, rows: IntArray) -> IntArray | None:
    """Which of these rows, of which it was a replay, were sent; None where lots decide."""
    if played is None or played.draws_lots:
        return None
    return rows[np.array([sent.row for sent in played.seeds[0].submissions], dtype=np.int64)]


def rule_of(
    slug: str,
    *,
    budget: int,
    options: Mapping[str, OptionValue] | None = None,
    seeds: int = 1,
    seed: int = 0,
    version: int | None = None,
    fit: Fit | None = None,
) -> Rule:
    """The rule of this name with all its options. Raises StrategyError for an unknown name or option, for a budget
    below 1, and where `version` is no longer the one that is installed."""
    if budget < 1:
        raise StrategyError(f"a budget of {budget} submissions: at least 1 is needed")
    kind = next((kind for name, _, kind, _ in COMPUTED if name == slug), "")
    if slug == RANDOM:
        return Rule(slug, kind, budget, None, floor_options(options or {}), 1, 0)
    if kind:
        if options:
            raise StrategyError(f"{slug} has no option {next(iter(options))!r}; it has none")
        return Rule(slug, kind, budget, None, {}, 1, 0)
    if slug not in STRATEGIES:
        names = [*STRATEGIES, *(name for name, *_ in COMPUTED)]
        raise StrategyError(f"there is no strategy {slug!r}; {nearest_or_all(slug, names, there='there are')}")
    strategy = get_strategy(slug)
    if version is not None and version != strategy.version:
        raise StrategyError(f"{slug} v{version} is gone: this Podium has v{strategy.version}; start a new run")
    chosen = strategy.complete(options)
    lots = strategy.draws_lots(chosen)
    return Rule(slug, "strategy", budget, strategy, chosen, max(1, seeds) if lots else 1, seed if lots else 0, fit)


def strategy_row(rule: Rule) -> StrategyRow:
    """The row that stands for this rule as it is installed; made at its first use."""
    if rule.strategy is not None:
        version, title, summary = rule.strategy.version, rule.strategy.title, rule.strategy.summary
    else:
        version = COMPUTED_VERSION
        title, summary = next((title, summary) for name, title, _, summary in COMPUTED if name == rule.slug)
    row, _ = StrategyRow.objects.get_or_create(
        slug=rule.slug, version=version, defaults={"kind": rule.kind, "title": title, "summary": summary}
    )
    return row


def _unknown(pool: ProblemPool, low: float, high: float, *, reason: str, **more: Any) -> Result:
    return Result(None, (None,) * len(pool.points), low, high, None, False, reason=reason, **more)


def _floor(pool: ProblemPool, budget: int, options: Mapping[str, OptionValue]) -> Result:
    rows = frame_of(pool, options)
    needed = round(float(floor_needs(pool, options, budget).sum()), 6)

    def mean(scores: FloatArray) -> float:
        return float(floor_means(pool, scores, rows, budget).sum())

    low, high = bounds(mean, pool.scores, pool.points)
    if high - low > _CERTAIN:
        return _unknown(pool, low, high, reason=_unjudged(pool), draws_needed=needed)
    scores = np.where(np.isnan(pool.scores), 0.0, pool.scores)
    by_subtask = floor_means(pool, scores, rows, budget)
    return Result(low, tuple(by_subtask.tolist()), low, high, floor_sd(pool, scores, rows, budget), True, needed)


def _ceiling(pool: ProblemPool, k: int) -> Result:
    exact = True

    def best(scores: FloatArray) -> float:
        nonlocal exact
        found = oracle_k(scores, k=k)
        exact = exact and found.is_exact
        return found.score

    low, high = bounds(best, pool.scores, pool.points)
    if high - low > _CERTAIN:
        return _unknown(pool, low, high, reason=_unjudged(pool), draws_needed=len(pool))
    most = np.nanmax(np.where(np.isnan(pool.scores), 0.0, pool.scores), axis=0)
    # With fewer submissions than subtasks the best choice need not reach each subtask's maximum.
    is_all = abs(float(most.sum()) - low) <= _CERTAIN
    by_subtask = tuple(most.tolist()) if is_all else (None,) * len(most)
    return Result(low, by_subtask, low, high, None, exact, len(pool))


def _unjudged(pool: ProblemPool) -> str:
    n = int((~pool.is_judged).sum())
    return f"{n} of its {len(pool)} candidates {'has' if n == 1 else 'have'} no outcome"


def floor_and_ceilings(pool: ProblemPool, budget: int) -> tuple[Result, Result, Result]:
    """(random-k, oracle-k, no-limit) on this pool."""
    if pool.unjudged or not len(pool):
        nothing = _unknown(pool, 0.0, pool.total_points, reason=pool.unjudged, draws_needed=0)
        return nothing, nothing, nothing
    return _floor(pool, budget, {}), _ceiling(pool, budget), _ceiling(pool, len(pool))
