"""Words that a format does not know are said, with the nearest that it knows, and change nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from judge import load_package
from judge.packages import known_keys
from tests.judge.making import DOUBLE, write_package
from tests.judge.packages import test_cms, test_italian, test_tps
from tests.judge.packages.bad.dmoj import BASE as DMOJ

_SUBTASKS: dict[str, dict[str, Any]] = dict(test_tps.SUBTASKS["subtasks"])  # type: ignore[call-overload]
_SMALL = {**_SUBTASKS["small"], "scor": 3}
CASES: dict[str, tuple[Mapping[str, str], dict[str, str], list[str]]] = {
    "kattis header": (
        DOUBLE,
        {"problem.yaml": DOUBLE["problem.yaml"] + "limit: {time_limit: 1}\n"},
        ['problem.yaml: the key "limit" is not known and has no effect (is it "limits"?)'],
    ),
    "kattis group": (
        DOUBLE,
        {"data/secret/group1/testdata.yaml": DOUBLE["data/secret/group1/testdata.yaml"] + "on_rejct: continue\n"},
        ['data/secret/group1/testdata.yaml: the key "on_rejct" is not known and has no effect (is it "on_reject"?)'],
    ),
    "italian header": (
        test_italian.FILES,
        {"task.yaml": test_italian.TASK + "score_typ: sum\noutput_only_: true\n"},
        [
            'task.yaml: the key "output_only_" is not known and has no effect (is it "output_only"?)',
            'task.yaml: the key "score_typ" is not known and has no effect (is it "score_type"?)',
        ],
    ),
    "italian lines": (
        test_italian.FILES,
        {"gen/GEN": f"{test_italian.GEN}# ST: 10\n#STNAM: x\n#st: 5\n# NOTE: spaces\n# note: a\n#ST 10\n#STNAM: y\n"},
        [
            'gen/GEN, line 13: the line "# ST:" is not known and has no effect (is it "#ST:"?)',
            'gen/GEN, line 14: the line "#STNAM:" is not known and has no effect (is it "#STNAME:"?)',
            'gen/GEN, line 15: the line "#st:" is not known and has no effect (is it "#ST:"?)',
        ],
    ),
    "cms header": (
        test_cms.FILES,
        {"problem.json": json.dumps({**json.loads(test_cms.FILES["problem.json"]), "score_types": "Sum"})},
        ['problem.json: the key "score_types" is not known and has no effect (is it "score_type"?)'],
    ),
    "tps header": (
        test_tps.FILES,
        {"problem.json": json.dumps({**test_tps.HEADER, "timelimit": 3})},
        ['problem.json: the key "timelimit" is not known and has no effect (is it "time_limit"?)'],
    ),
    "tps subtasks": (
        test_tps.FILES,
        {
            "subtasks.json": json.dumps(
                {**test_tps.SUBTASKS, "global_validator": [], "subtasks": {**_SUBTASKS, "small": _SMALL}}
            )
        },
        [
            'subtasks.json: the key "global_validator" is not known and has no effect (is it "global_validators"?)',
            'subtasks.json: the key "scor" is not known and has no effect (is it "score"?)',
        ],
    ),
    "tps solutions": (
        test_tps.FILES,
        {"solutions.json": json.dumps({"main.cpp": {"verdict": "model_solutions", "exept": {}}})},
        [
            'solutions.json: the key "exept" is not known and has no effect (is it "except"?)',
            'solutions.json: the verdict "model_solutions" is not known and has no effect (is it "model_solution"?)',
        ],
    ),
    "dmoj cases": (
        DMOJ,
        {
            "init.yml": DMOJ["init.yml"]
            .replace("points: 40", "points: 40, point: 50")
            .replace("2.in,", "2.in, chekcer: x,")
        },
        [
            'init.yml: test_cases: the key "chekcer" is not known and has no effect (is it "checker"?)',
            'init.yml: test_cases: the key "point" is not known and has no effect (is it "points"?)',
        ],
    ),
    "dmoj header": (
        DMOJ,
        {"init.yml": f"{DMOJ['init.yml']}\npoint: 5\n"},
        ['init.yml: the key "point" is not known and has no effect (is it "points"?)'],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_unknown_words_are_said_with_the_nearest(tmp_path: Path, name: str) -> None:
    files, changes, warnings = CASES[name]
    (plain,) = load_package(write_package(tmp_path / "plain" / "double", files), workspace=tmp_path)
    (odd,) = load_package(write_package(tmp_path / "odd" / "double", {**files, **changes}), workspace=tmp_path)
    assert [warning for warning in odd.warnings if warning not in plain.warnings] == warnings
    assert replace(odd.problem, submissions=()) == replace(plain.problem, submissions=())


def test_report_of_a_file_ends_soon() -> None:
    said = known_keys.unknown("a.yaml", map(str, range(100)), frozenset())
    assert (len(said), said[-1]) == (6, "a.yaml: 95 more words are not known and have no effect")


def test_words_that_are_known_and_have_no_effect_are_said(tmp_path: Path) -> None:
    header = {**json.loads(test_cms.FILES["problem.json"]), "feedback_level": "full", "score_precision": 2}
    (package,) = load_package(write_package(tmp_path / "cms", {**test_cms.FILES, "problem.json": json.dumps(header)}))
    assert package.warnings == ('problem.json: "feedback_level" has no effect here',)
    assert package.problem.score_precision == 2
    header = {**test_tps.HEADER, "python_enabled": False}
    (package,) = load_package(write_package(tmp_path / "tps", {**test_tps.FILES, "problem.json": json.dumps(header)}))
    assert 'problem.json: "python_enabled" has no effect here' in package.warnings
