"""Problems as JSON lines."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest

from judge import Judge, Source
from judge.errors import PackageError
from judge.package import Package
from judge.packages import detect, load_package
from judge.problem import Limits
from judge.sandbox import Sandbox


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


def packed(tests: list[dict[str, str]]) -> str:
    """As LiveCodeBench packs its private tests."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(tests)))).decode()


def call(given: str, answer: str) -> dict[str, str]:
    return {"input": given, "output": answer, "testtype": "functional"}


OFFICIAL = {
    "question_id": "2857",
    "question_title": "pairs",
    "question_content": "Pair them.",
    "starter_code": "class Solution:\n    def pairs(self, xs: List[int], k: int) -> List[float]:\n        ",
    "contest_date": "2023-09-02T00:00:00",
    "difficulty": "medium",
    "public_test_cases": json.dumps([call("[1, 2]\n3", "[3, 6]")]),
    "private_test_cases": packed([call("[]\n3", "[]"), call("[1, 4]\n2", "[2.0, 8.0]")]),
    "metadata": json.dumps({"func_name": "pairs"}),
}
SOLUTION = "class Solution:\n    def pairs(self, xs: List[int], k: int):\n        print('noise')\n        return {}\n"


def test_official_record_calls_the_function(tmp_path: Path) -> None:
    (package,) = load(tmp_path, OFFICIAL)
    problem = package.problem
    assert (problem.slug, problem.title, problem.task_type, problem.date) == ("2857", "pairs", "function", "2023-09-02")
    assert [test.name for test in problem.testcases] == ["sample/1", "hidden/1", "hidden/2"]
    last = problem.testcases[2]
    assert last.answer is not None
    texts = [package.path(file.digest).read_text() for file in (last.input, last.answer, problem.statements[0].file)]
    assert texts[:2] == ["[1, 4]\n2\n", "[2,8]\n"]
    assert texts[2].startswith("Pair them.\n\n```python\nclass Solution:")


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        ("[x * k for x in xs]", "AC"),
        ("tuple(float(x * k) for x in xs)", "AC"),
        ("(x * k for x in xs)", "WA"),
        ("[(x * k,) for x in xs]", "WA"),
        ("[3, 6]", "WA"),
        ("json.loads('[3, 6]') if xs == [1, 2] else list(map(partial(mul, k), xs))", "AC"),
        ("xs[5]", "RE"),
    ],
)
def test_result_is_compared_as_a_value(tmp_path: Path, sandbox: Sandbox, result: str, verdict: str) -> None:
    (package,) = load(tmp_path, OFFICIAL)
    judge = Judge(package.problem, package, Limits(3.0), sandbox)
    assert judge.judge(Source.of(SOLUTION.format(result), "python3")).verdict == verdict


def test_tests_of_the_grader_are_hidden(tmp_path: Path) -> None:
    tests = {"inputs": ["[1]\n2"], "outputs": ["[2]"], "fn_name": "pairs"}
    (package,) = load(tmp_path, {"id": "x1", "input_output": json.dumps(tests)})
    assert [(test.name, test.is_sample) for test in package.problem.testcases] == [("hidden/1", False)]
    (same,) = load(tmp_path, {"id": "x1", "input_output": {**tests, "inputs": [[[1], 2]], "outputs": [[2]]}})
    assert same.problem.content_hash == package.problem.content_hash


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("unpickled",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"private_test_cases": "???"}, '"private_test_cases" is neither a JSON list nor packed as LiveCodeBench does'),
        (
            {"private_test_cases": base64.b64encode(zlib.compress(pickle.dumps(Evil()))).decode()},
            '"private_test_cases" is neither a JSON list nor packed as LiveCodeBench does',
        ),
        ({"public_test_cases": "[1]"}, '"public_test_cases", test 1 has no texts "input" and "output"'),
        ({"public_test_cases": json.dumps([call("{", "1")])}, "sample test 1: an argument or the result is not JSON"),
        ({"metadata": "{"}, '"metadata" is not JSON'),
        ({"metadata": '{"func_name": "a b"}'}, "the tests call 'a b', which names no function"),
    ],
)
def test_bad_official_record_is_refused(
    tmp_path: Path, changes: dict[str, str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PackageError) as caught:
        load(tmp_path, {**OFFICIAL, **changes})
    assert str(caught.value) == f"problems.jsonl, line 1: {reason}"
    assert capsys.readouterr().out == ""
