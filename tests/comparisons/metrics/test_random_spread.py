"""The closed form of random choice's uncertainty against enumeration, and half-sampling against it."""

from itertools import combinations, product

import numpy as np
import pytest

from comparisons.metrics import Evaluation, ProblemDraws, expected_best, over_draws, over_draws_samples, task_score
from comparisons.metrics.estimators import expected_best_of_many
from tests.comparisons.metrics.random_spread import expectation_variance


def _half_sampled(scores, k, seed=0):
    """Deviations over draws as a run of random-k has them, and its score."""
    n = len(scores)
    draws = [ProblemDraws("p", np.arange(n), np.zeros(n, dtype=np.int64))]
    score = expected_best(scores, k=k).mean
    deviations = over_draws_samples(
        lambda p, rows: Evaluation(0.0, 0.0), draws, [Evaluation(score, float(n))], pool=f"pool {seed}", budget=k,
        evaluate_all=lambda p, halves: expected_best_of_many(scores, halves, k=k),
    )  # fmt: skip
    return score, deviations


@pytest.mark.parametrize(("n", "k"), [(4, 1), (6, 2), (6, 3), (7, 3)])
def test_variance_is_the_square_less_the_mean_over_choices_without_a_common_draw(n, k):
    rng = np.random.default_rng(n * 10 + k)
    scores = rng.integers(0, 3, size=(n, 3)) * [5.0, 10.0, 1.0]
    mean = np.mean([task_score(scores[list(s)]) for s in combinations(range(n), k)])
    pairs = [
        task_score(scores[list(s)]) * task_score(scores[list(t)])
        for s, t in product(combinations(range(n), k), repeat=2)
        if not set(s) & set(t)
    ]
    assert expectation_variance(scores, k=k) == pytest.approx(mean**2 - np.mean(pairs))


def test_variance_is_unbiased_over_all_pools_of_a_small_model():
    """A model that gives each of three outcomes equally often: all 3^5 pools of five draws, each as likely."""
    outcomes = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 6.0]])
    pools = [outcomes[list(chosen)] for chosen in product(range(3), repeat=5)]
    true = np.var([expected_best(pool, k=2).mean for pool in pools])
    assert np.mean([expectation_variance(pool, k=2) for pool in pools]) == pytest.approx(true)


def test_more_than_half_of_the_draws_and_certain_scores():
    with pytest.raises(ValueError, match="k = 3 must lie between 1 and half of the 5 candidates"):
        expectation_variance(np.zeros((5, 1)), k=3)
    assert expectation_variance(np.full((6, 2), 7.0), k=3) == 0.0


@pytest.mark.parametrize(("n", "right", "k"), [(40, 20, 4), (100, 5, 10), (100, 50, 1), (200, 3, 20)])
def test_half_samples_have_the_spread_of_the_closed_form(n, right, k):
    """Within what 200 replays can tell and, with few right ones, what a half holds less surely than a whole."""
    scores = np.zeros((n, 1))
    scores[:right] = 100.0
    _, deviations = _half_sampled(scores, k)
    ratio = deviations.values[:, 0].std() / np.sqrt(expectation_variance(scores, k=k))
    assert 0.8 < ratio < 1.25


@pytest.mark.parametrize(("chance", "n", "k"), [(0.02, 100, 5), (0.03, 200, 20), (0.3, 60, 6), (0.1, 40, 20)])
def test_half_sampled_interval_covers_on_pools_with_rare_right_candidates(chance, n, k):
    """150 pools of eight problems: 95 % intervals hold the true expectation in 88 % or more, or are refused."""
    rng = np.random.default_rng(7)
    true, held, known = 8 * 100.0 * (1 - (1 - chance) ** k), 0, 0
    for number in range(150):
        parts = [_half_sampled((rng.random((n, 1)) < chance) * 100.0, k, seed=f"{number} {p}") for p in range(8)]
        values = np.concatenate([deviations.values for _, deviations in parts], axis=1)
        joined = type(parts[0][1])(tuple("abcdefgh"), values)
        interval = over_draws(sum(score for score, _ in parts), joined, points=800.0)
        known += interval.is_known
        held += interval.is_known and interval.lo <= true <= interval.hi
    assert known > 140
    assert held / known >= 0.88
