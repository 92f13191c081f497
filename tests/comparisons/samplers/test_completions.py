"""Samples that continue a prompt: CodeT's and HumanEval's records as draws."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comparisons.samplers.formats import PODIUM, RawRecord, detect, read_records
from comparisons.samplers.formats.completions import cut_completion
from judge.errors import RecordError

PROMPT = "def after(n):\n"


def write(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "samples.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def draws(path: Path, **options: str) -> list[dict[str, Any] | str]:
    found = read_records(path, **options)
    return [dict(one.data) if isinstance(one, RawRecord) else str(one) for one in found]


@pytest.mark.parametrize(
    ("sample", "kept"),
    [
        ("    return n + 1\n\n\ndef other():\n    pass\n", "    return n + 1\n\n"),
        ("    return n + 1\n# test\n", "    return n + 1"),
        ("    return n\n\nif __name__", "    return n\n"),
        ("    if n:\n        print(n)\n    return n\n", "    if n:\n        print(n)\n    return n\n"),
        ("\nclass A:", ""),
    ],
)
def test_completion_ends_where_something_new_starts(sample: str, kept: str) -> None:
    assert cut_completion(sample) == kept


def test_samples_of_codet_are_draws_of_the_problem_with_their_prompt(tmp_path: Path) -> None:
    path = write(tmp_path, {"prompt": PROMPT, "samples": ["    return 1\nprint(2)", 5, "    return 2"]})
    assert detect(path) == "codet"
    draw = {"problem_prompt": PROMPT, "language": "python3"}
    assert draws(path) == [
        {**draw, "index": 0, "completion": "    return 1", "raw": "    return 1\nprint(2)"},
        "samples.jsonl, line 1: sample 2 is no text",
        {**draw, "index": 2, "completion": "    return 2", "raw": "    return 2"},
    ]


def test_task_of_humaneval_names_the_problem(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"task_id": "HumanEval/3", "completion": "    return 1", "passed": True},
        {"task_id": "HumanEval/3", "solution": "def after(n): return n"},
        {"task_id": "HumanEval/3"},
        {"completion": "x"},
    )
    assert detect(path) == "humaneval"
    assert draws(path) == [
        {"language": "python3", "passed": True, "problem": "HumanEval-3", "completion": "    return 1"}
        | {"raw": "    return 1"},
        {"language": "python3", "problem": "HumanEval-3", "source": "def after(n): return n"},
        'samples.jsonl, line 3: has neither "completion" nor "solution" as a text',
        'samples.jsonl, line 4: "task_id" is missing or names nothing',
    ]  # fmt: skip


def test_other_tasks_are_for_a_mapping(tmp_path: Path) -> None:
    path = write(tmp_path, {"task_id": "after", "completion": "x"})
    assert detect(path) == PODIUM
    assert draws(path, format="humaneval")[0] == {
        "language": "python3", "problem": "after", "completion": "x", "raw": "x",
    }  # fmt: skip


def test_record_of_another_shape_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, {"prompt": PROMPT, "samples": []}, {"prompt": PROMPT})
    assert draws(path) == ['samples.jsonl, line 2: has no text "prompt" and list "samples"']
    with pytest.raises(RecordError, match="the format 'codex' is not one of auto, podium, codet, humaneval, inspect, "):
        draws(path, format="codex")
