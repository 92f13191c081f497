"""Rows and blobs of one problem's candidates -> arrays: attempts, outcomes, outputs on probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from django.db.models import Q
from django.db.models.functions import Length

from comparisons.metrics.arrays import BoolArray, FloatArray, IntArray
from comparisons.models import Candidate, JudgedProblem, PoolRevision, ProbedProblem, blobs
from comparisons.samplers.parsing import CUT_OFF, is_refused
from comparisons.strategies import ProbeMatrix
from comparisons.strategies.pool_view import NO_PROGRAM, UNKNOWN, WHOLE_PROBLEM, Failure

_FIELDS = (
    "pk", "subtask", "index", "attempt", "program_hash", "has_source", "finish_reason", "no_program", "latency_s",
    "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens", "run_cpu_s",
    "source_chars",
)  # fmt: skip


@dataclass(frozen=True)
class Attempts:
    """Every attempt of a problem, sorted by (index, aimed, attempt): draws in drawing order, units taking turns."""

    ids: IntArray
    aimed: IntArray
    index: IntArray
    attempt: IntArray
    has_program: BoolArray
    program_id: IntArray
    is_truncated: BoolArray
    is_refused: BoolArray
    latency_s: FloatArray
    input_tokens: FloatArray
    cached_input_tokens: FloatArray
    output_tokens: FloatArray
    reasoning_tokens: FloatArray
    run_cpu_s: FloatArray
    source_chars: FloatArray

    @classmethod
    def of(cls, revision: PoolRevision, row: JudgedProblem) -> Attempts:
        found = Candidate.objects.filter(
            pool=revision.pool_id, problem=row.problem_id, revision__lte=revision.number
        ).annotate(has_source=~Q(source="") | ~Q(answer=""), source_chars=Length("source"))
        # In this order whatever the database sorts nulls as.
        rows = sorted(found.order_by().values_list(*_FIELDS), key=lambda r: (r[2], r[1] or WHOLE_PROBLEM, r[3]))
        column = dict(zip(_FIELDS, zip(*rows, strict=True), strict=True)) if rows else {name: () for name in _FIELDS}
        numbers: dict[str, int] = {}
        program_id = [numbers.setdefault(h, len(numbers)) if h else NO_PROGRAM for h in column["program_hash"]]
        finish, no_program = column["finish_reason"], column["no_program"]
        refused = [is_refused(*ended) for ended in zip(finish, no_program, strict=True)]
        return cls(
            ids=np.array(column["pk"], dtype=np.int64),
            aimed=np.array([subtask or WHOLE_PROBLEM for subtask in column["subtask"]], dtype=np.int64),
            index=np.array(column["index"], dtype=np.int64),
            attempt=np.array(column["attempt"], dtype=np.int64),
            has_program=np.array(column["has_source"], dtype=bool),
            program_id=np.array(program_id, dtype=np.int64),
            is_truncated=np.array([f in CUT_OFF for f in finish], dtype=bool),
            is_refused=np.array(refused, dtype=bool),
            **{name: _numbers(column[name]) for name in _FIELDS[8:]},
        )

    def up_to(self, attempt: int | None) -> Attempts:
        """Without the attempts after this one; None: all of them."""
        if attempt is None:
            return self
        kept = self.attempt <= attempt
        return Attempts(**{one.name: getattr(self, one.name)[kept] for one in fields(self)})

    def last_of_draws(self) -> tuple[IntArray, IntArray]:
        """(row of each draw's last attempt, draw of each attempt), both in drawing order."""
        if not len(self.ids):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        starts = (np.diff(self.index, prepend=-1) != 0) | (np.diff(self.aimed, prepend=-1) != 0)
        draw = np.cumsum(starts) - 1
        last = np.append(np.flatnonzero(starts)[1:], len(draw)) - 1
        return last.astype(np.int64), draw.astype(np.int64)


def _numbers(values: Any) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


@dataclass(frozen=True)
class Judged:
    """What the judging says of some candidates, in their order; unknown throughout where it says nothing."""

    scores: FloatArray
    compiled: BoolArray
    public_passed: IntArray
    public_cpu_s: FloatArray | None

    @classmethod
    def of(cls, row: JudgedProblem, ids: IntArray, n_subtasks: int) -> Judged:
        n = len(ids)
        scores = np.full((n, n_subtasks), np.nan)
        compiled = np.zeros(n, dtype=bool)
        passed = np.full(n, UNKNOWN, dtype=np.int64)
        if not row.outcomes:
            return cls(scores, compiled, passed, None)
        arrays = blobs.get_arrays(row.outcomes)
        here, there = _matched(ids, arrays["candidate"])
        # Kept as float32: 12.1 would come back as 12.1000004.
        scores[here] = np.round(arrays["scores"][there].astype(np.float64), 5)
        compiled[here] = arrays["compiled"][there]
        passed[here] = arrays["public_passed"][there]
        samples = [i for i, test in enumerate(row.version.manifest.get("testcases", ())) if test.get("is_sample")]
        if not samples or samples[-1] >= arrays["cpu_time_s"].shape[1]:
            return cls(scores, compiled, passed, None)
        cpu = np.full(n, np.nan)
        cpu[here] = np.nansum(arrays["cpu_time_s"][there][:, samples], axis=1)
        return cls(scores, compiled, passed, cpu)


def probes_of(
    probed: list[ProbedProblem] | None, ids: IntArray
) -> tuple[dict[int, ProbeMatrix] | None, FloatArray | None]:
    """Outputs by subtask, and the CPU seconds of each candidate on all of them."""
    if not probed:
        return None, None
    matrices: dict[int, ProbeMatrix] = {}
    cpu = np.zeros(len(ids))
    for row in probed:
        if not row.outcomes:
            continue
        arrays = blobs.get_arrays(row.outcomes)
        here, there = _matched(ids, arrays["candidate"])
        codes = np.full((len(ids), arrays["codes"].shape[1]), int(Failure.NOT_RUN), dtype=np.int32)
        codes[here] = arrays["codes"][there]
        cpu[here] += arrays["cpu_time_s"][there]
        if "expected" in arrays:  # brute-force programs ran on the small ones
            right, agreement = arrays["expected"].astype(np.int64), arrays["agreement"].astype(np.float64)
            matrices[row.subtask] = ProbeMatrix(codes, right, agreement)
        else:
            matrices[row.subtask] = ProbeMatrix(codes)
    return matrices, cpu


def answers_as_probes(program_id: IntArray, subtasks: Sequence[int]) -> dict[int, ProbeMatrix]:
    """Short answers as outputs on a single probe: equal answers agree (cons@k), without one there is no output."""
    codes = np.where(program_id == NO_PROGRAM, int(Failure.CRASH), program_id).astype(np.int32)[:, None]
    return {index: ProbeMatrix(codes) for index in subtasks}


def _matched(ids: IntArray, stored: Any) -> tuple[IntArray, IntArray]:
    """(place in `ids`, place in `stored`) of every candidate that both hold."""
    _, here, there = np.intersect1d(ids, stored, assume_unique=True, return_indices=True)
    return here, there
