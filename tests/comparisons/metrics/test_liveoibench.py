"""Real contest results: programs of two models at IOI 2024, scored per subtask by LiveOIBench (CC BY-SA 4.0)."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from comparisons.metrics import expected_best, no_limit

TASKS = {"nile": 7, "message": 2, "tree": 7, "hieroglyphs": 6, "mosaic": 8, "sphinx": 5}


def scores_of(shared_data: Path, model: str, task: str, subtasks: int) -> np.ndarray:
    """Programs × subtasks; the sample, subtask 0, is left out."""
    folder = shared_data / "results-liveoibench/static/data" / model / "IOI/2024/contest"
    if not folder.is_dir():
        pytest.skip("the results of LiveOIBench are not here")
    with next(folder.glob(f"{task}_*_problem.csv")).open() as lines:
        rows = list(csv.DictReader(lines))
    return np.array([[float(row[f"subtask_{i}"] or 0) for i in range(1, subtasks + 1)] for row in rows])


@pytest.mark.parametrize(
    ("model", "by_budget", "union"),
    [
        ("gpt-5", {1: 100.6250, 2: 132.8929, 4: 154.5143}, 160),
        ("gpt-oss-120b-high", {1: 54.1190, 2: 94.9524, 4: 150.0476}, 182),
    ],
)
def test_random_choice_and_no_limit_at_ioi_2024(
    shared_data: Path, model: str, by_budget: dict[int, float], union: float
) -> None:
    pools = [scores_of(shared_data, model, task, subtasks) for task, subtasks in TASKS.items()]
    assert sum(no_limit(pool) for pool in pools) == union
    found = {k: round(sum(expected_best(pool, k=k).mean for pool in pools), 4) for k in by_budget}
    assert found == by_budget
