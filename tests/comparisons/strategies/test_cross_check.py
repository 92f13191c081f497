"""Cross-checking with brute force, alone and as an ingredient."""

import numpy as np
import pytest

from comparisons.stages.probe_programs import PROBED_TYPES
from comparisons.strategies import STRATEGIES, UNKNOWN_OUTPUT, Failure, ProbeMatrix, StrategyError, replay
from comparisons.strategies.agreeing import disagreement
from judge.problem import TaskType
from tests.comparisons.strategies.pools import Taste, make_view

NOT_RUN, CRASH = int(Failure.NOT_RUN), int(Failure.CRASH)


def view_of(codes, expected, **changes):
    matrix = ProbeMatrix(np.array(codes), expected=np.array(expected))
    return make_view(len(codes), points=(100.0,), probes={1: matrix}, **changes)


def rows(slug, view, *, budget=9, **options):
    played = replay(STRATEGIES[slug], view, np.zeros((len(view), 1)), [100.0], budget=budget, options=options)
    return [sent.row for sent in played.seeds[0].submissions]


def test_disagreement_is_a_share_of_the_small_probes_it_was_run_on():
    codes = [[1, 2, 9], [1, 3, 9], [CRASH, 3, 0], [NOT_RUN, NOT_RUN, 4], [NOT_RUN, 2, 4]]
    view = view_of(codes, [1, 2, UNKNOWN_OUTPUT])
    np.testing.assert_array_equal(disagreement(view), [0.0, 0.5, 1.0, np.nan, 0.0])


def test_disagreement_of_aimed_candidates_is_on_their_own_subtask():
    probes = {n: ProbeMatrix(np.array([[1], [1], [1]]), expected=np.array([n])) for n in (1, 2)}
    view = make_view(3, probes=probes, aimed=[1, 2, 0])
    assert disagreement(view).tolist() == [0.0, 1.0, 0.5]


def test_cross_check_drops_who_disagrees_or_sends_them_last():
    view = view_of([[7, 8], [1, 8], [1, 2]], [1, 2])
    assert rows("cross-check", view) == [2]
    assert rows("cross-check", view, tolerated=0.5) == [1, 2]
    assert rows("cross-check", view, cross_check="down") == [2, 1, 0]


def test_cross_check_sets_brute_force_aside_where_it_contradicts_everybody():
    assert rows("cross-check", view_of([[7], [8], [9]], [1])) == [0, 1, 2]


@pytest.mark.parametrize(
    ("slug", "options", "off", "drop", "down"),
    [
        ("public-filter", {}, [0, 1, 2, 3], [3], [3, 0, 1, 2]),
        ("longest-thought", {}, [3, 2, 1, 0], [3], [3, 2, 1, 0]),
        ("largest-cluster", {}, [0, 3, 1, 2], [3], [3, 0, 1, 2]),
        ("alphacode", {}, [0, 3, 1, 2], [3], [3, 0, 1, 2]),
        ("alphacode2", {}, [0, 3, 1, 2], [3], [3, 0, 1, 2]),
        ("majority", {}, [0, 3, 1, 2], [3], [3, 0, 1, 2]),
        ("mbr-exec", {}, [0, 1, 2, 3], [3], [3, 0, 1, 2]),
        ("s-star", {}, [0, 1, 2, 3], [3], [3, 0, 1, 2]),
        ("o1-ioi", {"attempts_weight": 0}, [0, 1, 2, 3], [3], [3, 0, 1, 2]),
        ("open-r1", {}, [0, 1, 2, 3], [3], [3, 0, 1, 2]),
        ("learned-rank", {}, [0, 1, 2, 3], [3], [3, 0, 1, 2]),
    ],
)
def test_cross_check_as_an_ingredient(slug, options, off, drop, down):
    """Three that print 7 on the small probe, where brute force prints 1, and one that prints 1."""
    view = view_of([[7], [7], [7], [1]], [1], output_tokens=np.array([4.0, 3.0, 2.0, 1.0]), fit=Taste())
    found = [rows(slug, view, cross_check=word, **options) for word in ("off", "drop", "down")]
    assert found == [off, drop, down]


def test_s_star_counts_agreement_on_inputs_that_part_the_best_by_public_tests():
    codes = [[1, 5, 0], [1, 6, 0], [2, 6, 0], [CRASH, CRASH, 0], [9, 9, 0], [9, 9, 0]]
    view = make_view(6, points=(100.0,), probes={1: ProbeMatrix(np.array(codes))}, public_passed=[1, 1, 1, 1, 0, 0])
    # Row 1 agrees with row 0 on the first input and with row 2 on the second; the last input parts nobody.
    assert rows("s-star", view) == [1, 0, 2, 3]
    nobody = make_view(2, points=(100.0,), probes={1: ProbeMatrix(np.array([[1], [2]]))}, public_passed=[0, 0])
    assert rows("s-star", nobody) == [0, 1]


def test_gencluster_ranks_clusters_by_the_duels_their_members_won():
    probes = {1: ProbeMatrix(np.array([[1], [1], [2], [3]]))}
    beats = np.array([[3, 0], [3, 2], [2, 1], [0, 1]])
    view = make_view(4, points=(100.0,), probes=probes, beats=beats)
    # Cluster {3} won 2 of 2, {2} 1 of 2, {0, 1} 0 of 2; a duel inside a cluster says nothing.
    assert rows("gencluster", view) == [3, 2, 1, 0]
    assert view.take([3, 0]).beats.tolist() == [[0, 1]]


def test_no_problem_has_both_generated_tests_and_brute_force_to_check_with():
    """Why codet and codemonkeys have no option cross_check: probes, and brute force with them, are inputs of programs
    that read and print; generated tests call a function."""
    assert TaskType.FUNCTION not in PROBED_TYPES
    for slug in ("codet", "codemonkeys"):
        with pytest.raises(StrategyError, match="has no option 'cross_check'"):
            STRATEGIES[slug].complete({"cross_check": "drop"})
    without = {slug for slug, one in STRATEGIES.items() if not one.has_option("cross_check")}
    assert without == {"codet", "codemonkeys", "first-k"}
