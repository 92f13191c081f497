"""LiveOIBench's score tables: one CSV a problem, one program a row, its score in every subtask, no code.

`solution,status,score,%test passed,time,memory,subtask_0,subtask_1,...` in PROBLEM_DAY_MODEL_problem.csv; a solution is
PROBLEM_MODEL_NUMBER.cpp, and NUMBER is the draw: one that is missing was never answered. Subtask 0 is the samples. An
empty cell is an unknown score, so its row cannot be read. A folder (or a zip) of one model's tables is one pool.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from comparisons.samplers.formats.format import Draws, Format
from comparisons.samplers.formats.json_records import RawRecord
from judge.errors import RecordError

_SOLUTION = re.compile(r"(?P<name>.+)_(?P<number>\d+)\.(?P<suffix>\w+)")
_TABLE = re.compile(r"(?P<problem>.+?)_(?:day[^_]*_)?(?P<model>.+)_problem\.csv")
_SUBTASK = re.compile(r"subtask_(\d+)")


def is_table(name: str) -> bool:
    """True for the name of a table with the programs of one problem; its folders hold summaries, too."""
    return _TABLE.fullmatch(PurePath(name).name) is not None


def model_of(name: str) -> str:
    """The model that a table's name says."""
    found = _TABLE.fullmatch(PurePath(name).name)
    return found["model"] if found else ""


def _recognises(data: Mapping[str, Any]) -> bool:
    return {"solution", "status", "score"} <= data.keys() and any(_SUBTASK.fullmatch(key) for key in data)


def _draws(record: RawRecord, name: str) -> Draws:
    name = record.file or name
    try:
        yield _draw(record.data, name)
    except ValueError as error:
        yield RecordError(name, record.line, str(error))


def _draw(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    named = str(row.get("solution") or "")  # the format may be stated of a file that has no such column
    solution = _SOLUTION.fullmatch(named)
    if solution is None:
        raise ValueError(f'"solution" is {named[:80]!r}, which names no program and its number')
    scores = {}
    for column, cell in row.items():
        subtask = _SUBTASK.fullmatch(column)
        if subtask and int(subtask[1]):
            scores[subtask[1]] = _score(column, cell)
    kept = {key: row[key] for key in row if key != "solution" and not _SUBTASK.fullmatch(key)}
    draw = {"problem": _problem(solution["name"], name), "index": int(solution["number"])}
    return {**kept, **draw, "language": solution["suffix"], "scores": scores}


def _score(column: str, cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        said = "empty" if cell in (None, "") else f"{str(cell)[:40]!r}"
        raise ValueError(f'"{column}" is {said}, not a score') from None


def _problem(solution: str, name: str) -> str:
    """The problem of PROBLEM_MODEL: both may hold underscores, but the table's name says where the model begins."""
    model = model_of(name)
    if model and solution.endswith(f"_{model}"):
        return solution.removesuffix(f"_{model}")
    return solution.partition("_")[0]


FORMAT = Format(
    slug="liveoibench",
    title="LiveOIBench score tables",
    summary="A model's *_problem.csv tables as a folder or zip: scores per subtask, scored elsewhere.",
    recognises=_recognises,
    draws=_draws,
)
