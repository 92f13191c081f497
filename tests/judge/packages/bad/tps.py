"""Malformed packages of TPS."""

from __future__ import annotations

import json
from typing import Any

from tests.judge.packages.bad.making import Case, Make, of, piped

PROBLEM = {"name": "double", "title": "Double", "type": "Batch", "time_limit": 1.0, "memory_limit": 64}
SUBTASKS = {"subtasks": {"small": {"index": 1, "score": 40}, "all": {"index": 2, "score": 60}}}
TPS_BASE = {
    "problem.json": json.dumps(PROBLEM),
    "subtasks.json": json.dumps(SUBTASKS),
    "gen/data": "@subtask small\nmanual a.in\n@subtask all\n@include small\nmanual b.in\n",
    "gen/manual/a.in": "1\n",
    "gen/manual/b.in": "2\n",
    "solution/model.py": "print(2 * int(input()))\n",
    "solutions.json": json.dumps({"model.py": {"verdict": "model_solution"}}),
}


def problem(**keys: Any) -> Make:
    """The TPS package with these keys of problem.json."""
    return of(TPS_BASE, {"problem.json": json.dumps({**PROBLEM, **keys})})


def data(text: str) -> Make:
    """The TPS package with this gen/data."""
    return of(TPS_BASE, {"gen/data": text})


def subtasks(value: Any) -> Make:
    """The TPS package with these subtasks."""
    return of(TPS_BASE, {"subtasks.json": json.dumps({"subtasks": value})})


TPS = [
    Case(
        "json is cut off",
        of(TPS_BASE, {"problem.json": '{"name": '}),
        "problem.json: is not valid JSON at line 1 (Expecting value)",
    ),
    Case("type is a number", problem(type=5), 'problem.json: "type" is not a text'),
    Case("time limit is a word", problem(time_limit="fast"), "problem.json: \"time_limit\" is 'fast', not a number"),
    Case(
        "memory limit is nan", problem(memory_limit=float("nan")), 'problem.json: "memory_limit" is nan, not a number'
    ),
    Case("no manager", problem(type="Communication"), "grader: holds no manager, which a Communication task needs"),
    Case("subtasks are missing", of(TPS_BASE, {"subtasks.json": None}), "subtasks.json: is missing"),
    Case("subtasks are a list", subtasks([1]), 'subtasks.json: "subtasks" is no object of objects'),
    Case("subtask is a number", subtasks({"small": 5}), 'subtasks.json: "subtasks" is no object of objects'),
    Case(
        "index is a word",
        subtasks({"small": {"index": "one", "score": 1}}),
        "subtasks.json: \"small: index\" is 'one', not a number",
    ),
    Case(
        "points are missing", subtasks({"small": {"index": 1}}), 'subtasks.json: "small: score" is None, not a number'
    ),
    Case(
        "points are negative",
        subtasks({"small": {"index": 1, "score": -1}}),
        'subtasks.json: "small: score" is -1; a number of at least 0 is needed',
    ),
    Case(
        "points are nan",
        subtasks({"small": {"index": 1, "score": float("nan")}}),
        'subtasks.json: "small: score" is nan, not a number',
    ),
    Case("list of tests is missing", of(TPS_BASE, {"gen/data": None}), "gen/data: is missing: it lists the tests"),
    Case("list of tests is empty", data("# none\n"), "gen/data: names no tests"),
    Case(
        "list of tests has an open quote",
        data('@subtask small\ngen "1\n'),
        "gen/data, line 2: cannot be read (No closing quotation)",
    ),
    Case("unknown word", data("@magic\n"), "gen/data, line 1: @magic is not known, or not as it is used here"),
    Case(
        "unknown subtask",
        data("@subtask huge\nmanual a.in\n"),
        'gen/data, line 1: the subtask "huge" is not in subtasks.json',
    ),
    Case(
        "subtask twice",
        data("@subtask small\nmanual a.in\n@subtask small\n"),
        'gen/data, line 3: a second list is called "small"',
    ),
    Case(
        "subtask without tests",
        data("@subtask small\nmanual a.in\n"),
        'subtasks.json: the subtask "all" is worth points and has no tests in gen/data',
    ),
    Case(
        "include of what is not above",
        data("@subtask small\n@include all\n"),
        'gen/data, line 2: includes "all", which is no list above',
    ),
    Case("manual file is absent", data("@subtask small\nmanual z.in\n"), "gen/data, line 2: gen/manual holds no z.in"),
    Case(
        "manual file that leaves",
        of(TPS_BASE, {"../z.in": "1\n", "gen/data": "manual ../../../z.in\n"}),
        "gen/manual/../../../z.in: lies outside the package",
    ),
    Case("absolute manual file", data("manual /etc/hostname\n"), "hostname: lies outside the package"),
    Case(
        "generator is absent",
        data("@subtask small\nmagic 1\n@subtask all\nmanual b.in\n"),
        'gen/data, line 2: gen/ holds no generator called "magic" in a language that runs here',
    ),
    Case("test is a pipe", of(TPS_BASE, then=piped("gen/manual/a.in")), "gen/data, line 2: gen/manual holds no a.in"),
]
