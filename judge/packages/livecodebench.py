"""Problems as JSON lines in the shapes of LiveCodeBench (see `livecodebench_records`).

`--statements` names a LiveCodeBench samples file (a JSON array or JSON lines with `question_id` and
`question_content`), matched by id.

What the source does not say, decided here: outputs are compared token by token, case-sensitively and without
tolerance, because LiveCodeBench itself compares exactly and its published pass rates are made so; a problem whose
answers hold decimal fractions gets a warning, for the contest it comes from would allow an error there. CRLF line
ends, left over from web pages, become LF. A problem is one subtask worth 1 point.

Where the tests name a function (`fn_name`, `func_name`), each is a call: the arguments are the lines of its input, as
JSON, and the result is compared as a value. The candidate finds there what LiveCodeBench imports before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from judge.errors import PackageError
from judge.functions import programs
from judge.functions.canonical import canonical
from judge.package import Package
from judge.packages.jsonlines import Record, Store, first_keys, groups_of, one_subtask, parse_json, read_packages
from judge.packages.livecodebench_records import KEYS, Facts, Pairs, facts_of
from judge.packages.options import ReadOptions
from judge.problem import Checker, Problem, Statement, TaskType, Testcase

NAME = "livecodebench"
CHECKER = Checker(flags=("case_sensitive",))
#: Results are printed alike exactly where they are equal.
FUNCTION_CHECKER = Checker(flags=("case_sensitive", "space_change_sensitive"))
#: What a line of problems may look like; for people whose line is none.
KNOWN_KEYS = (
    '"id", "public_tests" and "hidden_tests", or "question_id" and "public_test_cases" (LiveCodeBench); "task_id", '
    '"prompt", "entry_point" and "test" (HumanEval); "task_id", "code" and "test_list" (MBPP); "name", "description", '
    '"public_tests" and "private_tests" (CodeContests); "id", "problem" and "answer" (short answers)'
)
_STARRED = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics", "itertools",
    "functools", "operator", "io", "sys", "json", "builtins", "typing",
)  # fmt: skip
PRELUDE = "".join(
    [
        *(f"from {name} import *\n" for name in _STARRED),
        *(f"import {name}\n" for name in _STARRED if name not in ("builtins", "typing")),
        "sys.setrecursionlimit(50000)\n",
    ]
)
_DECIMAL = re.compile(r"[-+]?\d*\.\d+([eE][-+]?\d+)?")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def recognises(path: Path) -> bool:
    """True for a file whose first record has tests of one of these shapes, or that is named .jsonl: `read` then says
    which keys would be known."""
    is_named = path.is_file() and path.name.lower().endswith((".jsonl", ".jsonl.gz"))
    return is_named or not first_keys(path).isdisjoint(KEYS)


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every problem of the file, in its order. Raises PackageError for the first line that cannot be read."""
    statements = _read_statements(options.statements) if options.statements else None
    return read_packages(path, options, lambda record, store: _package(record, store, statements))


def _package(record: Record, store: Store, statements: Mapping[str, Mapping[str, Any]] | None) -> Package:
    if not any(key in record for key in (*KEYS, "hidden_tests")):
        shown = ", ".join(f'"{key}"' for key in list(record)[:8])
        raise PackageError("", f"its keys ({shown}) are those of no known format: {KNOWN_KEYS}")
    facts = facts_of(record)
    if not _SLUG.fullmatch(facts.id):
        raise PackageError("", f'"id" is {facts.id!r}; letters, digits, "_", "-" and "." are allowed')
    samples = _tests(facts, facts.public, "sample", store)
    hidden = _tests(facts, facts.hidden, "hidden", store)
    testcases = samples + hidden
    if not testcases:
        raise PackageError("", f'the problem "{facts.id}" has no tests')
    elsewhere = (statements or {}).get(facts.id, {})
    content = str(elsewhere.get("question_content") or facts.statement)
    if content and facts.starter_code.strip():
        content = f"{content.rstrip()}\n\n```python\n{facts.starter_code.rstrip()}\n```\n"
    problem = Problem(
        slug=facts.id,
        title=facts.title or str(elsewhere.get("question_title") or facts.id),
        task_type=TaskType.FUNCTION if facts.function else TaskType.BATCH,
        format=NAME,
        testcases=testcases,
        root=groups_of(testcases),
        subtasks=one_subtask(testcases),
        checker=FUNCTION_CHECKER if facts.function else CHECKER,
        include=programs.calling(store.file, _settings(facts)) if facts.function else {},
        statements=(Statement("en", "markdown", store.file("statement.md", content)),) if content else (),
        date=facts.date,
        difficulty=facts.difficulty,
        source=facts.contest,
    )
    warnings = []
    if statements is not None and not elsewhere:
        warnings.append("no statement with this id in the statements file")
    if not facts.function and _has_decimals([*facts.public, *facts.hidden]):
        warnings.append("its answers hold decimal fractions; they are compared exactly, as LiveCodeBench does")
    return Package(problem, store.locations(problem), warnings=tuple(warnings))


def _settings(facts: Facts) -> str:
    if not facts.function.isidentifier():
        raise PackageError("", f"the tests call {facts.function[:40]!r}, which names no function")
    return programs.told([facts.function], prelude=PRELUDE)


def _tests(facts: Facts, pairs: Pairs, group: str, store: Store) -> tuple[Testcase, ...]:
    tests = []
    for number, pair in enumerate(pairs, start=1):
        given, expected = (content.replace("\r\n", "\n") for content in pair)
        name = f"{group}/{number}"
        if facts.function:
            try:
                arguments = [json.loads(line) for line in given.split("\n") if line.strip()]
                given = "".join(f"{json.dumps(argument)}\n" for argument in arguments)
                expected = canonical(json.loads(expected)) + "\n"
            except (ValueError, RecursionError) as error:
                raise PackageError("", f"{group} test {number}: an argument or the result is not JSON") from error
        files = store.file(f"{name}.in", given), store.file(f"{name}.ans", expected)
        tests.append(Testcase(name, *files, group == "sample"))
    return tuple(tests)


def _has_decimals(pairs: Pairs) -> bool:
    return any(_DECIMAL.fullmatch(token) for _, answer in pairs for token in answer.split())


def _read_statements(path: Path) -> dict[str, Mapping[str, Any]]:
    """The records of a samples file by question id: a JSON array, or JSON lines."""
    if not path.is_file():
        raise PackageError(path.name, "the file of statements does not exist")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PackageError(path.name, "is not UTF-8 text") from error
    if text.lstrip().startswith("["):
        try:
            records = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PackageError(path.name, "is not a JSON array of statements") from error
    else:
        lines = enumerate(text.splitlines(), start=1)
        records = [parse_json(line, f"{path.name}, line {number}") for number, line in lines if line.strip()]
    return {
        str(record["question_id"]): record
        for record in records
        if isinstance(record, dict) and record.get("question_id") and isinstance(record.get("question_content"), str)
    }
