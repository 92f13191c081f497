"""LiveCodeBench submissions: one record holds all draws of one problem.

`{"question_id", "code_list", "output_list", "graded_list", "metadata"}`. `code_list` is taken as the source extracted
it, so that `graded_list` speaks of the same programs; where it is absent, `output_list` is parsed by our rules.
LiveCodeBench's code generation is Python only.

A self-repair file also has `original_code_list`, the programs that were to be repaired: they are the first attempts,
and `code_list` holds the second ones. Where both are equal the program was left as it was, and there is one attempt:
the file does not tell whether the model was asked again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from comparisons.samplers.formats.format import Draws, Format, where
from comparisons.samplers.formats.json_records import RawRecord
from judge.errors import RecordError

_LISTS = ("code_list", "output_list", "graded_list", "original_code_list")


def _recognises(data: Mapping[str, Any]) -> bool:
    return "question_id" in data and ("code_list" in data or "output_list" in data)


def _draws(record: RawRecord, name: str) -> Draws:
    data = record.data
    lists = {key: data[key] for key in _LISTS if data.get(key) is not None}
    if complaint := _complaint(data, lists):
        yield RecordError(name, record.line, f"{where(record)}{complaint}")
        return
    for index in range(len(lists.get("code_list") or lists["output_list"])):
        yield from _attempts(data, lists, index)


def _complaint(data: Mapping[str, Any], lists: Mapping[str, Any]) -> str:
    if not data.get("question_id"):
        return '"question_id" is missing'
    is_list = all(isinstance(value, list) for value in lists.values())
    if not (lists.get("code_list") or lists.get("output_list")) or not is_list:
        return 'has neither "code_list" nor "output_list" as a list of texts'
    if len({len(value) for value in lists.values()}) != 1:
        sizes = ", ".join(f"{len(value)} in {key}" for key, value in lists.items())
        return f"its lists differ in length ({sizes})"
    return ""


def _attempts(data: Mapping[str, Any], lists: Mapping[str, Any], index: int) -> Draws:
    draw: dict[str, Any] = {"problem": str(data["question_id"]), "index": index, "language": "python3"}
    last = dict(draw)
    if "code_list" in lists:
        last |= _program(lists["code_list"][index])
    if "output_list" in lists:
        last["raw"] = lists["output_list"][index]
    if "graded_list" in lists:
        last["graded"] = lists["graded_list"][index]
    metadata = data.get("metadata")
    if isinstance(metadata, list) and index < len(metadata):
        last |= _graders_word(metadata[index])
    originals = lists.get("original_code_list")
    if originals is not None and originals[index] != last.get("source"):
        yield {**draw, **_program(originals[index]), "attempt": 1}
        last["attempt"] = 2
    yield last


def _program(code: Any) -> dict[str, Any]:
    return {"source": code, "no_program": "no program in the answer"} if code == "" else {"source": code}


def _graders_word(metadata: Any) -> dict[str, Any]:
    """What the grader said of a failure; not the test itself, which is hidden data."""
    try:
        said = json.loads(metadata) if isinstance(metadata, str) else metadata
    except (ValueError, RecursionError):
        return {}
    message = said.get("error_message") if isinstance(said, dict) else None
    return {"graded_message": message} if isinstance(message, str) else {}


FORMAT = Format(
    slug="livecodebench",
    title="LiveCodeBench",
    summary="Its submissions, a JSON array; of a self-repair file both attempts.",
    recognises=_recognises,
    draws=_draws,
)
