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
from comparisons.metrics.half_scale import scale_of
from comparisons.metrics.influence import deciding_draws, freedom, influences

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


def test_one_draw_that_decides_is_the_whole_spread_and_draws_that_matter_alike_are_none():
    halves = half_samples(ProblemDraws("p", np.arange(60), np.zeros(60, dtype=np.int64)), pool="a", replays=400)
    lone = (halves == 7).any(axis=1).astype(float)
    found = influences(lone - lone.mean(), halves, 60)
    assert found[7] == pytest.approx(1, abs=0.01) and np.count_nonzero(found) <= 2
    assert (freedom(found, math.inf), (found**3).sum()) == (pytest.approx(1, abs=0.05), pytest.approx(1, abs=0.05))
    right = np.arange(60) % 2
    many = right[halves].sum(axis=1).astype(float)
    assert freedom(influences(many - many.mean(), halves, 60), math.inf) > 20
    assert freedom(np.zeros(60), 3.0) == 2.0


def test_draws_that_lower_the_score_lean_the_other_way():
    halves = half_samples(ProblemDraws("p", np.arange(60), np.zeros(60, dtype=np.int64)), pool="a", replays=400)
    worse = -(halves < 3).sum(axis=1).astype(float)
    found = influences(worse - worse.mean(), halves, 60)
    assert (found[:3] < -0.4).all() and (found**3).sum() < -0.3
    assert 2.4 < freedom(found, math.inf) < 3.6


def run(*problems, freedom=None, skewness=None, unseen=None):
    names = tuple("pqrs"[: len(problems)])
    given = (None if one is None else np.array(one) for one in (freedom, skewness, unseen))
    return DrawDeviations(names, np.array(problems).T, "", *given)


def test_an_interval_by_one_or_two_draws_is_absent_and_says_so():
    few = run(STEPS, freedom=[1.0])
    reason = "one or two draws decide the result: too few to measure a spread"
    assert over_draws(5.0, few).reason == reason
    many = run(STEPS, freedom=[40.0])
    assert over_draws(5.0, many).is_known
    assert over_draws_difference(1.0, few, run(STEPS * 0)).reason == reason
    assert over_draws_difference(1.0, run(STEPS * 0.1, freedom=[1.0]), many).is_known


def test_degrees_of_freedom_of_problems_add_up_by_the_spread_they_carry():
    even = run(STEPS, STEPS[::-1], freedom=[1.0, 1.0])
    assert over_draws(5.0, even).is_known
    assert not over_draws(5.0, run(STEPS, STEPS[::-1] * 0.1, freedom=[1.0, 1.0])).is_known
    assert not over_draws(5.0, of_problem(even, "q")).is_known


def test_width_grows_by_student_over_normal():
    plain, few = over_draws(5.0, run(STEPS)), over_draws(5.0, run(STEPS, freedom=[6.0]))
    assert few.half_width / plain.half_width == pytest.approx(2.4469 / 1.95996, rel=1e-4)
    at_99 = over_draws(5.0, run(STEPS, freedom=[6.0]), level=0.99).half_width
    assert at_99 / over_draws(5.0, run(STEPS), level=0.99).half_width == pytest.approx(3.7074 / 2.57583, rel=1e-4)


@pytest.mark.parametrize(("skewness", "side"), [(0.3, "above"), (-0.3, "below")])
def test_rare_draws_lean_the_interval_to_the_side_they_move_the_score_to(skewness, side):
    plain = over_draws(5.0, run(STEPS, freedom=[10.0]))
    found = over_draws(5.0, run(STEPS, freedom=[10.0], skewness=[skewness]))
    longer = 2.2281**2 / 2 * 0.3 * STEPS.std()
    assert found.lo == pytest.approx(plain.lo - (longer if side == "below" else 0), abs=1e-3)
    assert found.hi == pytest.approx(plain.hi + (longer if side == "above" else 0), abs=1e-3)


def test_third_cumulants_of_a_difference_are_subtracted_and_bounded():
    first = run(STEPS, freedom=[10.0], skewness=[0.3])
    other = run(np.cos(np.arange(200.0)), freedom=[10.0], skewness=[0.3])
    level = over_draws_difference(0.0, first, other)
    assert level.hi == pytest.approx(-level.lo, abs=0.01)
    # Nearly the same run: its spread nearly cancels, and what is left leans by no more than its own few draws allow.
    close = over_draws_difference(0.0, run(STEPS, freedom=[10.0], skewness=[0.9]), run(STEPS * 0.9, freedom=[10.0]))
    left = 0.1 * STEPS.std()
    assert close.hi + close.lo == pytest.approx(2.0860**2 / 2 * left / math.sqrt(20), rel=0.02)


def test_points_that_a_better_draw_would_bring_widen_upwards_only():
    seen = over_draws(5.0, run(STEPS, freedom=[40.0]))
    both = over_draws(5.0, run(STEPS, freedom=[40.0], unseen=[4.0]))
    assert both.lo == seen.lo
    assert both.hi - 5.0 == pytest.approx(math.hypot(seen.hi - 5.0, 1.96 * 2.0), rel=1e-3)


def test_points_that_both_runs_leave_do_not_widen_their_difference():
    first, second = run(STEPS, freedom=[40.0], unseen=[4.0]), run(STEPS**3, freedom=[40.0], unseen=[4.0])
    same = over_draws_difference(1.0, first, second)
    assert same.hi - 1.0 == pytest.approx(1.0 - same.lo)
    fuller = over_draws_difference(1.0, first, run(STEPS**3, freedom=[40.0], unseen=[0.0]))
    assert (fuller.lo, fuller.hi > same.hi + 1) == (same.lo, True)
    turned = over_draws_difference(-1.0, run(STEPS**3, freedom=[40.0], unseen=[0.0]), first)
    assert (turned.lo, turned.hi) == pytest.approx((-fuller.hi, -fuller.lo))


def test_nothing_is_seen_of_better_draws_where_every_half_agrees():
    assert over_draws(0.0, run(STEPS * 0, freedom=[np.inf], unseen=[4.0])).reason.startswith("every half")


def test_what_the_pool_decides_whatever_the_lots_is_a_decision_that_halves_share():
    halves = [Evaluation(float(b % 2), 20, 5, 0.0) for b in range(200)]
    assert scale_of(halves, Evaluation(1.0, 40, 20), 40) == pytest.approx(1.5**0.5)
    # Spread by lots alone is that of a mean over draws.
    lots = [Evaluation(0.5 + 0.1 * (b % 2), 20, 20, 0.05) for b in range(200)]
    assert scale_of(lots, Evaluation(0.5, 40, 20), 40) == pytest.approx(1.0, abs=1e-6)
