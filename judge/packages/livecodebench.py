"""Problems as JSON lines in the shape of LiveCodeBench: tests and metadata in the line, statements elsewhere.

A line is `{"id", "title", "public_tests": [[input, output], ...], "hidden_tests": [...], "contest", "date",
"difficulty"}`; other keys are ignored. `--statements` names a LiveCodeBench samples file (a JSON array or JSON lines
with `question_id` and `question_content`), matched by id.

What the source does not say, decided here: outputs are compared token by token, case-sensitively and without
tolerance, because LiveCodeBench itself compares exactly and its published pass rates are made so; a problem whose
answers hold decimal fractions gets a warning, for the contest it comes from would allow an error there. CRLF line
ends, left over from web pages, become LF. A problem is one subtask worth 1 point.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from judge.errors import PackageError
from judge.packages.options import ReadOptions
from judge.problem import (
    Aggregation,
    Checker,
    File,
    Group,
    Package,
    Problem,
    Statement,
    Subtask,
    TaskType,
    Testcase,
)

NAME = "livecodebench"
CHECKER = Checker(flags=("case_sensitive",))
_DECIMAL = re.compile(r"[-+]?\d*\.\d+([eE][-+]?\d+)?")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def recognises(path: Path) -> bool:
    """True for a file whose first line is a JSON object with an id and public tests, or that is named .jsonl."""
    if not path.is_file():
        return False
    if path.suffix.lower() == ".jsonl":
        return True
    with path.open("rb") as stream:
        head = stream.readline(1 << 20)
    try:
        first = json.loads(head)
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and "public_tests" in first


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every problem of the file, in its order. Raises PackageError for the first line that cannot be read."""
    if not path.is_file():
        raise PackageError(path.name, "is a folder; the LiveCodeBench format is one file of JSON lines")
    statements = _read_statements(options.statements) if options.statements else {}
    store = _Store(options.workspace / "livecodebench")
    packages: list[Package] = []
    seen: dict[str, int] = {}
    for line, record in _records(path):
        where = f"{path.name}, line {line}"
        try:
            package = _package(record, where, store, statements, expects_statement=bool(options.statements))
        except UnicodeEncodeError as error:
            raise PackageError(where, "holds half a character (a lone surrogate)") from error
        slug = package.problem.slug
        if slug in seen:
            raise PackageError(where, f'the problem "{slug}" was already on line {seen[slug]}')
        seen[slug] = line
        packages.append(package)
    if not packages:
        raise PackageError(path.name, "holds no problems")
    return tuple(packages)


@dataclass
class _Store:
    """Bytes that lie in no file of their own, written once, named by their digest."""

    folder: Path
    known: dict[str, Path] = field(default_factory=dict)

    def file(self, name: str, text: str) -> File:
        data = text.encode()
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / digest[:2] / digest
        if digest not in self.known:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            self.known[digest] = path
        return File(name, digest, len(data))


def _records(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(encoding="utf-8-sig", errors="strict") as stream:
        try:
            for line, text in enumerate(stream, start=1):
                if text.strip():
                    yield line, _record(text, f"{path.name}, line {line}")
        except UnicodeDecodeError as error:
            raise PackageError(path.name, "is not UTF-8 text") from error


def _record(text: str, where: str) -> Mapping[str, Any]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PackageError(where, "is not a JSON object") from error
    if not isinstance(record, dict):
        raise PackageError(where, "is not a JSON object")
    return record


def _package(
    record: Mapping[str, Any],
    where: str,
    store: _Store,
    statements: Mapping[str, Mapping[str, Any]],
    *,
    expects_statement: bool,
) -> Package:
    slug = _string(record, "id", where)
    if not _SLUG.fullmatch(slug):
        raise PackageError(where, f'"id" is {slug!r}; letters, digits, "_", "-" and "." are allowed')
    samples = _tests(record, "public_tests", "sample", where, store)
    hidden = _tests(record, "hidden_tests", "hidden", where, store)
    testcases = samples + hidden
    if not testcases:
        raise PackageError(where, f'the problem "{slug}" has no tests')
    statement = statements.get(slug, {})
    content = statement.get("question_content")
    title = record.get("title") or statement.get("question_title") or slug
    files = (Statement("en", "markdown", store.file("statement.md", content)),) if isinstance(content, str) else ()
    problem = Problem(
        slug=slug,
        title=str(title),
        task_type=TaskType.BATCH,
        format=NAME,
        testcases=testcases,
        root=_root(samples, hidden),
        subtasks=(Subtask(1, "all", 1.0, "data", tuple(t.name for t in testcases)),),
        checker=CHECKER,
        statements=files,
        date=str(record.get("date") or "")[:10],
        difficulty=str(record.get("difficulty") or ""),
        source=str(record.get("contest") or ""),
    )
    locations = {digest: store.known[digest] for digest in problem.files()}
    warnings = []
    if expects_statement and not files:
        warnings.append("no statement with this id in the statements file")
    if _has_decimals(record):
        warnings.append("its answers hold decimal fractions; they are compared exactly, as LiveCodeBench does")
    return Package(problem, locations, warnings=tuple(warnings))


def _root(samples: tuple[Testcase, ...], hidden: tuple[Testcase, ...]) -> Group:
    groups = tuple(
        Group(name, tuple(test.name for test in tests), aggregation=Aggregation.MIN)
        for name, tests in (("sample", samples), ("hidden", hidden))
        if tests
    )
    return Group("data", groups=groups, aggregation=Aggregation.MIN)


def _tests(record: Mapping[str, Any], key: str, group: str, where: str, store: _Store) -> tuple[Testcase, ...]:
    pairs = record.get(key, [])
    if not isinstance(pairs, list):
        raise PackageError(where, f'"{key}" is not a list of [input, output] pairs')
    tests = []
    for number, pair in enumerate(pairs, start=1):
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)):
            raise PackageError(where, f'"{key}", test {number} is not a pair of texts [input, output]')
        given, expected = (text.replace("\r\n", "\n") for text in pair)
        name = f"{group}/{number}"
        tests.append(
            Testcase(name, store.file(f"{name}.in", given), store.file(f"{name}.ans", expected), group == "sample")
        )
    return tuple(tests)


def _has_decimals(record: Mapping[str, Any]) -> bool:
    answers = (pair[1] for key in ("public_tests", "hidden_tests") for pair in record.get(key, []))
    return any(_DECIMAL.fullmatch(token) for answer in answers for token in answer.split())


def _string(record: Mapping[str, Any], key: str, where: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value:
        raise PackageError(where, f'"{key}" is missing or no text')
    return value


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
        records = [_record(line, f"{path.name}, line {number}") for number, line in lines if line.strip()]
    return {
        str(record["question_id"]): record
        for record in records
        if isinstance(record, dict) and record.get("question_id") and isinstance(record.get("question_content"), str)
    }
