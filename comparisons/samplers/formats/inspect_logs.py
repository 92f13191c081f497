"""Inspect's evaluation logs, .json and .eval: `{"eval": {"task", "model"}, "samples": [...]}`.

The shape is that of version 2 of the log, read from inspect_ai 0.3.285 (`log/_log.py`, `model/_model_output.py`) and
tried on logs that it wrote. An .eval is a zip, packed by Zstandard since 2026, by deflate before.

A sample's `id` names the problem, its `epoch` (from 1) the draw; the answer is `output.completion` or its first choice,
from which the program or short answer is taken. What its scorers said is kept as `inspect_scores` and not used: the
candidate is judged here. A sample that ended in an error before an answer is a draw that nobody answered. Only a scorer
whose value is a score per subtask number gives scores.

Inspect counts cached input apart from input or in it, by provider: its total says which. Where neither adds up, input
tokens are unknown. The time of a call is the latency where there was one call only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from comparisons.samplers.formats.format import Draws, Format, Unanswered
from comparisons.samplers.formats.json_records import RawRecord
from judge.errors import MissingRecord, RecordError
from judge.packages.jsonlines import slug_of


def _recognises(data: Mapping[str, Any]) -> bool:
    return isinstance(data.get("eval"), Mapping) and ("samples" in data or "status" in data)


def _draws(record: RawRecord, name: str) -> Draws:
    about = record.data["eval"] if isinstance(record.data.get("eval"), Mapping) else {}
    samples = record.data.get("samples")
    if not isinstance(samples, list) or not samples:
        yield RecordError(name, record.line, "holds no samples: it is the head of a log only")
        return
    for sample in samples:
        try:
            yield _draw(sample, about)
        except Unanswered as error:
            yield MissingRecord(name, record.line, str(error))
        except ValueError as error:
            yield RecordError(name, record.line, str(error))


def _draw(sample: Any, about: Mapping[str, Any]) -> dict[str, Any]:
    found = _object(sample)
    identity, epoch = found.get("id"), found.get("epoch", 1)
    if not isinstance(identity, str | int) or not slug_of(str(identity)):
        raise ValueError('a sample\'s "id" is missing or names nothing')
    where = f"sample {str(identity)[:60]}, epoch {epoch}"
    if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 1:
        raise ValueError(f"{where}: the epoch is no whole number from 1")
    output = _object(found.get("output"))
    text = _answer(output)
    if not text and found.get("error"):
        reason = _object(found["error"]).get("message") or found["error"]
        raise Unanswered(f"{where} ended in an error before an answer: {str(reason)[:120]}")
    choices = output.get("choices")
    choice = _object(choices[0]) if isinstance(choices, list) and choices else {}
    model = output.get("model") or about.get("model")
    said = {name: _object(score).get("value") for name, score in _object(found.get("scores")).items()}
    kept = {
        "sample_id": identity,
        "task": about.get("task"),
        "inspect_model": model,
        "metadata": found.get("metadata"),
        "inspect_scores": said,
    }
    draw: dict[str, Any] = {key: value for key, value in kept.items() if value}
    draw |= {"problem": slug_of(str(identity)), "index": epoch - 1, "raw": text}
    draw["usage"] = _usage(found, output, about)
    draw["finish_reason"] = choice.get("stop_reason")
    if not text and draw["finish_reason"] == "content_filter":
        draw["no_program"] = "refused"
    if _calls(found) == 1:
        draw["latency_s"] = output.get("time")
    if scores := _scores(said):
        draw["scores"] = scores
    return draw


def _answer(output: Mapping[str, Any]) -> str:
    choices = output.get("choices")
    if isinstance(choices, list) and choices:
        text = _text(_object(_object(choices[0]).get("message")).get("content"))
        if text:
            return text
    completion = output.get("completion")
    return completion if isinstance(completion, str) else ""


def _text(content: Any) -> str:
    """A message's text; what the model thought stands before it as other models write it."""
    if isinstance(content, str):
        return content
    parts = [_object(part) for part in content] if isinstance(content, list) else []
    thought = "\n".join(str(part.get("reasoning", "")) for part in parts if part.get("type") == "reasoning")
    said = "\n".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")
    return f"<think>\n{thought}\n</think>\n{said}" if thought and said else said


def _calls(sample: Mapping[str, Any]) -> int:
    messages = sample.get("messages")
    found = messages if isinstance(messages, list) else []
    return sum(_object(message).get("role") == "assistant" for message in found)


def _usage(sample: Mapping[str, Any], output: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any] | None:
    """The sample's usage of the model that is looked at, not of a grader; else that of its last call, if it was the
    only one."""
    by_model = _object(sample.get("model_usage"))
    usage = by_model.get(str(about.get("model"))) or (output.get("usage") if _calls(sample) == 1 else None)
    return _inclusive(usage) if isinstance(usage, Mapping) else None


def _inclusive(usage: Mapping[str, Any]) -> dict[str, Any]:
    told, written, total = (usage.get(key) for key in ("input_tokens", "output_tokens", "total_tokens"))
    cached = usage.get("input_tokens_cache_read") or 0
    apart = cached + (usage.get("input_tokens_cache_write") or 0)
    reasoning = usage.get("reasoning_tokens")
    if apart and isinstance(told, int) and isinstance(written, int) and told + written != total:
        told = told + apart if told + written + apart == total else None
    counts = {"input_tokens": told, "output_tokens": written, "reasoning_tokens": reasoning}
    if cached and told is not None:
        counts["cached_input_tokens"] = cached
    if isinstance(reasoning, int) and isinstance(written, int) and reasoning > written:
        # It cannot be a part of the output then; whether the output lacks it, the log does not say.
        counts["output_tokens"] = counts["reasoning_tokens"] = None
    return {name: count for name, count in counts.items() if count is not None}


def _scores(said: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for value in said.values():
        if isinstance(value, Mapping) and value and all(str(key).isdecimal() for key in value):
            return value
    return None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


FORMAT = Format(
    slug="inspect",
    title="Inspect log",
    summary="An evaluation log, .eval or .json: answers with tokens; what its scorers said is kept beside them.",
    recognises=_recognises,
    draws=_draws,
)
