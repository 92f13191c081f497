"""Second attempts, coverage, gaps, plans, updates and percentiles: published figures and hand-worked ones."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from comparisons.metrics import (
    codeforces_update,
    coverage,
    draws_for,
    fit_coverage_law,
    gap_parts,
    pass_at_k,
    percentile,
    problems_for,
    second_attempts,
    student_quantile,
)

#: SCoRe, arXiv:2409.12917, Tables 1 and 2, MATH500: right of 500 at t1 and t2, i→c, c→i; then the two conditional
#: rates that follow, in per cent (None where the table's row has no wrong or right one to speak of).
SCORE_ROWS = [
    ("Base", 52.6, 41.4, 4.6, 15.8, 9.7, 30.0),
    ("Self-Refine", 52.8, 51.8, 3.2, 4.2, 6.8, 8.0),
    ("STaR, D+", 53.6, 54.0, 2.6, 2.2, 5.6, 4.1),
    ("Pair-SFT, D", 52.4, 54.2, 5.4, 3.6, 11.3, 6.9),
    ("SCoRe", 60.0, 64.4, 5.8, 1.4, 14.5, 2.3),
    ("STaR, D", 55.4, 41.2, 5.4, 19.6, 12.1, 35.4),
    ("Pair-SFT, D+", 55.0, 55.0, 0.0, 0.0, 0.0, 0.0),
]


@pytest.mark.parametrize(("name", "first", "second", "gained", "lost", "fixed", "broken"), SCORE_ROWS)
def test_score_rows_follow_from_their_counts(
    name: str, first: float, second: float, gained: float, lost: float, fixed: float, broken: float
) -> None:
    right, up, down = (round(value * 5) for value in (first, gained, lost))
    before = np.arange(500) < right
    after = before.copy()
    after[:down] = False
    after[right : right + up] = True
    found = second_attempts(before, after)
    shares = [round(100 * value, 1) for value in found[:5]]
    assert shares == [first, second, round(second - first, 1), gained, lost]
    assert [round(100 * (value or 0), 1) for value in found[5:]] == [fixed, broken]
    assert found.difference == pytest.approx(found.gained - found.lost)


#: SCoRe, Table 3, HumanEval with Gemini 1.0 Pro, in per cent of its 164 problems: t1, t2, difference, i→c, c→i.
HUMANEVAL_ROWS = [
    ("Base", 53.7, 56.7, 3.0, 7.9, 4.9),
    ("Self-Refine", 53.7, 52.5, -1.2, 9.8, 11.0),
    ("Pair-SFT", 56.1, 54.3, -1.8, 4.3, 6.1),
    ("SCoRe", 52.4, 64.6, 12.2, 15.2, 3.0),
]


@pytest.mark.parametrize(("name", "first", "second", "difference", "gained", "lost"), HUMANEVAL_ROWS)
def test_score_rows_on_humaneval_keep_the_identity(
    name: str, first: float, second: float, difference: float, gained: float, lost: float
) -> None:
    right, up, down = (round(value * 1.64) for value in (first, gained, lost))
    before = np.arange(164) < right
    after = before.copy()
    after[:down] = False
    after[right : right + up] = True
    found = second_attempts(before, after)
    assert found.difference == pytest.approx(found.gained - found.lost)
    # The paper rounds 52.44 up to 52.5 in one cell, hence not to the last digit.
    assert [100 * value for value in found[:5]] == pytest.approx([first, second, difference, gained, lost], abs=0.07)


def test_second_attempts_without_a_wrong_one_have_no_rate_of_mending() -> None:
    found = second_attempts([True, True], [True, False])
    assert (found.fixed_of_wrong, found.broken_of_right) == (None, 0.5)
    with pytest.raises(ValueError, match="2 first attempts and 1 second ones"):
        second_attempts([True, True], [True])


def test_coverage_is_the_mean_of_pass_at_k() -> None:
    assert coverage([(10, 0), (10, 10), (10, 5)], k=2) == pytest.approx((0 + 1 + pass_at_k(10, 5, k=2)) / 3)


def test_coverage_law_finds_the_law_it_was_made_by() -> None:
    ks = [1, 3, 10, 30, 100, 300]
    law = fit_coverage_law(ks, [math.exp(-2.5 * k**-0.3) for k in ks])
    assert (law.a, law.b) == (pytest.approx(-2.5), pytest.approx(-0.3))
    assert (law.a_se, law.b_se, law.rms) == (pytest.approx(0, abs=1e-6),) * 3
    assert law.at(1000) == pytest.approx(math.exp(-2.5 * 1000**-0.3))
    with pytest.raises(ValueError, match="needs 3 coverages between 0 and 1, not 2"):
        fit_coverage_law([1, 10, 100], [0.1, 0.5, 1.0])


def test_coverage_law_states_its_error_where_points_scatter() -> None:
    """Slope and its standard error as textbook regression gives them."""
    ks, seen = [1, 10, 100, 1000], [0.1, 0.35, 0.55, 0.8]
    x, y = np.log(ks), np.log(-np.log(seen))
    (slope, level), covariance = np.polyfit(x, y, 1, cov="unscaled")
    residual = y - slope * x - level
    law = fit_coverage_law(ks, seen)
    assert (law.b, law.a) == (pytest.approx(slope), pytest.approx(-math.exp(level)))
    assert law.b_se == pytest.approx(math.sqrt(covariance[0][0] * (residual @ residual) / 2))


def test_gap_parts_add_up_to_the_points() -> None:
    points = [20.0, 30.0, 50.0]
    scores = np.array([[20.0, 0.0, 0.0], [0.0, 30.0, 10.0], [0.0, 0.0, np.nan]])
    parts = gap_parts(points, scores, got=[20.0, 0.0, 0.0], unlimited=[20.0, 30.0, 0.0])
    assert [part.tolist() for part in parts] == [
        [20.0, 0.0, 0.0],
        [0.0, 30.0, 0.0],
        [0.0, 0.0, 10.0],
        [0.0, 0.0, 40.0],
        [0.0, 0.0, 0.0],
    ]
    assert np.sum(parts, axis=0).tolist() == points


def test_gap_parts_of_an_empty_pool_were_never_sampled() -> None:
    parts = gap_parts([40.0, 60.0], np.empty((0, 2)), [0.0, 0.0], [0.0, 0.0])
    assert parts.never_sampled.tolist() == [40.0, 60.0]
    with pytest.raises(ValueError, match="one number per subtask"):
        gap_parts([40.0, 60.0], np.zeros((3, 1)), [0.0], [0.0])


def test_plan_is_the_first_number_of_problems_whose_interval_excludes_zero() -> None:
    seen = [10.0, -5.0, 20.0, 0.0, 5.0]
    plan = problems_for(seen, power=0.5)
    assert plan.problems is not None
    reach = [student_quantile(0.975, m - 1) * plan.sd / math.sqrt(m) for m in (plan.problems - 1, plan.problems)]
    assert (reach[0] >= plan.difference, reach[1] < plan.difference) == (True, True)
    assert (plan.difference, plan.sd) == (6.0, pytest.approx(np.std(seen, ddof=1)))
    stronger = problems_for(seen, power=0.8)
    assert stronger.problems is not None and stronger.problems > plan.problems


def test_plan_shows_the_difference_as_often_as_it_says() -> None:
    """80 % power: of simulated sets of that size, about four in five show it."""
    rng = np.random.default_rng(5)
    seen = rng.normal(3.0, 10.0, 400)
    plan = problems_for(seen, difference=3.0, power=0.8)
    assert plan.problems is not None
    sets = rng.normal(3.0, plan.sd, (4000, plan.problems))
    half = student_quantile(0.975, plan.problems - 1) * sets.std(axis=1, ddof=1) / math.sqrt(plan.problems)
    assert float((sets.mean(axis=1) > half).mean()) == pytest.approx(0.8, abs=0.03)


def test_plan_says_when_no_set_would_do() -> None:
    assert problems_for([1000.0, -1000.0, 0.001]).problems is None
    with pytest.raises(ValueError, match="difference of 0"):
        problems_for([1.0, -1.0])
    with pytest.raises(ValueError, match="at least two problems"):
        problems_for([1.0])


def test_draws_grow_with_the_square_of_the_width() -> None:
    assert draws_for(10.0, 40, 5.0, is_mean=True, power=0.5) == 161
    assert draws_for(2.0, 40, 5.0, is_mean=True) == 40
    assert draws_for(2.0, 40, 5.0, is_mean=False) == 40


def test_draws_beyond_a_thousand_million_are_none() -> None:
    assert draws_for(5.0, 10, 0.00075, is_mean=True) is not None
    for is_mean in (True, False):
        assert draws_for(5.0, 10, 0.0007, is_mean=is_mean) is None
        assert draws_for(5.0, 10, 1e-300, is_mean=is_mean) is None


def test_official_update_of_the_worked_example() -> None:
    """A player rated 2000 comes in fourth of eleven: seed 5.510, middle 4.695, performance 2166.8, +83.4."""
    field = [3000, 2600, 2400, 2200, 2000, 1800, 1600, 1400, 1200, 1000]
    update = codeforces_update(field, 2000, 4)
    assert [round(value, digits) for value, digits in zip(update, (3, 3, 1, 1), strict=True)] == [
        5.510, 4.695, 2166.8, 83.4,
    ]  # fmt: skip


def test_percentile_is_the_share_strictly_below() -> None:
    assert percentile(1500, [1400, 1500, 1600], [1, 2, 1]) == 25.0
    with pytest.raises(ValueError, match="needs a population"):
        percentile(1500, [])


def test_percentiles_among_717421_rated_users(shared_data: Path) -> None:
    path = shared_data / "human-codeforces-ratings/rating_histogram.json"
    if not path.is_file():
        pytest.skip("the histogram of Codeforces ratings is not here")
    table = json.loads(path.read_text())
    ratings, counts = zip(*table["counts"], strict=True)
    assert sum(counts) == table["n"] == 717_421
    found = [round(percentile(r, ratings, counts), 1) for r in (808, 1258, 1673, 1807, 2214)]
    assert found == [31.1, 63.3, 92.8, 95.9, 99.3]


def test_so_many_draws_show_a_difference_in_four_of_five_cases():
    """Normal differences of 3 whose interval at 40 draws is ±5: on the draws planned, and in pools of 40."""
    rng = np.random.default_rng(4)
    wanted = draws_for(5.0, 40, 3.0, is_mean=True)
    half = 5.0 * math.sqrt(40 / wanted)
    seen = 3.0 + rng.normal(0, half / 1.959964, 40_000)
    assert (seen > half).mean() == pytest.approx(0.8, abs=0.01)
    assert draws_for(5.0, 40, 3.0, is_mean=False) == 40 * math.ceil(wanted / 40)
