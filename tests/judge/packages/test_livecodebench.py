"""Problems as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge.errors import PackageError
from judge.packages import detect, load_package
from judge.problem import Package


def record(**changes: Any) -> dict[str, Any]:
    return {
        "id": "abc1_a",
        "contest": "abc1",
        "date": "2023-05-13T00:00:00",
        "difficulty": "easy",
        "title": "Add",
        "public_tests": [["1 2\r\n", "3\r\n"]],
        "hidden_tests": [["4 5\n", "9\n"]],
        **changes,
    }


def write_lines(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "problems.jsonl"
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


def load(folder: Path, *lines: dict[str, Any] | str, statements: Path | None = None) -> tuple[Package, ...]:
    return load_package(write_lines(folder, *lines), statements=statements, workspace=folder)


def test_problem_is_one_subtask_of_all_tests_worth_a_point(tmp_path: Path) -> None:
    (package,) = load(tmp_path, record())
    problem = package.problem
    assert (problem.slug, problem.title, problem.date, problem.difficulty) == ("abc1_a", "Add", "2023-05-13", "easy")
    assert [(s.index, s.points, s.testcases) for s in problem.subtasks] == [(1, 1.0, ("sample/1", "hidden/1"))]
    assert [test.is_sample for test in problem.testcases] == [True, False]
    assert detect(tmp_path / "problems.jsonl") == "livecodebench"


def test_line_ends_become_plain(tmp_path: Path) -> None:
    (package,) = load(tmp_path, record())
    assert package.path(package.problem.testcases[0].input.digest).read_bytes() == b"1 2\n"


def test_decimal_answers_are_compared_exactly_and_warned_of(tmp_path: Path) -> None:
    packages = load(tmp_path, record(), record(id="abc1_b", hidden_tests=[["1\n", "0.3333333\n"]]))
    assert [p.problem.checker.flags for p in packages] == [("case_sensitive",), ("case_sensitive",)]
    assert [p.warnings for p in packages] == [
        (),
        ("its answers hold decimal fractions; they are compared exactly, as LiveCodeBench does",),
    ]


def test_statements_are_matched_by_id(tmp_path: Path) -> None:
    samples = tmp_path / "samples.json"
    samples.write_text(
        json.dumps([{"question_id": "abc1_a", "question_title": "Sum", "question_content": "Add **two**"}])
    )
    packages = load(tmp_path, record(title=None), record(id="abc1_b"), statements=samples)
    statement = packages[0].problem.statements[0]
    assert packages[0].path(statement.file.digest).read_text() == "Add **two**"
    assert [p.problem.title for p in packages] == ["Sum", "Add"]
    assert [p.warnings for p in packages] == [(), ("no statement with this id in the statements file",)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken\n", "is not a JSON object"),
        ("[1]\n", "is not a JSON object"),
        (record(id=None), '"id" is missing or no text'),
        (record(id="../x"), '"id" is \'../x\'; letters, digits, "_", "-" and "." are allowed'),
        (record(public_tests=[], hidden_tests=[]), 'the problem "abc1_a" has no tests'),
        (record(public_tests=[["1"]]), '"public_tests", test 1 is not a pair of texts [input, output]'),
        (record(id="abc0_a"), 'the problem "abc0_a" was already on line 1'),
    ],
)
def test_bad_line_is_refused_by_number(tmp_path: Path, line: dict[str, Any] | str, reason: str) -> None:
    with pytest.raises(PackageError) as caught:
        load(tmp_path, record(id="abc0_a"), line)
    assert str(caught.value) == f"problems.jsonl, line 2: {reason}"


def test_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"^problems.jsonl: holds no problems$"):
        load(tmp_path, "\n")
