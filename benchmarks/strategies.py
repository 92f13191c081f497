"""What selection costs: `python -m benchmarks.strategies` prints one JSON line a measurement.

The pools are made up: 10,000 candidates of 600 behaviours on 256 probes a subtask, with generated tests, duels, brute
force and a fit, so that every strategy has what it looks at. Subtasks contain all before them. The floor of clustering
is one pass of numpy over the matrix; a replay's floor is that of all matrices, or the published simulator's algorithm
in plain Python. One core: threads of numpy are the caller's to limit.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter

import numpy as np

from benchmarks.sandbox import interleave, line
from comparisons.strategies import STRATEGIES, GeneratedTests, PoolView, ProbeMatrix, SubtaskView, replay
from comparisons.strategies.features import feature_names
from comparisons.strategies.fitted import Fitted, Weights
from comparisons.strategies.pool_view import FloatArray
from comparisons.strategies.text_features import TEXT_FEATURES
from comparisons.strategies.tuning import Case, draw_weights, shares

CANDIDATES, PROBES, BEHAVIOURS, TESTS = 10_000, 256, 600, 200
POINTS = np.array([5.0, 7.0, 7.0, 10.0, 8.0, 22.0, 19.0, 22.0])
#: Subtasks of the six problems of IOI 2024: 35.
IOI = (7, 2, 7, 6, 8, 5)
BUDGET = 50
ROUNDS = 9
TRIES = 50


def pool(candidates: int, points: FloatArray = POINTS, seed: int = 0) -> tuple[PoolView, FloatArray]:
    """A pool aimed at subtasks in equal shares, with all a strategy can look at, and its hidden scores."""
    rng = np.random.default_rng(seed)
    behaviour = rng.integers(0, BEHAVIOURS, candidates)
    probes = {
        subtask: ProbeMatrix(
            rng.integers(0, 50, (BEHAVIOURS, PROBES)).astype(np.int32)[behaviour],
            np.where(np.arange(PROBES) < 16, 0, -100),
            np.where(np.arange(PROBES) < 16, 1.0, np.nan),
        )
        for subtask in range(1, len(points) + 1)
    }
    number = np.arange(candidates)
    written = np.arange(TESTS)
    view = PoolView(
        index=number // len(points),
        aimed=number % len(points) + 1,
        has_program=np.ones(candidates, dtype=bool),
        compiled=np.ones(candidates, dtype=bool),
        public_passed=rng.integers(0, 4, BEHAVIOURS)[behaviour],
        public_total=3,
        reasoning_tokens=rng.random(candidates),
        output_tokens=rng.random(candidates),
        latency_s=rng.random(candidates),
        program_id=number,
        subtasks=tuple(SubtaskView(i, float(p), tuple(range(1, i))) for i, p in enumerate(points, start=1)),
        probes=probes,
        generated=GeneratedTests(
            (rng.random((BEHAVIOURS, TESTS)) < 0.3)[behaviour], written, written // 5, written % 5
        ),
        beats=rng.integers(0, candidates, (200, 2)),
        source_chars=rng.integers(200, 5000, candidates),
        text=rng.normal(size=(candidates, len(TEXT_FEATURES))),
        fit=_fit(rng),
    )
    scores = np.where(rng.random((BEHAVIOURS, len(points))) < 0.02, points, 0.0)[behaviour]
    return view, scores


def _fit(rng: np.random.Generator) -> Fitted:
    names = feature_names(with_probes=True)
    n = len(names)
    return Fitted(names, Weights(np.zeros(n), np.ones(n), rng.normal(size=n) / 5, -2.0))


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


def learned(view: PoolView) -> None:
    """The learned score of every candidate on every subtask, nothing kept from before."""
    assert view.fit is not None
    floor, value = interleave(
        3, partial(_seconds, partial(_passes, view)), partial(_seconds, partial(view.fit.quality, view))
    )
    line(f"learned score of {len(view):,}", value * 1e3, "ms", floor=floor * 1e3, ratio=value / floor)


def replays(slug: str, view: PoolView, scores: FloatArray, rounds: int = ROUNDS) -> None:
    """One replay (all its seeds) after the pool was loaded: clusters are labelled on the first use and kept."""
    play = partial(replay, STRATEGIES[slug], view, scores, POINTS, budget=BUDGET)
    play()
    floor, value = interleave(rounds, partial(_seconds, partial(_passes, view)), partial(_seconds, play))
    name = f"replay of {slug}, {BUDGET} of {len(view):,}"
    line(name, value * 1e3, "ms", floor=floor * 1e3, ratio=value / floor)


def tuning(view: PoolView, scores: FloatArray) -> None:
    """Replays a second of the random search, each with other weights; the floor is the 50 that were asked for."""
    case = Case(view, scores, POINTS)
    weights = draw_weights(TRIES, seed=1)
    shares(case, weights[:1], budget=BUDGET)
    rate = TRIES / _seconds(partial(shares, case, weights, budget=BUDGET))
    line(f"tuning o1-ioi over {len(view):,}", rate, "replays/s", floor=50.0, ratio=rate / 50)


def against_simulator(view: PoolView, scores: FloatArray) -> None:
    """Our replays against the selection simulator of huggingface/ioi (selection_simulator.py), written out plainly."""
    rows = [
        (int(view.aimed[at]), float(view.public_passed[at]), float(view.output_tokens[at]), scores[at].tolist())
        for at in range(len(view))
    ]
    for slug in ("open-r1", "o1-ioi"):
        play = partial(replay, STRATEGIES[slug], view, scores, POINTS, budget=BUDGET)
        play()
        plain = partial(_simulate, rows, POINTS.tolist())
        floor, value = interleave(ROUNDS, partial(_seconds, plain), partial(_seconds, play))
        line(f"{slug} against huggingface/ioi", value * 1e3, "ms", floor=floor * 1e3, ratio=value / floor)


def _simulate(rows: Sequence[tuple[int, float, float, list[float]]], points: list[float]) -> float:
    """Each subtask's candidates by (sample score, tokens), in turn from the last down; then the best of the rest."""
    lanes: dict[int, list[int]] = {}
    for at, row in enumerate(rows):
        lanes.setdefault(row[0], []).append(at)
    for lane in lanes.values():
        lane.sort(key=lambda at: rows[at][1:3])
    best, sent, used = [0.0] * len(points), 0, set()

    def is_solved(subtask: int) -> bool:
        return best[subtask - 1] >= points[subtask - 1]

    def send(at: int) -> None:
        used.add(at)
        best[:] = map(max, best, rows[at][3])

    while sent < BUDGET and any(lane and not is_solved(subtask) for subtask, lane in lanes.items()):
        for subtask in sorted(lanes, reverse=True):
            if sent < BUDGET and lanes[subtask] and not is_solved(subtask):
                send(lanes[subtask].pop())
                sent += 1
    rest = sorted((at for at in range(len(rows)) if at not in used), key=lambda at: (*rows[at][1:3], rows[at][0]))
    while sent < BUDGET and rest:
        send(rest.pop())
        sent += 1
    return sum(best)


def whole_ioi() -> None:
    """Every strategy once over six problems with 35 subtasks, from fresh views; and the memory of this process."""
    pools = [pool(CANDIDATES, np.full(subtasks, 100.0 / subtasks), seed) for seed, subtasks in enumerate(IOI)]
    floor = sum(_seconds(partial(_passes, view)) for view, _ in pools)

    def play() -> None:
        for view, scores in pools:
            points = [subtask.points for subtask in view.subtasks]
            for strategy in STRATEGIES.values():
                replay(strategy, view, scores, points, budget=BUDGET, seeds=1)

    value = _seconds(play)
    line(
        f"whole IOI, {len(STRATEGIES)} strategies, {CANDIDATES:,} a problem",
        value,
        "s",
        floor=floor,
        ratio=value / floor,
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    matrices = sum(matrix.codes.nbytes for view, _ in pools for matrix in (view.probes or {}).values()) / 2**20
    line("whole IOI, memory", peak, "MiB", floor=matrices, ratio=peak / matrices)


def main() -> None:
    """Runs every measurement."""
    whole_ioi()
    view, scores = pool(CANDIDATES)
    clustering(view)
    learned(view)
    for slug in STRATEGIES:
        replays(slug, view, scores)
    tuning(view, scores)
    against_simulator(view, scores)
    # How each grows: a tenth of the candidates, and ten times as many.
    for candidates in (CANDIDATES // 10, CANDIDATES * 10):
        view, scores = pool(candidates)
        for slug in STRATEGIES:
            replays(slug, view, scores, rounds=3)


if __name__ == "__main__":
    main()
