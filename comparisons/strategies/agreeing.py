"""Cross-checking as an ingredient: what candidates print on small probes against what brute-force programs print there.

o3 was seen to write a slow, plain program and to compare its fast one with it (arXiv:2502.06807, section 4.1). A
strategy with the option `cross_check` leaves out, or sends last, who disagrees. Brute force can be wrong itself: where
nobody agrees with it, it is set aside.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.pool_view import (
    UNKNOWN_OUTPUT,
    WHOLE_PROBLEM,
    BoolArray,
    Failure,
    FloatArray,
    IntArray,
    PoolView,
)
from comparisons.strategies.strategy import Option, Options

CROSS_CHECK = Option(
    "cross_check",
    "off",
    "off; drop: who disagrees with brute force on a small probe is left out, unless everybody does; down: such are "
    "sent after those who disagree less",
    choices=("off", "drop", "down"),
)


def disagreement(view: PoolView) -> FloatArray:
    """Per candidate: the share of the small probes it was run on where it does not print what brute force prints.

    On the probes of the aimed subtask, or of all where the whole problem was asked for. A failure is no agreement. NaN:
    it was run on no probe whose brute-force output is known.
    """
    differing, compared = np.zeros(len(view)), np.zeros(len(view))
    for subtask, matrix in (view.probes or {}).items():
        known = matrix.expected != UNKNOWN_OUTPUT
        if not known.any():
            continue
        rows = (view.aimed == subtask) | (view.aimed == WHOLE_PROBLEM)
        outputs = matrix.outputs[:, known]
        was_run = outputs != Failure.NOT_RUN
        compared += rows * was_run.sum(axis=1)
        differing += rows * (was_run & (outputs != matrix.expected[known])).sum(axis=1)
    return np.where(compared > 0, differing / np.maximum(compared, 1), np.nan)


def not_contradicted(view: PoolView, eligible: BoolArray, options: Options, *, tolerated: float = 0.0) -> BoolArray:
    """`eligible` without who disagrees on more than the tolerated share (with cross_check=drop); all where all do."""
    if options["cross_check"] != "drop":
        return eligible
    share = disagreement(view)
    kept: BoolArray = eligible & (np.isnan(share) | (share <= tolerated))
    return kept if kept.any() else eligible


def agreeing_first(view: PoolView, rows: IntArray, options: Options) -> IntArray:
    """`rows` by how much they disagree, least first and otherwise as they were (with cross_check=down)."""
    if options["cross_check"] != "down":
        return rows
    share = np.nan_to_num(disagreement(view), nan=0.0)
    ordered: IntArray = rows[np.argsort(share[rows], kind="stable")]
    return ordered
