"""Function problems with test code, in HumanEval's and MBPP's shapes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from judge import Judge, Source, load_package
from judge.errors import PackageError
from judge.limits import source_of
from judge.package import Package
from judge.packages import detect
from judge.problem import Limits
from judge.sandbox import Sandbox

PROMPT = 'def helper(n):\n    return n + 1\n\n\ndef after(n):\n    """The next number."""\n'
CHECK = "def check(candidate):\n    assert candidate(1) == helper(1)\n    assert after(2) == 3\n"


def task(**changes: Any) -> dict[str, Any]:
    record = {
        "task_id": "HumanEval/7", "prompt": PROMPT, "entry_point": "after", "test": CHECK,
        "canonical_solution": "    return n + 1\n",
    }  # fmt: skip
    return {**record, **changes}


def mbpp(**changes: Any) -> dict[str, Any]:
    record = {
        "task_id": 11,
        "text": "Write a function to add pairs.",
        "code": "class Pair:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n\ndef add(pair):\n"
        "    return pair.a + pair.b\n",
        "test_setup_code": "import math",
        "test_list": ["assert add(Pair(1, 2)) == 3", "assert math.isclose(add(Pair(0.5, 0.5)), 1)"],
        "challenge_test_list": ["assert add(Pair(-1, 1)) == 0"],
    }
    return {**record, **changes}


def write(folder: Path, *records: dict[str, Any], name: str = "tasks.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def load(folder: Path, *records: dict[str, Any]) -> tuple[Package, ...]:
    return load_package(write(folder, *records), workspace=folder)


def test_task_is_one_hidden_test_worth_a_point(tmp_path: Path) -> None:
    (package,) = load(tmp_path, task())
    problem = package.problem
    assert (problem.slug, problem.title, problem.task_type) == ("HumanEval-7", "after", "function")
    assert [(test.name, test.is_sample, test.answer) for test in problem.testcases] == [("hidden/check", False, None)]
    assert [(s.index, s.points) for s in problem.subtasks] == [(1, 1.0)]
    assert package.path(problem.statements[0].file.digest).read_text() == f"```python\n{PROMPT}\n```\n"
    assert detect(tmp_path / "tasks.jsonl") == "humaneval"


def test_gzip_and_array_are_read_alike(tmp_path: Path) -> None:
    (package,) = load(tmp_path, task())
    (tmp_path / "tasks.jsonl.gz").write_bytes(gzip.compress(json.dumps(task()).encode()))
    (tmp_path / "tasks.json").write_text(json.dumps([task()], indent=1))
    for name in ("tasks.jsonl.gz", "tasks.json"):
        (same,) = load_package(tmp_path / name, workspace=tmp_path)
        assert same.problem.content_hash == package.problem.content_hash


def test_reference_passes_and_helpers_of_the_prompt_are_there(tmp_path: Path, sandbox: Sandbox) -> None:
    (package,) = load(tmp_path, task())
    judge = Judge(package.problem, package, Limits(2.0), sandbox)
    assert judge.judge(source_of(package.problem.submissions[0], package)).verdict == "AC"
    assert judge.judge(Source.of("def after(n):\n    return helper(n)\n", "python3")).verdict == "AC"
    assert judge.judge(Source.of(PROMPT, "python3")).verdict == "WA"


def test_prompt_that_ends_in_a_comment_still_gives_its_helpers(tmp_path: Path, sandbox: Sandbox) -> None:
    prompt = "def helper(n):\n    return n + 1\n\ndef after(n):\n    # the next number\n"
    (package,) = load(tmp_path, task(prompt=prompt))
    assert package.warnings == ()
    judge = Judge(package.problem, package, Limits(2.0), sandbox)
    assert judge.judge(source_of(package.problem.submissions[0], package)).verdict == "AC"


def test_assertions_of_mbpp_are_tests_and_its_objects_stay_with_the_candidate(tmp_path: Path, sandbox: Sandbox) -> None:
    (package,) = load(tmp_path, mbpp())
    problem = package.problem
    assert (problem.slug, problem.title) == ("11", "add")
    assert [(test.name, test.is_sample) for test in problem.testcases] == [
        ("sample/1", True), ("sample/2", True), ("hidden/1", False),
    ]  # fmt: skip
    judge = Judge(problem, package, Limits(2.0), sandbox)
    assert judge.judge(source_of(problem.submissions[0], package)).verdict == "AC"
    wrong = mbpp()["code"].replace("pair.a + pair.b", "abs(pair.a) + pair.b")
    judgement = judge.judge(Source.of(wrong, "python3"))
    assert [test.verdict for test in judgement.testcases] == ["AC", "AC", "WA"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (task(task_id=None), '"task_id" is missing or names nothing'),
        (task(prompt=""), '"prompt" is missing or no text'),
        (task(entry_point="a b"), "\"entry_point\" is 'a b', which names no function"),
        (task(test=5), '"test" is missing or no text'),
        (mbpp(test_list=[]), '"test_list" holds no test'),
        (mbpp(test_list=["assert add("]), "its code or one of its tests is no Python (SyntaxError)"),
        (
            mbpp(test_list=["assert len([]) == 0"], challenge_test_list=[]),
            'no test calls a function that "code" defines',
        ),
        (mbpp(test_list="assert 1"), '"test_list" is not a list of texts'),
        ({"task_id": "T/1", "question": "?"}, None),
        (task(), 'the problem "HumanEval-7" was already on line 1'),
    ],
)
def test_bad_line_is_refused_by_number(tmp_path: Path, record: dict[str, Any], reason: str | None) -> None:
    with pytest.raises(PackageError) as caught:
        load(tmp_path, task(), record)
    assert (
        str(caught.value) == f"tasks.jsonl, line 2: {reason or chr(34) + 'prompt' + chr(34) + ' is missing or no text'}"
    )


def test_line_of_no_known_shape_says_which_are_known(tmp_path: Path) -> None:
    with pytest.raises(PackageError) as caught:
        load(tmp_path, {"name": "x", "cases": []})
    said = str(caught.value)
    assert said.startswith('tasks.jsonl, line 1: its keys ("name", "cases") are those of no known format: "id", ')
    assert said.endswith('"id", "problem" and "answer" (short answers)')


def test_tests_that_need_more_than_python_are_not_judgeable(tmp_path: Path) -> None:
    packages = load(
        tmp_path,
        task(test=f"import numpy as np\nfrom os import path\n{CHECK}"),
        mbpp(test_imports=["import yaml.nodes"]),
    )
    assert [package.problem.unjudgeable for package in packages] == [
        "its tests need numpy, which programs here do not have",
        "its tests need yaml, which programs here do not have",
    ]


def test_task_whose_tests_are_empty_is_shown_and_not_judged(tmp_path: Path) -> None:
    (package,) = load(tmp_path, task(test="", entry_point="not-a-name"))
    problem = package.problem
    assert (problem.title, problem.unjudgeable, problem.testcases) == ("helper", "the file has no tests", ())
    assert [subtask.points for subtask in problem.subtasks] == [1.0]
