"""The grading tree: what must run, what it scores."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from judge.grading import (
    Grade,
    Outcome,
    default_grade,
    grade_subtasks,
    is_partial,
    pending_tests,
    requires_fault,
    settled,
)  # fmt: skip
from judge.problem import Aggregation, File, Group, Problem, Subtask, TaskType
from judge.problem import Testcase as Case
from judge.verdicts import Verdict

AC, WA, TLE, SK, IE, PA = Verdict.AC, Verdict.WA, Verdict.TLE, Verdict.SK, Verdict.IE, Verdict.PA


def make_group(name: str, tests: str, points: float = 1.0, **changes: object) -> Group:
    values: dict[str, object] = {"aggregation": Aggregation.MIN, "accept_score": points, **changes}
    return Group(name, tuple(f"{name}/{test}" for test in tests), **values)  # type: ignore[arg-type]


def make_problem(*groups: Group, root: Group | None = None) -> Problem:
    """A problem whose sample is s/1 and whose subtasks are `groups`, each worth its accept score."""
    sample = make_group("s", "1", 0.0)
    secret = Group("secret", groups=groups, break_on_reject=False)
    tree = root or Group("data", groups=(sample, secret), ignore_sample=True, break_on_reject=False)
    names = [name for group in (sample, *groups) for name in group.testcases]
    file = File("x", "0", 0)
    return Problem(
        slug="p",
        title="P",
        task_type=TaskType.BATCH,
        format="kattis",
        testcases=tuple(Case(name, file, file, name.startswith("s/")) for name in names),
        root=tree,
        subtasks=tuple(Subtask(i, g.name, g.accept_score, g.name, g.testcases) for i, g in enumerate(groups, start=1)),
    )


def no_grader(group: Group, members: Sequence[Grade]) -> Grade:
    raise AssertionError("there is no custom grader here")


def outcomes(**verdicts: Verdict) -> dict[str, Outcome]:
    return {name.replace("_", "/"): Outcome(verdict) for name, verdict in verdicts.items()}


def test_all_tests_are_pending_at_first_samples_before() -> None:
    problem = make_problem(make_group("a", "12", 30), make_group("b", "12", 70))
    assert pending_tests(problem, {}, no_grader) == ["s/1", "a/1", "a/2", "b/1", "b/2"]


def test_rejection_skips_the_rest_of_its_group_only() -> None:
    problem = make_problem(make_group("a", "123", 30), make_group("b", "12", 70))
    assert pending_tests(problem, outcomes(s_1=AC, a_1=WA), no_grader) == ["b/1", "b/2"]


def test_group_that_continues_runs_all_its_tests() -> None:
    problem = make_problem(make_group("a", "123", 30, break_on_reject=False))
    assert pending_tests(problem, outcomes(s_1=AC, a_1=WA), no_grader) == ["a/2", "a/3"]


def test_samples_all_run_whatever_happens() -> None:
    sample, secret = make_group("s", "123"), make_group("a", "12")
    tree = Group("data", groups=(sample, secret), aggregation=Aggregation.MIN)
    problem = make_problem(secret, root=tree)
    assert pending_tests(problem, outcomes(s_1=WA), no_grader) == []
    file = File("x", "0", 0)
    samples = tuple(Case(f"s/{i}", file, file, True) for i in "123")
    problem = Problem("p", "P", TaskType.BATCH, "kattis", samples + problem.testcases[1:], tree, problem.subtasks)
    assert pending_tests(problem, outcomes(s_1=WA), no_grader) == ["s/2", "s/3"]


def test_subtasks_are_scored_by_their_worst_test() -> None:
    problem = make_problem(make_group("a", "12", 30), make_group("b", "12", 70))
    done = outcomes(s_1=WA, a_1=AC, a_2=AC, b_1=TLE)
    assert pending_tests(problem, done, no_grader) == []
    assert [(r.score, r.verdict) for r in grade_subtasks(problem, done, no_grader)] == [(30.0, AC), (0.0, TLE)]


def test_subtask_without_points_is_accepted_when_no_test_failed() -> None:
    problem = make_problem(make_group("a", "1", 0), make_group("b", "1", 0))
    results = grade_subtasks(problem, outcomes(s_1=AC, a_1=AC, b_1=WA), no_grader)
    assert [(r.score, r.verdict) for r in results] == [(0.0, AC), (0.0, WA)]


def test_checker_scores_count() -> None:
    problem = make_problem(make_group("a", "12", 30, score_max=30.0, score_min=0.0))
    done = {"s/1": Outcome(AC), "a/1": Outcome(AC, 12.5), "a/2": Outcome(AC, 30.0)}
    (result,) = grade_subtasks(problem, done, no_grader)
    assert (result.score, result.verdict) == (12.5, PA)
    done["a/1"] = Outcome(AC, 0.5, is_multiplier=True)
    assert grade_subtasks(problem, done, no_grader)[0].score == 15.0


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(AC, 30.1),
        Outcome(AC, -0.5),
        Outcome(AC, 1.01, is_multiplier=True),
        Outcome(WA, -2.0, is_multiplier=True),
    ],
)
def test_a_checker_s_score_that_cannot_be_had_is_our_fault(outcome: Outcome) -> None:
    group = make_group("a", "12", 30, score_max=30.0, score_min=0.0)
    done = {"s/1": Outcome(AC, 99.0), "a/1": Outcome(AC), "a/2": outcome}
    (result,) = grade_subtasks(make_problem(group), done, no_grader)
    assert (result.score, result.verdict) == (0.0, IE)
    assert "can be had" in settled(outcome, group)[1]


def test_scores_of_a_group_above_its_range_are_our_fault() -> None:
    group = make_group("a", "12", 30, aggregation=Aggregation.SUM, score_max=30.0, score_min=0.0)
    done = {"s/1": Outcome(AC), "a/1": Outcome(AC, 20.0), "a/2": Outcome(AC, 20.0)}
    assert grade_subtasks(make_problem(group), done, no_grader)[0].verdict is IE
    done["a/2"] = Outcome(AC, 10.0)
    assert grade_subtasks(make_problem(group), done, no_grader)[0].score == 30.0


@pytest.mark.parametrize(
    ("outcome", "score", "verdict"),
    [
        (Outcome(AC), 30.0, AC),
        (Outcome(AC, 5.0), 30.0, AC),
        (Outcome(AC, 4.9), 0.0, WA),
        (Outcome(AC, 1.0, is_multiplier=True), 30.0, AC),
        (Outcome(AC, 0.9, is_multiplier=True), 0.0, WA),
    ],
)
def test_where_all_of_a_test_is_needed_less_is_wrong(outcome: Outcome, score: float, verdict: Verdict) -> None:
    group = make_group("a", "12", 30, score_max=30.0, score_min=0.0, full_score=5.0)
    done = {"s/1": Outcome(AC), "a/1": Outcome(AC), "a/2": outcome}
    (result,) = grade_subtasks(make_problem(group), done, no_grader)
    assert (result.score, result.verdict) == (score, verdict)


def test_our_fault_makes_the_subtask_ie_without_score() -> None:
    problem = make_problem(make_group("a", "12", 30), make_group("b", "1", 70))
    results = grade_subtasks(problem, outcomes(s_1=AC, a_1=IE, b_1=AC), no_grader)
    assert [(r.score, r.verdict) for r in results] == [(0.0, IE), (70.0, AC)]


def test_subtask_behind_a_stated_break_is_skipped() -> None:
    groups = (make_group("a", "1", 30), make_group("b", "1", 70))
    sample = make_group("s", "1", 0.0)
    secret = Group("secret", groups=groups, break_on_reject=True)
    problem = make_problem(*groups, root=Group("data", groups=(sample, secret), break_on_reject=False))
    done = outcomes(s_1=AC, a_1=WA)
    assert pending_tests(problem, done, no_grader) == []
    assert [(r.score, r.verdict) for r in grade_subtasks(problem, done, no_grader)] == [(0.0, WA), (0.0, SK)]


def test_custom_grader_gets_the_members_and_decides() -> None:
    seen: list[tuple[str, tuple[Grade, ...]]] = []

    def half(group: Group, members: Sequence[Grade]) -> Grade:
        seen.append((group.name, tuple(members)))
        return Grade(AC, min(score for _, score in members) * 20)

    problem = make_problem(make_group("a", "12", 20, aggregation=Aggregation.CUSTOM))
    done = {"s/1": Outcome(AC), "a/1": Outcome(AC, 1.0), "a/2": Outcome(AC, 0.5)}
    (result,) = grade_subtasks(problem, done, half)
    assert (result.score, result.verdict) == (10.0, PA)
    assert seen == [("a", (Grade(AC, 1.0), Grade(AC, 0.5)))]


def test_partial_tests_are_told_from_full_ones() -> None:
    plain, custom = make_group("a", "1", 30), make_group("a", "1", 30, aggregation=Aggregation.CUSTOM)
    assert [is_partial(Outcome(AC, score), plain) for score in (None, 29.0, 30.0)] == [False, True, False]
    assert [is_partial(Outcome(AC, score), custom) for score in (0.5, 1.0)] == [True, False]
    assert is_partial(Outcome(WA, 3.0), plain) is False


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, TLE),
        ({"verdict_rule": "first_error"}, WA),
        ({"verdict_rule": "always_accept"}, AC),
        ({"accept_if_any_accepted": True}, AC),
    ],
)
def test_verdicts_are_aggregated_by_kattis_rules(changes: dict[str, object], verdict: Verdict) -> None:
    members = [Grade(AC, 1), Grade(WA, 0), Grade(TLE, 0)]
    assert default_grade(make_group("a", "123", **changes), members).verdict is verdict


@pytest.mark.parametrize(
    ("aggregation", "score"),
    [(Aggregation.SUM, 6.0), (Aggregation.MIN, 1.0), (Aggregation.MAX, 3.0), (Aggregation.AVG, 2.0)],
)
def test_scores_are_aggregated(aggregation: Aggregation, score: float) -> None:
    members = [Grade(AC, 1), Grade(AC, 2), Grade(AC, 3)]
    assert default_grade(make_group("a", "123", aggregation=aggregation), members).score == score


def test_sample_can_be_ignored() -> None:
    group = make_group("data", "", ignore_sample=True)
    assert default_grade(group, [Grade(WA, 0), Grade(AC, 7)]) == Grade(AC, 7)


@pytest.mark.parametrize(("fractions", "score"), [((1.0, 1.0), 30.0), ((0.5, 0.8), 12.0), ((0.5, 0.0), 0.0)])
def test_product_multiplies_the_fractions(fractions: tuple[float, float], score: float) -> None:
    problem = make_problem(make_group("a", "12", 30, aggregation=Aggregation.PRODUCT))
    done = {f"a/{i}": Outcome(AC, fraction, is_multiplier=True) for i, fraction in enumerate(fractions, start=1)}
    assert grade_subtasks(problem, {"s/1": Outcome(AC), **done}, no_grader)[0].score == pytest.approx(score)


def test_product_of_nothing_worth_is_nothing() -> None:
    assert default_grade(make_group("a", "1", 0, aggregation=Aggregation.PRODUCT), [Grade(AC, 0)]).score == 0.0


@pytest.mark.parametrize(
    ("outcome", "score"),
    [
        (Outcome(AC, 0.4, is_multiplier=True), 30.0),
        (Outcome(AC, 0.5, is_multiplier=True), 30.0),
        (Outcome(AC, 0.6, is_multiplier=True), 0.0),
        (Outcome(AC), 0.0),
        (Outcome(WA), 0.0),
        (Outcome(AC, 40.0, is_multiplier=True), 0.0),
        (Outcome(WA, -3.0, is_multiplier=True), 0.0),
    ],
)
def test_threshold_wants_every_fraction_small_but_not_nothing(outcome: Outcome, score: float) -> None:
    group = make_group("a", "12", 30, aggregation=Aggregation.THRESHOLD, threshold=0.5, break_on_reject=False)
    done = {"s/1": Outcome(AC), "a/1": Outcome(AC, 0.1, is_multiplier=True), "a/2": outcome}
    assert grade_subtasks(make_problem(group), done, no_grader)[0].score == score
    assert is_partial(outcome, group) is False


def test_a_threshold_may_be_any_number() -> None:
    group = make_group("a", "12", 30, aggregation=Aggregation.THRESHOLD, threshold=20.0, break_on_reject=False)
    done = {"s/1": Outcome(AC), "a/1": Outcome(AC), "a/2": Outcome(AC, 17.5, is_multiplier=True)}
    (result,) = grade_subtasks(make_problem(group), done, no_grader)
    assert (result.score, result.verdict) == (30.0, AC)
    done["a/2"] = Outcome(AC, 20.5, is_multiplier=True)
    (result,) = grade_subtasks(make_problem(group), done, no_grader)
    assert (result.score, result.verdict) == (0.0, WA)
    assert settled(done["a/2"], group)[1] == "20.5 is above the threshold 20"


def test_scores_are_summed_unrounded() -> None:
    problem = make_problem(make_group("a", "1", 10), make_group("b", "1", 10))
    done = {"s/1": Outcome(AC)} | {f"{name}/1": Outcome(AC, 1 / 3, is_multiplier=True) for name in "ab"}
    assert sum(result.score for result in grade_subtasks(problem, done, no_grader)) == 1 / 3 * 10 * 2


def test_group_waits_for_those_it_requires() -> None:
    problem = make_problem(make_group("a", "12", 30, requires=("b",)), make_group("b", "1", 70))
    assert pending_tests(problem, outcomes(s_1=AC), no_grader) == ["b/1", "a/1", "a/2"]
    done = outcomes(s_1=AC, b_1=TLE)
    assert pending_tests(problem, done, no_grader) == []
    assert [(r.score, r.verdict) for r in grade_subtasks(problem, done, no_grader)] == [(0.0, SK), (0.0, TLE)]
    done = outcomes(s_1=AC, b_1=AC, a_1=AC, a_2=WA)
    assert [(r.score, r.verdict) for r in grade_subtasks(problem, done, no_grader)] == [(0.0, WA), (70.0, AC)]


def test_skipped_group_fails_those_that_require_it() -> None:
    problem = make_problem(
        make_group("a", "1", 20), make_group("b", "1", 30, requires=("a",)), make_group("c", "1", 50, requires=("b",))
    )
    done = outcomes(s_1=AC, a_1=WA)
    assert pending_tests(problem, done, no_grader) == []
    assert [r.verdict for r in grade_subtasks(problem, done, no_grader)] == [WA, SK, SK]


def test_our_fault_is_nobodys_rejection() -> None:
    problem = make_problem(make_group("a", "1", 20), make_group("b", "1", 30, requires=("a",)))
    assert [r.verdict for r in grade_subtasks(problem, outcomes(s_1=AC, a_1=IE), no_grader)] == [IE, IE]


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ({"a": ("b",), "b": ()}, ""),
        ({"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": ()}, ""),
        ({"a": ("x",)}, 'the group "a" depends on "x", which is no group'),
        ({"a": ("a",)}, 'the group "a" depends on itself'),
        ({"a": (), "b": ("c",), "c": ("d",), "d": ("b",)}, 'the group "b" depends on itself'),
        ({"a": ("secret",)}, 'the group "secret" depends on itself'),
    ],
)
def test_dependencies_that_cannot_be_met_are_named(groups: dict[str, tuple[str, ...]], sentence: str) -> None:
    members = tuple(make_group(name, "1", requires=requires) for name, requires in groups.items())
    assert requires_fault(Group("data", groups=(Group("secret", groups=members),))) == sentence
