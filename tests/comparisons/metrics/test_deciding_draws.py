"""Intervals over draws where few draws decide, and where a better draw may be held by another pool."""

import math

import numpy as np
import pytest

from comparisons.metrics import (
    DrawDeviations,
    Evaluation,
    ProblemDraws,
    half_samples,
    of_problem,
    over_draws,
    over_draws_difference,
)
from comparisons.metrics.half_scale import deciding_draws, scale_of

STEPS = np.sin(np.arange(200.0))


def sent_by_halves(choose, n=40):
    halves = half_samples(ProblemDraws("p", np.arange(n), np.zeros(n, dtype=np.int64)), pool="a", replays=2000)
    return [Evaluation(0.0, n // 2, sent=choose(rows)) for rows in halves]


def test_three_draws_decide_what_an_order_of_the_pool_sends_first_and_all_what_any_order_does():
    assert deciding_draws(sent_by_halves(lambda rows: np.sort(rows)[:1])) == pytest.approx(3, rel=0.1)
    assert deciding_draws(sent_by_halves(lambda rows: rows[:1])) == pytest.approx(40, rel=0.1)
    assert deciding_draws(sent_by_halves(lambda rows: rows)) == pytest.approx(40, rel=0.01)
    assert deciding_draws([Evaluation(0.5, 20, 5, 0.1)] * 3) == math.inf
    assert deciding_draws(sent_by_halves(lambda rows: rows[:0])) == math.inf


def run(*problems, deciding, unseen=None):
    names = tuple("pqrs"[: len(problems)])
    values = np.array(problems).T
    return DrawDeviations(
        names, values, deciding=np.array(deciding), unseen=None if unseen is None else np.array(unseen)
    )


def test_an_interval_by_few_draws_is_absent_and_says_how_many():
    few = run(STEPS, deciding=[3.0])
    reason = "too few draws decide the result: about 3, and an interval asks for 5"
    assert over_draws(5.0, few).reason == reason
    many = run(STEPS, deciding=[40.0])
    assert over_draws(5.0, many).is_known
    assert over_draws_difference(1.0, few, run(STEPS * 0, deciding=[np.inf])).reason.startswith("too few draws decide")
    assert over_draws_difference(1.0, run(STEPS * 0.1, deciding=[3.0]), many).is_known


def test_deciding_draws_of_problems_add_up_by_the_spread_they_carry():
    even = run(STEPS, STEPS[::-1], deciding=[3.0, 3.0])
    assert over_draws(5.0, even).is_known
    assert not over_draws(5.0, run(STEPS, STEPS[::-1] * 0.1, deciding=[3.0, 3.0])).is_known
    assert not over_draws(5.0, of_problem(even, "q")).is_known


def test_points_that_a_better_draw_would_bring_widen_upwards_only():
    seen = over_draws(5.0, run(STEPS, deciding=[40.0]))
    both = over_draws(5.0, run(STEPS, deciding=[40.0], unseen=[4.0]))
    assert both.lo == seen.lo
    assert both.hi - 5.0 == pytest.approx(math.hypot(seen.hi - 5.0, 1.96 * 2.0), rel=1e-3)


def test_points_that_both_runs_leave_do_not_widen_their_difference():
    first, second = run(STEPS, deciding=[40.0], unseen=[4.0]), run(STEPS**3, deciding=[40.0], unseen=[4.0])
    same = over_draws_difference(1.0, first, second)
    assert same.hi - 1.0 == pytest.approx(1.0 - same.lo)
    fuller = over_draws_difference(1.0, first, run(STEPS**3, deciding=[40.0], unseen=[0.0]))
    assert (fuller.lo, fuller.hi > same.hi + 1) == (same.lo, True)
    turned = over_draws_difference(-1.0, run(STEPS**3, deciding=[40.0], unseen=[0.0]), first)
    assert (turned.lo, turned.hi) == pytest.approx((-fuller.hi, -fuller.lo))


def test_nothing_is_seen_of_better_draws_where_every_half_agrees():
    assert over_draws(0.0, run(STEPS * 0, deciding=[np.inf], unseen=[4.0])).reason.startswith("every half")


def test_what_the_pool_decides_whatever_the_lots_is_a_decision_that_halves_share():
    halves = [Evaluation(float(b % 2), 20, 5, 0.0) for b in range(200)]
    assert scale_of(halves, Evaluation(1.0, 40, 20), 40) == pytest.approx(1.5**0.5)
    # Spread by lots alone is that of a mean over draws.
    lots = [Evaluation(0.5 + 0.1 * (b % 2), 20, 20, 0.05) for b in range(200)]
    assert scale_of(lots, Evaluation(0.5, 40, 20), 40) == pytest.approx(1.0, abs=1e-6)
