"""What the readers of CMS, TPS and Italian packages share: JSON files, subtasks as a grading tree, statements."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from judge.packages.bundle import Bundle
from judge.packages.kattis_header import number
from judge.packages.statements import FORMATS, read_statement
from judge.problem import Aggregation, Group, Statement, Subtask, ValidatorCall

MAX_JSON_BYTES = 16 << 20
_MOST_DECIMALS = 15
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Part:
    """A subtask as the package has it: `name` is unique, `title` is shown. `is_sample`: worth nothing, its tests are
    public. `threshold` is GroupThreshold's. `validator_args`: what validators are called with for its tests;
    `validator_calls`: which ones alone, and with what."""

    name: str
    title: str
    points: float
    tests: tuple[str, ...]
    rule: Aggregation = Aggregation.MIN
    threshold: float = 0.0
    is_sample: bool = False
    requires: tuple[str, ...] = ()
    validator_args: tuple[str, ...] = ()
    validator_calls: tuple[ValidatorCall, ...] | None = None


def read_json(bundle: Bundle, path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises PackageError on anything else."""
    if not path.is_file():
        raise bundle.error(path, "is missing")
    if bundle.real(path).stat().st_size > MAX_JSON_BYTES:
        raise bundle.error(path, f"is larger than {MAX_JSON_BYTES >> 20} MiB")
    try:
        data = json.loads(bundle.text(path))
    except (ValueError, RecursionError) as error:
        line = f" at line {error.lineno} ({error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise bundle.error(path, f"is not valid JSON{line}") from error
    if not isinstance(data, dict):
        raise bundle.error(path, "is no JSON object")
    return data


def text_of(bundle: Bundle, path: Path, data: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """The text under `key`. Raises PackageError where it is none, or missing without a default."""
    value = data.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise bundle.error(path, f'"{key}" is missing' if value is None else f'"{key}" is not a text')
    return value.strip()


def amount(bundle: Bundle, path: Path, key: str, value: Any, *, least: float = 0.0) -> float:
    """A finite number of at least `least`."""
    result = number(bundle, path, key, value)
    if not math.isfinite(result) or result < least:
        raise bundle.error(path, f'"{key}" is {result:g}; a number of at least {least:g} is needed')
    return result


def score_precision(bundle: Bundle, path: Path, data: Mapping[str, Any]) -> int | None:
    """The decimals to which CMS rounds the task's score; None where nothing is said of it."""
    value = data.get("score_precision")
    if value is None:
        return None
    decimals = amount(bundle, path, "score_precision", value)
    if decimals != int(decimals) or decimals > _MOST_DECIMALS:
        raise bundle.error(path, f'"score_precision" is {decimals:g}, no whole number from 0 to {_MOST_DECIMALS}')
    return int(decimals)


def grading_tree(parts: Sequence[Part]) -> tuple[Group, tuple[Subtask, ...]]:
    """The tree and the subtasks of these parts. A subtask contains those whose tests are a proper subset of its own,
    and those it requires."""
    root = Group("tests", groups=tuple(map(_group, parts)), break_on_reject=False)
    scored = [part for part in parts if not part.is_sample]
    index_of = {part.name: index for index, part in enumerate(scored, start=1)}
    subtasks = []
    for index, part in enumerate(scored, start=1):
        inside = {index_of[other.name] for other in scored if set(other.tests) < set(part.tests)}
        inside |= {index_of[name] for name in part.requires if name in index_of}
        subtasks.append(Subtask(index, part.title, part.points, part.name, part.tests, tuple(sorted(inside))))
    return root, tuple(subtasks)


def uncounted(tests: Collection[str], parts: Sequence[Part]) -> list[str]:
    """What to say of tests that no part has, if there are any: nothing runs them."""
    others = len(set(tests) - {name for part in parts for name in part.tests})
    return [f"{others} of the {len(tests)} tests count in no subtask; programs are not run on them"] if others else []


def _group(part: Part) -> Group:
    is_sum = part.rule is Aggregation.SUM
    return Group(
        name=part.name,
        testcases=part.tests,
        aggregation=part.rule,
        accept_score=part.points / max(len(part.tests), 1) if is_sum else part.points,
        score_max=part.points,
        break_on_reject=not is_sum,
        threshold=part.threshold,
        requires=part.requires,
        validator_flags=part.validator_args,
        validator_calls=part.validator_calls,
    )


def read_statements(bundle: Bundle, folders: Sequence[str], names: Mapping[str, str]) -> tuple[Statement, ...]:
    """The statements in `folders` of the package: files called by their language, or by a name in `names` (name without
    suffix -> language). English first."""
    found: dict[tuple[str, str], Statement] = {}
    for folder in folders:
        if not (bundle.root / folder).is_dir():
            continue
        for path in bundle.children(bundle.root / folder):
            format_ = FORMATS.get(path.suffix.lower(), "") if path.is_file() else ""
            language = names.get(path.stem) or (path.stem if _LANGUAGE.fullmatch(path.stem) else "")
            if format_ and language:
                language = language.replace("_", "-")
                found.setdefault((language, format_), read_statement(bundle, language, format_, path))
    return tuple(sorted(found.values(), key=lambda s: (not s.language.startswith("en"), s.language, s.format)))
