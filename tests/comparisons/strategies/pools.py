"""Small pool views for the tests of strategies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from comparisons.strategies import PoolView, ProbeMatrix, SubtaskView


def make_view(n: int, *, points: Sequence[float] = (40.0, 60.0), **changes: Any) -> PoolView:
    """n candidates for the whole problem that all compile and pass both public tests; `changes` replace fields."""
    fields: dict[str, Any] = {
        "index": np.arange(n, dtype=np.int32),
        "aimed": np.zeros(n, dtype=np.int16),
        "has_program": np.ones(n, dtype=bool),
        "compiled": np.ones(n, dtype=bool),
        "public_passed": np.full(n, 2, dtype=np.int16),
        "public_total": 2,
        "reasoning_tokens": np.arange(n, dtype=np.float64),
        "output_tokens": np.full(n, np.nan),
        "latency_s": np.full(n, np.nan),
        "program_id": np.arange(n, dtype=np.int32),
        "subtasks": tuple(SubtaskView(i, p) for i, p in enumerate(points, start=1)),
        "probes": None,
    }
    fields.update(changes)
    return PoolView(**{name: _array(name, value) for name, value in fields.items()})


def make_probes(matrices: Mapping[int, Sequence[Sequence[int]]]) -> dict[int, ProbeMatrix]:
    """Probe matrices from nested lists of output codes."""
    return {subtask: ProbeMatrix(np.array(codes, dtype=np.int32)) for subtask, codes in matrices.items()}


_TYPES = {"has_program": bool, "compiled": bool, "reasoning_tokens": float, "output_tokens": float, "latency_s": float}


def _array(name: str, value: Any) -> Any:
    return np.array(value, dtype=_TYPES.get(name, np.int32)) if isinstance(value, list) else value


class Taste:
    """A learned score made of what a contestant sees; identical programs are liked alike."""

    tuned = {"errors_weight": 0.3, "public_weight": 0.2, "attempts_weight": 0.5}

    def quality(self, view: PoolView) -> Any:
        turns = range(1, len(view.subtasks) + 1)
        return np.stack([np.cos(view.program_id * turn) / 2 + 0.5 for turn in turns], axis=1)
