"""Test results + the grading tree -> scores. Pure: a custom grader comes as a callable; nothing is run here.

The semantics are Kattis's default grader's: verdicts of a group's members become one by `verdict_rule`, scores by
`aggregation`; members after the first rejected one of a group that breaks are not run and do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from judge.problem import Aggregation, Group, Problem
from judge.verdicts import Verdict, overall


class Outcome(NamedTuple):
    """One judged test. `score` is the checker's, None where the group's accept or reject score counts;
    `is_multiplier`: it multiplies the group's accept score."""

    verdict: Verdict
    score: float | None = None
    is_multiplier: bool = False

    @property
    def is_rejected(self) -> bool:
        """True for every verdict that ends a group which breaks. A partial score is no rejection."""
        return self.verdict not in (Verdict.AC, Verdict.PA)


class Grade(NamedTuple):
    """A group's, or a test's, verdict and score. `verdict` is AC where Kattis accepts, whatever the score."""

    verdict: Verdict
    score: float


@dataclass(frozen=True)
class SubtaskResult:
    """What one submission got in one subtask. `points` are obtainable, `score` is obtained."""

    index: int
    name: str
    points: float
    score: float
    verdict: Verdict


#: (group, grades of the members that count) -> the group's grade, by the package's own grader program.
RunGrader = Callable[[Group, Sequence[Grade]], Grade]

# Kattis's order of "worst": the first of these among the members wins.
_WORST_FIRST = (Verdict.IE, Verdict.RE, Verdict.MLE, Verdict.TLE, Verdict.OLE, Verdict.WA)
_EPSILON = 1e-9


def pending_tests(problem: Problem, outcomes: Mapping[str, Outcome], run_grader: RunGrader) -> list[str]:
    """The tests still to be run, in judging order, if all of them pass: samples first, always all of them.

    Empty once every verdict and score of the problem is determined by `outcomes` (tests by name).
    """
    samples = [test.name for test in problem.testcases if test.is_sample and test.name not in outcomes]
    walk = _Walk(outcomes, run_grader)
    walk.grade(problem.root)
    return list(dict.fromkeys(samples + walk.missing))


def grade_subtasks(
    problem: Problem, outcomes: Mapping[str, Outcome], run_grader: RunGrader
) -> tuple[SubtaskResult, ...]:
    """Every subtask's result once `pending_tests` is empty; tests without an outcome were skipped (SK)."""
    walk = _Walk(outcomes, run_grader)
    walk.grade(problem.root)
    results = []
    for subtask in problem.subtasks:
        grade = walk.grades.get(subtask.group, Grade(Verdict.SK, 0.0))
        verdicts = [outcomes[name].verdict if name in outcomes else Verdict.SK for name in subtask.testcases]
        if grade.verdict is Verdict.IE:
            verdicts = [Verdict.IE]
        score = 0.0 if Verdict.IE in verdicts else grade.score
        verdict = (
            overall(verdicts, score=score, points=subtask.points) if grade.verdict is not Verdict.SK else Verdict.SK
        )
        results.append(SubtaskResult(subtask.index, subtask.name, subtask.points, score, verdict))
    return tuple(results)


def score_of_test(outcome: Outcome, group: Group) -> float:
    """What a test in `group` counts: the checker's score, else the group's accept or reject score."""
    if outcome.is_rejected:
        return group.reject_score
    if outcome.score is None:
        return group.accept_score
    return outcome.score * group.accept_score if outcome.is_multiplier else outcome.score


def is_partial(outcome: Outcome, group: Group) -> bool:
    """True where an accepted test of `group` got less than it could have.

    Full is the group's accept score; where a custom grader makes the group's score of the tests', it is 1: graders
    take fractions from the checker and know the points themselves.
    """
    if outcome.is_rejected or outcome.score is None:
        return False
    full = 1.0 if outcome.is_multiplier or group.aggregation is Aggregation.CUSTOM else group.accept_score
    return outcome.score < full - _EPSILON


class _Walk:
    """One pass over the tree. A test without outcome counts as accepted and is noted in `missing`."""

    def __init__(self, outcomes: Mapping[str, Outcome], run_grader: RunGrader) -> None:
        self.outcomes = outcomes
        self.run_grader = run_grader
        self.missing: list[str] = []
        self.grades: dict[str, Grade] = {}

    def grade(self, group: Group) -> Grade:
        members: list[Grade] = []
        is_complete = True
        for name in group.testcases:
            outcome = self.outcomes.get(name)
            if outcome is None:
                self.missing.append(name)
                is_complete = False
                continue
            verdict = outcome.verdict if outcome.is_rejected else Verdict.AC
            members.append(Grade(verdict, score_of_test(outcome, group)))
            if outcome.is_rejected and group.break_on_reject:
                return self._close(group, members) if is_complete else Grade(Verdict.AC, 0.0)
        for child in group.groups:
            before = len(self.missing)
            grade = self.grade(child)
            is_complete = is_complete and len(self.missing) == before
            members.append(grade)
            if len(self.missing) == before and grade.verdict is not Verdict.AC and group.break_on_reject:
                break
        if not is_complete:
            return Grade(Verdict.AC, 0.0)
        return self._close(group, members)

    def _close(self, group: Group, members: list[Grade]) -> Grade:
        if any(member.verdict is Verdict.IE for member in members):
            grade = Grade(Verdict.IE, 0.0)
        elif group.aggregation is Aggregation.CUSTOM:
            grade = self.run_grader(group, tuple(members))
        else:
            grade = default_grade(group, members)
        bounded = min(max(grade.score, group.score_min), group.score_max)
        self.grades[group.name] = Grade(grade.verdict, bounded)
        return self.grades[group.name]


def default_grade(group: Group, members: Sequence[Grade]) -> Grade:
    """Kattis's default grader. A group without members is accepted with score 0."""
    counted = members
    if group.ignore_sample and len(members) > 1:
        counted = members[1:]
    verdicts = [member.verdict for member in counted]
    if (group.accept_if_any_accepted and Verdict.AC in verdicts) or group.verdict_rule == "always_accept":
        verdict = Verdict.AC
    elif group.verdict_rule == "first_error":
        verdict = next((verdict for verdict in verdicts if verdict is not Verdict.AC), Verdict.AC)
    else:
        verdict = next((worst for worst in _WORST_FIRST if worst in verdicts), Verdict.AC)
    return Grade(verdict, _aggregate(group.aggregation, [member.score for member in counted]))


def _aggregate(aggregation: Aggregation, scores: Sequence[float]) -> float:
    if not scores:
        return 0.0
    if aggregation is Aggregation.MIN:
        return min(scores)
    if aggregation is Aggregation.MAX:
        return max(scores)
    if aggregation is Aggregation.AVG:
        return sum(scores) / len(scores)
    return sum(scores)
