"""open-r1/ioi rows (ioi-2024-model-solutions): `{"problem_id", "target_subtask", "generation", "code", "language",
"solution_number", "metadata": {"usage", "stop_reason"}, "all_subtasks_results": [...]}`, one program a row.

The rows are those of huggingface/ioi (`generate/evaluate.py` of 3ff294b writes answers, its evaluation of submissions
adds `target_subtask` and the results). Usage is named as OpenAI does, or Anthropic (`input_tokens`, `output_tokens`).

A subtask's result holds `score` (its worst test, 0 to 1), `points` (obtainable) and `weighted_score` (obtained); its
name starts or ends with its number, 0 being the samples. Where results are given for all subtasks they are the scores,
and the pool is scored elsewhere; a row without them is judged here. A row whose call failed is a draw that nobody
answered: it is missing. The generator writes a count of 0 where it has none: 0 output tokens of a text that is there
are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from comparisons.samplers.formats.format import Draws, Format, Unanswered, where
from comparisons.samplers.formats.json_records import RawRecord
from judge.errors import MissingRecord, RecordError

#: What is read into fields, and what only repeats them.
_READ = (
    "problem_id", "problem", "target_subtask", "subtask", "solution_number", "generation", "code", "language",
    "finish_reason", "all_subtasks_results", "prompt", "messages",
)  # fmt: skip
_NUMBER = re.compile(r"^(\d+)(?!\d)|(\d+)$")


def _recognises(data: Mapping[str, Any]) -> bool:
    return {"problem_id", "code", "generation"} <= data.keys()


def _draws(record: RawRecord, name: str) -> Draws:
    data = record.data
    try:
        yield _draw(data)
    except Unanswered as error:
        yield MissingRecord(name, record.line, f"{where(record)}{error}")
    except ValueError as error:
        yield RecordError(name, record.line, f"{where(record)}{error}")


def _draw(data: Mapping[str, Any]) -> dict[str, Any]:
    problem = data.get("problem_id")
    if not isinstance(problem, str) or not problem:
        raise ValueError('"problem_id" is missing or no text')
    draw: dict[str, Any] = {key: value for key, value in data.items() if key not in _READ}
    draw["problem"] = problem
    draw["subtask"] = _subtask(data.get("target_subtask") or data.get("subtask")) or None
    code, text = data.get("code"), data.get("generation")
    metadata = data.get("metadata")
    said: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}
    if not text and said.get("error"):
        raise Unanswered(f"its call failed, nothing was answered: {str(said['error'])[:120]}")
    language = data.get("language")
    draw |= {"raw": text, "language": None if language == "unknown" else language}
    draw |= {"source": code} if code else {"no_program": "no program in the answer"}
    if isinstance(data.get("solution_number"), int):
        draw["index"] = data["solution_number"]
    reason = said.get("stop_reason") or data.get("finish_reason")
    draw["finish_reason"] = None if reason == "unknown" else reason
    draw["usage"] = _usage(said.get("usage"), has_text=bool(text))
    results = data.get("all_subtasks_results")
    if results:
        draw["scores"] = _scores(results)
    return draw


def _usage(usage: Any, *, has_text: bool) -> dict[str, Any] | None:
    if not isinstance(usage, Mapping):
        return None
    counts = {
        "input_tokens": usage.get("prompt_tokens") or usage.get("input_tokens"),
        "output_tokens": usage.get("completion_tokens") or usage.get("output_tokens"),
    }
    known = {name: count for name, count in counts.items() if count or (name == "output_tokens" and not has_text)}
    return known or None


def _scores(results: Any) -> dict[str, float]:
    if not isinstance(results, list) or not all(isinstance(result, Mapping) for result in results):
        raise ValueError('"all_subtasks_results" is not a list of objects')
    scores: dict[str, float] = {}
    for result in results:
        number = _subtask(result.get("subtask"))
        if number is None:
            raise ValueError(f'"all_subtasks_results" has a subtask without a number: {result.get("subtask")!r:.40}')
        obtained, share, points = (result.get(key) for key in ("weighted_score", "score", "points"))
        if obtained is None and isinstance(share, int | float) and isinstance(points, int | float):
            obtained = share * points
        if obtained is None:
            raise ValueError(f'"all_subtasks_results" does not say what subtask {number} scored')
        if number:
            scores[str(number)] = obtained
    return scores


def _subtask(name: Any) -> int | None:
    """The number in a subtask's name; 0 for the samples."""
    if isinstance(name, int) and not isinstance(name, bool):
        return name
    found = _NUMBER.search(name) if isinstance(name, str) else None
    return int(found[1] or found[2]) if found else None


FORMAT = Format(
    slug="open-r1",
    title="open-r1/ioi rows",
    summary="Programs with tokens and their scores in every subtask, as JSON lines or Parquet.",
    recognises=_recognises,
    draws=_draws,
)
