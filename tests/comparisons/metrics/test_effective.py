"""Effective sample size and consensus."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from comparisons.metrics import cons_at_k, effective_sample_size


def test_draws_of_one_problem_that_all_agree_are_worth_one() -> None:
    found = effective_sample_size([[1.0] * 10, [0.0] * 10, [1.0] * 10])
    assert found is not None
    assert (found.draws, found.size, found.correlation) == (30, pytest.approx(3.0), pytest.approx(1.0))


def test_independent_draws_are_worth_themselves() -> None:
    rng = np.random.default_rng(1)
    found = effective_sample_size([rng.random(200) for _ in range(30)])
    assert found is not None and found.size > 0.7 * found.draws and found.correlation < 0.003


def test_effective_size_predicts_the_spread_of_the_mean() -> None:
    """Problems whose chance varies: the variance of the mean is that of so many independent draws."""
    rng = np.random.default_rng(3)

    def sample() -> list[np.ndarray]:
        return [(rng.random(20) < chance).astype(float) for chance in rng.beta(1, 1, 40)]

    sets = [sample() for _ in range(400)]
    means = [np.concatenate(one).mean() for one in sets]
    sizes = [found.size for one in sets if (found := effective_sample_size(one)) is not None]
    assert 0.25 / np.mean(sizes) == pytest.approx(np.var(means), rel=0.15)


def test_effective_size_needs_two_problems_and_a_spread() -> None:
    assert effective_sample_size([[1.0, 0.0]]) is None
    assert effective_sample_size([[1.0, 1.0], [1.0, 1.0]]) is None


def test_consensus_of_all_draws_shares_ties() -> None:
    answers, right = ["a", "a", "b", "b", None], [True, True, False, False, False]
    assert cons_at_k(answers, right, k=5) == 0.5
    assert cons_at_k(["a", "a", "b"], [False, False, True], k=3) == 0.0
    assert cons_at_k([None, None], [False, True], k=2) == 0.0


def test_consensus_of_some_draws_is_the_mean_over_subsets() -> None:
    answers, right = list("aabbc"), [True, True, False, False, False]
    subsets = [
        cons_at_k([answers[i] for i in s], [right[i] for i in s], k=3) for s in itertools.combinations(range(5), 3)
    ]
    assert cons_at_k(answers, right, k=3) == pytest.approx(np.mean(subsets), abs=0.04)
    with pytest.raises(ValueError, match="k = 6"):
        cons_at_k(answers, right, k=6)


def test_consensus_of_random_answers_is_that_of_a_plain_count() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        n = int(rng.integers(1, 12))
        answers = [None if one == 0 else int(one) for one in rng.integers(0, 4, n)]
        right = rng.integers(0, 2, n)
        counts = Counter(one for one in answers if one is not None)
        first = [one for one, votes in counts.items() if votes == max(counts.values())]
        shares = [np.mean([right[i] for i in range(n) if answers[i] == one]) for one in first]
        assert cons_at_k(answers, right, k=n) == pytest.approx(np.mean(shares) if shares else 0.0)
