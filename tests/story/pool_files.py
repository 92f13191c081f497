"""A file of samples in every format that a browser takes, for one set of two problems: a plain one and a function."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.comparisons.samplers import test_formats as shapes

LINES = "JSON lines, one candidate a line"
PROMPT = 'def after(n):\n    """The next number."""\n'
PLAIN = {
    "id": "nile", "contest": "own", "date": "2024-01-01T00:00:00", "difficulty": "easy", "title": "Sum",
    "public_tests": [["1 2\n", "3\n"]], "hidden_tests": [["2 2\n", "4\n"]],
}  # fmt: skip
FUNCTION = {
    "task_id": "Own/1", "prompt": PROMPT, "entry_point": "after", "test": "def check(c):\n    assert c(1) == 2\n",
}  # fmt: skip
ASK = f"{PROMPT}    pass\n\n# check the correctness of after\nassert "
DRAW = {"problem": "nile", "index": 0, "language": "python3", "source": shapes.PYTHON}
ROW = {
    **shapes.ROW,
    "target_subtask": "01-all",
    "all_subtasks_results": [{"subtask": "01-all", "weighted_score": 0.5, "points": 1.0}],
}


@dataclass(frozen=True)
class PoolFile:
    """An upload and what its preview and its pool say: the format's title, records and candidates, and the words of the
    first row for (input tokens, output tokens, latency); "–" is unknown."""

    name: str
    content: bytes
    title: str
    records: int
    known: tuple[str, str, str] = ("–", "–", "–")
    generated_tests: bytes = b""
    maps: bool = False


def lines(*records: dict[str, Any]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def made(folder: Path) -> dict[str, PoolFile]:
    """Every file by what it is; `folder` is for those that are written by path."""
    usage = {"usage": {"input_tokens": 900, "output_tokens": 41}, "latency_s": 2.5}
    log = shapes.write_eval(folder / "log.eval", {**shapes.SAMPLE, "id": "nile"}).read_bytes()
    rows = shapes.write_parquet(folder / "rows.parquet", [ROW]).read_bytes()
    codet = lines({"prompt": PROMPT, "samples": ["    return n + 1", "    return n"]})
    tests = lines({"prompt": ASK, "samples": ["after(1) == 2\nassert after(2) == 3", "after(0) == 1"]})
    submissions = json.dumps([{"question_id": "nile", "code_list": ["a = 1", "a = 2"], "graded_list": [True, False]}])
    return {
        "Podium": PoolFile("own.jsonl", lines({**DRAW, **usage}), LINES, 1, ("900", "41", "2.50")),
        "gzip": PoolFile("own.jsonl.gz", gzip.compress(lines(DRAW)), LINES, 1),
        "scores": PoolFile("scores.jsonl", lines({"problem": "nile", "scores": {"1": 1}}), LINES, 1),
        "other keys": PoolFile(
            "other.jsonl", lines({"task": "nile", "code": "a = 1", "prompt_tokens": 7}), LINES, 1,
            ("7", "–", "–"), maps=True,
        ),
        "LiveCodeBench": PoolFile("lcb.json", submissions.encode(), "LiveCodeBench", 2),
        "self-repair": PoolFile(
            "repair.jsonl", lines({**shapes.REPAIRED, "question_id": "nile"}), "LiveCodeBench", 5
        ),
        "HumanEval": PoolFile(
            "samples.jsonl", lines({"task_id": "Own/1", "completion": "    return n + 1"}), "HumanEval-style", 1
        ),
        "CodeT": PoolFile("codet.jsonl", codet, "CodeT", 2, generated_tests=tests),
        "LiveOIBench": PoolFile("tables.zip", _tables(), "LiveOIBench score tables", 2),
        "Reflexion": PoolFile("reflexion.jsonl", lines({**shapes.SOLVED, "task_id": "nile"}), "Reflexion", 1),
        "Inspect": PoolFile("log.eval", log, "Inspect log", 1, ("30", "9", "1.50")),
        "open-r1": PoolFile("rows.parquet", rows, "open-r1/ioi rows", 1, ("10", "20", "–")),
    }  # fmt: skip


def _tables() -> bytes:
    table = "solution,status,score,%test passed,time,memory,subtask_1\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "IOI/nile_day1_m_problem.csv", table + "nile_m_0.cpp,OK,1,9%,0.1,9,1\nnile_m_1.cpp,OK,0,9%,1,9,0\n"
        )
    return packed.getvalue()
