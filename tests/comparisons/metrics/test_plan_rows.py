"""Plans from a comparison."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

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
