"""CodeContests as JSON lines: one problem a line, in the keys of DeepMind's dataset.

`{"name", "description", "public_tests", "private_tests", "generated_tests", "solutions", "incorrect_solutions",
"time_limit", "memory_limit_bytes", "cf_rating", ...}`. Tests are `{"input": [...], "output": [...]}` or a list of
`{"input", "output"}`; `time_limit` is seconds or `{"seconds", "nanos"}`. Public tests are the samples; private and
generated ones are hidden.

Outputs are compared as the dataset's authors do: token by token, in any case, numbers within 1e-5. A problem that
accepts several answers is judged too strictly by that; the dataset does not say which do. Of the solutions a few are
kept as reference programs. A problem is one subtask worth 1 point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from judge.errors import PackageError
from judge.languages import LANGUAGES
from judge.package import Package
from judge.packages.jsonlines import Record, Store, first_keys, groups_of, one_subtask, read_packages, slug_of, text
from judge.packages.options import ReadOptions
from judge.problem import Checker, Problem, Program, Statement, TaskType, Testcase

NAME = "codecontests"
KEYS = frozenset({"name", "description", "public_tests", "private_tests"})
CHECKER = Checker(flags=("float_absolute_tolerance", "1e-5"))
#: The dataset's numbers (or names) of languages -> ours. Python 2 does not run here.
_LANGUAGES = {2: "cpp", 3: "python3", 4: "java", "CPP": "cpp", "PYTHON3": "python3", "JAVA": "java"}
_SOURCES = {1: "CodeChef", 2: "Codeforces", 3: "HackerEarth", 4: "CodeJam", 5: "AtCoder", 6: "AIZU"}
#: A problem has hundreds of solutions; so many of each kind and language are kept.
_KEPT = 2


def recognises(path: Path) -> bool:
    """True for a file whose first record has the dataset's keys."""
    return first_keys(path) >= KEYS


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every problem of the file, in its order. Raises PackageError for the first that cannot be read."""
    return read_packages(path, options, _package)


def _package(record: Record, store: Store) -> Package:
    name = text(record, "name")
    slug = slug_of(name)
    if not slug:
        raise PackageError("", f'"name" is {name[:40]!r}, which names nothing')
    testcases = tuple(
        test
        for key, group in (("public_tests", "sample"), ("private_tests", "hidden"), ("generated_tests", "generated"))
        for test in _tests(record, key, group, store)
    )
    if not testcases:
        raise PackageError("", f'the problem "{slug}" has no tests')
    reads_files = [key for key in ("input_file", "output_file") if record.get(key)]
    rating = record.get("cf_rating")
    source = record.get("source")
    problem = Problem(
        slug=slug,
        title=name,
        task_type=TaskType.BATCH,
        format=NAME,
        testcases=testcases,
        root=groups_of(testcases),
        subtasks=one_subtask(testcases),
        checker=CHECKER,
        statements=(Statement("en", "markdown", store.file("statement.md", text(record, "description"))),),
        submissions=tuple(_submissions(record, store)),
        difficulty=str(rating) if isinstance(rating, int) and rating > 0 else "",
        source=_SOURCES.get(source, "") if isinstance(source, int) else str(source or ""),
        unjudgeable="its programs read and write files, whose names it gives" if reads_files else "",
    )
    return Package(
        problem,
        store.locations(problem),
        time_limit_s=_time_limit(record.get("time_limit")),
        memory_limit_mib=_memory_limit(record.get("memory_limit_bytes")),
    )


def _tests(record: Record, key: str, group: str, store: Store) -> Iterator[Testcase]:
    value = record.get(key) or []
    if isinstance(value, Mapping):
        inputs, outputs = value.get("input", []), value.get("output", [])
        if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
            raise PackageError("", f'"{key}" has not as many outputs as inputs')
        value = [{"input": given, "output": answer} for given, answer in zip(inputs, outputs, strict=True)]
    if not isinstance(value, list):
        raise PackageError("", f'"{key}" is no list of tests')
    for number, test in enumerate(value, start=1):
        given, answer = (test.get("input"), test.get("output")) if isinstance(test, Mapping) else (None, None)
        if not isinstance(given, str) or not isinstance(answer, str):
            raise PackageError("", f'"{key}", test {number} is no pair of texts "input" and "output"')
        name = f"{group}/{number}"
        files = store.file(f"{name}.in", given), store.file(f"{name}.ans", answer)
        yield Testcase(name, *files, group == "sample")


def _submissions(record: Record, store: Store) -> Iterator[Program]:
    for key, expected in (("solutions", "accepted"), ("incorrect_solutions", "rejected")):
        value = record.get(key) or {}
        if not isinstance(value, Mapping):
            raise PackageError("", f'"{key}" is no object of "language" and "solution"')
        kept: dict[str, int] = {}
        labels, sources = value.get("language", []), value.get("solution", [])
        if not isinstance(labels, list) or not isinstance(sources, list):
            raise PackageError("", f'"{key}" is no object of "language" and "solution"')
        for label, source in zip(labels, sources, strict=False):
            language = _LANGUAGES.get(label, "") if isinstance(label, int | str) else ""
            if not language or not isinstance(source, str) or kept.get(language, 0) == _KEPT:
                continue
            kept[language] = kept.get(language, 0) + 1
            extension = LANGUAGES[language].extensions[0] if language in LANGUAGES else ".java"
            name = f"{expected}-{kept[language]}{extension}"
            file = store.file(name, source)
            yield Program(f"submissions/{expected}/{name}", language, (file,), expected)


def _time_limit(value: Any) -> float | None:
    if isinstance(value, Mapping):
        seconds, nanos = value.get("seconds", 0), value.get("nanos", 0)
        is_whole = isinstance(seconds, int) and isinstance(nanos, int) and max(abs(seconds), abs(nanos)) < 1 << 60
        value = seconds + nanos / 1e9 if is_whole else value
    if value is None or value == 0:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 600 or math.isnan(value):
        raise PackageError("", f'"time_limit" is {str(value)[:40]}, not a number of seconds')
    return float(value)


def _memory_limit(value: Any) -> int | None:
    if value is None or value == 0:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 8 << 20:
        raise PackageError("", f'"memory_limit_bytes" is {str(value)[:40]}, not a number of at least 8 MiB')
    return value >> 20
