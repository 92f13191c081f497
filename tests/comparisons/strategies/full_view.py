"""A view that has everything a strategy can look at."""

from __future__ import annotations

from typing import Any

import numpy as np

from comparisons.strategies import GeneratedTests, PoolView, ProbeMatrix
from tests.comparisons.strategies.pools import Taste, make_view


def full_view(n: int = 6, **changes: Any) -> PoolView:
    """n candidates for the whole problem, with brute force on their probes, generated tests, duels and a fit."""
    codes = np.arange(2 * n).reshape(n, 2) % 3
    fields: dict[str, Any] = {
        "output_tokens": np.arange(n, dtype=np.float64)[::-1].copy(),
        "latency_s": np.arange(n, dtype=np.float64),
        "probes": {
            subtask: ProbeMatrix(codes, expected=np.array([0, 1]), agreement=np.array([1.0, 1.0])) for subtask in (1, 2)
        },
        "generated": GeneratedTests(
            np.arange(3 * n).reshape(n, 3) % 2 == 0, np.array([0, 1, 2]), np.array([0, 0, 1]), np.array([0, 1, 0])
        ),
        "beats": np.array([[1, 0], [2, 1]]),
        "source_chars": np.arange(n)[::-1].copy(),
        "fit": Taste(),
    }
    return make_view(n, **{**fields, **changes})
