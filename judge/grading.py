"""Test results + the grading tree -> scores. Pure: a custom grader comes as a callable; nothing is run here.

The semantics are Kattis's default grader's: verdicts of a group's members become one by `verdict_rule`, scores by
`aggregation`; members after the first rejected one of a group that breaks are not run and do not count. PRODUCT and
THRESHOLD are CMS's GroupMul and GroupThreshold. Nothing is rounded: CMS sums its subtasks' exact scores, too, and
rounds (half to even) what it shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from judge.problem import Aggregation, Group, Problem, Subtask
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
#: How far a checker's score may lie out of its range, for it prints so many digits only.
_TOLERANCE = 1e-6


def pending_tests(problem: Problem, outcomes: Mapping[str, Outcome], run_grader: RunGrader) -> list[str]:
    """The tests still to be run, in judging order, if all of them pass: samples first, always all of them.

    Empty once every verdict and score of the problem is determined by `outcomes` (tests by name).
    """
    samples = [test.name for test in problem.testcases if test.is_sample and test.name not in outcomes]
    walk = _Walk(problem, outcomes, run_grader)
    walk.grade(problem.root)
    return list(dict.fromkeys(samples + walk.missing))


def grade_subtasks(
    problem: Problem, outcomes: Mapping[str, Outcome], run_grader: RunGrader
) -> tuple[SubtaskResult, ...]:
    """Every subtask's result once `pending_tests` is empty; tests without an outcome were skipped (SK)."""
    walk = _Walk(problem, outcomes, run_grader)
    walk.grade(problem.root)
    results = []
    for subtask in problem.subtasks:
        grade = walk.grades.get(subtask.group, Grade(Verdict.SK, 0.0))
        verdicts = walk.verdicts(subtask)
        if grade.verdict is Verdict.IE:
            verdicts = [Verdict.IE]
        score = 0.0 if Verdict.IE in verdicts else grade.score
        verdict = (
            overall(verdicts, score=score, points=subtask.points) if grade.verdict is not Verdict.SK else Verdict.SK
        )
        results.append(SubtaskResult(subtask.index, subtask.name, subtask.points, score, verdict))
    return tuple(results)


def settled(outcome: Outcome, group: Group, *, is_sample: bool = False) -> tuple[Outcome, str]:
    """A checker's answer as a test of `group` takes it, and what to say of that ("" where it is taken as it is).

    A score that the group cannot give is IE: below 0 or above 1 for a share, out of the group's range for points, but
    for samples, whose do not count. In a group with a threshold scores are any numbers, and those above it WA; so is
    less than a `full_score`. Sources: the Kattis problem package format ("It is a judge error if"), dmoj 4.1.0
    (contrib/testlib.py), CMS (GroupThreshold).
    """
    if outcome.verdict is Verdict.IE or group.aggregation is Aggregation.THRESHOLD:
        score = score_of_test(outcome, group)
        is_above = not outcome.is_rejected and score > group.threshold
        said = f"{score:g} is above the threshold {group.threshold:g}"
        return (outcome._replace(verdict=Verdict.WA), said) if is_above else (outcome, "")
    if outcome.score is None:
        return outcome, ""
    low, high = (0.0, 1.0) if outcome.is_multiplier else (group.score_min, group.score_max)
    is_free = is_sample and not outcome.is_multiplier
    if not is_free and not low - _TOLERANCE <= outcome.score <= high + _TOLERANCE:
        most = f"from {low:g} to {high:g}" if math.isfinite(low) else f"at most {high:g}"
        return Outcome(Verdict.IE), f"the checker gave the score {outcome.score:g}; {most} can be had"
    if outcome.is_rejected or group.full_score is None:
        return outcome, ""
    full = 1.0 if outcome.is_multiplier else group.full_score
    if outcome.score < full - _TOLERANCE:
        return Outcome(Verdict.WA), f"{outcome.score:g} of {full:g}: the group's points need all of each test"
    return Outcome(outcome.verdict), ""


def score_of_test(outcome: Outcome, group: Group) -> float:
    """What a test in `group` counts: the checker's score, else the group's accept or reject score. In a group with a
    threshold it is the checker's fraction itself, 1 where there is none."""
    if outcome.is_rejected:
        return group.reject_score
    accept_score = 1.0 if group.aggregation is Aggregation.THRESHOLD else group.accept_score
    if outcome.score is None:
        return accept_score
    return outcome.score * accept_score if outcome.is_multiplier else outcome.score


def is_partial(outcome: Outcome, group: Group) -> bool:
    """True where an accepted test of `group` got less than it could have.

    Full is the group's accept score; where a custom grader makes the group's score of the tests', it is 1: graders
    take fractions from the checker and know the points themselves. A group with a threshold knows no partial tests.
    """
    if outcome.is_rejected or outcome.score is None or group.aggregation is Aggregation.THRESHOLD:
        return False
    full = 1.0 if outcome.is_multiplier or group.aggregation is Aggregation.CUSTOM else group.accept_score
    return outcome.score < full - _EPSILON


def requires_fault(root: Group) -> str:
    """What is wrong with the `requires` of a tree, as the end of a sentence; "" if nothing is."""
    groups = {group.name: group for group in all_groups(root)}
    for group in groups.values():
        if unknown := [name for name in group.requires if name not in groups]:
            return f'the group "{group.name[:80]}" depends on "{unknown[0][:80]}", which is no group'
    done: set[str] = set()

    def leads_back(group: Group, path: tuple[str, ...]) -> tuple[str, ...]:
        """The names of a circle that is met from `group`, whose tests wait for all it requires or holds."""
        if group.name in path:
            return path[path.index(group.name) :]
        if group.name in done:
            return ()
        path = (*path, group.name)
        waits_for = (*(groups[name] for name in group.requires), *group.groups)
        circle = next(filter(None, (leads_back(other, path) for other in waits_for)), ())
        done.add(group.name)
        return circle

    circle = leads_back(root, ())
    return f'the group "{circle[0][:80]}" depends on itself' if circle else ""


def all_groups(group: Group) -> Iterator[Group]:
    """`group` and all groups below it."""
    yield group
    for child in group.groups:
        yield from all_groups(child)


class _Walk:
    """One pass over the tree. A test without outcome counts as accepted and is noted in `missing`."""

    def __init__(self, problem: Problem, outcomes: Mapping[str, Outcome], run_grader: RunGrader) -> None:
        self.outcomes = outcomes
        self.run_grader = run_grader
        self.missing: list[str] = []
        self.grades: dict[str, Grade] = {}
        self._groups = {group.name: group for group in all_groups(problem.root)}
        self._samples = frozenset(test.name for test in problem.testcases if test.is_sample)
        self._counted: dict[int, Grade | None] = {}
        self._rejected: dict[str, Verdict] = {}

    def grade(self, group: Group) -> Grade | None:
        """What the group counts, None while tests that decide it are missing. Groups it requires come before it."""
        if id(group) not in self._counted:
            required = {name: self.grade(self._groups[name]) for name in group.requires}
            failed = next((self._rejected[name] for name in required if name in self._rejected), None)
            is_open = None in required.values()
            self._counted[id(group)] = self._skip(group, failed) if failed else self._grade(group, is_open)
        return self._counted[id(group)]

    def verdicts(self, subtask: Subtask) -> list[Verdict]:
        """Those of the subtask's tests, in order, as its groups take them."""
        found: dict[str, Verdict] = {}
        for group in all_groups(self._groups[subtask.group]):
            outcomes = {name: self._outcome(name, group) for name in group.testcases}
            found.update({name: outcome.verdict for name, outcome in outcomes.items() if outcome})
        return [found.get(name, Verdict.SK) for name in subtask.testcases]

    def _outcome(self, name: str, group: Group) -> Outcome | None:
        outcome = self.outcomes.get(name)
        return settled(outcome, group, is_sample=name in self._samples)[0] if outcome else None

    def _skip(self, group: Group, failed: Verdict) -> Grade:
        """The group's tests are not run: one that it requires was rejected."""
        self.grades[group.name] = Grade(Verdict.IE if failed is Verdict.IE else Verdict.SK, 0.0)
        self._rejected[group.name] = failed
        return Grade(failed, 0.0)

    def _grade(self, group: Group, is_open: bool) -> Grade | None:
        members: list[Grade] = []
        for name in group.testcases:
            outcome = self._outcome(name, group)
            if outcome is None:
                self.missing.append(name)
                is_open = True
                continue
            verdict = outcome.verdict if outcome.is_rejected else Verdict.AC
            members.append(Grade(verdict, score_of_test(outcome, group)))
            self._note(group, verdict)
            if outcome.is_rejected and group.break_on_reject:
                return None if is_open else self._close(group, members)
        for child in group.groups:
            grade = self.grade(child)
            self._note(group, self._rejected.get(child.name, Verdict.AC))
            if grade is None:
                is_open = True
                continue
            members.append(grade)
            if grade.verdict is not Verdict.AC and group.break_on_reject:
                break
        return None if is_open else self._close(group, members)

    def _note(self, group: Group, verdict: Verdict) -> None:
        """Remembers that a member was rejected, and the group with it, though other members may not have run."""
        may_accept = group.accept_if_any_accepted or group.verdict_rule == "always_accept"
        if verdict is not Verdict.AC and not may_accept and group.aggregation is not Aggregation.CUSTOM:
            self._rejected.setdefault(group.name, verdict)

    def _close(self, group: Group, members: list[Grade]) -> Grade:
        if any(member.verdict is Verdict.IE for member in members):
            grade = Grade(Verdict.IE, 0.0)
        elif group.aggregation is Aggregation.CUSTOM:
            grade = self.run_grader(group, tuple(members))
        else:
            grade = default_grade(group, members)
        if self._is_graded_by_package(group) and grade.verdict is not Verdict.IE and _is_outside(grade.score, group):
            grade = Grade(Verdict.IE, 0.0)
        bounded = min(max(grade.score, group.score_min), group.score_max)
        if grade.verdict is not Verdict.AC:
            self._rejected[group.name] = grade.verdict
        self.grades[group.name] = Grade(grade.verdict, bounded)
        return self.grades[group.name]

    def _is_graded_by_package(self, group: Group) -> bool:
        """True where the group's score is the work of the package's own programs."""
        outcomes = (self.outcomes.get(name) for name in group.testcases)
        return group.aggregation is Aggregation.CUSTOM or any(one and one.score is not None for one in outcomes)


def _is_outside(score: float, group: Group) -> bool:
    return not group.score_min - _TOLERANCE <= score <= group.score_max + _TOLERANCE


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
    return Grade(verdict, _aggregate(group, [member.score for member in counted]))


def _aggregate(group: Group, scores: Sequence[float]) -> float:
    if not scores:
        return 0.0
    match group.aggregation:
        case Aggregation.MIN:
            return min(scores)
        case Aggregation.MAX:
            return max(scores)
        case Aggregation.AVG:
            return sum(scores) / len(scores)
        case Aggregation.PRODUCT:
            full = group.accept_score
            return full * math.prod(score / full for score in scores) if full else 0.0
        case Aggregation.THRESHOLD:
            return group.accept_score if all(0 < score <= group.threshold for score in scores) else 0.0
    return sum(scores)
