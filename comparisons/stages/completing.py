"""Samples that continue a prompt -> programs: the problems of a set by their prompts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comparisons.models import ProblemSet, ProblemVersion, blobs
from comparisons.samplers.formats import COMPLETIONS, RawRecord, read_records
from judge.errors import RecordError
from judge.functions.loading import SETTINGS
from judge.problem import TaskType


def read_programs(path: Path, problem_set: ProblemSet, *, format: str) -> Iterator[RawRecord | RecordError]:
    """`read_records`, with `problem` and `source` in every record. One query where the format's samples continue
    prompts."""
    if format not in COMPLETIONS:
        yield from read_records(path, format=format)
        return
    prompts = prompts_of(problem_set)
    slugs = {prompt: slug for slug, prompt in prompts.items()}
    for record in read_records(path, format=format):
        yield record if isinstance(record, RecordError) else _completed(record, prompts, slugs)


def prompts_of(problem_set: ProblemSet) -> dict[str, str]:
    """What completions continue, by problem; problems without a prompt are left out."""
    return {slug: str(said["prompt"]) for slug, said in functions_of(problem_set).items() if said.get("prompt")}


def functions_of(problem_set: ProblemSet) -> dict[str, dict[str, Any]]:
    """What each function problem of the set says of its function (`prompt`, `entry_points`), by problem. One query."""
    problems = problem_set.problems.filter(current_version__task_type=TaskType.FUNCTION)
    return {
        problem.slug: _settings(problem.current_version)
        for problem in problems.select_related("current_version")
        if problem.current_version is not None
    }


def _settings(version: ProblemVersion) -> dict[str, Any]:
    included = (file for files in version.to_problem().include.values() for file in files)
    settings = next((file for file in included if file.name == SETTINGS), None)
    return dict(json.loads(blobs.get(settings.digest))) if settings else {}


def _completed(record: RawRecord, prompts: dict[str, str], slugs: dict[str, str]) -> RawRecord:
    data = dict(record.data)
    prompt = data.pop("problem_prompt", None)
    if prompt is not None:
        data["problem"] = slugs.get(prompt) or f"a problem with the prompt {prompt.strip()[:40]!r}"
    if "completion" in data:
        data["source"] = prompts.get(str(data.get("problem")), "") + data.pop("completion")
    return RawRecord(record.number, record.line, data)
