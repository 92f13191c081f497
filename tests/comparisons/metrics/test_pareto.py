import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from comparisons.metrics import pareto_front


def test_pareto_front_keeps_what_nothing_dominates():
    assert pareto_front([(1, 10), (2, 30), (3, 20), (4, 30), (5, 40)]) == [0, 1, 4]


def test_pareto_front_keeps_equal_points_together_and_drops_unknown_ones():
    assert pareto_front([(2, 5), (2, 5), (None, 9), (1, None), (3, 4)]) == [0, 1]


def test_pareto_front_of_nothing_is_empty():
    assert pareto_front([]) == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_pareto_front_equals_its_definition(points):
    table = np.array(points).reshape(-1, 2)

    def dominates(a, b):
        return a[0] <= b[0] and a[1] >= b[1] and (a[0] < b[0] or a[1] > b[1])

    expected = [i for i, b in enumerate(table) if not any(dominates(a, b) for a in table)]
    assert pareto_front(points) == expected
