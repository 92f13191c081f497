"""Strategies over generated tests: CodeT against a plain reading of its text, CodeMonkeys' votes."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparisons.metrics import pass_at_k
from comparisons.strategies import STRATEGIES, GeneratedTests, replay
from tests.comparisons.strategies.codet_oracle import chance_of_solving, ranked_groups
from tests.comparisons.strategies.pools import make_view
from tests.environment import examples


def view_of(programs, passes, samples):
    """programs: name of each candidate's; passes: by program, the tests it passes; samples: tests each sample wrote."""
    tests = sorted({test for sample in samples for test in sample})
    written = [(tests.index(test), n, place) for n, sample in enumerate(samples) for place, test in enumerate(sample)]
    names = sorted(set(programs))
    passed = np.array([[test in passes[program] for test in tests] for program in programs], dtype=bool)
    columns = np.array(written, dtype=np.int64).reshape(-1, 3)
    return make_view(
        len(programs),
        points=(1.0,),
        program_id=[names.index(program) for program in programs],
        source_chars=np.array([len(program) for program in programs]),
        generated=GeneratedTests(passed.reshape(len(programs), len(tests)), *columns.T),
    )


def rows(slug, view, *, budget, scores=None, seeds=1, **options):
    scores = np.zeros((len(view), 1)) if scores is None else scores
    played = replay(STRATEGIES[slug], view, scores, [1.0], budget=budget, seeds=seeds, options=options)
    return [[sent.row for sent in one.submissions] for one in played.seeds]


def test_codet_ranks_by_the_root_of_the_group_times_its_tests():
    """Four that pass 2 tests: 2 · 2 = 4; one that passes 3: 3; by |S| · |T| it is 8 against 3, and 3 against 2 · 1."""
    programs = ["a", "b", "c", "d", "e", "f"]
    passes = {**dict.fromkeys("abcd", {"1", "2"}), "e": {"1", "2", "3"}, "f": set()}
    view = view_of(programs, passes, [["1", "2", "3"]])
    assert rows("codet", view, budget=2)[0][1] == 4
    assert rows("codet", view, budget=6, passes_nothing="last")[0][-1] == 5
    assert sorted(rows("codet", view, budget=6)[0]) == [0, 1, 2, 3, 4]
    few = view_of(["a", "b", "c"], {"a": {"1"}, "b": {"1"}, "c": {"1", "2"}}, [["1", "2"]])
    assert rows("codet", few, budget=1)[0] == [2]  # 2 against sqrt(2)
    assert {tuple(one) for one in rows("codet", few, budget=1, root="no", seeds=30)} == {(0,), (1,), (2,)}


def test_codet_counts_tests_as_often_as_they_were_written_and_the_first_of_each_sample_only():
    passes = {"a": {"1"}, "b": {"2"}}
    often = [["1"], ["2", "1", "1"], ["1"]]
    assert rows("codet", view_of(["a", "b"], passes, often), budget=1)[0] == [0]
    late = [["2", "1", "1", "1"], ["2", "1"]]
    assert rows("codet", view_of(["a", "b"], passes, late), budget=1, first=1)[0] == [1]
    assert rows("codet", view_of(["a", "b"], passes, late), budget=1, first=0)[0] == [0]


def test_codet_merges_groups_of_equal_score_that_rounding_would_part():
    """Two that pass 3 tests and eighteen that pass 1: sqrt(2) · 3 = sqrt(18), 4.243 either way."""
    assert math.sqrt(2) * 3 != math.sqrt(18)
    view = view_of(["a"] * 2 + ["b"] * 18, {"a": {"1", "2", "3"}, "b": {"4"}}, [["1", "2", "3", "4"]])
    first = [one[0] for one in rows("codet", view, budget=1, seeds=200)]
    # One group of twenty: eighteen of twenty lots fall on b.
    assert 150 < sum(row >= 2 for row in first) < 199


def test_codet_counts_identical_programs_as_asked():
    view = view_of(["a", "a", "a", "b", "c"], {"a": {"1"}, "b": {"2"}, "c": {"2"}}, [["1", "2"]])
    assert rows("codet", view, budget=1)[0][0] in (0, 1, 2)
    assert rows("codet", view, budget=1, size="programs")[0][0] in (3, 4)


def test_codet_chooses_at_random_where_nobody_passes_a_test_unless_told_not_to():
    view = view_of(["a", "b", "c"], {"a": set(), "b": set(), "c": set()}, [["1"]])
    assert len({tuple(one) for one in rows("codet", view, budget=1, seeds=30)}) == 3
    assert rows("codet", view, budget=1, if_none_passes="nothing") == [[]] * 1


@st.composite
def pools(draw):
    programs = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=9))
    passes = {name: draw(st.sets(st.sampled_from("123"))) for name in "abcdef"}
    samples = draw(st.lists(st.lists(st.sampled_from("123"), max_size=4), min_size=1, max_size=4))
    right = draw(st.sets(st.sampled_from("abcdef")))
    return programs, passes, samples, right


@settings(max_examples=examples(25), deadline=None)
@given(pool=pools(), k=st.integers(1, 4))
def test_codet_solves_as_often_as_a_plain_reading_of_it(pool, k):
    programs, passes, samples, right = pool
    if not any(samples):
        return
    view = view_of(programs, passes, samples)
    scores = np.array([[float(program in right)] for program in programs])
    plain = chance_of_solving(programs, passes, samples, right, k=k, first=2)
    played = replay(
        STRATEGIES["codet"], view, scores, [1.0], budget=k, seeds=400, options={"first": 2, "identical": "send"}
    )
    assert played.score == pytest.approx(plain, abs=4.5 * math.sqrt(max(plain * (1 - plain), 0.0) / 400) + 1e-9)
    groups = ranked_groups(programs, passes, samples, first=2)
    reached = {tuple(sorted(group)) for group in groups}
    assert all(set(a).isdisjoint(b) for a, b in itertools.combinations(reached, 2))


def test_codemonkeys_sends_most_votes_first_and_of_equal_ones_the_shorter_three_of_them():
    passes = {"long": {"1"}, "s": {"1"}, "none": set(), "both": {"1", "2"}}
    view = view_of(["none", "long", "s", "both", "s"], passes, [["1"], ["2"]])
    assert rows("codemonkeys", view, budget=5)[0] == [3, 2, 1]
    assert rows("codemonkeys", view, budget=5, kept=0)[0] == [3, 2, 1, 0]
    assert rows("codemonkeys", view, budget=5, kept=0, passes_nothing="never")[0] == [3, 2, 1]


def test_distinct_tests_are_counted_by_sample():
    tests = GeneratedTests(
        np.ones((2, 3), dtype=bool), np.array([0, 1, 0, 2]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    )
    assert tests.counts().tolist() == [2, 1, 1]
    assert tests.counts(first=1).tolist() == [2, 0, 0]
    assert tests.take(np.array([1])).passed.shape == (1, 3)
    with pytest.raises(ValueError, match="has no column"):
        GeneratedTests(np.ones((2, 1), dtype=bool), np.array([1]), np.array([0]), np.array([0]))


def test_a_problem_for_which_no_test_was_written_is_chosen_from_at_random() -> None:
    """HumanEval-30, 57 and 62 of CodeT's samples: nobody passes anything, so it is pass@k."""
    none = np.empty(0, dtype=np.int64)
    generated = GeneratedTests(np.zeros((4, 0), dtype=bool), none, none, none, per_sample=5)
    view = make_view(4, points=(1.0,), generated=generated)
    played = replay(STRATEGIES["codet"], view, [[1.0], [0.0], [0.0], [0.0]], [1.0], budget=2, seeds=400)
    assert played.score == pytest.approx(pass_at_k(4, 1, k=2), abs=0.08)
