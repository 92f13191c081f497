"""CodeContests' JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge import Judge, load_package
from judge.errors import PackageError
from judge.limits import source_of
from judge.package import Package, stated_limits
from judge.packages import detect
from judge.sandbox import Sandbox


def record(**changes: Any) -> dict[str, Any]:
    return {
        "name": "1575_A. Half",
        "description": "Print half of the number.",
        "public_tests": {"input": ["1\n"], "output": ["0.5\n"]},
        "private_tests": {"input": ["3\n", "4\n"], "output": ["1.5\n", "2\n"]},
        "generated_tests": {"input": ["5\n"], "output": ["2.5\n"]},
        "source": 2,
        "cf_rating": 800,
        "time_limit": {"seconds": 1, "nanos": 500000000},
        "memory_limit_bytes": 256000000,
        "solutions": {"language": [1, 3, 3, 3], "solution": ["print 1", "print(int(input()) / 2)", "x", "y"]},
        "incorrect_solutions": {"language": [3], "solution": ["print(int(input()) // 2)"]},
    } | changes


def load(folder: Path, *records: dict[str, Any]) -> tuple[Package, ...]:
    path = folder / "problems.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return load_package(path, workspace=folder)


def test_problem_has_its_tests_limits_and_rating(tmp_path: Path) -> None:
    (package,) = load(tmp_path, record())
    problem = package.problem
    assert (problem.slug, problem.title, problem.source, problem.difficulty) == (
        "1575_A-Half", "1575_A. Half", "Codeforces", "800",
    )  # fmt: skip
    assert [(test.name, test.is_sample) for test in problem.testcases] == [
        ("sample/1", True), ("hidden/1", False), ("hidden/2", False), ("generated/1", False),
    ]  # fmt: skip
    assert (package.time_limit_s, package.memory_limit_mib) == (1.5, 244)
    assert [(p.name, p.expected) for p in problem.submissions] == [
        ("submissions/accepted/accepted-1.py", "accepted"),
        ("submissions/accepted/accepted-2.py", "accepted"),
        ("submissions/rejected/rejected-1.py", "rejected"),
    ]
    assert detect(tmp_path / "problems.jsonl") == "codecontests"


def test_list_of_tests_and_missing_limits_are_read(tmp_path: Path) -> None:
    tests = [{"input": "1\n", "output": "0.5\n"}]
    (package,) = load(tmp_path, record(public_tests=tests, time_limit=None, memory_limit_bytes=0, cf_rating=0))
    assert package.problem.testcases[0].name == "sample/1"
    assert (package.time_limit_s, package.memory_limit_mib, package.problem.difficulty) == (None, None, "")


def test_solutions_get_what_they_are_filed_under(tmp_path: Path, sandbox: Sandbox) -> None:
    (package,) = load(tmp_path, record())
    judge = Judge(package.problem, package, stated_limits(package), sandbox)
    right, _, wrong = (judge.judge(source_of(program, package)) for program in package.problem.submissions)
    assert (right.verdict, wrong.verdict) == ("AC", "WA")


def test_problem_that_reads_files_is_not_judgeable(tmp_path: Path) -> None:
    (package,) = load(tmp_path, record(input_file="half.in"))
    assert package.problem.unjudgeable == "its programs read and write files, whose names it gives"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, '"name" is missing or no text'),
        ({"description": None}, '"description" is missing or no text'),
        ({"private_tests": {"input": ["1"], "output": []}}, '"private_tests" has not as many outputs as inputs'),
        ({"private_tests": "none"}, '"private_tests" is no list of tests'),
        ({"private_tests": [[1, 2]]}, '"private_tests", test 1 is no pair of texts "input" and "output"'),
        ({"time_limit": "2 s"}, '"time_limit" is 2 s, not a number of seconds'),
        ({"memory_limit_bytes": 5}, '"memory_limit_bytes" is 5, not a number of at least 8 MiB'),
        ({"solutions": []}, None),
        ({"solutions": ["x"]}, '"solutions" is no object of "language" and "solution"'),
        (
            {"public_tests": {}, "private_tests": {}, "generated_tests": {}},
            'the problem "1575_A-Half" has no tests',
        ),
    ],
)
def test_bad_field_is_named(tmp_path: Path, changes: dict[str, Any], reason: str | None) -> None:
    if reason is None:
        assert load(tmp_path, record(**changes))[0].problem.submissions == (
            *load(tmp_path, record(solutions={}))[0].problem.submissions,
        )
        return
    with pytest.raises(PackageError) as caught:
        load(tmp_path, record(**changes))
    assert str(caught.value) == f"problems.jsonl, line 1: {reason}"
