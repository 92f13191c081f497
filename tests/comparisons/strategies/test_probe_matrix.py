"""What brute-force programs print on small probes, beside what the candidates print."""

from __future__ import annotations

import numpy as np
import pytest

from comparisons.strategies import UNKNOWN_OUTPUT, Failure, ProbeMatrix

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
