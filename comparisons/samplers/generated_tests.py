"""Tests that a model wrote for a problem (CodeT's shape): a file's records, and a completion -> its single tests.

A file is JSON lines, one record a prompt: `{"prompt", "samples": [...]}` as CodeT's `*_test_case.jsonl`, or with
`problem` (or `task_id`) for the prompt, and `entry_point` for the name of the function that is tested. A sample
continues a prompt that ends in `assert `, so it holds the rest of one assertion and then further ones.

Rules of `tests_of`, which are CodeT's (src/postprocess.py, test_case_extract): the sample is split at every `assert `;
a piece that does not name the tested function is dropped; the rest is cut where a completion ends (`completions.STOPS`)
and kept if it compiles by itself. Order is kept, and so are equal tests: CodeT counts them as often as they were
written. How many tests of each sample are used (CodeT: the first 5) is an option of the strategy, not of the import.

Each test is a text of its own and must be compiled and run by itself: what one of them holds (a star import, which
no function body may have) must not touch its neighbours.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from comparisons.samplers.formats import RawRecord, read_raw
from comparisons.samplers.formats.completions import cut_completion
from judge.errors import RecordError
from judge.packages.jsonlines import slug_of

#: Characters; a longer text is no test of one call, and compiling it would cost more than it tells.
LONGEST_TEST = 20_000
#: What CodeT appends to a problem's prompt to ask for tests.
_ASKS = re.compile(r"\s*\bpass\s*\n\s*#\s*check the correctness of (?P<name>\w+)\s*\n\s*assert\s*\Z")


@dataclass(frozen=True)
class RawTests:
    """One record: `problem` names its problem, or `prompt` is what the problem's own prompt is known by, the ask for
    tests taken off. `entry_point` is "" where the record does not say it."""

    number: int
    line: int
    problem: str
    prompt: str
    entry_point: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class SampledTests:
    """The generated tests of one problem: the samples as they were drawn, and the tests in each, in order."""

    entry_point: str
    samples: tuple[str, ...]
    tests: tuple[tuple[str, ...], ...]

    @classmethod
    def parse(cls, samples: tuple[str, ...], entry_point: str) -> Self:
        """The samples with their tests."""
        return cls(entry_point, samples, tuple(tests_of(sample, entry_point) for sample in samples))

    @property
    def n_tests(self) -> int:
        """All tests, equal ones counted as often as they were written."""
        return sum(map(len, self.tests))

    def first(self, per_sample: int | None = None) -> tuple[str, ...]:
        """The first tests of each sample (all where None), in order, equal ones as often as they were written."""
        return tuple(test for tests in self.tests for test in tests[:per_sample])

    def to_bytes(self) -> bytes:
        """What is stored; `from_bytes` reads it."""
        data = {"entry_point": self.entry_point, "samples": self.samples, "tests": self.tests}
        return json.dumps(data, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """The tests that `to_bytes` wrote."""
        data = json.loads(content)
        return cls(data["entry_point"], tuple(data["samples"]), tuple(map(tuple, data["tests"])))


def read_generated_tests(path: Path) -> Iterator[RawTests | RecordError]:
    """Every record of the file; a RecordError stands in for each that cannot be read. Raises RecordError where reading
    cannot go on."""
    for record in read_raw(path):
        yield record if isinstance(record, RecordError) else _parsed(record, path.name)


def tests_of(sample: str, entry_point: str) -> tuple[str, ...]:
    """The tests in one sample, by the rules above; each is one text that starts with `assert`."""
    pieces = (f"assert {piece}" for piece in f"assert {sample}".split("assert ") if entry_point in piece)
    return tuple(test for piece in pieces if _compiles(test := cut_completion(piece).strip()))


def _compiles(test: str) -> bool:
    if len(test) > LONGEST_TEST:
        return False
    block = "try:\n    {}\nexcept:\n    pass\n".format(test.replace("\n", "\n    "))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(block, "test", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError):
        return False
    return True


def _parsed(record: RawRecord, name: str) -> RawTests | RecordError:
    data: Mapping[str, Any] = record.data
    where = "" if record.line else f"record {record.number}: "
    samples = data.get("samples")
    if not isinstance(samples, list) or not all(isinstance(sample, str) for sample in samples):
        return RecordError(name, record.line, f'{where}has no list of texts "samples"')
    named = data.get("problem", data.get("task_id"))
    prompt = data.get("prompt")
    entry_point = data.get("entry_point", "")
    if not isinstance(entry_point, str):
        return RecordError(name, record.line, f'{where}"entry_point" is no text')
    problem = slug_of(str(named)) if isinstance(named, str | int) else ""
    if not problem and not isinstance(prompt, str):
        return RecordError(name, record.line, f'{where}has neither "prompt" nor "problem", so its problem is unknown')
    asked = _ASKS.search(prompt) if isinstance(prompt, str) else None
    return RawTests(
        number=record.number,
        line=record.line,
        problem=problem,
        prompt=prompt_key(prompt[: asked.start()] if asked else prompt) if isinstance(prompt, str) else "",
        entry_point=entry_point.strip() or (asked["name"] if asked else ""),
        samples=tuple(samples),
    )


def prompt_key(prompt: str) -> str:
    """What the prompts of one problem share: the text without the white space at its end."""
    return prompt.rstrip()
