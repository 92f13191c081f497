"""Published strategies by hand-worked examples."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings

from comparisons.strategies import STRATEGIES, Failure, StrategyError, SubtaskView, replay
from tests.comparisons.strategies.pools import make_probes, make_view
from tests.comparisons.strategies.random_pools import POINTS, pools
from tests.environment import examples

CRASH = int(Failure.CRASH)
TIMEOUT = int(Failure.TIMEOUT)


def play(slug, view, scores, points, *, budget, **options):
    result = replay(STRATEGIES[slug], view, scores, points, budget=budget, options=options)
    return [(sent.row, sent.aimed) for sent in result.seeds[0].submissions]


def rows(slug, view, *, budget, **options):
    points = [subtask.points for subtask in view.subtasks]
    sent = play(slug, view, np.zeros((len(view), len(points))), points, budget=budget, **options)
    return [row for row, _ in sent]


PUBLISHED = {"published_bug": "yes", "published_exit": "yes", "identical": "send"}


@pytest.mark.parametrize("options", [{"published_bug": "yes"}, PUBLISHED])
def test_open_r1_with_the_published_bug_spreads_fifty_over_solved_subtasks(options):
    """Every candidate of the hardest subtask solves everything; huggingface/ioi still sends 17, 17 and 16."""
    aimed = np.repeat([1, 2, 3], 40)
    view = make_view(120, points=(20.0, 30.0, 50.0), aimed=aimed, output_tokens=np.tile(np.arange(40.0), 3))
    scores = np.where(aimed[:, None] == 3, [[20.0, 30.0, 50.0]], 0.0)
    points = [20.0, 30.0, 50.0]
    sent = play("open-r1", view, scores, points, budget=50, **options)
    assert Counter(int(aimed[row]) for row, _ in sent) == {3: 17, 2: 17, 1: 16}
    assert play("open-r1", view, scores, points, budget=50) == [(119, 3)]


def test_open_r1_with_the_published_exit_ends_its_rounds_early():
    """The first submission solves everything: of three subtasks and the samples all are counted, so the longest of the
    rest follow, all of subtask 3."""
    aimed = np.repeat([1, 2, 3], 40)
    view = make_view(120, points=(20.0, 30.0, 50.0), aimed=aimed, output_tokens=np.arange(120.0))
    scores = np.where(aimed[:, None] == 3, [[20.0, 30.0, 50.0]], 0.0)
    sent = play("open-r1", view, scores, [20.0, 30.0, 50.0], budget=42, **PUBLISHED)
    assert sent == [(119, 3), *((row, None) for row in range(118, 77, -1))]


@settings(max_examples=examples(60), deadline=None)
@given(pool=pools())
def test_open_r1_as_published_is_the_published_code(pool):
    view, scores, budget = pool
    sent = play("open-r1", view, scores, POINTS.tolist(), budget=budget, **PUBLISHED)
    assert [row for row, _ in sent] == published_open_r1(view, scores, budget)


def published_open_r1(view, scores, budget):
    """The selection of huggingface/ioi (run_tests/selection_simulator.py) step by step, with its names and places."""
    names = ["0-samples", "1-a", "2-b", "3-c"]
    passes = view.public_passed >= view.public_total
    key = {row: (bool(passes[row]), float(view.output_tokens[row])) for row in range(len(view))}
    left = {name: [] for name in names}
    for row in np.flatnonzero(view.has_program & view.compiled).tolist():
        left[names[view.aimed[row]]].append(row)
    for lane in left.values():
        lane.sort(key=key.get, reverse=True)
    empty, solved = {name for name in names if not left[name]}, {names[0]}
    chosen, at = [], len(names) - 1
    while len(chosen) < budget and len(empty | solved) < len(names):
        if names[at] not in solved and names[at] not in empty:
            row = left[names[at]].pop(0)
            chosen.append(row)
            reached = [passes[row], *(scores[row] == POINTS)]
            solved |= {place for place, full in enumerate(reached) if full}
            empty |= {name for name in [names[at]] if not left[name]}
        at = (at - 1) % len(names)
    rest = [(row, place) for place, name in enumerate(names) for row in left[name]]
    rest.sort(key=lambda one: (*key[one[0]], one[1]), reverse=True)
    return (chosen + [row for row, _ in rest])[:budget]


def test_open_r1_orders_by_public_tests_then_length_and_fills_up():
    view = make_view(
        5, aimed=[1, 1, 1, 2, 2], public_passed=[1, 2, 2, 0, 2], output_tokens=np.array([9.0, 1.0, 5.0, 7.0, np.nan])
    )
    assert rows("open-r1", view, budget=5) == [4, 2, 3, 1, 0]


def test_alphacode2_sends_the_best_scored_of_the_largest_clusters_only():
    probes = make_probes({1: [[1], [1], [1], [2], [2], [3]], 2: [[0]] * 6})
    view = make_view(6, probes=probes, reasoning_tokens=np.array([1.0, 9.0, 5.0, 2.0, 3.0, 99.0]))
    assert rows("alphacode2", view, budget=4, clusters=2, score="reasoning-tokens") == [1, 4, 2, 3]
    assert rows("alphacode2", view, budget=2, clusters=2) == [0, 3]


def test_alphacode_filters_and_majority_does_not():
    probes = make_probes({1: [[1], [2], [2], [1]], 2: [[0]] * 4})
    view = make_view(4, probes=probes, public_passed=[2, 0, 0, 1])
    assert rows("alphacode", view, budget=2) == [0]
    assert rows("majority", view, budget=2) == [0, 1]
    three = make_probes({1: [[1], [2], [2], [2]], 2: [[0]] * 4})
    assert rows("majority", make_view(4, probes=three, public_passed=[2, 0, 0, 0]), budget=1) == [1]


def test_mbr_exec_counts_who_agrees_and_no_failure_does():
    probes = make_probes({1: [[1, 5], [1, 6], [2, 6], [CRASH, CRASH], [CRASH, CRASH], [CRASH, CRASH]]})
    view = make_view(6, points=(100.0,), probes=probes)
    # each: row 0 has 2 + 1 votes, row 1 has 2 + 2, row 2 has 1 + 2.
    assert rows("mbr-exec", view, budget=3) == [1, 0, 2]
    assert rows("mbr-exec", view, budget=3, agree_on="first") == [0, 1, 2]
    alike = make_probes({1: [[1, 5], [1, 6], [1, 6], [CRASH, 0], [CRASH, 0], [CRASH, 0]]})
    assert rows("mbr-exec", make_view(6, points=(100.0,), probes=alike), budget=3, agree_on="all") == [1, 2, 0]


def test_o1_ioi_takes_turns_from_the_subtask_that_contains_most():
    view = make_view(
        4,
        aimed=[1, 2, 3, 3],
        probes=make_probes({1: [[1]] * 4, 2: [[1]] * 4, 3: [[1], [1], [1], [2]]}),
        subtasks=(SubtaskView(1, 20.0, (2,)), SubtaskView(2, 30.0), SubtaskView(3, 50.0)),
    )
    assert rows("o1-ioi", view, budget=4) == [0, 2, 1, 3]
    assert rows("o1-ioi", view, budget=4, hardest="last") == [2, 1, 0, 3]
    assert rows("o1-ioi", view, budget=3, hardest="points") == [2, 1, 0]


def test_o1_ioi_prefers_the_mean_to_the_size_and_charges_attempts():
    """Three that fail a public test against one that passes both; after one attempt the larger cluster is next."""
    probes = make_probes({1: [[1], [1], [1], [2], [2]]})
    view = make_view(5, points=(100.0,), probes=probes, public_passed=[1, 1, 1, 2, 2])
    assert rows("o1-ioi", view, budget=3, attempts_weight=0.1) == [3, 4, 0]
    assert rows("o1-ioi", view, budget=3, attempts_weight=0.6) == [3, 0, 4]
    assert rows("o1-ioi", view, budget=1, cluster_score="size", public_weight=0) == [0]


def test_o1_ioi_marks_failures_on_probes_down():
    probes = make_probes({1: [[1, TIMEOUT], [1, TIMEOUT], [3, 4]]})
    view = make_view(3, points=(100.0,), probes=probes)
    assert rows("o1-ioi", view, budget=3) == [2, 0, 1]
    assert rows("o1-ioi", view, budget=3, crashes="exclude") == [2]


def test_o1_ioi_drops_what_disagrees_with_the_solver_of_a_contained_subtask():
    """Row 2 solves subtask 1 and prints 7 there; of the two aimed at subtask 2 only row 1 prints the same."""
    view = make_view(
        3,
        aimed=[2, 2, 1],
        probes=make_probes({1: [[6], [7], [7]], 2: [[1], [2], [3]]}),
        subtasks=(SubtaskView(1, 40.0), SubtaskView(2, 60.0, (1,))),
    )
    scores = np.array([[0.0, 0.0], [0.0, 0.0], [40.0, 0.0]])
    points = [40.0, 60.0]
    # Turn 1: subtask 2 sends row 0, subtask 1 sends row 2 and is solved; turn 2: row 1.
    assert play("o1-ioi", view, scores, points, budget=5) == [(0, 2), (2, 1), (1, 2)]
    other = make_view(
        4,
        aimed=[2, 2, 2, 1],
        probes=make_probes({1: [[6], [6], [7], [7]], 2: [[1], [2], [3], [4]]}),
        subtasks=view.subtasks,
    )
    wider = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [40.0, 0.0]])
    assert play("o1-ioi", other, wider, points, budget=5) == [(0, 2), (3, 1), (2, 2)]
    unfiltered = play("o1-ioi", other, wider, points, budget=5, superset_filter="no")
    assert unfiltered == [(0, 2), (3, 1), (1, 2), (2, 2)]


def test_o1_ioi_counts_a_subtask_solved_on_the_way():
    view = make_view(
        3,
        aimed=[2, 1, 1],
        probes=make_probes({1: [[1], [2], [3]], 2: [[1], [2], [3]]}),
    )
    scores = np.array([[40.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert play("o1-ioi", view, scores, [40.0, 60.0], budget=3) == [(0, 2)]
    assert play("o1-ioi", view, scores, [40.0, 60.0], budget=3, solved_by="aimed") == [(0, 2), (1, 1), (2, 1)]


def test_o1_ioi_of_a_pool_for_whole_problems_has_everyone_in_every_lane():
    view = make_view(3, probes=make_probes({1: [[1], [1], [2]], 2: [[1], [2], [2]]}))
    sent = play("o1-ioi", view, np.zeros((3, 2)), [40.0, 60.0], budget=3)
    assert [aim for _, aim in sent] == [2, 1, 2]
    assert sorted(row for row, _ in sent) == [0, 1, 2]


def test_open_r1_fills_up_with_what_is_left_of_solved_subtasks():
    """Rows 0 and 1 aim at subtask 1, which row 0 solves; row 1 would solve subtask 2, at which nobody aims."""
    view = make_view(2, aimed=[1, 1], output_tokens=np.array([9.0, 1.0]))
    scores, points = np.array([[40.0, 0.0], [0.0, 60.0]]), [40.0, 60.0]
    assert play("open-r1", view, scores, points, budget=2) == [(0, 1), (1, None)]
    assert play("open-r1", view, scores, points, budget=2, fill="no") == [(0, 1)]
    assert play("open-r1", view, scores, points, budget=2, published_bug="yes") == [(0, 1), (1, 1)]


def test_alphacode2_keeps_all_clusters_where_asked():
    probes = make_probes({1: [[1], [2], [2], [3]], 2: [[0]] * 4})
    assert rows("alphacode2", make_view(4, probes=probes), budget=4, clusters=1) == [1, 2]
    assert rows("alphacode2", make_view(4, probes=probes), budget=4, clusters=0) == [1, 0, 3, 2]


def test_gencluster_takes_turns_over_the_subtasks_that_are_not_solved():
    """Row 3, aimed at subtask 2, solves it: row 2 is not sent. Subtask 1's better cluster won its duel."""
    view = make_view(
        4, aimed=[1, 1, 2, 2], probes=make_probes({1: [[1], [2], [0], [0]], 2: [[0], [0], [3], [4]]}),
        beats=np.array([[1, 0], [3, 2]]),
    )  # fmt: skip
    scores, points = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 60.0], [0.0, 60.0]]), [40.0, 60.0]
    assert play("gencluster", view, scores, points, budget=4) == [(3, 2), (1, 1), (0, 1)]


def test_gencluster_takes_the_longest_thought_of_a_cluster_or_the_first_drawn():
    view = make_view(2, probes=make_probes({1: [[1], [1]], 2: [[0], [0]]}), beats=np.array([[0, 1]]))
    assert rows("gencluster", view, budget=1) == [1]
    assert rows("gencluster", view, budget=1, representative="drawing") == [0]
    with pytest.raises(StrategyError, match="takes the member with most latency, and no candidate of this pool has it"):
        rows("gencluster", view, budget=1, representative="latency")


@pytest.mark.parametrize("slug", ["gencluster", "open-r1", "o1-ioi"])
@pytest.mark.parametrize("identical", ["skip", "send"])
def test_a_program_left_in_a_closed_lane_is_sent_for_another_subtask(slug, identical):
    """Row 0 solves subtask 2; rows 1 and 2 are one program, aimed at 2 and at 1, that solves subtask 1."""
    view = make_view(
        3,
        aimed=[2, 2, 1],
        program_id=[0, 7, 7],
        reasoning_tokens=np.array([9.0, 8.0, 1.0]),
        output_tokens=np.array([9.0, 8.0, 1.0]),
        probes=make_probes({1: [[5], [6], [6]], 2: [[1], [2], [2]]}),
        beats=np.array([[0, 1]]),
    )
    scores, points = np.array([[0.0, 20.0], [10.0, 0.0], [10.0, 0.0]]), [10.0, 20.0]
    options = {"fill": "no"} if slug == "open-r1" else {}
    assert play(slug, view, scores, points, budget=3, identical=identical, **options) == [(0, 2), (2, 1)]
