"""Malformed CMS packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.judge.packages.bad.making import Case, Files, Make, linked, of, one_file, piped, several

HEADER = {
    "code": "double",
    "name": "Double",
    "task_type": "Batch",
    "time_limit": 1.0,
    "memory_limit": 1 << 28,
    "task_type_params": '{"task_type_parameters_Batch_compilation": "alone"}',
}
SUBTASK = {"score": 100, "testcases": ["1", "2"]}
SECOND = {"subtasks/02-b.json": json.dumps({**SUBTASK, "score": 1.7e308})}
MANAGER = {"graders/manager.cpp": "int main() {}\n"}
BASE = {
    "problem.json": json.dumps(HEADER),
    "subtasks/01-all.json": json.dumps(SUBTASK),
    "tests/1.in": "1\n",
    "tests/1.out": "2\n",
    "tests/2.in": "5\n",
    "tests/2.out": "10\n",
}


def header(files: Files | None = None, **keys: Any) -> Make:
    """The package with these keys of problem.json changed (None leaves one out), and these files."""
    return of(BASE, {"problem.json": _changed(HEADER, keys), **(files or {})})


def subtask(files: Files | None = None, **keys: Any) -> Make:
    """The package with these keys of its subtask changed, and these files."""
    return of(BASE, {"subtasks/01-all.json": _changed(SUBTASK, keys), **(files or {})})


def _changed(base: Mapping[str, Any], keys: Mapping[str, Any]) -> str:
    return json.dumps({key: value for key, value in {**base, **keys}.items() if value is not None})


def raw(content: str | bytes) -> Make:
    """The package with this problem.json."""
    return of(BASE, {"problem.json": content})


CMS = [
    Case(
        "json is cut off",
        raw('{"task_type": "Batch", "code": '),
        "problem.json: is not valid JSON at line 1 (Expecting value)",
    ),
    Case("json is a list", raw('["task_type"]'), "problem.json: is no JSON object"),
    Case(
        "json of brackets",
        raw('{"task_type": ' + "[" * 100_000 + "]" * 100_000 + "}"),
        "problem.json: is not valid JSON",
    ),
    Case(
        "json in Latin 1",
        raw('{"task_type": "Batch", "code": "ü"}'.encode("latin-1")),
        "problem.json: is not UTF-8 text",
    ),
    Case("no code", header(code=None), 'problem.json: "code" is missing'),
    Case("code is a number", header(code=5), 'problem.json: "code" is not a text'),
    Case(
        "lone surrogate in the name",
        header(name="\ud800"),
        "double: a name or text of it holds half a character (a lone surrogate)",
    ),
    Case("time limit is a word", header(time_limit="fast"), "problem.json: \"time_limit\" is 'fast', not a number"),
    Case("time limit is nan", header(time_limit=float("nan")), 'problem.json: "time_limit" is nan, not a number'),
    Case("time limit is 0", header(time_limit=0), 'problem.json: "time_limit" is 0'),
    Case(
        "time limit of years",
        header(time_limit=1e9),
        "double: its time limit is 1e+09 s; more than 0 and at most 3600 s can be",
    ),
    Case(
        "memory limit is negative",
        header(memory_limit=-1),
        'problem.json: "memory_limit" is -1; a number of at least 0 is needed',
    ),
    Case(
        "memory limit is infinite",
        header(memory_limit=float("inf")),
        'problem.json: "memory_limit" is inf; a number of at least 0 is needed',
    ),
    Case(
        "memory limit of 300 digits",
        header(memory_limit=1e300),
        "double: its memory limit is 9.53674e+293 MiB; more than 0 and at most 2147483647 MiB can be",
    ),
    Case("parameters are no JSON", header(task_type_params="{"), 'problem.json: "task_type_params" is not valid JSON'),
    Case("parameters are a list", header(task_type_params=[1]), 'problem.json: "task_type_params" is no object'),
    Case(
        "unknown score type",
        header(score_type="Best"),
        "subtasks/01-all.json: \"score_type\" is 'Best', not one of Sum, GroupMin, GroupMul, GroupThreshold",
    ),
    Case(
        "a million processes",
        header(MANAGER, task_type="Communication", task_type_params={"num_processes": 10**6}),
        'problem.json: "num_processes" is 1e+06; 1 to 16 can run',
    ),
    Case("no manager", header(task_type="Communication"), "graders: holds no manager.cpp, which Communication needs"),
    Case(
        "two managers",
        header({**MANAGER, "graders/manager.py": "pass\n"}, task_type="Communication"),
        "graders: holds several programs for one purpose: graders/manager.cpp and graders/manager.py",
    ),
    Case(
        "checker without testlib",
        header({"checker/checker.cpp": '#include "testlib.h"\n'}),
        "checker/checker.cpp: includes testlib.h, which is not in the package: put it beside this file",
    ),
    Case(
        "subtask names an absent test",
        subtask(testcases=["1", "9"]),
        'subtasks/01-all.json: names the test "9", which tests/ does not hold',
    ),
    Case("subtask names a test twice", subtask(testcases=["1", "1"]), "subtasks/01-all.json: names a test twice"),
    Case("subtask's tests are a text", subtask(testcases="1"), 'subtasks/01-all.json: "testcases" is no list of names'),
    Case("subtask without tests", subtask(testcases=[]), "subtasks/01-all.json: is worth points and has no tests"),
    Case("points are missing", subtask(score=None), 'subtasks/01-all.json: "score" is None, not a number'),
    Case("points are a word", subtask(score="ten"), "subtasks/01-all.json: \"score\" is 'ten', not a number"),
    Case(
        "points are negative",
        subtask(score=-5),
        'subtasks/01-all.json: "score" is -5; a number of at least 0 is needed',
    ),
    Case("points are nan", subtask(score=float("nan")), 'subtasks/01-all.json: "score" is nan, not a number'),
    Case(
        "points are infinite",
        subtask(score=float("inf")),
        'subtasks/01-all.json: "score" is inf; a number of at least 0 is needed',
    ),
    Case(
        "points add up to infinity",
        subtask(SECOND, score=1.7e308),
        "double: its points are inf together, not a number from 0 to 1e+09",
    ),
    Case(
        "points have 5,000 digits",
        of(BASE, {"subtasks/01-all.json": '{"testcases": [], "score": ' + "9" * 5000 + "}"}),
        "subtasks/01-all.json: is not valid JSON",
    ),
    Case(
        "threshold is missing",
        subtask(score_type="GroupThreshold"),
        'subtasks/01-all.json: "threshold" is None, not a number',
    ),
    Case(
        "missing answer", header({"tests/2.out": None}), "tests/2.out: is missing: every test needs an expected output"
    ),
    Case(
        "test is a link out",
        of(BASE, {"../outside": "1"}, then=linked("tests/2.in", "../../outside")),
        "tests/2.in: is a link that leaves the package",
    ),
    Case("test is a pipe", of(BASE, then=piped("tests/2.in")), "tests/2.in: is not a regular file"),
    Case(
        "subtask is a pipe", of(BASE, then=piped("subtasks/01-all.json")), "subtasks/01-all.json: is not a regular file"
    ),
    Case("two of one code", several(BASE, "a", "b"), 'b: a second problem is called "double"'),
    Case(
        "archive in it is broken",
        lambda folder: one_file("double-CMS.zip", "PK\x03\x04 nothing")(folder).parent,
        "double-CMS.zip: is not a zip file that can be read (File is not a zip file)",
    ),
]
