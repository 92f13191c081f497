"""Stored runs -> their differences, each family at its own levels, and the places that follow from them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from comparisons.metrics import Interval as MetricInterval
from comparisons.metrics import (
    Spread,
    cannot_reject,
    deciding_p,
    draws_for,
    holm,
    of_problems,
    over_draws_difference,
    problems_for,
    rank_ranges,
    shown,
    sign_flip_p,
    step_levels,
)
from comparisons.metrics.arrays import FloatArray
from comparisons.metrics.rows import Interval, PairRow, RunRow
from comparisons.metrics.sentences import pair_words
from comparisons.models import Strategy
from comparisons.stages.report_rows import RunData


@dataclass(frozen=True)
class _Meeting:
    """Two runs on the problems where both scores are complete; the intervals of their difference at any level."""

    run: RunData
    baseline: RunData
    problems: tuple[str, ...]
    differences: FloatArray
    over_draws: Callable[[float], MetricInterval]
    over_problems: Callable[[float], MetricInterval]
    p_over_problems: float | None

    @classmethod
    def of(cls, run: RunData, baseline: RunData) -> _Meeting:
        ours, theirs = run.scores, baseline.scores
        problems = tuple(slug for slug in ours if slug in theirs)
        a, b = (np.array([scores[slug] for slug in problems], dtype=np.float64) for scores in (ours, theirs))
        # Equal scores that were added up in another order differ in the last bits, and no test may see that.
        differences = np.where(np.isclose(a, b, rtol=1e-9, atol=1e-9), 0.0, a - b)
        if not problems:
            reason = "the two have no problem with a complete score in common"
            nothing = _absent(reason)
            return cls(run, baseline, problems, differences, nothing, nothing, None)
        spread = Spread.of(differences, np.zeros(len(differences)))
        over_draws = _over_draws(run, baseline, problems, differences)
        return cls(run, baseline, problems, differences, over_draws, spread.at, spread.p)

    @property
    def difference(self) -> float | None:
        return float(self.differences.sum()) if self.problems else None


def pair_rows(data: Sequence[RunData], baseline: RunData) -> tuple[PairRow, ...]:
    """Every run but ceilings against the baseline, as one family."""
    others = [one for one in _compared(data) if one.run.pk != baseline.run.pk]
    return _family([_Meeting.of(one, baseline) for one in others])


def all_pair_rows(data: Sequence[RunData]) -> tuple[PairRow, ...]:
    """All pairs of runs but ceilings, as one family: each run against every one that scores lower."""
    ranked = sorted(_compared(data), key=lambda one: (-(one.run.score or 0.0), one.run.pk))
    return _family([_Meeting.of(a, b) for a, b in itertools.combinations(ranked, 2)])


def with_ranks(rows: Sequence[RunRow], pairs: Sequence[PairRow]) -> tuple[RunRow, ...]:
    """The rows with the places they may hold, by what is shown over problems in the family of all pairs."""
    ranked = [row.run for row in rows if row.kind != Strategy.Kind.CEILING]
    better = [
        (pair.run, pair.baseline) if (pair.difference or 0.0) > 0 else (pair.baseline, pair.run)
        for pair in pairs
        if pair.shown == "problems"
    ]
    places = rank_ranges(ranked, better) if len(ranked) > 1 else {}
    return tuple(
        dataclasses.replace(row, rank_lo=places[row.run][0], rank_hi=places[row.run][1]) if row.run in places else row
        for row in rows
    )


def _compared(data: Sequence[RunData]) -> list[RunData]:
    return [one for one in data if one.run.strategy.kind != Strategy.Kind.CEILING]


def _family(meetings: Sequence[_Meeting]) -> tuple[PairRow, ...]:
    """The differences of one family. Its intervals over draws and those over problems take Holm's steps each for
    themselves."""
    draw_levels = step_levels([deciding_p(one.over_draws) for one in meetings])
    problem_levels = step_levels([one.p_over_problems for one in meetings])
    reasons = [cannot_reject(len(one.problems), len(meetings)) if one.problems else "" for one in meetings]
    raw = [
        None if why or not one.problems else sign_flip_p(one.differences)
        for one, why in zip(meetings, reasons, strict=True)
    ]
    # Those that are not tested count in the family.
    adjusted = holm([1.0 if p is None else p for p in raw])
    return tuple(
        _row(one, one.over_draws(draws), one.over_problems(problems), None if p is None else value, why, len(meetings))
        for one, draws, problems, p, value, why in zip(
            meetings, draw_levels, problem_levels, raw, adjusted, reasons, strict=True
        )
    )


def _row(
    met: _Meeting, draws: MetricInterval, across: MetricInterval, p: float | None, why: str, family: int
) -> PairRow:
    found = shown(draws, across)
    over_d, over_p = plain(draws), plain(across)
    n, difference = len(met.problems), met.difference
    is_mean = met.run.run.strategy.kind == met.baseline.run.strategy.kind == Strategy.Kind.FLOOR
    needed = draws_needed = None
    if n > 1 and difference:
        needed = problems_for(met.differences, level=across.level).problems
    if difference and draws.half_width is not None:
        first = min(met.run.run.first, met.baseline.run.first)
        draws_needed = draws_for(draws.half_width, first, difference, is_mean=is_mean, level=draws.level)
    words = pair_words(
        difference, over_d, over_p, found,
        n_problems=n,
        points=sum(met.run.trials[slug].points for slug in met.problems),
        family=family,
        needed=needed,
        draws_needed=draws_needed,
        in_pools=not is_mean,
        p=p,
    )  # fmt: skip
    return PairRow(
        run=met.run.run.pk,
        baseline=met.baseline.run.pk,
        difference=difference,
        over_draws=over_d,
        over_problems=over_p,
        p=p,
        shown=None if found is None else str(found),
        smallest_shown=across.half_width,
        words=words,
        n_problems=n,
        problems_to_show=needed,
        draws_to_show=draws_needed,
        p_reason=why,
    )


def _over_draws(
    run: RunData, baseline: RunData, problems: Sequence[str], differences: FloatArray
) -> Callable[[float], MetricInterval]:
    reason = run.deviations.reason or baseline.deviations.reason
    if reason:
        return _absent(reason)
    ours, theirs = of_problems(run.deviations, problems), of_problems(baseline.deviations, problems)
    difference = float(differences.sum())
    return lambda level: over_draws_difference(difference, ours, theirs, level=level)


def _absent(reason: str) -> Callable[[float], MetricInterval]:
    return lambda level: MetricInterval.absent(reason, level)


def plain(interval: MetricInterval) -> Interval:
    """The row of an interval."""
    return Interval(interval.lo, interval.hi, interval.reason, interval.level)
