import re
from itertools import permutations, product

import numpy as np
import pytest

from comparisons.metrics.random_choice import random_choice
from comparisons.strategies import STRATEGIES, Failure, StrategyError, get_strategy, replay
from tests.comparisons.strategies.pools import Taste, make_probes, make_view

CRASH = int(Failure.CRASH)


def sent(slug, view, *, budget, scores=None, **options):
    scores = np.zeros((len(view), 2)) if scores is None else scores
    result = replay(STRATEGIES[slug], view, scores, [40.0, 60.0], budget=budget, options=options)
    return [submission.row for submission in result.seeds[0].submissions]


def needed(slug, view, *, budget, **options):
    result = replay(STRATEGIES[slug], view, np.zeros((len(view), 2)), [40.0, 60.0], budget=budget, options=options)
    return result.draws_needed


def test_strategies_are_found_by_file():
    assert list(STRATEGIES) == [
        "first-k", "learned-rank", "longest-thought", "majority", "public-filter", "alphacode", "alphacode2",
        "codemonkeys", "codet", "largest-cluster", "mbr-exec", "o1-ioi", "open-r1", "s-star", "cross-check",
        "gencluster",
    ]  # fmt: skip


def test_get_strategy_of_unknown_name_lists_those_there_are():
    with pytest.raises(StrategyError, match="no strategy 'best'; there are first-k, learned-rank, longest-thought"):
        get_strategy("best")


def test_option_unknown_is_refused_by_name():
    with pytest.raises(StrategyError, match="first-k has no option 'colour'; it has identical, stop"):
        sent("first-k", make_view(1), budget=1, colour="red")


def test_option_with_an_impossible_value_is_refused():
    with pytest.raises(StrategyError, match="option order takes drawing, random, not 'down'"):
        sent("public-filter", make_view(1), budget=1, order="down")
    with pytest.raises(StrategyError, match="option stop takes yes or no, not 'perhaps'"):
        sent("first-k", make_view(1), budget=1, stop="perhaps")


def test_first_k_sends_the_first_draws_and_replaces_none():
    view = make_view(5, has_program=[True, False, True, True, True], program_id=[0, -1, 0, 1, 2])
    assert sent("first-k", view, budget=4) == [0, 3]
    assert sent("first-k", view, budget=4, identical="send") == [0, 2, 3]
    assert needed("first-k", view, budget=4) == 4


def test_first_k_takes_equal_shares_of_the_subtasks_and_the_remainder_from_the_hardest():
    # Draws take turns: subtask 1, 2, 1, 2, 1. Of four, subtask 2 gets both of its own; of three, two.
    view = make_view(5, aimed=[1, 2, 1, 2, 1])
    assert sent("first-k", view, budget=1) == [1]
    assert sent("first-k", view, budget=3) == [1, 0, 3]
    assert sent("first-k", view, budget=5) == [1, 0, 3, 2, 4]
    assert [needed("first-k", view, budget=k) for k in (1, 2, 3, 4, 5, 6)] == [1, 2, 3, 4, 5, 5]


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_first_k_has_the_mean_of_random_choice_over_all_orders_of_drawing(k):
    aimed = np.array([1, 2, 1, 2, 2])
    scores = np.array([[10.0, 0.0], [0.0, 20.0], [5.0, 5.0], [10.0, 0.0], [0.0, 0.0]])
    orders = product(permutations([0, 2]), permutations([1, 3, 4]))
    found = []
    for first, second in orders:
        rows = np.array([first[0], second[0], first[1], second[1], second[2]])
        view = make_view(5, aimed=aimed[rows].tolist())
        found.append(replay(STRATEGIES["first-k"], view, scores[rows], [10.0, 20.0], budget=k).score)
    assert np.mean(found) == pytest.approx(random_choice(scores, aimed, k=k).mean)


def test_first_k_stops_when_all_is_solved():
    scores = np.array([[40.0, 0.0], [0.0, 60.0], [0.0, 0.0]])
    assert sent("first-k", make_view(3), budget=3, scores=scores) == [0, 1]
    assert sent("first-k", make_view(3), budget=3, scores=scores, stop="no") == [0, 1, 2]


def test_public_filter_rejects_what_fails_a_public_test():
    view = make_view(5, public_passed=[2, 1, 2, 2, -1], compiled=[True, True, False, True, True])
    assert sent("public-filter", view, budget=5) == [0, 3]


def test_public_filter_needs_draws_until_k_have_passed():
    view = make_view(6, public_passed=[0, 2, 0, 2, 2, 0], program_id=[0, 1, 2, 1, 3, 4])
    assert needed("public-filter", view, budget=1) == 2
    assert needed("public-filter", view, budget=2) == 5
    assert needed("public-filter", view, budget=2, identical="send") == 4
    assert needed("public-filter", view, budget=3) == 6
    assert needed("public-filter", view, budget=1, order="random") == 6


def test_public_filter_when_nobody_passes_sends_nothing_unless_asked():
    view = make_view(3, public_passed=[0, 1, 0])
    assert sent("public-filter", view, budget=3) == []
    assert sent("public-filter", view, budget=3, if_none_passes="most") == [1]


def test_public_filter_without_public_tests_keeps_what_compiles():
    view = make_view(2, public_passed=[-1, -1], public_total=0, compiled=[False, True])
    assert sent("public-filter", view, budget=2) == [1]


def test_public_filter_on_a_pool_not_run_on_public_tests_is_refused():
    with pytest.raises(StrategyError, match="was not run on them"):
        sent("public-filter", make_view(2, public_passed=[-1, -1]), budget=2)


def test_public_filter_at_random_draws_lots_from_the_seed():
    view, scores = make_view(30), np.zeros((30, 2))
    first, again = (
        replay(STRATEGIES["public-filter"], view, scores, [1, 1], budget=5, seed=3, options={"order": "random"})
        for _ in range(2)
    )
    assert len(first.seeds) == 20
    assert first == again
    assert first.seeds[0].submissions != first.seeds[1].submissions


def test_largest_cluster_takes_one_of_each_largest_first_and_goes_round():
    view = make_view(6, probes=make_probes({1: [[5], [1], [1], [9], [1], [9]]}))
    assert sent("largest-cluster", view, budget=6) == [1, 3, 0, 2, 5, 4]


def test_largest_cluster_leaves_out_the_cluster_that_only_crashes():
    view = make_view(4, probes=make_probes({1: [[CRASH], [CRASH], [CRASH], [1]]}))
    assert sent("largest-cluster", view, budget=4) == [3]
    assert sent("largest-cluster", view, budget=4, only_crashes="yes") == [0, 3, 1, 2]


def test_largest_cluster_counts_identical_programs_as_asked():
    view = make_view(5, program_id=[0, 0, 0, 1, 2], probes=make_probes({1: [[7], [7], [7], [8], [8]]}))
    assert sent("largest-cluster", view, budget=5) == [0, 3, 4]
    assert sent("largest-cluster", view, budget=5, size="programs") == [3, 0, 4]


def test_largest_cluster_filters_by_public_tests_unless_told_not_to():
    view = make_view(3, public_passed=[0, 0, 2], probes=make_probes({1: [[1], [1], [2]]}))
    assert sent("largest-cluster", view, budget=3) == [2]
    assert sent("largest-cluster", view, budget=3, public_filter="no") == [0, 2, 1]


def test_largest_cluster_without_probes_is_refused():
    with pytest.raises(StrategyError, match="not run on any"):
        sent("largest-cluster", make_view(2), budget=1)
    with pytest.raises(StrategyError, match="not run on any"):
        sent("largest-cluster", make_view(2, probes=make_probes({1: [[], []]})), budget=1)


def test_largest_cluster_without_public_results_runs_when_it_does_not_filter():
    view = make_view(2, public_passed=[-1, -1], probes=make_probes({1: [[1], [1]]}))
    with pytest.raises(StrategyError, match="was not run on them"):
        sent("largest-cluster", view, budget=1)
    assert sent("largest-cluster", view, budget=1, public_filter=False) == [0]


def test_longest_thought_sends_most_tokens_first_and_unknown_last():
    tokens = [5.0, float("nan"), 9.0, 9.0]
    assert sent("longest-thought", make_view(4, reasoning_tokens=tokens), budget=4) == [2, 3, 0, 1]


def test_longest_thought_skips_answers_without_a_program_unless_asked():
    view = make_view(3, has_program=[True, True, False], program_id=[0, 1, -1])
    assert sent("longest-thought", view, budget=3) == [1, 0]
    assert sent("longest-thought", view, budget=3, without_program="send") == [2, 1, 0]


def test_longest_thought_by_another_measure():
    view = make_view(2, latency_s=[3.0, 1.0], compiled=[False, True])
    assert sent("longest-thought", view, budget=2, measure="latency") == [0, 1]
    assert sent("longest-thought", view, budget=2, measure="latency", only_compiling="yes") == [1]


def test_longest_thought_without_the_measure_is_refused():
    with pytest.raises(StrategyError, match="orders by output-tokens"):
        sent("longest-thought", make_view(2), budget=1, measure="output-tokens")
    nobody = make_view(1, has_program=[False], reasoning_tokens=[float("nan")])
    assert sent("longest-thought", nobody, budget=1) == []


@pytest.mark.parametrize(
    ("slug", "option", "value", "said"),
    [
        ("codemonkeys", "kept", "2.5", "takes a whole number, not '2.5'"),
        ("codemonkeys", "kept", 2.5, "takes a whole number, not '2.5'"),
        ("codemonkeys", "kept", -1, "takes a whole number from 0 on, not '-1'"),
        ("codemonkeys", "kept", True, "takes a whole number, not 'True'"),
        ("codet", "first", "-2", "takes a whole number from 0 on, not '-2'"),
        ("alphacode2", "clusters", "ten", "takes a whole number, not 'ten'"),
        ("o1-ioi", "errors_weight", "nan", "takes a number, not 'nan'"),
        ("o1-ioi", "attempts_weight", float("inf"), "takes a number, not 'inf'"),
        ("o1-ioi", "errors_weight", "-0.1", "takes a number from 0 to 1,000,000, not '-0.1'"),
        ("o1-ioi", "public_weight", -1, "takes a number from 0 to 1,000,000, not '-1'"),
        ("o1-ioi", "attempts_weight", None, "takes a number, not 'None'"),
        ("o1-ioi", "solved_share", "0", "takes a number from 0.01 to 1, not '0'"),
        ("o1-ioi", "solved_share", "1.5", "takes a number from 0.01 to 1, not '1.5'"),
        ("cross-check", "tolerated", "-0.1", "takes a number from 0 to 1, not '-0.1'"),
        ("cross-check", "tolerated", "50", "takes a number from 0 to 1, not '50'"),
    ],
)
def test_number_that_no_rule_can_follow_is_refused(slug, option, value, said):
    with pytest.raises(StrategyError, match=f"option {option} {re.escape(said)}"):
        STRATEGIES[slug].complete({option: value})


def test_learned_rank_filters_by_public_tests_where_asked():
    view = make_view(3, public_passed=[2, 1, 2], fit=Taste())
    assert sorted(sent("learned-rank", view, budget=3)) == [0, 1, 2]
    assert sorted(sent("learned-rank", view, budget=3, public_filter="yes")) == [0, 2]
