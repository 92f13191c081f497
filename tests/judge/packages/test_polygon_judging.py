"""Polygon packages: groups, points, dependencies, checkers and interactors."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge.problem import Aggregation, TaskType
from judge.sandbox import Sandbox
from tests.judge.packages.polygon_making import (
    ASSETS,
    GROUPS,
    SCORED,
    complete,
    load_one,
    problem_xml,
    run,
)  # fmt: skip


def test_groups_with_points_are_subtasks(tmp_path: Path) -> None:
    problem = load_one(tmp_path, {"problem.xml": problem_xml(SCORED, GROUPS)}).problem
    assert [(s.index, s.name, s.points, s.testcases, s.contains) for s in problem.subtasks] == [
        (1, "1", 25.0, ("02", "03"), ()),
        (2, "2", 75.0, ("04",), (1,)),
    ]
    samples, each, whole = problem.root.groups
    assert (samples.name, each.requires, whole.requires) == ("all/0", ("all/0",), ("all/1",))
    assert [(group.testcases, group.accept_score) for group in each.groups] == [(("02",), 10.0), (("03",), 15.0)]
    assert (whole.aggregation, whole.accept_score) == (Aggregation.MIN, 75.0)
    assert whole.validator_flags == ("--testset", "tests", "--group", "2")
    assert [program.expected for program in problem.submissions][1] == "wrong_answer|partially_accepted"


def test_points_of_a_group_may_stand_at_the_group_only(tmp_path: Path) -> None:
    tests = SCORED.replace('points="75"', 'points="0"')
    problem = load_one(tmp_path, {"problem.xml": problem_xml(tests, GROUPS)}).problem
    assert [subtask.points for subtask in problem.subtasks] == [25.0, 75.0]


@pytest.mark.parametrize(
    ("program", "scores", "skipped"),
    [
        ("print(2 * int(input()))", [25.0, 75.0], []),
        ("n = int(input())\nprint(2 * n if n != 5 else 0)", [15.0, 0.0], ["04"]),
        ("n = int(input())\nprint(2 * n if n != 1 else 0)", [0.0, 0.0], ["02", "03", "04"]),
        ("n = int(input())\nprint(2 * n if n < 20 else 0)", [25.0, 0.0], []),
    ],
)
def test_points_follow_policies_and_dependencies(
    tmp_path: Path, sandbox: Sandbox, program: str, scores: list[float], skipped: list[str]
) -> None:
    package = complete(tmp_path, sandbox, {"problem.xml": problem_xml(SCORED, GROUPS)})
    judgement = run(package, program, sandbox)
    assert [subtask.score for subtask in judgement.subtasks] == scores
    assert [test.name for test in judgement.testcases if test.verdict == "SK"] == skipped


def test_points_without_groups_count_test_by_test(tmp_path: Path, sandbox: Sandbox) -> None:
    tests = "".join(f'<test method="manual" points="{points}"/>' for points in (20, 30, 50))
    package = complete(tmp_path, sandbox, {"problem.xml": problem_xml(tests)})
    judgement = run(package, "n = int(input())\nprint(2 * n if n != 5 else 0)", sandbox)
    assert (judgement.score, judgement.points, len(judgement.subtasks)) == (70.0, 100.0, 1)


HALF = "n = int(input())\nprint('half' if n in (5, 21) else 2 * n)"
CHECK_POINTS = """
import sys
given, output, answer = (open(path).read() for path in sys.argv[1:4])
if output.strip() == "half":
    sys.exit(print("points 7.5 half of it", file=sys.stderr) or 7)
sys.exit(0 if output.split() == answer.split() else 1)
"""


def test_checker_gives_points_where_tests_have_some(tmp_path: Path, sandbox: Sandbox) -> None:
    assets = ASSETS.replace('name="std::ncmp.cpp" ', "").replace("files/check.cpp", "files/check.py")
    changes = {"problem.xml": problem_xml(SCORED, GROUPS, assets=assets), "files/check.py": CHECK_POINTS}
    package = complete(tmp_path, sandbox, changes)
    assert package.problem.checker.convention == "testlib-points"
    judgement = run(package, HALF, sandbox)
    # Of a complete group a test's part counts nothing.
    assert [(subtask.score, subtask.verdict) for subtask in judgement.subtasks] == [(22.5, "PA"), (0.0, "WA")]
    assert judgement.testcases[3].message == "7.5 of 75: the group's points need all of each test"
    percent = 'treat-points-from-checker-as-percent="true"'
    xml = problem_xml(SCORED, GROUPS, assets=assets, judging=percent)
    judgement = run(complete(tmp_path / "percent", sandbox, {**changes, "problem.xml": xml}), HALF, sandbox)
    assert [subtask.score for subtask in judgement.subtasks] == [15.75, 0.0]
    whole = complete(tmp_path / "plain", sandbox, {**changes, "problem.xml": problem_xml(assets=assets)})
    assert whole.problem.checker.convention == "testlib"


INTERACTOR = """
import sys
secret = int(open(sys.argv[1]).read())
with open(sys.argv[2], "w") as written:
    for turn in range(1, 40):
        line = sys.stdin.readline()
        if not line:
            sys.exit(2)
        guess = int(line)
        print("<" if guess < secret else ">" if guess > secret else "=", flush=True)
        if guess == secret:
            written.write(f"{turn}\\n")
            sys.exit(0)
sys.exit(1)
"""
CHECK_TURNS = """
import sys
turns, best = (int(open(path).read()) for path in sys.argv[2:4])
sys.exit(0 if turns <= best + 3 else 1)
"""
GUESS = """
low, high = 1, 1000
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    answer = input()
    if answer == "=":
        break
    low, high = (middle + 1, high) if answer == "<" else (low, middle - 1)
"""
SLOW = "n = 1\nwhile print(n, flush=True) or input() != '=':\n    n += 1\n"


def test_interactor_decides_and_then_the_checker(tmp_path: Path, sandbox: Sandbox) -> None:
    assets = (
        ASSETS.replace('name="std::ncmp.cpp" ', "")
        .replace("files/check.cpp", "files/check.py")
        .replace("<validators>", '<interactor><source path="files/talk.py" type="python.3"/></interactor><validators>')
    )
    tests = '<test method="manual"/><test method="manual"/>'
    changes = {
        "problem.xml": problem_xml(tests, assets=assets),
        "files/talk.py": INTERACTOR,
        "files/check.py": CHECK_TURNS,
        "solutions/main.py": GUESS,
        "tests/01": "30\n",
        "tests/02": "500\n",
        "tests/01.a": None,
        "tests/02.a": None,
    }
    package = complete(tmp_path, sandbox, changes)
    answers = [package.path(test.answer.digest).read_text() for test in package.problem.testcases if test.answer]
    assert (package.problem.task_type, answers) == (TaskType.INTERACTIVE, ["10\n", "1\n"])
    verdicts = {
        "right": [test.verdict for test in run(package, GUESS, sandbox).testcases],
        "slow": [test.verdict for test in run(package, SLOW, sandbox).testcases],
        "short": [test.verdict for test in run(package, "print(500)\n", sandbox).testcases],
        "gone": [test.verdict for test in run(package, "pass\n", sandbox).testcases],
        "broken": [test.verdict for test in run(package, "1 / 0\n", sandbox).testcases],
    }
    assert {name: list(map(str, found)) for name, found in verdicts.items()} == {
        "right": ["AC", "AC"],
        "slow": ["WA", "SK"],
        "short": ["WA", "SK"],
        "gone": ["WA", "SK"],
        "broken": ["RE", "SK"],
    }
