"""Does a reference program get what its package promises of it? Pure: a judgement in, sentences out.

Promises come in five shapes: the folder a program lies in (or `@EXPECTED_RESULTS@`), one verdict a subtask
(`@EXPECTED_GRADES@`), a score (`@EXPECTED_SCORE@`), the rules of a submissions.yaml, and task-maker's @check comments
(see `judge.packages.italian_checks`); all but the first are `Program.expectations`. Sources: the Kattis problem package
format (legacy, 2023-07, 2025-09); DOMjudge for the spellings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from judge.grading import all_groups
from judge.judgement import Judgement, TestcaseResult
from judge.problem import Expectation, Group, Problem, Program, Subtask
from judge.verdicts import Verdict

#: Folders of reference programs -> the verdicts that are right there. Folders that are not here promise nothing.
#: Kattis has no verdict for memory: a program that takes too much has crashed.
EXPECTED: dict[str, frozenset[Verdict]] = {
    "accepted": frozenset({Verdict.AC}),
    "slow_accepted": frozenset({Verdict.AC, Verdict.TLE}),
    "partially_accepted": frozenset({Verdict.PA}),
    "wrong_answer": frozenset({Verdict.WA}),
    "time_limit_exceeded": frozenset({Verdict.TLE}),
    "memory_limit_exceeded": frozenset({Verdict.MLE}),
    "output_limit_exceeded": frozenset({Verdict.OLE}),
    "run_time_error": frozenset({Verdict.RE, Verdict.MLE}),
    "brute_force": frozenset({Verdict.TLE, Verdict.RE, Verdict.MLE}),
    "compile_error": frozenset({Verdict.CE}),
    "rejected": frozenset(Verdict) - {Verdict.AC, Verdict.SK, Verdict.IE},
}
_KATTIS = {Verdict.PA: "AC", Verdict.RE: "RTE", Verdict.MLE: "RTE", Verdict.OLE: "RTE", Verdict.CE: "CE"}
_SCORE_EPSILON = 0.01


def promises(program: Program) -> bool:
    """True where the package says anything of what this program gets."""
    return bool(program.expectations) or any(folder in EXPECTED for folder in program.expected.split("|"))


def words(program: Program) -> str:
    """What the package says of the program, as a person reads it."""
    parts = [program.expected] if program.expected else []
    for rule in program.expectations:
        said = [f"only {', '.join(rule.permitted)}"] if rule.permitted else []
        said += [f"some {' or '.join(rule.required)}"] if rule.required else []
        if rule.score is not None:
            low, high = rule.score
            said.append(f"score {low:g}" if low == high else f"score {low:g} to {high:g}")
        said += [f"message {rule.message!r}"] if rule.message else []
        parts.append(f"{rule.tests + ': ' if rule.tests else ''}{', '.join(said)}")
    return "; ".join(parts)


def meant_tests(program: Program, problem: Problem) -> Problem:
    """The problem to judge the program on: with every test run where a promise is about all of them."""
    if any(rule.all_tests for rule in program.expectations):
        return replace(problem, root=_unbroken(problem.root))
    return problem


def _unbroken(group: Group) -> Group:
    return replace(group, break_on_reject=False, groups=tuple(map(_unbroken, group.groups)))


def is_about_nothing(rule: Expectation, problem: Problem) -> bool:
    """True where the rule names tests or groups that the problem does not have: it can never be broken."""
    inside = _tests_of_groups(rule.tests, problem)
    return not inside and not any(_is_below(rule.tests, test.name) for test in problem.testcases)


def mismatches(program: Program, judgement: Judgement, problem: Problem) -> list[str]:
    """A sentence for every promise that the judgement breaks; [] where it keeps all. Tests that were not run, for
    something before them decided, break nothing."""
    found = []
    folders = [folder for folder in program.expected.split("|") if folder in EXPECTED]
    if folders and not any(_is_filed_right(folder, judgement) for folder in folders):
        found.append(f"{judgement.verdict} instead of {' or '.join(folders)}")
    for rule in program.expectations:
        found += _broken(rule, judgement, problem)
    return found


def _is_filed_right(folder: str, judgement: Judgement) -> bool:
    if judgement.verdict in EXPECTED[folder]:
        return True
    # Filed as partial because it solves groups that are worth no points.
    solves_some = any(subtask.verdict is Verdict.AC for subtask in judgement.subtasks)
    return folder == "partially_accepted" and solves_some and judgement.verdict is not Verdict.AC


def _broken(rule: Expectation, judgement: Judgement, problem: Problem) -> list[str]:
    where = f" in {rule.tests}" if rule.tests else ""
    inside = _tests_of_groups(rule.tests, problem)
    tests = [test for test in judgement.testcases if test.name in inside or _is_below(rule.tests, test.name)]
    verdicts = list(dict.fromkeys(test.verdict for test in tests if test.verdict is not Verdict.SK))
    found = []
    if rule.permitted and (other := [verdict for verdict in verdicts if not _is_one_of(verdict, rule.permitted)]):
        found.append(f"{_in_kattis(other[0])}{where} instead of {' or '.join(rule.permitted)}")
    if rule.required and verdicts and not any(_is_one_of(verdict, rule.required) for verdict in verdicts):
        found.append(f"no {' or '.join(rule.required)}{where}")
    if rule.message and not any(rule.message in test.message for test in tests):
        found.append(f"no message with {rule.message!r}{where}")
    if rule.score is not None:
        score = _score(rule, judgement, problem, tests)
        if score is not None and not rule.score[0] - _SCORE_EPSILON <= score <= rule.score[1] + _SCORE_EPSILON:
            low, high = rule.score
            wanted = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            found.append(f"score {score:g}{where} instead of {wanted}")
    return found


def _score(rule: Expectation, judgement: Judgement, problem: Problem, tests: Sequence[TestcaseResult]) -> float | None:
    """The score of what the rule is about: everything, a subtask, or one test; None for what has no score alone."""
    if rule.tests in ("", "secret"):
        return judgement.score
    names = {subtask.index: subtask.group for subtask in problem.subtasks}
    scores = [result.score for result in judgement.subtasks if _is_match(rule.tests, names[result.index])]
    if len(scores) == 1:
        return scores[0]
    return tests[0].score if len(tests) == 1 else None


def grades(verdicts: Sequence[str], subtasks: Sequence[Subtask]) -> tuple[Expectation, ...]:
    """`@EXPECTED_GRADES@` as rules: one verdict a subtask, in order; none where the numbers differ. AC: nothing in the
    subtask is rejected; any other: a test gets that verdict."""
    if len(verdicts) != len(subtasks):
        return ()
    rules = []
    for verdict, subtask in zip(verdicts, subtasks, strict=True):
        if verdict == "AC":
            rules.append(Expectation(subtask.group, permitted=("AC",)))
        else:
            rules.append(Expectation(subtask.group, required=(verdict,)))
    return tuple(rules)


def _in_kattis(verdict: Verdict) -> str:
    return _KATTIS.get(verdict, str(verdict))


def _is_one_of(verdict: Verdict, words: Sequence[str]) -> bool:
    return str(verdict) in words or _in_kattis(verdict) in words


def _tests_of_groups(glob: str, problem: Problem) -> frozenset[str]:
    """The tests of the groups that match, for formats whose tests do not lie in their groups' folders."""
    groups = [group for group in all_groups(problem.root) if glob and _is_match(glob, group.name)]
    return frozenset(test for group in groups for inner in all_groups(group) for test in inner.testcases)


def _is_below(glob: str, name: str) -> bool:
    """True where the test, or a group it lies in, matches; "" matches all."""
    if not glob:
        return True
    parts = name.split("/")
    return any(_is_match(glob, "/".join(parts[:end])) for end in range(1, len(parts) + 1))


def _is_match(glob: str, name: str) -> bool:
    return pattern(glob).fullmatch(name) is not None


def pattern(glob: str) -> re.Pattern[str]:
    """Kattis's globs: `*` within one name, `{a,b}` for either; nothing else is special."""
    parts = re.split(r"\{([^{}]*)\}", glob.removesuffix("/"))
    text = ""
    for place, part in enumerate(parts):
        options = [part] if place % 2 == 0 else [option.strip() for option in part.split(",")]
        text += "(?:" + "|".join(re.escape(option).replace(r"\*", "[^/]*") for option in options) + ")"
    return re.compile(text)
