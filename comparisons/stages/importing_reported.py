"""Files of published results -> rows of reported results. Read is Aider's leaderboard (`_data/*_leaderboard.yml`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

_LARGEST_BYTES = 16 << 20


class UnreadableReport(Exception):
    """Why a file of published results cannot be read, with its row and key."""


@dataclass(frozen=True)
class Reported:
    """A figure as its source states it. score: of 100; cost_usd: of the whole run; None is unknown."""

    system: str
    condition: str
    score: float
    cost_usd: Decimal | None
    seconds_per_problem: float | None
    source_date: date | None


def read_reported(path: Path) -> list[Reported]:
    """Two figures for each run of Aider's leaderboard: `pass_rate_1`, at the first attempt, and `pass_rate_2`, after it
    saw its failed tests. Both in per cent. Cost (`total_cost`; 0 and none are unknown) and time (`seconds_per_case`)
    are of both attempts, and stand with the second. Raises UnreadableReport, OSError."""
    if path.stat().st_size > _LARGEST_BYTES:
        raise UnreadableReport(f"{path.name} is larger than {_LARGEST_BYTES >> 20} MiB")
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise UnreadableReport(f"{path.name}{line}: is no YAML that can be read") from None
    is_list = isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)
    if not is_list or not any("pass_rate_1" in row for row in rows):
        raise UnreadableReport(f"{path.name} is no leaderboard of Aider's: a list of runs with model and pass_rate_1")
    found = [reported for number, row in enumerate(rows, start=1) for reported in _aider(path.name, number, row)]
    known: set[tuple[str, str]] = set()
    for reported in found:
        if (reported.system, reported.condition) in known:
            raise UnreadableReport(f"{path.name} has {reported.system!r} ({reported.condition}) twice")
        known.add((reported.system, reported.condition))
    return found


def _aider(file: str, number: int, row: Mapping[str, Any]) -> list[Reported]:
    where = f"{file}, run {number}"
    system = row.get("model")
    if not isinstance(system, str) or not system.strip():
        raise UnreadableReport(f'{where}: "model" is missing or no text')
    day = row.get("date")
    if day is not None and not isinstance(day, date):
        raise UnreadableReport(f'{where}: "date" is {day!r}, not a date like 2025-01-31')
    told = [f"edits as {row['edit_format']}" if row.get("edit_format") else ""]
    told += [f"effort {row['reasoning_effort']}" if row.get("reasoning_effort") else ""]
    told += [f"{row['test_cases']} problems" if row.get("test_cases") else ""]
    told += [f"Aider {row['versions']}" if row.get("versions") else ""]
    condition = ", ".join(filter(None, told))
    found = []
    for key, attempt in (("pass_rate_1", "first attempt"), ("pass_rate_2", "second attempt")):
        score = _number(where, row, key, most=100.0)
        if score is None:
            continue
        is_last = key == "pass_rate_2"
        cost = _number(where, row, "total_cost") if is_last else None
        found.append(
            Reported(
                system.strip()[:120],
                f"{attempt}; {condition}"[:300],
                score,
                Decimal(str(cost)) if cost else None,
                _number(where, row, "seconds_per_case") if is_last else None,
                day,
            )
        )
    return found


def _number(where: str, row: Mapping[str, Any], key: str, *, most: float = 1e9) -> float | None:
    value = row.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnreadableReport(f'{where}: "{key}" is {value!r}, no number')
    if not 0 <= value <= most:
        raise UnreadableReport(f'{where}: "{key}" is {value}, not from 0 to {most:g}')
    return float(value)
