"""Clusters of each pool on each subtask, and which of them are right: what the cluster chart of a comparison shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from comparisons.metrics.arrays import BoolArray, FloatArray, IntArray
from comparisons.metrics.rows import ClusterRow
from comparisons.models import Run
from comparisons.stages.pool_views import ProblemPool, index_after, load_pool
from comparisons.strategies.clustering import UNCLUSTERED, On, cluster
from comparisons.strategies.pool_view import WHOLE_PROBLEM

#: Clusters kept of one pool and subtask; beyond, they are single candidates.
MOST_CLUSTERS = 2000
_EPSILON = 1e-6


def cluster_rows(runs: Sequence[Run]) -> tuple[ClusterRow, ...]:
    """Rows of every pool that one of these runs looked at by probes; of several draws of a pool the most."""
    chosen: dict[tuple[int, int], Run] = {}
    for run in runs:
        if run.probing is not None:
            key = (run.judging_id, run.probing_id or 0)
            if key not in chosen or run.first > chosen[key].first:
                chosen[key] = run
    rows = []
    for run in chosen.values():
        below = index_after(run.revision, run.first)
        for pool in load_pool(run.judging, run.probing, run.attempt):
            rows += _of_problem(run, pool.first(run.first, below))
    return tuple(rows)


def _of_problem(run: Run, pool: ProblemPool) -> list[ClusterRow]:
    rows = []
    for place, subtask in enumerate(pool.view.subtasks):
        matrix = (pool.view.probes or {}).get(subtask.index)
        if matrix is None or not matrix.probes:
            continue
        concerned = (pool.view.aimed == subtask.index) | (pool.view.aimed == WHOLE_PROBLEM)
        eligible = concerned & pool.view.has_program & pool.view.compiled
        # On this subtask's probes alone, whatever a strategy makes of the others.
        alone = replace(pool.view, probes={subtask.index: matrix})
        found = cluster(alone, eligible & ~matrix.all_failed(), on=On.ALL)
        clusters = _judged(found.labels, found.sizes, pool.scores[:, place], float(pool.points[place]))
        rows.append(
            ClusterRow(
                pool=run.revision.pool_id,
                pool_name=run.revision.pool.name,
                model=run.revision.pool.model.slug,
                colour=run.revision.pool.model.colour,
                problem=pool.slug,
                subtask=subtask.index,
                n_probes=matrix.probes,
                clusters=clusters,
                n_crashing=_crashing(concerned, eligible, matrix.all_failed() | ~matrix.was_run()),
                is_privileged=run.is_privileged,
            )
        )
    return rows


def _crashing(concerned: BoolArray, eligible: BoolArray, outputless: BoolArray) -> int:
    """Candidates in no cluster: no program, none that compiles, or no output on any probe."""
    return int((concerned & (~eligible | outputless)).sum())


def _judged(labels: IntArray, sizes: IntArray, scores: FloatArray, points: float) -> tuple[tuple[int, str], ...]:
    """(size, outcome) of each cluster, largest first. Members without an outcome are not asked."""
    member = labels != UNCLUSTERED
    known = member & ~np.isnan(scores)
    n = len(sizes)
    right = np.bincount(labels[known & (scores >= points - _EPSILON)], minlength=n)
    scoring = np.bincount(labels[known & (scores > _EPSILON)], minlength=n)
    asked = np.bincount(labels[known], minlength=n)
    order = np.argsort(-sizes, kind="stable")[:MOST_CLUSTERS]
    return tuple((int(sizes[c]), _outcome(int(right[c]), int(scoring[c]), int(asked[c]))) for c in order)


def _outcome(right: int, scoring: int, asked: int) -> str:
    if asked and 2 * right > asked:
        return "right"
    return "partial" if right or scoring else "wrong"
