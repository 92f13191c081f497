"""o1-ioi: the inclusion graph of IOI 2024, its options one by one, and the table that documents them."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from comparisons.strategies import STRATEGIES, StrategyError, SubtaskView, replay
from comparisons.strategies.hardest import hardest_first, strictly_within
from comparisons.strategies.o1_ioi_lanes import candidate_scores
from comparisons.strategies.pool_view import ProbeMatrix
from judge import load_package
from tests.comparisons.strategies.pools import Taste, make_probes, make_view

O1 = STRATEGIES["o1-ioi"]
POINTS = [40.0, 60.0]
#: `docs/facts.md` section 2.2: (inner, outer), transitive ones left out.
GRAPHS = {
    "nile": {(1, 4), (4, 5), (5, 7), (2, 5), (3, 5), (3, 6), (6, 7)},
    "message": {(1, 2)},
    "tree": {(2, 3), (3, 7), (4, 5), (5, 7), (1, 7), (6, 7)},
    "hieroglyphs": {(1, 2), (2, 6), (3, 6), (4, 6), (5, 6)},
    "mosaic": {(1, 2), (2, 4), (4, 8), (3, 7), (7, 8), (6, 7), (5, 8)},
    "sphinx": {(1, 2), (2, 5), (1, 3), (3, 5), (1, 4), (4, 5)},
}


def sent(view, scores=None, *, budget=3, **options):
    scores = np.zeros((len(view), 2)) if scores is None else scores
    played = replay(O1, view, scores, POINTS, budget=budget, options=options)
    return [submission.row for submission in played.seeds[0].submissions]


def test_the_inclusion_graph_of_ioi_2024_comes_out_of_the_packages_test_lists(shared_data):
    packages = load_package(shared_data / "ioi-2024-subtasks", statements=shared_data / "ioi-2024-cms")
    found = {}
    for package in packages:
        within = strictly_within(
            tuple(SubtaskView(s.index, float(s.points), tuple(s.contains)) for s in package.problem.subtasks)
        )
        found[package.problem.slug] = {
            (inner, outer)
            for outer, inside in within.items()
            for inner in inside
            if not any(inner in within[between] for between in inside)
        }
    assert found == GRAPHS


def test_hardest_first_follows_inclusion_and_not_the_order():
    # Tree of IOI 2024: subtask 6, the one worth most, contains none; 7 contains all.
    contains = {1: (), 2: (), 3: (2,), 4: (), 5: (4,), 6: (), 7: (1, 2, 3, 4, 5, 6)}
    points = (10, 13, 18, 7, 11, 22, 19)
    subtasks = tuple(SubtaskView(i, float(points[i - 1]), inside) for i, inside in contains.items())
    orders = {
        rule: [one.index for one in hardest_first(subtasks, rule=rule)] for rule in ("containing", "last", "points")
    }
    assert orders == {
        "containing": [7, 5, 3, 6, 4, 2, 1],
        "last": [7, 6, 5, 4, 3, 2, 1],
        "points": [6, 7, 3, 2, 5, 1, 4],
    }


def test_subtasks_that_contain_each_other_are_in_neither():
    assert strictly_within((SubtaskView(1, 1.0, (2,)), SubtaskView(2, 1.0, (1,)))) == {1: frozenset(), 2: frozenset()}


def test_a_candidates_score_is_quality_less_errors_less_public_failures():
    view = make_view(3, public_passed=[2, 1, 0], probes=make_probes({1: [[0, 0], [0, -1], [5, 5]], 2: [[0], [0], [0]]}))
    view = replace(view, fit=Taste())
    options = O1.complete({"errors_weight": 0.5, "public_weight": 2.0})
    expected = view.quality[:, 0] - 0.5 * np.array([0.0, 0.5, 0.0]) - 2.0 * np.array([0.0, 0.5, 1.0])
    assert np.allclose(candidate_scores(view, 1, options), expected)
    bare = O1.complete({"quality": "none", "public_failures": "count", "errors": "disagreement"})
    assert np.allclose(candidate_scores(view, 1, bare), [0.0, -1.5, -2.5])
    any_failed = O1.complete({"quality": "none", "public_failures": "any"})
    assert np.allclose(candidate_scores(view, 1, any_failed), [0.0, -1.5, -1.0])


def test_errors_by_brute_force_need_brute_force():
    codes = np.array([[0, 1], [0, 2]])
    probes = {t: ProbeMatrix(codes, np.array([0, 2]), np.array([1.0, 1.0])) for t in (1, 2)}
    assert sent(make_view(2, probes=probes), budget=1, errors="brute-force") == [1]
    with pytest.raises(StrategyError, match="brute-force outputs"):
        sent(make_view(2, probes=make_probes({1: codes.tolist()})), errors="brute-force")


def test_attempts_that_gained_something_may_go_uncharged():
    # Two clusters; the first is a little better until a charge puts it back. Its first member gains 20 points.
    view = make_view(
        4, public_passed=[2, 2, 1, 1], probes=make_probes({1: [[0], [0], [1], [1]], 2: [[0]] * 2 + [[1]] * 2})
    )
    scores = np.array([[0, 20], [0, 0], [0, 0], [0, 0]], dtype=float)
    common = {"public_weight": 0.1, "attempts_weight": 1.0}
    assert sent(view, scores, budget=2, attempts="all", **common) == [0, 2]
    assert sent(view, scores, budget=2, attempts="failed", **common) == [0, 1]


def test_identical_programs_may_count_once_in_a_cluster():
    # Cluster A: one good program twice and a bad one. Its mean is 2/3 or 1/2; cluster B's is 0.6.
    view = make_view(4, program_id=[7, 7, 8, 9], probes=make_probes({1: [[0], [0], [0], [1]], 2: [[0]] * 3 + [[1]]}))

    class Liked:
        tuned: dict[str, float] = {}

        def quality(self, view):
            return np.tile(np.array([1.0, 1.0, 0.0, 0.6])[:, None], (1, 2))

    view = replace(view, fit=Liked())
    assert sent(view, budget=1) == [0]
    assert sent(view, budget=1, members="programs") == [3]


def test_a_share_of_the_points_may_count_as_solved():
    view = make_view(3, probes=make_probes({1: [[0], [1], [2]], 2: [[0], [1], [2]]}))
    scores = np.array([[30.0, 50.0], [40.0, 0.0], [0.0, 60.0]])
    assert len(sent(view, scores)) == 3
    assert sent(view, scores, solved_share=0.75) == [0]


def test_what_was_made_for_one_set_of_weights_serves_another():
    view = make_view(
        6, public_passed=[0, 1, 2, 0, 1, 2], probes=make_probes({t: [[i % 3] for i in range(6)] for t in (1, 2)})
    )
    fresh = [sent(replace(view), public_weight=w, public_filter=f) for w in (0.0, 1.0) for f in (False, True)]
    again = [sent(view, public_weight=w, public_filter=f) for w in (0.0, 1.0) for f in (False, True)]
    assert again == fresh and fresh[0] != fresh[2]


def test_the_table_of_open_points_names_all_of_them_and_every_option():
    page = (Path(__file__).parents[3] / "docs" / "o1-ioi.md").read_text()
    rows = re.findall(r"^\| (A\d+) \|", page, re.MULTILINE)
    assert rows == [f"A{number}" for number in range(1, 23)]
    shared = {"cross_check", "weights"}
    assert [option.name for option in O1.options if f"`{option.name}" not in page and option.name not in shared] == []
    for option in O1.options:
        assert all(word in page for word in option.choices) or option.name in shared | {"errors"}


def test_leftover_submissions_go_to_what_the_filters_left_out():
    """Row 0 solves subtask 1; row 1 differs there and is dropped from subtask 2, row 2 crashes and is in no cluster."""
    view = make_view(
        4,
        aimed=[1, 2, 2, 2],
        probes=make_probes({1: [[7], [6], [7], [7]], 2: [[1], [2], [-1], [3]]}),
        subtasks=(SubtaskView(1, 40.0), SubtaskView(2, 60.0, (1,))),
    )
    scores = np.array([[40.0, 0.0], [0.0, 60.0], [0.0, 0.0], [0.0, 0.0]])
    common = {"crashes": "exclude", "attempts_weight": 0, "public_weight": 0}
    order = view.take([0, 3, 1, 2])
    scores = scores[[0, 3, 1, 2]]
    # Subtask 2 sends row 1 (3 of the pool above), subtask 1 sends row 0; then the filters have left nobody.
    assert sent(order, scores, budget=4, **common) == [1, 0]
    assert sent(order, scores, budget=4, leftover="send", **common) == [1, 0, 2]
    assert sent(order, scores * [1, 0], budget=4, leftover="send", **common) == [1, 0, 2, 3]


def test_clusters_of_equal_value_go_by_their_first_member_whatever_rounding_says():
    # The mean of three times -0.1 is not -0.1 in floating point.
    view = make_view(4, public_passed=[1] * 4, probes=make_probes({t: [[1], [2], [2], [2]] for t in (1, 2)}))
    assert np.mean([-0.1] * 3) != -0.1 and sent(view, budget=1, public_weight=0.2) == [0]
    turned = view.take([1, 0, 2, 3])
    assert sent(turned, budget=1, public_weight=0.2) == [0]
