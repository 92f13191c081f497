"""Plans from a comparison."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from comparisons.exports.plans import plan_lines
from comparisons.metrics import problems_for
from comparisons.metrics.plan_rows import plan_rows
from comparisons.metrics.rows import ComparisonReport, Interval
from tests.comparisons.reports import make_report


@pytest.fixture(scope="module")
def report() -> ComparisonReport:
    return make_report()


def test_plan_takes_the_difference_seen_and_the_level_of_its_step(report: ComparisonReport) -> None:
    pair = replace(report.pairs[0], over_problems=replace(report.pairs[0].over_problems, level=0.99))
    runs = {row.run: row for row in report.runs}
    ours, theirs = (np.array(runs[run].problem_scores, dtype=float) for run in (pair.run, pair.baseline))
    row = plan_rows(replace(report, pairs=(pair,)))[0]
    assert row.problems == problems_for(ours - theirs, level=0.99).problems
    assert (row.run, row.n_problems, row.difference) == (pair.run, len(ours), abs(float((ours - theirs).mean())))


def test_plan_costs_both_runs_unless_they_share_a_pool(report: ComparisonReport) -> None:
    runs = {row.run: row for row in report.runs}
    for row, pair in zip(plan_rows(report, difference=5.0), report.pairs, strict=True):
        run, base = runs[pair.run], runs[pair.baseline]
        assert run.cost_usd is not None and base.cost_usd is not None and row.problems is not None
        both = max(run.cost_usd, base.cost_usd) if run.pool == base.pool else run.cost_usd + base.cost_usd
        assert row.cost_usd == pytest.approx(both / row.n_problems * row.problems)


@pytest.mark.parametrize(
    ("ours", "theirs", "is_bound"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_plan_of_a_cost_with_an_unknown_part_is_at_least_that(
    report: ComparisonReport, ours: bool, theirs: bool, is_bound: bool
) -> None:
    pair = report.pairs[0]
    unsure = {pair.run: ours, pair.baseline: theirs}
    runs = tuple(replace(row, cost_is_lower_bound=unsure.get(row.run, False)) for row in report.runs)
    (row,) = plan_rows(replace(report, runs=runs, pairs=(pair,)), difference=5.0)
    assert (row.cost_usd is not None, row.cost_is_lower_bound) == (True, is_bound)
    line = plan_lines(replace(report, runs=runs, pairs=(pair,)), difference=5.0)[0]
    assert line.cost.startswith("≥") == is_bound


def test_plan_with_one_cost_unknown_counts_the_other_and_says_so(report: ComparisonReport) -> None:
    pair = report.pairs[0]
    runs = tuple(replace(row, cost_usd=None) if row.run == pair.run else row for row in report.runs)
    (row,) = plan_rows(replace(report, runs=runs, pairs=(pair,)), difference=5.0)
    assert (row.cost_usd is not None, row.cost_is_lower_bound) == (True, True)


def test_plan_says_why_there_is_none(report: ComparisonReport) -> None:
    pair = report.pairs[0]
    base = next(row for row in report.runs if row.run == pair.baseline)
    equal = replace(base, run=pair.run, cost_is_lower_bound=True)
    pair = replace(pair, over_draws=Interval(reason="one draw per unit"))
    (row,) = plan_rows(replace(report, runs=(base, equal), pairs=(pair,)))
    assert (row.problems, row.draws, row.cost_usd) == (None, None, None)
    assert row.reason == "the two score the same; draws: one draw per unit"


def test_more_power_takes_more_problems(report: ComparisonReport) -> None:
    half, most = (plan_rows(report, difference=4.0, power=power)[0].problems for power in (0.5, 0.9))
    assert half is not None and most is not None and most > half


def test_plan_costs_a_problem_by_all_problems_that_were_paid_for(report: ComparisonReport) -> None:
    """A score that is missing on one problem changes the spread, and not what a problem costs."""
    pair = report.pairs[0]
    runs = tuple(
        replace(row, problem_scores=(None, *row.problem_scores[1:])) if row.run == pair.run else row
        for row in report.runs
    )
    whole, part = (
        plan_rows(replace(report, runs=some, pairs=(pair,)), difference=5.0)[0] for some in (report.runs, runs)
    )
    assert part.n_problems == whole.n_problems - 1
    assert whole.cost_usd and whole.problems and part.cost_usd and part.problems
    assert part.cost_usd / part.problems == pytest.approx(whole.cost_usd / whole.problems)


def test_plan_of_a_difference_that_is_the_same_everywhere_says_so(report: ComparisonReport) -> None:
    pair = report.pairs[0]
    base = next(row for row in report.runs if row.run == pair.baseline)
    run = replace(base, run=pair.run, problem_scores=tuple((score or 0.0) + 5.0 for score in base.problem_scores))
    base = replace(base, problem_scores=tuple(score or 0.0 for score in base.problem_scores))
    (row,) = plan_rows(replace(report, runs=(base, run), pairs=(pair,)))
    assert (row.problems, row.cost_usd) == (None, None)
    assert row.reason == "the difference is the same on every problem: no spread to plan from"
