"""Packages of IOI's task preparation system: gen/data, tests made in the sandbox, verdicts of solutions.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge import Judge, generate, load_package
from judge.errors import PackageError
from judge.expectations import mismatches, words
from judge.limits import source_of
from judge.package import Package, stated_limits
from judge.problem import Problem, TaskType
from judge.sandbox import Sandbox
from judge.validating import check_inputs
from tests.judge.making import write_package

HEADER: dict[str, Any] = {
    "name": "double", "title": "Double it", "type": "Batch", "time_limit": 1.5, "memory_limit": 128,
}  # fmt: skip
SUBTASKS = {
    "global_validators": ["validator.py"],
    "subtasks": {
        "full": {"index": 2, "score": 70, "validators": []},
        "samples": {"index": 0, "score": 0, "validators": []},
        "small": {"index": 1, "score": 30, "validators": ["small.py"]},
    },
}
DATA = """\
@subtask samples
manual first.in

@testset edge
print 1
print 99   # the largest small one
@subtask small
@include samples
@include edge
print 7
@subtask full
@include small
print 1000000
"""
SOLUTIONS = {
    "main.cpp": {"verdict": "model_solution"},
    "other.cpp": {"verdict": "correct"},
    "small.cpp": {"verdict": "incorrect", "except": {"samples": "correct", "small": "correct"}},
}
FILES = {
    "problem.json": json.dumps(HEADER),
    "subtasks.json": json.dumps(SUBTASKS),
    "solutions.json": json.dumps(SOLUTIONS),
    "gen/data": DATA,
    "gen/print.py": "import sys\nprint(*sys.argv[1:])\n",
    "gen/manual/first.in": "3\n",
    "validator/validator.py": "assert 1 <= int(input()) <= 10**6\n",
    "validator/small.py": "assert int(input()) <= 100\n",
    "checker/checker.py": (
        "import sys\nanswer, output = (open(name).read().split() for name in sys.argv[2:4])\n"
        "print(float(answer == output))\n"
    ),
    "grader/cpp/grader.cpp": (
        '#include "double.h"\n#include <cstdio>\n'
        'int main() { int n; if (scanf("%d", &n) != 1) return 1; printf("%d\\n", twice(n)); }\n'
    ),
    "grader/cpp/double.h": "int twice(int n);\n",
    "solution/main.cpp": '#include "double.h"\nint twice(int n) { return 2 * n; }\n',
    "solution/other.cpp": '#include "double.h"\nint twice(int n) { return n + n; }\n',
    "solution/small.cpp": '#include "double.h"\nint twice(int n) { return n > 100 ? 0 : 2 * n; }\n',
    "statement/index.md": "# Double it\n",
}


def load(folder: Path, **changes: str | None) -> Package:
    return load_package(write_package(folder / "double", {**FILES, **changes}))[0]


def test_task_is_read_with_its_lists_of_tests(tmp_path: Path) -> None:
    package = load(tmp_path)
    problem = package.problem
    assert (problem.slug, problem.title, problem.format, problem.task_type) == (
        "double", "Double it", "tps", TaskType.BATCH_GRADER,
    )  # fmt: skip
    assert (package.time_limit_s, package.memory_limit_mib) == (1.5, 128)
    assert [(s.index, s.name, s.points, s.testcases, s.contains) for s in problem.subtasks] == [
        (1, "small", 30.0, ("0-01", "edge-01", "edge-02", "1-01"), ()),
        (2, "full", 70.0, ("0-01", "edge-01", "edge-02", "1-01", "2-01"), (1,)),
    ]
    assert [test.name for test in problem.testcases if test.is_sample] == ["0-01"]
    assert [(recipe.testcase, recipe.args) for recipe in package.recipes] == [
        ("0-01", ()), ("edge-01", ("1",)), ("edge-02", ("99",)), ("1-01", ("7",)), ("2-01", ("1000000",)),
    ]  # fmt: skip
    assert [(p.name, p.expected) for p in problem.submissions] == [
        ("solution/main.cpp", "accepted"),
        ("solution/other.cpp", "accepted"),
        ("solution/small.cpp", "rejected|partially_accepted"),
    ]
    assert package.solution is not None
    assert package.solution.name == "solution/main.cpp"
    assert [(s.language, s.format) for s in problem.statements] == [("en", "markdown")]


def test_tests_are_made_and_solutions_get_their_verdicts(tmp_path: Path, sandbox: Sandbox) -> None:
    package = generate(load(tmp_path), sandbox, tmp_path)
    answers = {t.name: package.path(t.answer.digest).read_text() for t in package.problem.testcases if t.answer}
    assert answers == {"0-01": "6\n", "edge-01": "2\n", "edge-02": "198\n", "1-01": "14\n", "2-01": "2000000\n"}
    judge = Judge(package.problem, package, stated_limits(package), sandbox)
    scores = [judge.judge(source_of(program, package)).score for program in package.problem.submissions]
    assert scores == [100.0, 100.0, 30.0]


def test_tests_that_no_subtask_includes_are_not_run(tmp_path: Path, sandbox: Sandbox) -> None:
    data = DATA.replace("@include samples\n@include edge\n", "@include samples\n")
    package = generate(load(tmp_path, **{"gen/data": data}), sandbox, tmp_path)
    assert "2 of the 5 tests count in no subtask; programs are not run on them" in package.warnings
    judge = Judge(package.problem, package, stated_limits(package), sandbox)
    judgement = judge.judge(source_of(package.problem.submissions[0], package))
    assert judgement.score == 100.0
    assert [test.name for test in judgement.testcases if test.verdict == "SK"] == ["edge-01", "edge-02"]


def test_list_takes_the_tests_of_several_others(tmp_path: Path) -> None:
    data = DATA.replace("@include samples\n@include edge\n", "@include samples edge\n")
    assert load(tmp_path, **{"gen/data": data}).problem.subtasks == load(tmp_path / "other").problem.subtasks


def test_exceptions_of_solutions_are_rules_of_subtasks(tmp_path: Path, sandbox: Sandbox) -> None:
    exceptions = {
        "other.cpp": {"verdict": "correct", "except": {"full": "time_limit"}},
        "small.cpp": {"verdict": "incorrect", "except": {"samples": "correct", "small": "correct", "ful": "failed"}},
    }
    changes = {"solutions.json": json.dumps({**SOLUTIONS, **exceptions})}
    package = generate(load(tmp_path, **changes), sandbox, tmp_path)
    main, other, small = package.problem.submissions
    assert (words(main), words(small)) == (
        "accepted", "rejected|partially_accepted; samples: only AC; small: only AC, score 30",
    )  # fmt: skip
    assert 'solutions.json: the subtask "ful" is not known and has no effect (is it "full"?)' in package.warnings
    judge = Judge(package.problem, package, stated_limits(package), sandbox)
    broken = [mismatches(p, judge.judge(source_of(p, package)), package.problem) for p in (other, small)]
    assert broken == [["AC instead of partially_accepted", "no WA or TLE or MLE or OLE or RE in full"], []]


def test_tests_that_are_there_are_taken(tmp_path: Path) -> None:
    names = ("0-01", "edge-01", "edge-02", "1-01", "2-01")
    made = {f"tests/{name}.{kind}": f"{name}\n" for name in names for kind in ("in", "out")}
    assert load(tmp_path, **made).recipes == ()


def test_communication_has_a_manager_and_processes(tmp_path: Path) -> None:
    header = json.dumps({**HEADER, "type": "Communication", "num_sol_processes": 2})
    changes = {"problem.json": header, "grader/manager.cpp": "int main() {}\n"}
    problem = load(tmp_path, **changes).problem
    assert (problem.task_type, problem.processes, problem.interaction) == (TaskType.COMMUNICATION, 2, "cms")
    assert [file.name for file in problem.include["cpp"]] == ["grader.cpp", "double.h"]
    assert {test.answer for test in problem.testcases} == {None}


BAD: dict[str, tuple[dict[str, str | None], str]] = {
    "no data": ({"gen/data": None}, "gen/data: is missing: it lists the tests"),
    "empty": ({"gen/data": "# nothing\n"}, "gen/data: names no tests"),
    "quote": ({"gen/data": "@subtask full\nprint 'a\n"}, "gen/data, line 2: cannot be read (No closing quotation)"),
    "subtask": ({"gen/data": "@subtask huge\nprint 1\n"}, 'line 1: the subtask "huge" is not in subtasks.json'),
    "include": ({"gen/data": "@subtask full\n@include later\n"}, 'line 2: includes "later", which is no list above'),
    "word": ({"gen/data": "@subtsk full\n"}, "line 1: @subtsk is not known"),
    "generator": ({"gen/data": DATA + "absent 1\n"}, 'line 14: gen/ holds no generator called "absent"'),
    "manual": ({"gen/manual/first.in": None}, "line 2: gen/manual holds no first.in"),
    "no tests": ({"gen/data": "@subtask small\nprint 1\n"}, 'the subtask "full" is worth points and has no tests'),
    "points": ({"subtasks.json": '{"subtasks": {"x": {"index": 0, "score": "?"}}}'}, "x: score\" is '?', not a number"),
    "subtasks": ({"subtasks.json": '{"subtasks": []}'}, '"subtasks" is no object of objects'),
    "placeholder": (
        {"subtasks.json": json.dumps({**SUBTASKS, "subtask_sensitive_validators": ["validator.py {group}"]})},
        'the validator "validator.py {group}" holds {group}; only {subtask} is known',
    ),
    "texts": (
        {"subtasks.json": json.dumps({**SUBTASKS, "global_validators": "a"})},
        'subtasks.json: "global_validators" is no list of texts',
    ),
    "mapping": (
        {"gen/data": None, "tests/mapping": "small a\n"},
        "mapping, line 1: tests/ holds no a.in, and gen/data",
    ),
    "mapping of what": (
        {"gen/data": None, "tests/mapping": "\nbig a\n"},
        'mapping, line 2: the subtask "big" is not in subtasks.json',
    ),
    "mapping twice": (
        {"gen/data": None, "tests/mapping": "small a\nsmall a\n"},
        'the test "a" is in the subtask "small" twice',
    ),
    "mapping of one": ({"gen/data": None, "tests/mapping": "small\n"}, "mapping, line 1: is no subtask and test"),
    "empty mapping": ({"gen/data": None, "tests/mapping": "\n"}, "tests/mapping: names no tests"),
    "own validator": ({"validator/small.py": None}, 'the validator "small.py" is no program in validator/'),
    "validator": ({"validator/validator.py": None}, 'the validator "validator.py" is no program in validator/'),
    "solution": ({"solution/other.cpp": None}, 'names the solution "other.cpp", which solution/ does not hold'),
    "verdict": ({"solutions.json": '{"main.cpp": {}}'}, '"main.cpp" has no verdict'),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_package_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    changes, message = BAD[name]
    with pytest.raises(PackageError) as refusal:
        load(tmp_path, **changes)
    assert message in str(refusal.value)


def test_validator_rejects_the_packages_own_test(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load(tmp_path, **{"gen/data": DATA.replace("1000000", "1000001")})
    with pytest.raises(PackageError, match=r"^validator/validator.py: rejects the input of the test 2-01"):
        generate(package, sandbox, tmp_path)


def test_validator_of_a_subtask_rejects_a_test_of_it(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load(tmp_path, **{"gen/data": DATA.replace("print 99 ", "print 101 ")})
    with pytest.raises(PackageError, match=r"^validator/small.py: rejects the input of the test edge-02"):
        generate(package, sandbox, tmp_path)


def test_check_shows_tests_to_the_validators_of_their_subtasks(tmp_path: Path, sandbox: Sandbox) -> None:
    tests = {"0-01": 3, "edge-01": 1, "edge-02": 99, "1-01": 101, "2-01": 1000}
    made = {f"tests/{name}.{kind}": f"{number}\n" for name, number in tests.items() for kind in ("in", "out")}
    package = load(tmp_path, **made)
    with pytest.raises(PackageError, match=r"^validator/small.py: rejects the input of the test 1-01"):
        check_inputs(package.problem, package, sandbox)


def test_validators_get_their_arguments_and_the_subtask(tmp_path: Path) -> None:
    rules = {
        "global_validators": ["validator.py --most '10 20'"],
        "subtask_sensitive_validators": ["small.py --group {subtask}"],
        "subtasks": {**SUBTASKS["subtasks"], "small": {"index": 1, "score": 30, "validators": ["grep 7", "v.hs"]}},  # type: ignore[dict-item]
    }
    package = load(tmp_path, **{"subtasks.json": json.dumps(rules), "validator/v.hs": "exit 0\n"})
    most, group = ("validator/validator.py", ("--most", "10 20")), "validator/small.py"
    calls = [[(c.program, c.args) for c in recipe.validator_calls or ()] for recipe in package.recipes]
    assert calls[-1] == [most, (group, ("--group", "full"))]
    assert calls[0] == [most, *((group, ("--group", name)) for name in ("samples", "small", "full"))]
    assert [w for w in package.warnings if "validator" in w] == [
        'the validator "grep" is not run: it is no file of validator/',
        'the validator "v.hs" is not run: its language does not run here',
    ]
    assert Problem.from_manifest(package.problem.to_manifest()).content_hash == package.problem.content_hash


def test_mapping_stands_for_a_missing_list_of_tests(tmp_path: Path) -> None:
    whole = load(tmp_path)
    made = {f"tests/{t.name}.{kind}": f"{t.name}\n" for t in whole.problem.testcases for kind in ("in", "out")}
    lines = [f"{s.name} {name}" for s in whole.problem.subtasks for name in s.testcases] + ["samples 0-01"]
    package = load(tmp_path / "mapped", **made, **{"gen/data": None, "tests/mapping": "\n".join(lines)})
    assert package.problem.subtasks == whole.problem.subtasks
    assert [test.name for test in package.problem.testcases if test.is_sample] == ["0-01"]
