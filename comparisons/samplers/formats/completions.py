"""Samples that continue a problem's prompt: CodeT's and HumanEval's files -> draws.

CodeT: `{"prompt", "samples": [...]}`, all draws of the problem with this prompt. A sample goes on after its function:
it is cut where CodeT cuts it, at the first line that starts something new.

HumanEval: `{"task_id", "completion"}`, one draw; `task_id` names the problem ("HumanEval/0" is HumanEval-0). Where a
sample is a whole program instead (`solution`, as EvalPlus has it), it is taken as it is.

A draw is in Podium's keys, but for `completion` (what continues the prompt) and `problem_prompt` (where the problem is
known by its prompt only): who knows the problems makes a program of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from judge.errors import RecordError
from judge.packages.jsonlines import slug_of

#: Where a completion ends. Source: CodeT, src/postprocess.py, STOP_TOKEN.
STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")


def is_codet(data: Mapping[str, Any]) -> bool:
    """True for a record of CodeT's shape."""
    return isinstance(data.get("prompt"), str) and isinstance(data.get("samples"), list)


def is_humaneval(data: Mapping[str, Any]) -> bool:
    """True for a record of HumanEval's shape whose task is named as there, with a stroke."""
    has_sample = isinstance(data.get("completion"), str) or isinstance(data.get("solution"), str)
    return isinstance(data.get("task_id"), str) and "/" in data["task_id"] and has_sample


def codet_draws(data: Mapping[str, Any], name: str, line: int) -> Iterator[dict[str, Any] | RecordError]:
    """The draws of one record; a RecordError stands in for a sample that is no text."""
    if not is_codet(data):
        yield RecordError(name, line, 'has no text "prompt" and list "samples"')
        return
    for index, sample in enumerate(data["samples"]):
        if not isinstance(sample, str):
            yield RecordError(name, line, f"sample {index + 1} is no text")
            continue
        yield {
            "problem_prompt": data["prompt"],
            "index": index,
            "language": "python3",
            "completion": cut_completion(sample),
            "raw": sample,
        }


def humaneval_draw(data: Mapping[str, Any], name: str, line: int) -> dict[str, Any] | RecordError:
    """The draw of one record, with its other keys."""
    task = data.get("task_id")
    completion, solution = data.get("completion"), data.get("solution")
    if not isinstance(task, str | int) or not slug_of(str(task)):
        return RecordError(name, line, '"task_id" is missing or names nothing')
    if not isinstance(completion, str) and not isinstance(solution, str):
        return RecordError(name, line, 'has neither "completion" nor "solution" as a text')
    kept = {key: value for key, value in data.items() if key not in ("task_id", "completion", "solution")}
    sample = {"source": solution} if isinstance(solution, str) else {"completion": completion, "raw": completion}
    return {"language": "python3", **kept, "problem": slug_of(str(task)), **sample}


def cut_completion(sample: str) -> str:
    """The part of a sample that belongs to the prompt's function."""
    for stop in STOPS:
        sample = sample.partition(stop)[0]
    return sample
