"""Judged problems whose candidates' public tests and clusters say something of what is right, made up."""

from __future__ import annotations

import numpy as np

from comparisons.strategies import ProbeMatrix
from comparisons.strategies.fitting import JudgedView
from comparisons.strategies.text_features import TEXT_FEATURES
from tests.comparisons.strategies.pools import make_view

POINTS = np.array([40.0, 60.0])


def judged(number: int, *, n: int = 60, with_probes: bool = True) -> JudgedView:
    """Problem `number`: right candidates behave alike on probes, pass more public tests and are a little longer."""
    rng = np.random.default_rng([number, 7])
    right = rng.random((n, 2)) < [0.4, 0.2]
    text = rng.normal(size=(n, len(TEXT_FEATURES)))
    text[:, 0] += right.any(axis=1)
    codes = np.where(right[:, :1], 0, rng.integers(1, 40, size=(n, 6)))
    second = np.where(right[:, 1:], 0, rng.integers(1, 40, size=(n, 6)))
    view = make_view(
        n,
        public_passed=np.where(right.any(axis=1) | (rng.random(n) < 0.3), 2, rng.integers(0, 2, n)),
        probes={1: ProbeMatrix(codes), 2: ProbeMatrix(second)} if with_probes else None,
        text=text,
    )
    return JudgedView(view, right * POINTS, POINTS, frozenset({f"row {number}"}), "one")
