"""One problem's judged candidates as replays use them: rows and arrays -> `PoolView`, scores, calls, times.

The view holds one candidate for each draw (its last attempt) in drawing order, units taking turns; earlier attempts
stay in `calls`, because they were paid for. Loaded pools are kept in memory up to `CACHE_BYTES` a process: a dozen
runs over one pool read it once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from comparisons.metrics import Calls
from comparisons.metrics.arrays import BoolArray, FloatArray, IntArray
from comparisons.models import Candidate, JudgedProblem, Judging, PoolRevision, ProbedProblem, ProbeSource, Probing
from comparisons.stages.duels import duels_of
from comparisons.stages.generated_tests import generated_tests_of
from comparisons.stages.pool_reading import Attempts, Judged, answers_as_probes, probes_of
from comparisons.stages.unanswered_calls import Unanswered, unanswered_of, with_unanswered
from comparisons.strategies import PoolView, SubtaskView
from judge.problem import TaskType

#: Stored generated tests (digest) and how many of each sample were run.
TestsRun = tuple[str, int]
CACHE_BYTES = 512 << 20


@dataclass(frozen=True)
class ProblemPool:
    """The draws of one problem, one row each, in drawing order.

    scores: draws × subtasks on hidden tests, NaN = unjudged. points: obtainable. candidates: ids. place: the draw's
    rank within its unit of the whole pool, which names it in half-samples. calls: every attempt, by row, and every
    call that brought nothing and may have been paid for.
    draw_latency_s: all attempts of the draw, one after the other, and the CPU seconds of what was run between; NaN =
    unknown. public_cpu_s, probes_cpu_s: CPU spent
    on public tests and on probes; None = not recorded. probe_making_s: CPU of making the probes, None = not recorded.
    missing: draws of its units that the provider never answered. unjudged: why it has no outcomes ("" where it has).
    """

    problem_id: int
    slug: str
    title: str
    content_hash: str
    view: PoolView
    scores: FloatArray
    points: FloatArray
    candidates: IntArray
    place: IntArray
    calls: Calls
    draw_latency_s: FloatArray
    public_cpu_s: FloatArray | None
    probes_cpu_s: FloatArray | None
    probe_making_s: float | None
    is_truncated: BoolArray
    is_refused: BoolArray
    missing: int = 0
    unjudged: str = ""

    def __len__(self) -> int:
        return len(self.view)

    @property
    def total_points(self) -> float:
        """Points obtainable."""
        return float(self.points.sum())

    @property
    def is_judged(self) -> BoolArray:
        """Per draw: is its outcome known on every subtask?"""
        unknown: BoolArray = np.any(np.isnan(self.scores), axis=1)
        return ~unknown

    def first(self, first: int, below: int | None) -> ProblemPool:
        """The first `first` draws of each unit: those with an index lower than `below` (`index_after`), None = all."""
        rows = np.arange(len(self), dtype=np.int64) if below is None else np.flatnonzero(self.view.index < below)
        # Units are those of the whole pool: one whose first draws were never answered is missing them.
        units = np.unique(self.view.aimed)
        sizes = np.array([(self.view.aimed[rows] == unit).sum() for unit in units], dtype=np.int64)
        missing = int(np.maximum(first - sizes, 0).sum())
        if len(rows) == len(self):
            return replace(self, missing=missing)
        return replace(self._take(rows), missing=missing)

    def _take(self, rows: IntArray) -> ProblemPool:
        new_row = np.full(len(self), -1, dtype=np.int64)
        new_row[rows] = np.arange(len(rows))
        kept = np.flatnonzero(new_row[self.calls.row] >= 0)
        calls = self.calls
        return replace(
            self,
            view=self.view.take(rows),
            scores=self.scores[rows],
            candidates=self.candidates[rows],
            place=self.place[rows],
            calls=Calls(
                new_row[calls.row[kept]],
                calls.input_tokens[kept],
                calls.cached_input_tokens[kept],
                calls.output_tokens[kept],
                None if calls.reasoning_tokens is None else calls.reasoning_tokens[kept],
            ),
            draw_latency_s=self.draw_latency_s[rows],
            public_cpu_s=None if self.public_cpu_s is None else self.public_cpu_s[rows],
            probes_cpu_s=None if self.probes_cpu_s is None else self.probes_cpu_s[rows],
            is_truncated=self.is_truncated[rows],
            is_refused=self.is_refused[rows],
        )


def index_after(revision: PoolRevision, first: int) -> int | None:
    """The draw index that ends the first `first` draws of a pool, None where they are all. One query, or none.

    Files number their draws from 0, from 1 or with gaps; the first draws are those of the lowest indices anywhere in
    the pool, so that a draw that one unit lacks stays missing there.
    """
    if first >= revision.n_draws:
        return None
    of_pool = Candidate.objects.filter(pool=revision.pool_id, revision__lte=revision.number).order_by("index")
    following = of_pool.values_list("index", flat=True).distinct()[first : first + 1]
    return next(iter(following), None)


def load_pool(judging: Judging, probing: Probing | None, attempt: int | None = None) -> list[ProblemPool]:
    """Every problem of a judging, in the set's order, with its probes where a probing is given. `attempt`: the one of
    each draw that takes part, or its last before that; those after it were not needed and are not paid for.

    Four queries and two for each problem that is not in memory.
    """
    judged = judging.problems.select_related("problem", "version").prefetch_related("version__subtasks")
    probed: dict[int, list[ProbedProblem]] = {}
    if probing is not None:
        for row in probing.problems.order_by("subtask"):
            probed.setdefault(row.problem_id, []).append(row)
    making = _making(probing)
    tests = _tests(probing)
    unanswered = unanswered_of(judging.revision)
    return [
        _load(
            row,
            judging.revision,
            probed.get(row.problem_id),
            making.get(row.version_id),
            attempt,
            tests.get(row.version_id),
            unanswered.get(row.problem_id, ()),
        )  # fmt: skip
        for row in judged.order_by("problem__position", "problem__slug")
    ]


def _tests(probing: Probing | None) -> dict[int, TestsRun]:
    """The generated tests that the candidates were run on, by version; none where it were inputs."""
    if probing is None or probing.probe_set.source != ProbeSource.GENERATED:
        return {}
    n = probing.probe_set.n
    return {row.version_id: (row.inputs[0], n) for row in probing.probe_set.probes.all() if row.inputs}


def _making(probing: Probing | None) -> dict[int, float]:
    """CPU seconds of making the probes, by version; a version whose making was not timed is left out."""
    spent: dict[int, float] = {}
    untimed = set()
    for row in probing.probe_set.probes.all() if probing is not None else ():
        spent[row.version_id] = spent.get(row.version_id, 0.0) + row.cpu_time_s
        if row.inputs and not row.cpu_time_s:
            untimed.add(row.version_id)
    return {version: seconds for version, seconds in spent.items() if version not in untimed}


class _Cache:
    """The pools used last, up to so many bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: OrderedDict[tuple[Any, ...], ProblemPool] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> ProblemPool | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: tuple[Any, ...], pool: ProblemPool) -> None:
        with self._lock:
            self._held[key] = pool
            while len(self._held) > 1 and sum(map(_bytes, self._held.values())) > self._limit:
                self._held.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()


def _bytes(pool: ProblemPool) -> int:
    codes = sum(matrix.codes.nbytes for matrix in (pool.view.probes or {}).values())
    return codes + pool.scores.nbytes + 200 * len(pool)


CACHE = _Cache(CACHE_BYTES)


def _load(
    row: JudgedProblem,
    revision: PoolRevision,
    probed: list[ProbedProblem] | None,
    making_s: float | None,
    attempt: int | None,
    tests: TestsRun | None,
    unanswered: tuple[Unanswered, ...],
) -> ProblemPool:
    # Content, not ids, names an entry where it can: a database that was restored gives ids anew.
    key = (
        revision.pk, revision.content_hash, revision.created_at, row.problem_id, row.version_id, row.outcomes,
        tuple((one.subtask, one.outcomes) for one in probed or ()), making_s, attempt, tests, unanswered,
    )  # fmt: skip
    pool = CACHE.get(key)
    if pool is None:
        pool = _read(row, revision, probed, making_s, attempt, tests, unanswered)
        CACHE.put(key, pool)
    return pool


def _read(
    row: JudgedProblem,
    revision: PoolRevision,
    probed: list[ProbedProblem] | None,
    making_s: float | None,
    attempt: int | None,
    tests: TestsRun | None,
    unanswered: tuple[Unanswered, ...],
) -> ProblemPool:
    attempts = Attempts.of(revision, row).up_to(attempt)
    subtasks = list(row.version.subtasks.all())
    last, draw = attempts.last_of_draws()
    n = len(last)
    ids = attempts.ids[last]
    judged = Judged.of(row, ids, len(subtasks))
    is_elsewhere = bool(row.outcomes) and row.judging.environment is not None and row.judging.environment.is_elsewhere
    aimed, index = attempts.aimed[last], attempts.index[last]
    view = PoolView(
        index=index,
        aimed=aimed,
        has_program=np.ones(n, dtype=bool) if is_elsewhere else attempts.has_program[last],
        compiled=judged.compiled,
        public_passed=judged.public_passed,
        public_total=row.version.n_samples,
        reasoning_tokens=attempts.reasoning_tokens[last],
        output_tokens=attempts.output_tokens[last],
        latency_s=attempts.latency_s[last],
        program_id=attempts.program_id[last],
        subtasks=tuple(SubtaskView(s.index, s.points, tuple(s.contains)) for s in subtasks),
        probes=None,
        beats=duels_of(revision, row, ids=ids, aimed=aimed, index=index),
        source_chars=attempts.source_chars[last].astype(np.int64),
    )
    points = np.array([s.points for s in subtasks], dtype=np.float64)
    probes, probes_cpu_s = probes_of(probed, ids)
    generated = None
    if tests is not None and probes:
        # A pass is code 0 (`stages.generated_tests`); the problem is one subtask, so there is one matrix.
        (matrix,) = probes.values()
        generated, probes = generated_tests_of(*tests, passed=matrix.outputs == 0), None
    if row.version.task_type == TaskType.ANSWER:
        probes = answers_as_probes(attempts.program_id[last], [s.index for s in subtasks])
    latency_s = np.zeros(n)
    # What was run between the calls, the model's inputs and the public tests, was waited for as well.
    np.add.at(latency_s, draw, attempts.latency_s + np.nan_to_num(attempts.run_cpu_s))
    calls = Calls(
        draw, attempts.input_tokens, attempts.cached_input_tokens, attempts.output_tokens, attempts.reasoning_tokens
    )
    wasted = [call for call in unanswered if attempt is None or call.attempt <= attempt]
    return ProblemPool(
        problem_id=row.problem_id,
        slug=row.problem.slug,
        title=row.version.title,
        content_hash=row.version.content_hash,
        view=replace(view, probes=probes, generated=generated),
        # A full score that was kept as float32 is the points again, or no subtask worth 33.333333 were ever solved.
        scores=np.where(np.isclose(judged.scores, points, rtol=1e-6, atol=0), points, judged.scores),
        points=points,
        candidates=ids,
        place=_places(aimed, index),
        calls=with_unanswered(calls, wasted, aimed, index) if wasted else calls,
        draw_latency_s=latency_s,
        public_cpu_s=judged.public_cpu_s,
        probes_cpu_s=probes_cpu_s,
        probe_making_s=making_s,
        is_truncated=attempts.is_truncated[last],
        is_refused=attempts.is_refused[last],
        unjudged="" if row.outcomes else row.version.unjudgeable or "it is not judged",
    )


def _places(aimed: IntArray, index: IntArray) -> IntArray:
    """Rank of each draw within its unit: small numbers even where a file numbers its draws in millions."""
    place = np.zeros(len(index), dtype=np.int64)
    for unit in np.unique(aimed):
        rows = np.flatnonzero(aimed == unit)
        place[rows[np.argsort(index[rows], kind="stable")]] = np.arange(len(rows))
    return place
