"""Small problem packages and sample files, written to a folder of the test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RIGHT = "a, b = map(int, input().split())\nprint(a + b)\n"


def write_package(folder: Path, *, points: tuple[float | None, ...] = (40, 60), answer: str = "3\n") -> Path:
    """A legacy Kattis scoring package "add" with one test a group; None leaves a group's points out."""
    files = {
        "problem.yaml": "name: Add\ntype: scoring\nlimits:\n  memory: 512\n",
        "data/testdata.yaml": "on_reject: continue\ngrader_flags: ignore_sample\n",
        "data/sample/1.in": "1 2\n",
        "data/sample/1.ans": answer,
        "data/secret/testdata.yaml": "on_reject: continue\n",
        "submissions/accepted/right.py": RIGHT,
        "submissions/wrong_answer/wrong.py": "print(0)\n",
    }
    for index, worth in enumerate(points, start=1):
        group = f"data/secret/group{index}"
        files[f"{group}/{index}.in"] = f"{index} {index}\n"
        files[f"{group}/{index}.ans"] = f"{2 * index}\n"
        accept = "" if worth is None else f"accept_score: {worth}\nrange: 0 {worth}\n"
        files[f"{group}/testdata.yaml"] = f"on_reject: break\n{accept}grader_flags: min\n"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def write_lines(path: Path, records: Sequence[dict[str, Any] | str]) -> Path:
    """A file of JSON lines; a text is written as it is."""
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path
