"""task-maker's @check comments: read as rules for subtasks, and held against what programs get."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge import Judge, generate, load_package
from judge.expectations import meant_tests, mismatches, words
from judge.limits import source_of
from judge.package import Package, stated_limits
from judge.packages.cms_fields import Part
from judge.packages.italian_checks import read_checks
from judge.problem import Expectation, Problem
from judge.sandbox import Sandbox
from tests.judge.making import write_package

PARTS = (
    Part("samples", "samples", 0.0, ("input0",), is_sample=True),
    Part("small", "small", 40.0, ("input1", "input2")),
    Part("large", "large", 60.0, ("input3", "input4")),
)
#: Print twice the number: a subtask of samples, one of 40 points and one of 60, of two tests each. The checker gives
#: half to the number itself.
FILES = {
    "task.yaml": "name: double\ntime_limit: 1\nmemory_limit: 64\n",
    "gen/GEN": ("#ST: 0\n#STNAME: samples\n1\n#ST: 40\n#STNAME: small\n5\n7\n#ST: 60\n#STNAME: large\n1000\n1001\n"),
    "gen/generator.py": "import sys\nprint(sys.argv[1])\n",
    "check/checker.py": (
        "import sys\nanswer, output = (open(path).read().split() for path in sys.argv[2:4])\n"
        "n, said = int(answer[0]), int(output[0]) if output else 0\n"
        "print(1 if said == n else 0.5 if 2 * said == n else 0)\n"
    ),
    "sol/solution.py": "print(2 * int(input()))\n",
}


def rule(name: str, *required: str, permitted: bool = False, points: float | None = None) -> Expectation:
    score = None if points is None else (points, points)
    return Expectation(name, ("AC",) if permitted else (), required, score, all_tests=True)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("# @check-accepted: small\n", [rule("small", permitted=True, points=40)]),
        ("// @check-accepted: samples\n", [rule("samples", permitted=True)]),
        ("/* @check-partial-score: large */", [rule("large", "PA", permitted=True)]),
        ("@check-wrong-answer: s*", [rule("samples", "WA"), rule("small", "WA")]),
        ("@check-time-limit-exceeded:\tlarge  small \r\n", [rule("large", "TLE"), rule("small", "TLE")]),
        ("@check-memory-limit-exceeded: larg?", [rule("large", "MLE")]),
        ("@check-runtime-error: large", [rule("large", "RE", "OLE")]),
        ("@check-zero: large", [rule("large", "WA", "TLE", "MLE", "RE", "OLE")]),
        ("@check-wrong-answer:\nsmall", []),
        ("check-accepted: small", []),
    ],
)  # fmt: skip
def test_comments_are_rules_of_subtasks(text: str, rules: list[Expectation]) -> None:
    warnings: list[str] = []
    assert (list(read_checks(text, "sol/a.py", PARTS, warnings)), warnings) == (rules, [])


def test_words_and_subtasks_that_are_not_known_are_said() -> None:
    warnings: list[str] = []
    assert read_checks("@check-acepted: small\n@check-accepted: smal\n", "sol/a.py", PARTS, warnings) == ()
    assert warnings == [
        'sol/a.py: the subtask of @check-accepted "smal" is not known and has no effect (is it "small"?)',
        'sol/a.py: the word of @check- "acepted" is not known and has no effect (is it "accepted"?)',
    ]


def broken(source: str, folder: Path, sandbox: Sandbox) -> list[str]:
    """What goes against the @check comments of a program."""
    package = generate(load(folder, source), sandbox, folder / "made")
    program = next(program for program in package.problem.submissions if program.name == "sol/mine.py")
    problem = meant_tests(program, package.problem)
    judgement = Judge(problem, package, stated_limits(package), sandbox).judge(source_of(program, package))
    return mismatches(program, judgement, package.problem)


def load(folder: Path, source: str) -> Package:
    files = {**FILES, "sol/mine.py": source}
    return load_package(write_package(folder / "double", files))[0]


RIGHT = "n = int(input())\nprint(2 * n)\n"
BY_SIZE = "n = int(input())\n{}\nprint(2 * n)\n"
ALLOCATE = "if n > 1000: x = b'1' * (1 << 29)"


@pytest.mark.parametrize(
    ("checks", "body", "sentences"),
    [
        ("accepted: *", RIGHT, []),
        ("accepted: *", BY_SIZE.format("n -= n > 1000"),
         ["PA instead of accepted", "WA in large instead of AC", "score 0 in large instead of 60"]),
        ("accepted: small large", "n = int(input())\nprint(n if n < 10 else 2 * n)\n",
         ["score 20 in small instead of 40"]),
        ("partial-score: small", "n = int(input())\nprint(n if n == 7 else 2 * n)\n", []),
        ("partial-score: small", RIGHT, ["no PA in small"]),
        ("partial-score: small", "print(3)\n", ["WA in small instead of AC", "no PA in small"]),
        ("wrong-answer: large", BY_SIZE.format("n -= n > 1000"), []),
        ("wrong-answer: large", RIGHT, ["no WA in large"]),
        # The test that comes before decides the score; the crash after it is promised, too.
        ("wrong-answer: large\n# @check-runtime-error: large",
         BY_SIZE.format("n -= n == 1000\nassert n < 1001"), []),
        ("runtime-error: large", BY_SIZE.format("n -= n > 1000"), ["no RE or OLE in large"]),
        ("memory-limit-exceeded: large", BY_SIZE.format(ALLOCATE), []),
        ("runtime-error: large", BY_SIZE.format(ALLOCATE), ["no RE or OLE in large"]),
        ("zero: large", BY_SIZE.format("n -= n > 1000"), []),
        ("zero: small", RIGHT, ["no WA or TLE or MLE or RE or OLE in small"]),
        ("accepted: samples", "print(3)\n", ["WA in samples instead of AC"]),
    ],
)  # fmt: skip
def test_programs_are_held_to_their_comments(
    checks: str, body: str, sentences: list[str], tmp_path: Path, sandbox: Sandbox
) -> None:
    assert broken(f"# @check-{checks}\n{body}", tmp_path, sandbox) == sentences


def test_program_accepted_in_all_subtasks_is_a_reference(tmp_path: Path) -> None:
    problem = load(tmp_path, f"# @check-accepted: s* large\n{RIGHT}").problem
    assert [(program.name, program.expected, words(program)) for program in problem.submissions] == [
        ("sol/mine.py", "accepted",
         "accepted; samples: only AC; small: only AC, score 40; large: only AC, score 60"),
        ("sol/solution.py", "accepted", "accepted"),
    ]  # fmt: skip
    assert Problem.from_manifest(problem.to_manifest()) == problem
