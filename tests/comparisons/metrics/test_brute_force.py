"""What accepted programs say of brute force."""

import pytest

from comparisons.metrics import contradictions

OUTPUTS = [
    [0, 0, 0, 7],
    [0, 1, 2, 7],
    [5, 5, 5, 5],
    [-5, -5, -5, -5],
]


def found(expected, accepted):
    return contradictions(OUTPUTS, expected, accepted, unknown=-100, not_run=-5)


def test_contradictions_counts_accepted_programs_that_differ_where_brute_force_is_known():
    # The second differs from brute force on one probe; the third is not accepted; the last was never run.
    assert found([0, 0, -100, 7], [True, True, False, True]) == (2, 1, 3, 0)


def test_contradictions_finds_probes_where_brute_force_stands_alone():
    assert found([0, 0, 9, -100], [True, True, False, False]) == (2, 2, 3, 1)


def test_contradictions_without_accepted_programs_or_expectations_is_nothing():
    assert found([0, 0, 0, 7], [False] * 4) == (0, 0, 4, 0)
    assert found([-100] * 4, [True] * 4) == (0, 0, 0, 0)


def test_contradictions_odd_shapes_refused():
    with pytest.raises(ValueError, match="a row for each candidate"):
        found([0, 0], [True] * 4)
