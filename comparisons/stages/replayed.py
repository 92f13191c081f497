"""A run's results on all its problems, and the rows they become: trials, submissions, the run's own figures."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from comparisons.metrics import (
    DEFAULT_REPLAYS,
    DrawDeviations,
    Interval,
    cost_of_draws,
    gap_share,
    over_draws,
    over_draws_difference,
)
from comparisons.metrics.arrays import FloatArray
from comparisons.models import Equality, PoolState, Price, Run, Submission, Trial, blobs
from comparisons.stages.brute_force import brute_force_of
from comparisons.stages.costing import (
    SLOTS,
    RunCost,
    Spent,
    cost_of_all,
    price_of_run,
    price_row,
    probe_calls_s,
    spent_on,
)
from comparisons.stages.fitting import with_fit
from comparisons.stages.pool_views import ProblemPool, index_after, load_pool
from comparisons.stages.rules import RANDOM, Result, Rule, floor_and_ceilings, rule_of
from comparisons.stages.run_details import drawn_of, held_of, parts_of, solved_of
from comparisons.stages.spread import arrays_of, deviations_of, lots_name
from comparisons.strategies import StrategyError

#: A run keeps the submissions of all its seeds up to so many; beyond, those of seed 0.
MOST_SUBMISSIONS = 5000


def content_key(**parts: Any) -> str:
    """SHA-256 over named JSON values: equal parts, equal key."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class Replayed:
    """A run's results on all problems, and the rows they become."""

    def __init__(
        self, run: Run, rule: Rule, pools: Sequence[ProblemPool], results: Sequence[Result], price: Price | None
    ) -> None:
        self.run = run
        self.rule = rule
        self.pools = pools
        self.results = results
        self.price = price
        calls_s = probe_calls_s(rule, run.probing)
        self.spent: list[Spent] = [
            spent_on(rule, pool, result, price, calls_s) for pool, result in zip(pools, results, strict=True)
        ]
        self.cost: RunCost = cost_of_all(
            rule, pools, results, self.spent, pool=run.revision.pool, price=price, probing=run.probing
        )
        self.lower = sum(result.lower for result in results)
        self.upper = sum(result.upper for result in results)
        self.points = sum(pool.total_points for pool in pools)
        self.is_incomplete = any(result.score is None for result in results)
        self.beside = [floor_and_ceilings(pool, run.budget) for pool in pools]
        self.floor, self.oracle, self.no_limit = (_sum([triple[i].score for triple in self.beside]) for i in range(3))
        self.lots = lots_name(run.revision)
        self.deviations = deviations_of(rule, pools, results, pool=self.lots)
        # All that is computed is computed here: `write` is called with the database locked for everybody else.
        self.details = self._details(self._kept_seeds())

    @classmethod
    def of(cls, run: Run) -> Replayed:
        """Replays the run. Raises StrategyError where the rule can be replayed on none of its problems."""
        rule = rule_of(
            run.strategy.slug, budget=run.budget, options=run.options, seeds=run.seeds, seed=run.seed,
            version=run.strategy.version, fit=run.fit,
        )  # fmt: skip
        below = index_after(run.revision, run.first)
        pools = [pool.first(run.first, below) for pool in load_pool(run.judging, run.probing, run.attempt)]
        if run.fit is not None:
            pools = with_fit(pools, run.fit, run.revision.pool.problem_set_id)
        return cls(run, rule, pools, _results(rule, pools), price_of_run(run))

    def write(self) -> None:
        """Writes trials, submissions and the run's own figures, in place of earlier ones."""
        run = self.run
        run.trials.all().delete()
        trials = Trial.objects.bulk_create(
            self._trial(pool, result, spent)
            for pool, result, spent in zip(self.pools, self.results, self.spent, strict=True)
        )
        kept = self._kept_seeds()
        Submission.objects.bulk_create(
            [
                row
                for trial, pool, result in zip(trials, self.pools, self.results, strict=True)
                for row in _submissions(trial, pool, result, kept)
            ],
            batch_size=2000,
        )
        interval = self._over_draws()
        run.score, run.sd, run.points = self.lower, self._sd(), self.points
        run.over_draws_lo, run.over_draws_hi, run.over_draws_reason = interval.lo, interval.hi, interval.reason[:300]
        run.cost_usd = self.cost.cost.cost_usd
        run.cost_is_lower_bound = self.cost.cost.is_lower_bound
        run.latency_s = self.cost.latency_s
        run.latency_slots = SLOTS
        run.is_incomplete = self.is_incomplete
        run.details = self.details
        run.subsamples = ""
        if not self.deviations.reason:
            run.subsamples = blobs.put_arrays(**arrays_of(self.deviations))
        run.state, run.state_reason = PoolState.DONE, ""
        run.save()

    def _over_draws(self) -> Interval:
        from_reason = self._no_interval()
        if from_reason:
            return over_draws(self.lower, DrawDeviations((), np.empty((0, 0)), from_reason))
        return over_draws(self.lower, self.deviations, points=self.points)

    def _no_interval(self) -> str:
        if not self.is_incomplete:
            return self.deviations.reason
        unknown = sum(result.score is None for result in self.results)
        return f"{unknown} of {len(self.results)} problems have no complete score: totals are lower bounds"

    def _sd(self) -> float | None:
        # Lots are drawn for each problem by itself, so the variances add up.
        spread = [result.sd for result in self.results]
        if self.is_incomplete or any(sd is None for sd in spread):
            return None
        return math.sqrt(sum(sd * sd for sd in spread if sd is not None))

    def _trial(self, pool: ProblemPool, result: Result, spent: Spent) -> Trial:
        subtasks = zip(pool.view.subtasks, pool.points.tolist(), result.subtask_scores, strict=True)
        return Trial(
            run=self.run,
            problem_id=pool.problem_id,
            score=result.score,
            sd=result.sd,
            points=pool.total_points,
            subtask_scores=[[subtask.index, points, score] for subtask, points, score in subtasks],
            n_submissions=result.submissions,
            n_draws_used=result.draws_needed,
            cost_usd=spent.cost.cost_usd,
            latency_s=spent.latency_s,
            lower=None if result.score is not None else result.lower,
            upper=None if result.score is not None else result.upper,
        )

    def _kept_seeds(self) -> int:
        """How many seeds' submissions become rows: all, or the first."""
        sent = sum(len(one.submissions) for result in self.results if result.replay for one in result.replay.seeds)
        return self.run.seeds if sent <= MOST_SUBMISSIONS else 1

    def _details(self, kept_seeds: int) -> dict[str, Any]:
        return {
            "draws": sum(len(pool) for pool in self.pools),
            "draws_used": sum(result.draws_needed for result in self.results),
            "submissions": sum(result.submissions for result in self.results),
            "submissions_kept": "all seeds" if kept_seeds == self.run.seeds else "seed 0",
            "is_exact": all(result.is_exact for result in self.results),
            "lower": self.lower,
            "upper": self.upper,
            "floor": self.floor,
            "oracle_k": self.oracle,
            "oracle_is_bound": any(not oracle.is_exact for _, oracle, _ in self.beside),
            "no_limit": self.no_limit,
            "beside": {
                pool.slug: dict(zip(("floor", "oracle_k", "no_limit"), (one.score for one in triple), strict=True))
                for pool, triple in zip(self.pools, self.beside, strict=True)
            },
            "parts": parts_of(self.rule, self.pools, self.results),
            "solved": solved_of(self.rule, self.pools, self.results),
            "held": held_of(self.pools, budget=self.run.budget, cost_per_draw=self._cost_per_draw()),
            **self._gap(),
            **_counts(self.pools),
            **brute_force_of(self.rule, self.pools),
            **drawn_of(self.rule, self.pools, self.results),
            **_skipped(self.rule, self.pools),
            "unknown": {
                pool.slug: result.reason
                for pool, result in zip(self.pools, self.results, strict=True)
                if result.score is None
            },
            "prices": [price_row(self.price)] if self.price else [],
            "cost_missing": list(self.cost.missing),
            "latency": self.cost.parts,
            "latency_unlimited_s": self.cost.latency_unlimited_s,
            "replays": DEFAULT_REPLAYS,
            "deviations_reason": self.deviations.reason[:300],
            "content_hash": self._content_hash(),
        }

    def _cost_per_draw(self) -> float | None:
        """Mean cost of a draw of the whole pool; None where a part of it is unknown."""
        prices = self.price.to_prices() if self.price else None
        whole = [cost_of_draws(pool.calls, prices, np.ones(len(pool))) for pool in self.pools]
        draws = sum(len(pool) for pool in self.pools)
        if not draws or any(one.cost_usd is None or one.is_lower_bound for one in whole):
            return None
        return float(sum(one.cost_usd or 0 for one in whole)) / draws

    def _gap(self) -> dict[str, Any]:
        """The difference to random choice and the share of the gap between it and the best choice under the budget,
        each with its interval over draws."""
        absent = {"gap_share": None, "gap_lo": None, "gap_hi": None, "over_floor_lo": None, "over_floor_hi": None}
        if self.rule.kind == "floor":
            return absent | {"gap_reason": "random choice has no gap to recover"}
        if self.rule.kind == "ceiling":
            return absent | {"gap_reason": "a ceiling is what a share is taken of"}
        if self.is_incomplete or self.floor is None or self.oracle is None:
            return absent | {"gap_reason": "score, floor or ceiling is not complete"}
        floor_rule = rule_of(RANDOM, budget=self.run.budget)
        floors = deviations_of(floor_rule, self.pools, [floor for floor, _, _ in self.beside], pool=self.lots)
        over_floor = over_draws_difference(self.lower - self.floor, self.deviations, floors)
        share = gap_share(
            self.lower, self.floor, self.oracle, score_deviations=self.deviations, floor_deviations=floors
        )
        interval = share.over_draws
        return {
            "gap_share": share.share, "gap_lo": interval.lo, "gap_hi": interval.hi, "gap_reason": interval.reason,
            "over_floor_lo": over_floor.lo, "over_floor_hi": over_floor.hi,
        }  # fmt: skip

    def _content_hash(self) -> str:
        """Names what was computed by content: equal on every machine that has the same inputs."""
        run = self.run
        environment = run.judging.environment
        parts = {
            "strategy": [self.rule.slug, run.strategy.version],
            "options": dict(self.rule.options),
            **({} if run.attempt is None else {"attempt": run.attempt}),
            "budget": run.budget, "first": run.first, "seeds": run.seeds, "seed": run.seed,
            "pool": run.revision.content_hash,
            "problems": [[pool.slug, pool.content_hash] for pool in self.pools],
            "environment": environment.key if environment else "",
            "probes": [run.probing.probe_set.source, run.probing.probe_set.n, run.probing.probe_set.seed]
            if run.probing
            else None,
            **({"equality": run.probing.equality} if run.probing and run.probing.equality != Equality.TOKENS else {}),
            **({"fit": run.fit.content_hash} if run.fit else {}),
        }  # fmt: skip
        return content_key(**parts)


def _results(rule: Rule, pools: Sequence[ProblemPool]) -> list[Result]:
    """The rule on each problem. One that lacks what the rule needs is unknown there, with the reason; where it could be
    replayed on none of the others either, the rule refuses. Raises StrategyError."""
    if all(pool.unjudged or not len(pool) for pool in pools):
        reasons = [f"{pool.slug}: {pool.unjudged or 'no draw of it takes part'}" for pool in pools]
        raise StrategyError(f"no problem has an outcome to replay on ({'; '.join(reasons[:3])})")
    results: list[Result] = []
    refusals: list[StrategyError] = []
    for pool in pools:
        try:
            results.append(rule.on(pool))
        except StrategyError as refusal:
            refusals.append(refusal)
            results.append(rule.unknown(pool, str(refusal)))
    # A problem on which nothing can be sent needs nothing and says nothing: a run of such problems alone is none.
    if refusals and not any(result.score is not None and result.submissions for result in results):
        raise refusals[0]
    return results


def _sum(scores: Sequence[float | None]) -> float | None:
    """The sum over the problems; None where one of them is not known."""
    known = [score for score in scores if score is not None]
    return sum(known) if len(known) == len(scores) else None


def _submissions(trial: Trial, pool: ProblemPool, result: Result, seeds: int) -> list[Submission]:
    rows = []
    for one in result.replay.seeds[:seeds] if result.replay else ():
        for sent in one.submissions:
            hidden = pool.scores[sent.row].tolist()
            # An unjudged outcome was replayed as 0; it is stored as unknown.
            scores = [None if math.isnan(real) else got for real, got in zip(hidden, sent.scores, strict=True)]
            rows.append(
                Submission(
                    trial=trial,
                    candidate_id=int(pool.candidates[sent.row]),
                    seed=one.seed,
                    order=sent.order,
                    aimed=sent.aimed,
                    scores=scores,
                )
            )
    return rows


def _known_sum(tokens: FloatArray) -> dict[str, float | bool | None]:
    """{"sum": of what is known, None where nothing is; "is_lower_bound": some calls do not say}."""
    known = tokens[~np.isnan(tokens)]
    return {"sum": float(known.sum()) if len(known) else None, "is_lower_bound": 0 < len(known) < len(tokens)}


def _skipped(rule: Rule, pools: Sequence[ProblemPool]) -> dict[str, int]:
    """Draws that an order of thoughts passes over for want of a program: long ones are cut off most often."""
    if rule.options.get("without_program") != "skip":
        return {}
    return {"skipped_without_program": sum(int((~pool.view.has_program).sum()) for pool in pools)}


def _counts(pools: Sequence[ProblemPool]) -> dict[str, Any]:
    """Draws that score 0 and stay in n, draws that are missing, candidates without an outcome; sums of tokens."""
    return {
        "truncated": sum(int(pool.is_truncated.sum()) for pool in pools),
        "refused": sum(int(pool.is_refused.sum()) for pool in pools),
        "without_program": sum(int((~pool.view.has_program).sum()) for pool in pools),
        "missing_draws": sum(pool.missing for pool in pools),
        "infra_errors": sum(int((~pool.is_judged).sum()) for pool in pools if not pool.unjudged),
        "tokens": {
            "input": _known_sum(np.concatenate([pool.calls.input_tokens for pool in pools])),
            "output": _known_sum(np.concatenate([pool.calls.output_tokens for pool in pools])),
        },
    }
