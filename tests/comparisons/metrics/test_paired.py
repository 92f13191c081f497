import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.metrics import (
    holm,
    over_problems,
    paired_difference,
    sign_flip_p,
    simultaneous_level,
    student_cdf,
    student_quantile,
)


# Printed tables of the t distribution.
@pytest.mark.parametrize(
    ("p", "df", "t"),
    [
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.95, 4, 2.132),
        (0.975, 7, 2.365),
        (0.995, 10, 3.169),
        (0.9995, 5, 6.869),
        (0.975, 30, 2.042),
        (0.975, 120, 1.980),
        (0.975, 10**7, 1.960),
        (0.025, 7, -2.365),
    ],
)
def test_student_quantile_of_the_printed_table(p, df, t):
    assert round(student_quantile(p, df), 3) == t
    assert student_cdf(student_quantile(p, df), df) == pytest.approx(p, abs=1e-10)


def test_paired_difference_is_the_paired_t_interval():
    # d = 1, 2, 3, 4: mean 2.5, standard error 0.645, t(3) = 3.182.
    difference, lo, hi, p = paired_difference([2, 4, 6, 8], [1, 2, 3, 4], clusters=None, seed=0)
    assert (difference, round(lo, 3), round(hi, 3), p) == (2.5, 0.446, 4.554, 2 / 16)


def test_paired_difference_takes_clusters_together():
    a, b = [1.0, 1.0, 3.0, 3.0, 2.0, 2.0], [0.0] * 6
    clustered = paired_difference(a, b, clusters=["x", "x", "y", "y", "z", "z"], seed=0)
    assert clustered == pytest.approx(paired_difference([1, 3, 2], [0, 0, 0], clusters=None, seed=0))


def test_paired_difference_without_spread_has_no_interval():
    assert paired_difference([1, 1], [0, 0], clusters=None, seed=0) == (1.0, None, None, 0.5)
    assert paired_difference([1, 3], [0, 0], clusters=["x", "x"], seed=0) == (2.0, None, None, 1.0)
    assert paired_difference([5, 5], [5, 5], clusters=None, seed=0) == (0.0, None, None, 1.0)


def test_paired_difference_of_nonsense_is_refused():
    with pytest.raises(ValueError, match="differ in number: 2 and 1"):
        paired_difference([1, 2], [1], clusters=None, seed=0)
    with pytest.raises(ValueError, match="unknown score"):
        paired_difference([float("nan")], [1], clusters=None, seed=0)


def test_over_problems_sums_and_raises_the_level_of_a_family():
    alone = over_problems([2, 4, 6, 8], [1, 2, 3, 4])
    assert (round(alone.lo, 2), round(alone.hi, 2), alone.level) == (1.78, 18.22, 0.95)
    family = over_problems([2, 4, 6, 8], [1, 2, 3, 4], level=simultaneous_level(5))
    assert family.level == pytest.approx(0.99)
    assert round(family.half_width, 3) == round(4 * student_quantile(0.995, 3) * np.sqrt(5 / 12), 3)
    assert (alone.excludes_zero, family.excludes_zero) == (True, False)


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ([3], [1], "one problem only"),
        ([3, 3], [3, 3], "score the same on every problem"),
        ([3, 4], [2, 3], "the same on every problem: no spread"),
    ],
)
def test_over_problems_without_spread_says_why(a, b, reason):
    interval = over_problems(a, b)
    assert (interval.lo, interval.hi) == (None, None)
    assert reason in interval.reason


@pytest.mark.parametrize(("make", "least"), [("normal", 0.93), ("skewed", 0.89), ("mostly equal", 0.89)])
def test_bootstrap_over_20_clusters_covers_what_it_says(make, least):
    """400 simulated sets of 20 problems; the bars are those of a 95 % interval less the simulation's own error."""
    rng = np.random.default_rng(11)
    draw = {
        "normal": lambda: rng.normal(1.0, 3.0, 20),
        "skewed": lambda: rng.exponential(1.0, 20),
        "mostly equal": lambda: rng.choice([0.0, 0.0, 0.0, 5.0], 20) - 0.25,
    }[make]
    known = [one for one in (over_problems(draw(), np.zeros(20)) for _ in range(400)) if one.is_known]
    assert len(known) >= 390
    assert sum(one.lo <= 20.0 <= one.hi for one in known) / len(known) >= least


def test_bootstrap_takes_over_at_20_clusters_and_takes_whole_ones():
    rng = np.random.default_rng(3)
    values = rng.exponential(1.0, 19)
    t_interval = paired_difference(values, np.zeros(19))
    assert t_interval.hi - t_interval.difference == pytest.approx(t_interval.difference - t_interval.lo)
    more = np.append(values, 4.0)
    found = paired_difference(more, np.zeros(20), seed=2)
    assert found == paired_difference(more, np.zeros(20), seed=2)
    # Skewed to the right: so is the interval.
    assert found.hi - found.difference > 1.05 * (found.difference - found.lo)
    twice = paired_difference(np.repeat(more, 2), np.zeros(40), clusters=np.repeat(np.arange(20), 2).tolist(), seed=2)
    assert twice[:3] == pytest.approx(found[:3])


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=7))
def test_sign_flip_p_equals_enumeration(differences):
    flips = itertools.product((-1, 1), repeat=len(differences))
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in flips]
    expected = np.mean([total >= abs(sum(differences)) for total in sums])
    assert sign_flip_p(differences) == pytest.approx(expected)


def test_sign_flip_p_of_many_problems_draws_seeded_lots():
    differences = np.random.default_rng(0).normal(0.2, 1.0, 60)
    p = sign_flip_p(differences, seed=1)
    assert p == sign_flip_p(differences, seed=1)
    assert 0.00001 < p < 0.02
    assert sign_flip_p(np.ones(60)) == 1 / 20_001


def test_holm_steps_down_and_keeps_order():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert simultaneous_level(0) == 0.95
