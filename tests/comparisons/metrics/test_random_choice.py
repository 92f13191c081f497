from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparisons.metrics import expected_best, task_score
from comparisons.metrics.random_choice import (
    MOST_TOGETHER,
    chance_of_all,
    draw_scores,
    equal_shares,
    random_choice,
    random_means,
)
from tests.environment import examples

EXAMPLE = np.array([[30.0, 0.0], [30.0, 35.0], [0.0, 70.0], *[[0.0, 0.0]] * 5])


def test_one_pool_is_the_closed_form_of_random_k():
    """facts.md section 5: 135/7 + 285/8 = 54.9107 with deviation 33.414, by enumeration of all 56 subsets."""
    found = random_choice(EXAMPLE, np.zeros(8, dtype=np.int64), k=3)
    assert (round(found.mean, 4), round(found.sd, 3)) == (54.9107, 33.414)
    assert found[:2] == pytest.approx(expected_best(EXAMPLE, k=3))


@pytest.mark.parametrize(
    ("sizes", "k", "shares"),
    [
        ([9, 9, 9], 50, [9, 9, 9]),
        ([30, 30, 30], 50, [17, 17, 16]),
        ([30, 30, 30], 2, [1, 1, 0]),
        ([2, 30, 30], 20, [2, 9, 9]),
        ([5], 3, [3]),
        ([0, 4], 3, [0, 3]),
    ],
)
def test_shares_are_equal_and_the_hardest_get_the_remainder(sizes, k, shares):
    assert equal_shares(sizes, k) == shares


def test_two_pools_agree_with_enumeration_and_with_seeded_draws():
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 4, size=(9, 3)) * 10.0
    units = np.array([1, 2, 1, 2, 2, 1, 1, 2, 2])
    first, second = (np.flatnonzero(units == unit) for unit in (1, 2))
    # Five submissions: unit 2 is the harder one and gets three.
    all_draws = [task_score(scores[[*a, *b]]) for a, b in product(combinations(first, 2), combinations(second, 3))]
    found = random_choice(scores, units, k=5)
    assert found.mean == pytest.approx(np.mean(all_draws))
    assert found.sd == pytest.approx(np.std(all_draws))
    assert sum(found.by_subtask) == pytest.approx(found.mean)
    assert random_means(scores, units, k=5) == found.by_subtask
    drawn = draw_scores(scores, units, k=5, draws=2000, seed=1)
    assert drawn.mean() == pytest.approx(found.mean, abs=4 * found.sd / np.sqrt(2000))
    other = random_choice(scores, units, k=5, hardest=(1, 2))
    assert other.mean == pytest.approx(
        np.mean([task_score(scores[[*a, *b]]) for a, b in product(combinations(first, 3), combinations(second, 2))])
    )


@settings(max_examples=examples(40), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 9))
def test_several_pools_agree_with_enumeration_whatever_their_sizes_and_scores(seed, k):
    """Scores that are not binary, up to three pools; shares by a plain reading: one each in turn, the hardest first."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    scores = rng.choice([0.0, 2.5, 7.0, 10.0], size=(n, 2))
    units = rng.integers(1, 4, n)
    pools = [np.flatnonzero(units == unit).tolist() for unit in (3, 2, 1) if (units == unit).any()]
    shares = [0] * len(pools)
    while sum(shares) < min(k, n):
        for place, pool in enumerate(pools):
            if shares[place] < len(pool) and sum(shares) < min(k, n):
                shares[place] += 1
    choices = product(*(combinations(pool, share) for pool, share in zip(pools, shares, strict=True)))
    drawn = [[row for part in choice for row in part] for choice in choices]
    found = random_choice(scores, units, k=k)
    totals = [task_score(scores[rows]) for rows in drawn]
    assert (found.mean, found.sd) == pytest.approx((np.mean(totals), np.std(totals)), abs=1e-6)
    assert found.by_subtask == pytest.approx(np.mean([scores[rows].max(axis=0) for rows in drawn], axis=0))


def test_a_pool_without_a_share_has_no_say():
    scores = np.array([[5.0], [1.0], [9.0]])
    assert random_choice(scores, np.array([1, 2, 3]), k=2).mean == 9.0
    assert random_choice(scores, np.array([1, 2, 3]), k=1).mean == 9.0
    assert random_choice(scores, np.array([1, 2, 3]), k=1, hardest=(2,)).mean == 1.0


def test_no_candidates_and_no_submissions_are_refused():
    for scores, k in (([[1.0]], 0), (np.empty((0, 1)), 1)):
        with pytest.raises(ValueError, match="at least one of one is needed"):
            random_choice(scores, np.zeros(len(scores), dtype=np.int64), k=k)


def test_blocks_of_levels_change_nothing(monkeypatch):
    rng = np.random.default_rng(7)
    scores, units = rng.integers(0, 40, size=(120, 3)) * 1.0, rng.integers(1, 4, 120)
    whole = random_choice(scores, units, k=7)
    monkeypatch.setattr("comparisons.metrics.random_choice._BLOCK_CELLS", 130)
    found = random_choice(scores, units, k=7)
    assert (found.mean, found.sd) == pytest.approx((whole.mean, whole.sd))


@settings(max_examples=examples(60), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 9))
def test_chance_of_reaching_every_subtask_is_that_of_trying_all_choices(seed, k):
    rng = np.random.default_rng(seed)
    n, width, pools = (int(rng.integers(low, high)) for low, high in ((1, 9), (1, 5), (1, 4)))
    reached = rng.random((n, width)) < rng.choice([0.3, 0.7, 1.0], width)
    units = rng.integers(0, pools, n)
    members = [np.flatnonzero(units == unit) for unit in sorted(set(units.tolist()), reverse=True)]
    shares = equal_shares([len(rows) for rows in members], k)
    choices = product(*(combinations(rows, share) for rows, share in zip(members, shares, strict=True)))
    by_trial = np.mean([reached[np.concatenate(chosen).astype(int)].any(axis=0).all() for chosen in choices])
    assert chance_of_all(reached, units, k=k) == pytest.approx(by_trial, abs=1e-12)


def test_chance_of_reaching_every_subtask_needs_one_who_reaches_each_and_not_too_many_subtasks():
    everyone = np.zeros(40, dtype=np.int64)
    assert chance_of_all(np.zeros((40, 2), dtype=bool), everyone, k=40) == 0.0
    assert chance_of_all(np.ones((40, 2), dtype=bool), everyone, k=1) == 1.0
    most = np.eye(40, MOST_TOGETHER, dtype=bool)
    assert chance_of_all(most, everyone, k=40) == pytest.approx(1.0)
    # All 16 that reach one subtask each have to be among the 39 of 40.
    assert chance_of_all(most, everyone, k=39) == pytest.approx(24 / 40)
    assert chance_of_all(np.eye(40, MOST_TOGETHER + 1, dtype=bool), everyone, k=39) is None
    # Subtasks that the same candidates reach are one, and one that all reach is none.
    assert chance_of_all(np.ones((40, 20), dtype=bool) & (np.arange(40) < 10)[:, None], everyone, k=1) == pytest.approx(
        0.25
    )


def test_means_take_no_pairs_of_levels(monkeypatch):
    """Hundreds of halves ask for means: with a score of its own for each of thousands, pairs would take minutes."""
    monkeypatch.setattr("comparisons.metrics.random_choice._covariance", lambda *_: pytest.fail("pairs were taken"))
    scores = np.stack([np.arange(6.0), np.arange(6.0)[::-1]], axis=1)
    assert random_means(scores, np.array([1, 2] * 3), k=6) == (5.0, 5.0)
