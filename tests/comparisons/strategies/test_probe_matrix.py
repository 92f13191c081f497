"""What brute-force programs print on small probes, beside what the candidates print."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.strategies import UNKNOWN_OUTPUT, Failure, ProbeMatrix
from comparisons.strategies.agreement import behaviour_votes, brute_force_share, majority_share, mean_agreement, votes

CODES = np.array([[0, 1, Failure.CRASH], [0, 0, 2], [1, 1, 2]], dtype=np.int32)


def test_expected_outputs_are_unknown_unless_brute_force_ran() -> None:
    matrix = ProbeMatrix(CODES)
    assert matrix.expected.tolist() == [UNKNOWN_OUTPUT] * 3
    assert np.isnan(matrix.agreement).tolist() == [True] * 3


def test_expected_outputs_stay_with_a_part_of_the_candidates() -> None:
    matrix = ProbeMatrix(CODES, np.array([0, UNKNOWN_OUTPUT, 2]), np.array([1.0, np.nan, 0.6]))
    part = matrix.take(np.array([2, 0]))
    assert (part.outputs == part.expected).tolist() == [[False, False, True], [True, False, False]]
    assert np.isnan(part.agreement).tolist() == [False, True, False]


def test_unknown_output_is_no_failure() -> None:
    assert UNKNOWN_OUTPUT not in [int(failure) for failure in Failure]


@pytest.mark.parametrize("given", [{"expected": np.array([0])}, {"agreement": np.array([0.5, 1.0])}])
def test_expected_outputs_of_other_probes_are_refused(given: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="entries for 3 probes"):
        ProbeMatrix(CODES, **given)


TIMEOUT, NOT_RUN, CRASH = int(Failure.TIMEOUT), int(Failure.NOT_RUN), int(Failure.CRASH)


def test_probes_that_were_not_run_are_no_evidence() -> None:
    matrix = ProbeMatrix(
        np.array(
            [
                [TIMEOUT, NOT_RUN, NOT_RUN, NOT_RUN],
                [TIMEOUT, TIMEOUT, NOT_RUN, NOT_RUN],
                [1, 2, TIMEOUT, TIMEOUT],
                [1, TIMEOUT, TIMEOUT, NOT_RUN],
                [1, 2, 3, 4],
                [NOT_RUN] * 4,
                [CRASH] * 4,
            ]
        ),
        expected=np.array([1, 2, 3, UNKNOWN_OUTPUT]),
    )
    assert matrix.failed_share().tolist() == [1.0, 1.0, 0.5, 2 / 3, 0.0, 0.0, 1.0]
    assert matrix.all_failed().tolist() == [False, True, False, False, False, False, True]
    assert matrix.any_failed().tolist() == [True, True, True, True, False, False, True]
    assert matrix.any_missing().tolist() == [True, True, True, True, False, True, True]
    right = brute_force_share(matrix)
    assert right[:5].tolist() == [0.0, 0.0, 2 / 3, 1 / 3, 1.0] and np.isnan(right[5])
    everyone = np.ones(7, dtype=bool)
    assert majority_share(matrix, everyone).tolist() == [0.0, 0.0, 0.5, 1 / 3, 1.0, 0.0, 0.0]


@given(st.integers(0, 2**32 - 1))
def test_where_a_probe_stands_changes_no_measure(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.choice([0, 1, CRASH, TIMEOUT, NOT_RUN], size=(9, 5))
    expected = rng.choice([0, 1, UNKNOWN_OUTPUT], size=5)
    order, everyone = rng.permutation(5), np.ones(9, dtype=bool)
    measures = [
        [
            one.failed_share(), one.all_failed(), one.any_failed(), one.any_missing(), one.was_run(), one.row_labels(),
            brute_force_share(one), majority_share(one, everyone), mean_agreement(one, everyone),
            behaviour_votes(one, np.arange(9)), votes(one, np.arange(9)),
        ]
        for one in (ProbeMatrix(codes, expected), ProbeMatrix(codes[:, order].copy(), expected[order]))
    ]  # fmt: skip
    for before, after in zip(*measures, strict=True):
        np.testing.assert_allclose(before, after)
