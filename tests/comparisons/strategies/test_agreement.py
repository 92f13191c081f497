"""Agreement against plain counting."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from comparisons.strategies.agreement import brute_force_share, majority_share, mean_agreement
from comparisons.strategies.pool_view import UNKNOWN_OUTPUT, ProbeMatrix


@given(st.integers(0, 10_000))
def test_agreement_is_what_counting_says(seed):
    rng = np.random.default_rng(seed)
    codes, kept = rng.integers(-2, 4, size=(9, 5)), rng.random(9) < 0.7
    matrix = ProbeMatrix(codes)
    mean, majority = mean_agreement(matrix, kept), majority_share(matrix, kept)
    for row in range(9):
        same = [(codes[kept, p] == codes[row, p]).sum() if codes[row, p] >= 0 else 0 for p in range(5)]
        assert np.isclose(mean[row], sum(same) / 5 / max(1, kept.sum()))
        most = [max([(codes[kept, p] == c).sum() for c in range(4)]) for p in range(5)]
        assert np.isclose(majority[row], sum(s == m and s > 0 for s, m in zip(same, most, strict=True)) / 5)


def test_brute_force_counts_only_probes_that_somebody_vouches_for():
    matrix = ProbeMatrix(np.array([[1, 2, 3], [1, 0, -1]]), np.array([1, UNKNOWN_OUTPUT, 3]))
    assert brute_force_share(matrix).tolist() == [1.0, 0.5]
    assert np.isnan(brute_force_share(ProbeMatrix(np.array([[1], [2]])))).all()
