"""Output-only tasks: what a contestant hands in is read as one output for each test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from judge.judgement import Source
from judge.sandbox.execution import Ending, Execution, output_digests

#: What `Source.language` says of outputs.
OUTPUTS_LANGUAGE = "text"
_PREFIXES, _SUFFIXES = ("", "output_", "output"), ("", ".txt", ".out", ".ans")


def read_outputs(source: Source, tests: Sequence[str]) -> dict[str, bytes]:
    """The outputs of `source` by test; tests without one are left out.

    It is either one file per test, called as the test or as CMS has it (output_NAME.txt), or a single JSON object
    {test: output}; where there is only one test, a single file that is neither is its output. Names of tests may be
    given without their folders. Raises ValueError, with a sentence, for a file that cannot be any of that.
    """
    given = {name: content for name, content in source.files}
    found = _match(given, tests)
    if found or len(given) != 1:
        return found
    content = next(iter(given.values()))
    try:
        outputs = json.loads(content)
    except ValueError as error:
        if len(tests) == 1:
            return {tests[0]: content}
        raise ValueError("the outputs are neither files named by test nor a JSON object {test: output}") from error
    if len(tests) == 1 and not isinstance(outputs, dict):
        return {tests[0]: content}
    if not isinstance(outputs, dict) or not all(isinstance(output, str) for output in outputs.values()):
        raise ValueError("the outputs are no JSON object {test: output} with texts as outputs")
    return _match({name: text.encode("utf-8", "surrogatepass") for name, text in outputs.items()}, tests)


def as_execution(output: bytes) -> Execution:
    """An output as if a program had printed it."""
    return Execution(Ending.EXIT, 0, 0.0, 0.0, 0.0, len(output), *output_digests(output), stdout=output)


def _match(given: Mapping[str, bytes], tests: Sequence[str]) -> dict[str, bytes]:
    found = {}
    for test in tests:
        names = (test, PurePosixPath(test).name)
        wanted = (f"{prefix}{name}{suffix}" for name in names for prefix in _PREFIXES for suffix in _SUFFIXES)
        match = next((name for name in wanted if name in given), None)
        if match is not None:
            found[test] = given[match]
    return found
