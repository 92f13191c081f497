"""Small random pools for property tests (hypothesis), with everything that a strategy can look at."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from comparisons.strategies import UNKNOWN_OUTPUT, Failure, GeneratedTests, ProbeMatrix, SubtaskView
from tests.comparisons.strategies.pools import Taste, make_view

POINTS = np.array([30.0, 20.0, 50.0])


@st.composite
def pools(draw: Any) -> Any:
    """(view, hidden scores, budget): up to 14 candidates of three subtasks, the second without probes."""
    n = draw(st.integers(1, 14))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    has_program = rng.random(n) < 0.85
    program_id = np.where(has_program, rng.integers(0, max(1, n - 2), n), -1)
    # Identical programs behave alike: everything is a function of the program.
    each = rng.integers(0, 3, size=(n, 3)) / 2 * POINTS
    scores = np.where(has_program[:, None], each[program_id], 0.0)
    codes = rng.integers(-2, 2, size=(n, 4))
    codes[rng.random(n) < 0.1, :2] = Failure.NOT_RUN
    codes[rng.random(n) < 0.1, 2:] = Failure.NOT_RUN
    codes[rng.random(n) < 0.2, rng.integers(0, 4)] = Failure.NOT_RUN
    codes = codes[program_id]
    view = make_view(
        n,
        subtasks=(SubtaskView(1, 30.0), SubtaskView(2, 20.0, (1,)), SubtaskView(3, 50.0, (2,))),
        aimed=rng.integers(0, 4, n).astype(np.int16) if draw(st.booleans()) else np.zeros(n, dtype=np.int16),
        has_program=has_program,
        compiled=(rng.random(n) < 0.8)[program_id] & has_program,
        public_passed=rng.integers(0, 3, n)[program_id],
        reasoning_tokens=np.where(rng.random(n) < 0.9, rng.integers(0, 5, n), 7.0),
        output_tokens=rng.integers(0, 5, n).astype(float),
        latency_s=rng.random(n),
        program_id=program_id,
        probes={
            1: ProbeMatrix(codes[:, :2].copy(), expected=np.array([0, UNKNOWN_OUTPUT])),
            3: ProbeMatrix(codes[:, 2:].copy(), expected=rng.integers(0, 2, 2)),
        },
        generated=_generated_tests(rng, program_id),
        beats=rng.integers(0, n, size=(5, 2)),
        source_chars=rng.integers(1, 9, n)[program_id],
        fit=Taste(),
    )
    return view, scores, draw(st.integers(1, 16))


def _generated_tests(rng: np.random.Generator, program_id: Any) -> GeneratedTests:
    written = rng.integers(0, 4, 9)
    passed = rng.random((len(program_id), 4)) < rng.choice([0.1, 0.5])
    return GeneratedTests(passed[program_id], written, np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3))
