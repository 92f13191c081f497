"""How far a candidate's outputs agree with those of the others, and with brute-force programs, probe by probe.

Candidates that print the same on all probes are looked at once, with their number as weight.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.pool_view import UNKNOWN_OUTPUT, AnyIntArray, BoolArray, FloatArray, IntArray, ProbeMatrix


def mean_agreement(matrix: ProbeMatrix, kept: BoolArray) -> FloatArray:
    """Per candidate: the share of the kept candidates that print the same, mean over the probes. Nobody agrees with a
    failure. 0 where nobody is kept."""
    codes, inverse, weights = _distinct(matrix, kept)
    same = _alike(codes, weights)
    shares: FloatArray = np.where(codes >= 0, same, 0.0).mean(axis=1) / max(1.0, float(weights.sum()))
    return shares[inverse]


def majority_share(matrix: ProbeMatrix, kept: BoolArray) -> FloatArray:
    """Per candidate: the share of the probes on which it prints what most of the kept candidates print. Failures are no
    outputs; of equally frequent outputs each counts as the majority's."""
    codes, inverse, weights = _distinct(matrix, kept)
    same = _alike(codes, weights)
    same = np.where(codes >= 0, same, 0.0)
    most = same.max(axis=0, initial=0.0)
    shares: FloatArray = ((same >= most) & (same > 0)).mean(axis=1)
    return shares[inverse]


def brute_force_share(matrix: ProbeMatrix) -> FloatArray:
    """Per candidate: of the probes whose right output brute-force programs vouch for, the share on which it prints
    that; NaN where there are none."""
    vouched = matrix.expected != UNKNOWN_OUTPUT
    if not vouched.any():
        return np.full(len(matrix), np.nan)
    shares: FloatArray = (matrix.outputs[:, vouched] == matrix.expected[vouched]).mean(axis=1)
    return shares


def _distinct(matrix: ProbeMatrix, kept: BoolArray) -> tuple[AnyIntArray, IntArray, FloatArray]:
    """(outputs of each different row, row of each candidate, kept candidates of each)."""
    _, first, inverse = np.unique(matrix.row_labels(), return_index=True, return_inverse=True)
    weights = np.bincount(inverse[kept], minlength=len(first)).astype(np.float64)
    return matrix.outputs[first], inverse, weights


def _alike(codes: AnyIntArray, weights: FloatArray) -> FloatArray:
    """Rows × columns: the weight of all rows with the same code in this column."""
    order = np.argsort(codes, axis=0, kind="stable")
    in_order = np.take_along_axis(codes, order, axis=0)
    sums = np.cumsum(weights[order], axis=0)
    # Equal codes of a column are neighbours: their weight is the sum at their last less that before their first.
    at = np.arange(len(codes))[:, None]
    changes = in_order[1:] != in_order[:-1]
    edge = np.ones((1, codes.shape[1]), dtype=bool)
    first_at = np.maximum.accumulate(np.where(np.vstack([edge, changes]), at, 0), axis=0)
    ends = np.where(np.vstack([changes, edge]), at, len(codes))
    last_at = np.minimum.accumulate(ends[::-1], axis=0)[::-1]
    before = np.where(first_at > 0, np.take_along_axis(sums, np.maximum(first_at - 1, 0), axis=0), 0.0)
    same = np.empty_like(sums)
    np.put_along_axis(same, order, np.take_along_axis(sums, last_at, axis=0) - before, axis=0)
    return same
