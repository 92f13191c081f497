"""One line of a LiveCodeBench file, whatever its shape, as the same few facts.

Podium's: `{"id", "title", "public_tests": [[input, output], ...], "hidden_tests", "fn_name", "starter_code",
"statement", "contest", "date", "difficulty"}`. LiveCodeBench's own: `{"question_id", "question_title",
"question_content", "public_test_cases", "private_test_cases", "metadata", ...}`, tests being JSON texts, the private
ones packed (base64 of zlib of a pickled text). Or `{"id", ..., "input_output": {"inputs", "outputs", "fn_name"}}`, as
LiveCodeBench hands tests to its own grader; these are hidden.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import pickle
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from judge.errors import PackageError
from judge.packages.jsonlines import Record, text

#: What tells a line of this format.
KEYS = ("public_tests", "public_test_cases", "input_output")
_LARGEST_TESTS = 512 << 20
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Facts:
    """A problem's line. `function`: what its tests call, "" where they are standard input and output."""

    id: str
    title: str
    statement: str
    public: Pairs
    hidden: Pairs
    function: str
    starter_code: str
    contest: str
    date: str
    difficulty: str


def facts_of(record: Record) -> Facts:
    """The facts of a line of any shape. Raises PackageError, naming the key that cannot be read."""
    if "public_test_cases" in record:
        metadata = _json(record.get("metadata") or "{}", "metadata")
        public, hidden = _cases(record, "public_test_cases"), _cases(record, "private_test_cases")
        function = str(metadata.get("func_name") or "") if isinstance(metadata, Mapping) else ""
    elif "input_output" in record:
        tests = record["input_output"]
        tests = _json(tests, "input_output") if isinstance(tests, str) else tests
        public, hidden = [], _parallel(tests)
        function = str(tests.get("fn_name") or "")
    else:
        public, hidden = _pairs(record, "public_tests"), _pairs(record, "hidden_tests")
        function = text(record, "fn_name", default="")
    return Facts(
        id=text(record, "question_id" if "question_id" in record else "id"),
        title=str(record.get("title") or record.get("question_title") or ""),
        statement=text(record, "question_content" if "question_content" in record else "statement", default=""),
        public=public,
        hidden=hidden,
        function=function,
        starter_code=text(record, "starter_code", default=""),
        contest=str(record.get("contest") or record.get("contest_id") or ""),
        date=str(record.get("date") or record.get("contest_date") or "")[:10],
        difficulty=str(record.get("difficulty") or ""),
    )


def _pairs(record: Record, key: str) -> Pairs:
    pairs = record.get(key, [])
    if not isinstance(pairs, list):
        raise PackageError("", f'"{key}" is not a list of [input, output] pairs')
    for number, pair in enumerate(pairs, start=1):
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
            raise PackageError("", f'"{key}", test {number} is not a pair of texts [input, output]')
    return [(given, answer) for given, answer in pairs]


def _cases(record: Record, key: str) -> Pairs:
    value = record.get(key) or "[]"
    cases = _json(value, key) if isinstance(value, str) and value.lstrip()[:1] in ("[", "") else _unpacked(value, key)
    if not isinstance(cases, list):
        raise PackageError("", f'"{key}" is not a list of tests')
    pairs = []
    for number, case in enumerate(cases, start=1):
        pair = (case.get("input"), case.get("output")) if isinstance(case, Mapping) else (None, None)
        if not isinstance(pair[0], str) or not isinstance(pair[1], str):
            raise PackageError("", f'"{key}", test {number} has no texts "input" and "output"')
        pairs.append((pair[0], pair[1]))
    return pairs


def _parallel(tests: Any) -> Pairs:
    inputs, outputs = (tests.get(key) for key in ("inputs", "outputs")) if isinstance(tests, Mapping) else (None, None)
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
        raise PackageError("", '"input_output" has no "inputs" and "outputs" of equal length')
    return [(_lines(given), _line(answer)) for given, answer in zip(inputs, outputs, strict=True)]


def _lines(given: Any) -> str:
    """The arguments of a call, one a line; a text is taken as it is."""
    return given if isinstance(given, str) else "\n".join(map(_line, given if isinstance(given, list) else [given]))


def _line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class _TextOnly(pickle.Unpickler):
    """Reads what is made of built-in data alone."""

    def find_class(self, module_name: str, global_name: str, /) -> NoReturn:
        raise pickle.UnpicklingError("a pickled object")


def _unpacked(value: Any, key: str) -> Any:
    try:
        inflating = zlib.decompressobj()
        content = inflating.decompress(base64.b64decode(value, validate=True), _LARGEST_TESTS)
        if inflating.unconsumed_tail:
            raise PackageError("", f'"{key}" unpacks to more than {_LARGEST_TESTS >> 20} MiB')
        unpickled = _TextOnly(io.BytesIO(content)).load()
    except (TypeError, ValueError, binascii.Error, zlib.error, EOFError, LookupError, pickle.UnpicklingError) as error:
        raise PackageError("", f'"{key}" is neither a JSON list nor packed as LiveCodeBench does') from error
    return _json(unpickled, key) if isinstance(unpickled, str | bytes) else unpickled


def _json(value: Any, key: str) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise PackageError("", f'"{key}" is not JSON') from error
