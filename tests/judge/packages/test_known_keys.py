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
from tests.judge.packages import polygon_making, test_cms, test_italian, test_tps
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
    "polygon": (
        polygon_making.PACKAGE,
        {
            "problem.xml": polygon_making.problem_xml(
                polygon_making.TESTS.replace("<test ", '<test point="3" ', 1), judging='run-counts="2"'
            )
            .replace('tag="wrong-answer"', 'tag="wrong"')
            .replace("<solutions>", "<solution/><solutions>")
        },
        [
            'problem.xml: <judging>: the attribute "run-counts" is not known and has no effect (is it "run-count"?)',
            'problem.xml: <test>: the attribute "point" is not known and has no effect (is it "points"?)',
            'problem.xml: <assets>: the element "solution" is not known and has no effect (is it "solutions"?)',
            'problem.xml: the tag "wrong" is not known and has no effect (is it "wrong-answer"?)',
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


UNUSED: dict[str, tuple[Mapping[str, str], dict[str, str], list[str]]] = {
    "polygon": (
        polygon_making.PACKAGE,
        {
            "problem.xml": polygon_making.problem_xml(
                polygon_making.SCORED,
                polygon_making.GROUPS.replace('name="1"', 'name="1" feedback-policy="none"').replace(
                    'name="2"', 'name="2" feedback-policy="complete"'
                ),
            )
            .replace('tag="wrong-answer">', 'tag="do-not-run"><extra-tags/>')
            .replace("<solutions>", '<scorer><source path="files/gen.py" type="python.3"/></scorer><solutions>')
            .replace(
                '<file path="files/olymp.sty"/>',
                '<file path="files/table.txt" location="a.txt"><assets><asset name="solution"/></assets></file>',
            ),
            "files/table.txt": "1 2 3\n",
        },
        [
            'problem.xml: <group>: "feedback-policy" has no effect here',
            'problem.xml: <file>: "location" has no effect here',
            'problem.xml: <assets>: "scorer" has no effect here',
            'problem.xml: <solution>: "extra-tags" has no effect here',
            "files/table.txt: solutions are not given it, for it is neither a header nor a program",
        ],
    ),
    "kattis submissions": (
        DOUBLE,
        {
            "submissions/submissions.yaml": "accepted:\n  model_solution: true\n  authors: [somebody]\n"
            "  secret/group2:\n    permitted: [AC]\n  secret/gruop1:\n    permitted: [AC]\n"
            "accepted/log.cpp:\n  use_for_time_limit: false\n"
        },
        [
            'submissions.yaml: no submission is called "accepted/log.cpp", so what is said of it has no effect',
            'submissions.yaml: "model_solution" has no effect here',
            'submissions.yaml: no test or group is called "secret/gruop1", so what is said of it has no effect',
        ],
    ),
    "tps": (
        test_tps.FILES,
        {
            "problem.json": json.dumps(
                {**test_tps.HEADER, "has_checker": False, "has_grader": False, "has_manager": True,
                 "has_markdown_statement": False}
            )
        },
        [
            'problem.json: "has_checker", "has_grader", "has_manager", "has_markdown_statement" say other than what '
            "the package holds, which counts"
        ],
    ),
    "tps tests": (
        test_tps.FILES,
        {"gen/data": f"@constraint n >= 1\n{test_tps.DATA}@validator small.py\n@constraint n >= 2\n"},
        ['gen/data: "@constraint", "@validator" have no effect here'],
    ),
    "tps that says what is there": (
        test_tps.FILES,
        {
            "problem.json": json.dumps(
                {**test_tps.HEADER, "has_checker": True, "has_grader": True, "has_manager": False,
                 "has_markdown_statement": True}
            )
        },
        [],
    ),
    "cms": (
        test_cms.FILES,
        {"problem.json": test_cms.with_header(task_type_params={"compilation": "grader", "output_eval": "diff"})},
        ['problem.json: "output_eval" has no effect here'],
    ),
    "cms that says what is there": (
        test_cms.FILES,
        {"problem.json": test_cms.with_header(task_type_params={"compilation": "grader", "output_eval": "comparator"})},
        [],
    ),
    "italian points": (
        test_italian.FILES,
        {"gen/GEN": test_italian.GEN.replace("#ST: 60", "#ST: 50")},
        ["gen/GEN: its subtasks are worth 90 points, which CMS takes only if 100"],
    ),
    "italian points that task.yaml states": (
        test_italian.FILES,
        {
            "gen/GEN": test_italian.GEN.replace("#ST: 60", "#ST: 50"),
            "task.yaml": f"{test_italian.TASK}score_type: GroupMin\nscore_type_parameters: [[90, 4]]\nn_input: 4\n",
            "sol/small.py": "",
        },
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSED)
def test_known_words_without_effect_are_said_and_no_others(tmp_path: Path, name: str) -> None:
    files, changes, warnings = UNUSED[name]
    path = write_package(tmp_path / "odd" / "double", {**files, **changes})
    (plain,) = load_package(write_package(tmp_path / "plain" / "double", files), workspace=tmp_path)
    (package,) = load_package(path, workspace=tmp_path)
    assert [warning for warning in package.warnings if warning not in plain.warnings] == warnings
