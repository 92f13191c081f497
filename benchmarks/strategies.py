"""What selection costs: `python -m benchmarks.strategies` prints one JSON line a measurement.

The pool is made up: 10,000 candidates of 600 behaviours on 256 probes a subtask, eight subtasks, each containing all
before it. The floor of clustering is one pass of numpy over the matrix; a replay's floor is that of all matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np

from benchmarks.sandbox import interleave, line
from comparisons.strategies import STRATEGIES, PoolView, ProbeMatrix, SubtaskView, replay
from comparisons.strategies.pool_view import FloatArray

CANDIDATES, PROBES, BEHAVIOURS = 10_000, 256, 600
POINTS = np.array([5.0, 7.0, 7.0, 10.0, 8.0, 22.0, 19.0, 22.0])
BUDGET = 50
ROUNDS = 9


def pool(candidates: int) -> tuple[PoolView, FloatArray]:
    """A pool aimed at subtasks in equal shares, and its hidden scores."""
    rng = np.random.default_rng(0)
    behaviour = rng.integers(0, BEHAVIOURS, candidates)
    probes = {
        subtask: ProbeMatrix(rng.integers(0, 50, (BEHAVIOURS, PROBES)).astype(np.int32)[behaviour])
        for subtask in range(1, len(POINTS) + 1)
    }
    number = np.arange(candidates)
    view = PoolView(
        index=number // len(POINTS),
        aimed=number % len(POINTS) + 1,
        has_program=np.ones(candidates, dtype=bool),
        compiled=np.ones(candidates, dtype=bool),
        public_passed=rng.integers(0, 4, BEHAVIOURS)[behaviour],
        public_total=3,
        reasoning_tokens=rng.random(candidates),
        output_tokens=rng.random(candidates),
        latency_s=rng.random(candidates),
        program_id=number,
        subtasks=tuple(SubtaskView(i, float(p), tuple(range(1, i))) for i, p in enumerate(POINTS, start=1)),
        probes=probes,
    )
    scores = np.where(rng.random((BEHAVIOURS, len(POINTS))) < 0.02, POINTS, 0.0)[behaviour]
    return view, scores


def _seconds(action: Callable[[], object]) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started


def _passes(view: PoolView) -> None:
    """One pass over the bytes of every matrix."""
    for matrix in (view.probes or {}).values():
        matrix.codes.view(np.uint8).sum(dtype=np.int64)


def clustering(view: PoolView) -> None:
    """Clusters of one subtask's candidates by their outputs, nothing kept from before."""
    codes = (view.probes or {})[1].codes
    floor, value = interleave(
        ROUNDS,
        partial(_seconds, lambda: codes.view(np.uint8).sum(dtype=np.int64)),
        partial(_seconds, lambda: ProbeMatrix(codes).row_labels()),
    )
    line(f"clustering {len(codes):,} x {PROBES}", value * 1e3, "ms", floor=floor * 1e3, ratio=value / floor)


def replays(slug: str, view: PoolView, scores: FloatArray) -> None:
    """One replay after the pool was loaded: clusters are labelled on the first use and kept."""
    play = partial(replay, STRATEGIES[slug], view, scores, POINTS, budget=BUDGET)
    play()
    floor, value = interleave(ROUNDS, partial(_seconds, partial(_passes, view)), partial(_seconds, play))
    name = f"replay of {slug}, {BUDGET} of {len(view):,}"
    line(name, value * 1e3, "ms", floor=floor * 1e3, ratio=value / floor)


def main() -> None:
    """Runs every measurement."""
    view, scores = pool(CANDIDATES)
    clustering(view)
    for slug in STRATEGIES:
        replays(slug, view, scores)
    for candidates in (CANDIDATES // 10, CANDIDATES * 10):
        replays("o1-ioi", *pool(candidates))


if __name__ == "__main__":
    main()
