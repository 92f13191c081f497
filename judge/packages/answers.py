"""Short answers as JSON lines: `{"id", "problem", "answer"}`, and optionally `tags`, `match`, `tolerance`, `title`.

`problem` may be called `statement` or `question`; `answers` lists several accepted answers. `match` is exact, numeric,
choice or symbolic (see `judge.answers`); where it is missing, numbers are compared as numbers and all else exactly.
`tolerance` is of numeric matches, absolute or relative to the answer (1e-9 where it is missing). Keys may be written in
any case, as AIME's files have them. A problem is one subtask worth 1 point.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

from judge.answers import LONGEST_ANSWER, AnswerFlags, Match, letters_of, number_of
from judge.errors import PackageError
from judge.formulas import is_formula
from judge.package import Package
from judge.packages.jsonlines import Record, Store, first_keys, groups_of, named, one_subtask, read_packages, text
from judge.packages.options import ReadOptions
from judge.problem import Checker, Problem, Statement, TaskType, Testcase

NAME = "answers"
_STATEMENTS = ("problem", "statement", "question")
_NAMES = ("id", "problem_id", "unique_id")
_KNOWN = ", ".join(Match)
#: A command of LaTeX, an operation, or a number beside a letter: such an answer has equal forms that are other texts.
_FORMULA = re.compile(r"\\[a-zA-Z]|[\^=+*/(\[]|\d[a-zA-Z]|[a-zA-Z]\d")
_CHOICE = re.compile(r"\(?[A-Ja-j]\)?")


def recognises(path: Path) -> bool:
    """True for a file whose first record has a statement, one or more answers, and no tests."""
    keys = {key.lower() for key in first_keys(path)}
    return bool(keys & {"answer", "answers"} and keys & {*_STATEMENTS} and keys & {*_NAMES})


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every problem of the file, in its order. Raises PackageError for the first that cannot be read."""
    return read_packages(
        path, options, lambda record, store: _package({k.lower(): v for k, v in record.items()}, store)
    )


def _package(record: Record, store: Store) -> Package:
    slug = named(record, next((key for key in _NAMES if key in record), "id"))
    statement = text(record, next((key for key in _STATEMENTS if key in record), "problem"))
    answers = _answers(record)
    flags = _flags(record, answers)
    testcases = (
        Testcase("hidden/answer", store.file("answer.in", ""), store.file("answers.json", json.dumps(answers))),
    )
    problem = Problem(
        slug=slug,
        title=text(record, "title", default="") or slug,
        task_type=TaskType.ANSWER,
        format=NAME,
        testcases=testcases,
        root=groups_of(testcases),
        subtasks=one_subtask(testcases),
        checker=Checker(flags=flags.to_flags(), convention="answer"),
        statements=(Statement("en", "markdown", store.file("statement.md", statement)),),
        difficulty=str(record.get("difficulty") or record.get("level") or ""),
        source=_tags(record),
    )
    hint = _hint(answers) if flags.match is Match.EXACT and not record.get("match") else ""
    if flags.match is Match.SYMBOLIC and not all(map(is_formula, answers)):
        hint = '"match" is symbolic, but an accepted answer is no formula: it is compared exactly'
    return Package(problem, store.locations(problem), warnings=(hint,) if hint else ())


def _answers(record: Record) -> list[str]:
    value = record["answers"] if "answers" in record else record.get("answer")
    found = value if isinstance(value, list) else [value]
    answers = [_answer(one) for one in found]
    if not answers:
        raise PackageError("", '"answers" is empty')
    return answers


def _answer(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
        raise PackageError("", '"answer" is missing or neither a text nor a number')
    if len(str(value)) > LONGEST_ANSWER:
        raise PackageError("", f'"answer" is longer than {LONGEST_ANSWER} characters')
    return str(value)


def _flags(record: Record, answers: list[str]) -> AnswerFlags:
    is_numeric = all(number_of(answer) is not None for answer in answers)
    match = record.get("match") or (Match.NUMERIC if is_numeric else Match.EXACT)
    if match not in list(Match):
        raise PackageError("", f'"match" is {str(match)[:40]!r}, not one of {_KNOWN}')
    if match == Match.NUMERIC and not is_numeric:
        raise PackageError("", '"match" is numeric, but an accepted answer is no number')
    if match == Match.CHOICE and not all(letters_of(answer) or number_of(answer) is not None for answer in answers):
        raise PackageError("", '"match" is choice, but an accepted answer names no letter')
    tolerance = record.get("tolerance")
    if tolerance is None:
        return AnswerFlags(Match(match))
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 <= tolerance < math.inf:
        raise PackageError("", f'"tolerance" is {str(tolerance)[:40]}, not a number of at least 0')
    return AnswerFlags(Match(match), float(tolerance))


def _hint(answers: list[str]) -> str:
    """What to say of answers that are compared exactly because no match is given, where another would accept more."""
    if all(map(_CHOICE.fullmatch, answers)):
        return 'letters, compared exactly: give "match": "choice" to accept "(B)" or "B) because ..." for "B"'
    if any(map(_FORMULA.search, answers)):
        return 'a formula, compared exactly: give "match": "symbolic" to accept equal formulas in other forms'
    return ""


def _tags(record: Record) -> str:
    tags = record.get("tags") or []
    if isinstance(tags, str):
        return tags
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise PackageError("", '"tags" is not a list of texts')
    return ", ".join(tags)
