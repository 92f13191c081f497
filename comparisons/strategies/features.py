"""What a learned score looks at: numbers for each candidate and subtask, made of what a contestant could see.

Text and tokens are taken relative to the median of the problem's candidates, because what is long for one problem is
short for another. Unknown is NaN, never 0; the weights put the training mean in its place. A change of any column
bumps `VERSION`: a fit keeps the version it was made with.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreement import brute_force_share, mean_agreement
from comparisons.strategies.clustering import UNCLUSTERED, cluster_on_subtask
from comparisons.strategies.filtering import compiling
from comparisons.strategies.pool_view import (
    WHOLE_PROBLEM,
    BoolArray,
    FloatArray,
    PoolView,
    SubtaskView,
)
from comparisons.strategies.text_features import TEXT_FEATURES

VERSION = 1
_TOKENS = ("output_tokens", "reasoning_tokens", "latency_s")
_PUBLIC = ("public_share", "public_all", "pool_public")
_SUBTASK = ("subtask_points", "subtask_contains", "subtask_aimed")
#: Only where every pool, also the ranked one, was run on probes.
PROBE_FEATURES = (
    "probe_failed",
    "probe_agreement",
    "probe_brute_force",
    "cluster_share",
    "cluster_larger",
    "cluster_largest",
)


def feature_names(*, with_probes: bool) -> tuple[str, ...]:
    """The columns of `features`, in order."""
    return (*TEXT_FEATURES, *_TOKENS, *_PUBLIC, *_SUBTASK, *(PROBE_FEATURES if with_probes else ()))


def features(view: PoolView, *, with_probes: bool) -> FloatArray:
    """candidates × subtasks × columns, NaN = unknown. Medians and clusters are those of the view's compiling ones."""
    counted = compiling(view)
    text = view.text if view.text is not None else np.full((len(view), len(TEXT_FEATURES)), np.nan)
    tokens = np.stack([np.log1p(getattr(view, name)) for name in _TOKENS], axis=1)
    public = _public(view, counted)
    each = np.hstack([_centred(text, counted), _centred(tokens, counted), public])
    total = sum(subtask.points for subtask in view.subtasks) or 1.0
    tables = []
    for subtask in view.subtasks:
        columns = [each, _subtask(view, subtask, total)]
        if with_probes:
            columns.append(_probes(view, subtask.index, counted))
        tables.append(np.hstack(columns))
    return np.stack(tables, axis=1)


def _centred(columns: FloatArray, counted: BoolArray) -> FloatArray:
    """Less the median over the counted candidates; a column nobody knows stays unknown."""
    known = columns[counted]
    medians = np.zeros(columns.shape[1])
    for at in range(columns.shape[1]):
        values = known[:, at][~np.isnan(known[:, at])]
        medians[at] = np.median(values) if len(values) else np.nan
    centred: FloatArray = columns - medians
    return centred


def _public(view: PoolView, counted: BoolArray) -> FloatArray:
    table = np.full((len(view), len(_PUBLIC)), np.nan)
    known = view.public_passed >= 0
    if not view.public_total or not known.any():
        return table
    share = np.clip(view.public_passed, 0, view.public_total) / view.public_total
    table[known, 0] = share[known]
    table[known, 1] = share[known] >= 1.0
    if (known & counted).any():
        table[:, 2] = float((share[known & counted] >= 1.0).mean())
    return table


def _subtask(view: PoolView, subtask: SubtaskView, total: float) -> FloatArray:
    aimed = (view.aimed == subtask.index) | (view.aimed == WHOLE_PROBLEM)
    contains = len(subtask.contains) / max(1, len(view.subtasks) - 1)
    shape = (len(view), 1)
    return np.hstack([np.full(shape, subtask.points / total), np.full(shape, contains), aimed[:, None].astype(float)])


def _probes(view: PoolView, subtask: int, counted: BoolArray) -> FloatArray:
    table = np.full((len(view), len(PROBE_FEATURES)), np.nan)
    matrix = (view.probes or {}).get(subtask)
    if matrix is None or not matrix.probes:
        return table
    was_run = matrix.was_run()
    kept = counted & was_run
    if not kept.any():
        return table
    clusters = cluster_on_subtask(view, kept, subtask)
    table[:, 0] = matrix.failed_share()
    table[:, 1] = mean_agreement(matrix, kept)
    table[:, 2] = brute_force_share(matrix)
    labels, n = clusters.labels, int(kept.sum())
    inside = labels != UNCLUSTERED
    by_size = np.sort(clusters.sizes)
    larger = n - np.cumsum(by_size)[np.searchsorted(by_size, clusters.sizes, side="right") - 1]
    table[inside, 3] = clusters.sizes[labels[inside]] / n
    table[inside, 4] = larger[labels[inside]] / n
    table[:, 5] = clusters.sizes.max() / n
    table[~was_run] = np.nan
    return table
