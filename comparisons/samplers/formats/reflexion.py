"""Reflexion's logs: `{"task_id", "prompt", "solution", "is_solved", "reflections": [...]}`, one problem a line.

`solution` is what the model ended with; the programs before it are not in the file, so it is one attempt, and what it
cost is unknown. `is_solved` is the verdict of the judge that Reflexion asked (LeetCode's): it is the candidate's score
on a problem worth one point, for the tests are not in the file either. To judge the programs here instead, read the
file as JSON lines with `problem=task_id,source=solution`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from comparisons.samplers.formats.format import Draws, Format, where
from comparisons.samplers.formats.json_records import RawRecord
from judge.errors import RecordError
from judge.packages.jsonlines import slug_of

#: Parts of the problem, which the file repeats.
_OF_THE_PROBLEM = ("task_id", "prompt", "entry_point", "cannonical_solution", "canonical_solution", "test", "solution")


def _recognises(data: Mapping[str, Any]) -> bool:
    return {"task_id", "solution", "is_solved"} <= data.keys()


def _draws(record: RawRecord, name: str) -> Draws:
    data = record.data
    task, solution, is_solved = data.get("task_id"), data.get("solution"), data.get("is_solved")
    if not isinstance(task, str | int) or not slug_of(str(task)):
        yield RecordError(name, record.line, f'{where(record)}"task_id" is missing or names nothing')
    elif not isinstance(is_solved, bool):
        yield RecordError(name, record.line, f'{where(record)}"is_solved" is neither true nor false')
    else:
        kept = {key: value for key, value in data.items() if key not in _OF_THE_PROBLEM}
        program = {"source": solution} if solution else {"no_program": "no program in the answer"}
        score = {"scores": {"1": float(is_solved)}}
        yield {**kept, "problem": slug_of(str(task)), "language": "python3", **program, **score}


FORMAT = Format(
    slug="reflexion",
    title="Reflexion",
    summary="The solution a problem ended with and whether it was solved: scored elsewhere.",
    recognises=_recognises,
    draws=_draws,
)
