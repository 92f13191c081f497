"""Short-answer problems as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge import Judge, Source, load_package
from judge.errors import PackageError
from judge.judgement import ANSWER_LANGUAGE
from judge.package import Package, stated_limits
from judge.packages import detect
from judge.sandbox import Sandbox


def record(**changes: Any) -> dict[str, Any]:
    return {"id": "2024-I-1", "problem": "How many?", "answer": "204", "tags": ["aime", "2024"]} | changes


def load(folder: Path, *records: dict[str, Any]) -> tuple[Package, ...]:
    path = folder / "aime.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return load_package(path, workspace=folder)


def test_problem_is_one_answer_worth_a_point(tmp_path: Path) -> None:
    (package,) = load(tmp_path, record())
    problem = package.problem
    assert (problem.slug, problem.task_type, problem.points, problem.source) == (
        "2024-I-1",
        "answer",
        1.0,
        "aime, 2024",
    )
    assert problem.checker.flags == ("numeric", "1e-09")
    assert detect(tmp_path / "aime.jsonl") == "answers"


def test_keys_of_other_files_are_known(tmp_path: Path) -> None:
    (package,) = load(tmp_path, {"ID": "2024-II-4", "Problem": "Find it.", "Answer": 33})
    assert (package.problem.slug, package.problem.checker.flags[0]) == ("2024-II-4", "numeric")
    (package,) = load(tmp_path, {"id": 1, "statement": "Which?", "answers": ["even", "both"], "match": "exact"})
    assert (package.problem.slug, package.problem.checker.flags) == ("1", ("exact",))


@pytest.mark.parametrize(
    ("changes", "given", "verdict"),
    [
        ({}, "204", "AC"),
        ({}, "\\boxed{204}", "AC"),
        ({}, "205", "WA"),
        ({}, " ", "WA"),
        ({"answer": None, "answers": ["even", "both"]}, "Both.", "AC"),
        ({"answer": "3.14", "tolerance": 0.01}, "3.1416", "AC"),
        ({"answer": "B", "match": "choice"}, "(b) because", "AC"),
        ({"answer": "x(x+1)", "match": "symbolic"}, "$x^2+x$", "AC"),
    ],
)
def test_answer_is_judged_without_a_program(
    tmp_path: Path, sandbox: Sandbox, changes: dict[str, Any], given: str, verdict: str
) -> None:
    (package,) = load(tmp_path, {key: value for key, value in record(**changes).items() if value is not None})
    judgement = Judge(package.problem, package, stated_limits(package), sandbox).judge(
        Source.of(given, ANSWER_LANGUAGE)
    )
    assert (judgement.verdict, judgement.score) == (verdict, 1.0 * (verdict == "AC"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": ""}, '"id" is missing or names nothing'),
        ({"problem": ""}, '"problem" is missing or no text'),
        ({"answer": None}, '"answer" is missing or neither a text nor a number'),
        ({"answers": []}, '"answers" is empty'),
        ({"answer": "x" * 5000}, '"answer" is longer than 4000 characters'),
        ({"match": "fuzzy"}, "\"match\" is 'fuzzy', not one of exact, numeric, choice, symbolic"),
        ({"match": "numeric", "answer": "even"}, '"match" is numeric, but an accepted answer is no number'),
        ({"match": "choice", "answer": "the blue one"}, '"match" is choice, but an accepted answer names no letter'),
        ({"tolerance": -1}, '"tolerance" is -1, not a number of at least 0'),
        ({"tags": [1]}, '"tags" is not a list of texts'),
    ],
)
def test_bad_field_is_named(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(PackageError) as caught:
        load(tmp_path, record(**changes))
    assert str(caught.value) == f"aime.jsonl, line 1: {reason}"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("x^2+2x+1", "symbolic"),
        ("\\left(3, \\frac{\\pi}{2}\\right)", "symbolic"),
        ("2x", "symbolic"),
        ("B", "choice"),
        ("(c)", "choice"),
        ("204", ""),
        ("\\frac{5}{6}", ""),
        ("Paris", ""),
    ],
)
def test_exact_match_that_nobody_asked_for_is_said_where_another_would_accept_more(
    tmp_path: Path, answer: str, said: str
) -> None:
    (package,) = load(tmp_path, record(answer=answer))
    assert [said in warning for warning in package.warnings] == ([True] if said else [])
    (asked,) = load(tmp_path, record(answer=answer, match="exact"))
    assert asked.warnings == ()


@pytest.mark.parametrize(("answer", "is_formula"), [("x^2+1", True), ("\\frac{1}{2}", True), ("hello world", False)])
def test_symbolic_answer_that_is_no_formula_is_said(tmp_path: Path, answer: str, is_formula: bool) -> None:
    (package,) = load(tmp_path, record(answer=answer, match="symbolic"))
    said = '"match" is symbolic, but an accepted answer is no formula: it is compared exactly'
    assert package.warnings == (() if is_formula else (said,))


def test_choices_may_be_numbered(tmp_path: Path) -> None:
    (package,) = load(tmp_path, record(answer="2", match="choice"))
    assert package.problem.checker.flags == ("choice",)
