"""One record of a pool file -> a candidate, checked field by field; and back.

A record is `{"problem", "index", "subtask", "attempt", "language", "source", "answer", "raw", "usage", "latency_s",
"finish_reason", "scores"}` and, where an export knows them, `no_program` (why there is none), `turns` (calls that the
attempt took), `run_cpu_s` (CPU of the programs run for it) and `said` (what was said between the attempt before and
this answer: texts, by turns told to the model and answered by it; the first and the last were told). Only `problem`
must be there; what is absent is unknown, never 0. Other keys are kept as they are; of these `beats` means something to
strategies: the indices of the draws of the same unit that a judge of pairs found worse. `usage` holds `input_tokens`,
`cached_input_tokens`, `output_tokens` and `reasoning_tokens`, all inclusive.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from comparisons.samplers.parsing import NO_PROGRAM_REASONS, detect_language, normal_language, parse_answer
from comparisons.samplers.program_hash import program_hash

TOKENS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")
FIELDS = (
    "problem", "index", "subtask", "attempt", "language", "source", "answer", "raw", "usage", "latency_s",
    "finish_reason", "scores", "no_program", "turns", "run_cpu_s", "said",
)  # fmt: skip
_FIELDS = frozenset(FIELDS)
#: What a mapping may name on its left: the fields, and the token counts without their `usage`.
MAPPABLE = (*FIELDS, *TOKENS)
#: What this module says where a record has no program and gives no reason.
NO_PROGRAM = frozenset({*NO_PROGRAM_REASONS, "no program"})
_MAX_INTEGER = 2**31 - 1
_MAX_SMALL = 2**15 - 1
#: Thirty years: sums of what is longer would no longer be numbers.
_MAX_SECONDS = 1e9
_MAX_TOKENS = 2**53
#: Of lists and objects in what is kept as it is: whoever reads it again may stand deeper in calls than we do here.
_MAX_DEPTH = 100


class FieldError(ValueError):
    """A field of a record is not what it must be; the message names the field."""


class Record(NamedTuple):
    """A candidate as its record gives it. None is unknown; `index` None means: the next free one of its unit.

    Mappings are never changed. A tuple, because a large import makes, sends and stores one per candidate.
    """

    problem: str
    index: int | None = None  # type: ignore[assignment]  # no one looks for a value's place in a record
    subtask: int | None = None
    attempt: int = 1
    language: str = ""
    source: str = ""
    program_hash: str = ""
    no_program: str = ""
    answer: str = ""
    raw: str = ""
    tokens: Mapping[str, int | None] = {}
    latency_s: float | None = None
    finish_reason: str = ""
    scores: Mapping[int, float] | None = None
    extra: Mapping[str, Any] = {}
    turns: int | None = None
    run_cpu_s: float | None = None
    said: tuple[str, ...] | None = None


#: A zero character in JSON; not the text of a backslash before "u0000".
_ZERO = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def parse_record(data: Mapping[str, Any], mapping: Mapping[str, str]) -> Record:
    """The candidate of one record. `mapping`: Podium's key -> the file's (dots step into objects). Raises
    FieldError."""
    values, extra = _mapped(data, mapping)
    for key, value in extra.items():
        if _is_deeper(value, _MAX_DEPTH):
            raise FieldError(f"{_shown(key)}, a key that is kept as it is, is nested more than {_MAX_DEPTH} deep")
    if extra and _ZERO.search(json.dumps(extra)):  # PostgreSQL stores no JSON with it
        raise FieldError("a key that is kept as it is holds a zero character")
    _check_duels(extra.get("beats"))
    problem = values.get("problem")
    if isinstance(problem, int) and not isinstance(problem, bool):
        problem = str(problem)
    if not isinstance(problem, str) or not problem or "\0" in problem:
        name = mapping.get("problem", "problem")
        raise FieldError(f'"{name}" is missing' if problem is None else f'"{name}" is no text')
    usage = values.get("usage")
    if usage is not None and not isinstance(usage, Mapping):
        raise FieldError('"usage" is not an object')
    language = normal_language(_text(values, "language"))
    if len(language) > 20:
        raise FieldError('"language" is longer than 20 characters')
    raw, finish_reason = _text(values, "raw"), _text(values, "finish_reason")
    program = _program(values, raw, language, finish_reason)
    subtask = _integer(values, "subtask", 1, _MAX_SMALL)
    attempt = _integer(values, "attempt", 1, _MAX_SMALL)
    return Record(
        problem=problem,
        index=_integer(values, "index", 0, _MAX_INTEGER),
        subtask=subtask,
        attempt=1 if attempt is None else attempt,
        **program,
        answer=_text(values, "answer"),
        raw=raw,
        tokens=_tokens(usage or {}, values),
        latency_s=_seconds(values, "latency_s"),
        finish_reason=finish_reason[:40],
        scores=_scores(values.get("scores")),
        extra=extra,
        turns=_integer(values, "turns", 1, _MAX_SMALL),
        run_cpu_s=_seconds(values, "run_cpu_s"),
        said=_said(values.get("said")),
    )


def to_data(record: Record) -> dict[str, Any]:
    """The record as one object of a pool file; `parse_record` reads back an equal candidate."""
    usage = {name: count for name, count in record.tokens.items() if count is not None}
    data = {
        **record.extra,
        "problem": record.problem,
        "index": record.index,
        "subtask": record.subtask,
        "attempt": record.attempt,
        "language": record.language or None,
        "source": record.source or None,
        "answer": record.answer or None,
        "raw": record.raw or None,
        "usage": usage or None,
        "latency_s": record.latency_s,
        "finish_reason": record.finish_reason or None,
    }
    if record.no_program:
        data["no_program"] = record.no_program
    if record.scores is not None:
        data["scores"] = {str(index): score for index, score in record.scores.items()}
    further = {"turns": record.turns, "run_cpu_s": record.run_cpu_s, "said": record.said}
    return {**data, **{name: value for name, value in further.items() if value is not None}}


def _mapped(data: Mapping[str, Any], mapping: Mapping[str, str]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Podium's keys with their values, and the keys that are none of them."""
    if not mapping and _FIELDS.issuperset(data):
        return data, {}
    if not mapping:
        values = {key: value for key, value in data.items() if key in _FIELDS}
        return values, {key: value for key, value in data.items() if key not in _FIELDS}
    values = {key: data[key] for key in FIELDS if key in data and key not in mapping}
    used = set(values)
    for key, name in mapping.items():
        found = find(data, name)
        if found is not None:
            values[key] = found
        used.add(name)
    # A key that a mapping moved away stays among the extras under its own name only if nothing took its value.
    extra = {key: value for key, value in data.items() if key not in used and key not in FIELDS}
    return values, extra


def find(data: Mapping[str, Any], name: str) -> Any:
    """The value under a key, or under a path of keys joined by dots; None where there is none."""
    if name in data:
        return data[name]
    value: Any = data
    for part in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _program(values: Mapping[str, Any], raw: str, language: str, finish_reason: str) -> dict[str, str]:
    """Source, language, hash and reason of a record: its source as it is, else what its raw answer holds."""
    source, reason = _text(values, "source"), _text(values, "no_program")
    if not source.strip() and raw and not reason:
        answer = parse_answer(raw, language=language, finish_reason=finish_reason)
        source, language, reason = answer.source, answer.language or language, answer.no_program
    if not source.strip():
        has_answer = bool(_text(values, "answer")) or values.get("scores") is not None
        return {"language": language, "no_program": "" if has_answer else reason[:80] or "no program"}
    language = language or detect_language(source)
    return {"source": source, "language": language, "program_hash": program_hash(source, language)}


def _tokens(usage: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, int | None]:
    tokens = {name: _integer(values if name in values else usage, name, 0, _MAX_TOKENS) for name in TOKENS}
    for part, whole in (("cached_input_tokens", "input_tokens"), ("reasoning_tokens", "output_tokens")):
        some, all_of_it = tokens[part], tokens[whole]
        if some is not None and all_of_it is not None and some > all_of_it:
            raise FieldError(f'"{part}" is more than "{whole}", of which it is a part')
    return tokens


def _scores(value: Any) -> dict[int, float] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not value:
        raise FieldError('"scores" is not an object of subtask numbers and scores')
    scores: dict[int, float] = {}
    for index, score in value.items():
        if not str(index).isdecimal() or len(str(index)) > 9 or int(index) < 1:
            raise FieldError(f'"scores" has the key {_shown(index)}; subtasks are numbered from 1')
        if (value := _finite(score)) is None or value < 0:
            raise FieldError(f'"scores" of subtask {index} is {_shown(score)}, not a score')
        scores[int(index)] = value
    return dict(sorted(scores.items()))


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)


def _check_duels(beats: Any) -> None:
    if beats is not None and not (
        isinstance(beats, list) and all(type(draw) is int and 0 <= draw <= _MAX_INTEGER for draw in beats)
    ):
        raise FieldError('"beats" is no list of draws, given by their indices')


def _said(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not len(value) % 2:
        raise FieldError('"said" is no list of an odd number of texts')
    texts = {f"said[{place}]": text for place, text in enumerate(value)}
    if empty := next((name for name, text in texts.items() if text is None or text == ""), None):
        raise FieldError(f'"{empty}" is empty')
    return tuple(_text(texts, name) for name in texts)


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FieldError(f'"{key}" is no text')
    if "\0" in value:
        raise FieldError(f'"{key}" holds a zero character')
    if value.isascii():  # known without looking; encoding makes a copy
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FieldError(f'"{key}" holds half a character (a lone surrogate)') from None
    return value


def _integer(values: Mapping[str, Any], key: str, minimum: int, maximum: int) -> int | None:
    value = values.get(key)
    if value is None or (type(value) is int and minimum <= value <= maximum):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is int and value > maximum:
        raise FieldError(f'"{key}" is {_shown(value)}, more than {maximum}')
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise FieldError(f'"{key}" is {_shown(value)}, not a whole number of at least {minimum}')
    return value


def _seconds(values: Mapping[str, Any], key: str) -> float | None:
    value = values.get(key)
    if value is None:
        return None
    number = _finite(value)
    if number is None or number < 0:
        raise FieldError(f'"{key}" is {_shown(value)}, not a number of at least 0')
    if number > _MAX_SECONDS:
        raise FieldError(f'"{key}" is {_shown(value)}, more than {_MAX_SECONDS:.0f} seconds')
    return number


def _finite(value: Any) -> float | None:
    """`value` as a float; None where it is no number or none that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _shown(value: Any) -> str:
    """A value in a message: its beginning."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
