"""How far a candidate's outputs agree with those of the others, and with brute-force programs, probe by probe.

Candidates that print the same on all probes are looked at once, with their number as weight.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.pool_view import (
    UNKNOWN_OUTPUT,
    AnyIntArray,
    BoolArray,
    Failure,
    FloatArray,
    IntArray,
    ProbeMatrix,
)


def votes(matrix: ProbeMatrix, voters: IntArray, *, first: int | None = None) -> FloatArray:
    """Per voter: how many voters, itself included, print the same, summed over the first `first` probes (None = all).
    Nobody agrees with a failure."""
    codes, inverse, weights = _distinct(matrix, voters)
    codes = codes[:, :first]
    same: FloatArray = np.where(codes >= 0, _alike(codes, weights), 0.0).sum(axis=1)
    return same[inverse]


def behaviour_votes(matrix: ProbeMatrix, voters: IntArray) -> FloatArray:
    """Per voter: how many other voters do the same, failures included, summed over the probes on which not all that
    were run do the same. One that was not run has no vote and gets none."""
    codes, inverse, weights = _distinct(matrix, voters)
    alike, was_run = _alike(codes, weights), codes != Failure.NOT_RUN
    parts = (was_run & (alike < weights @ was_run)).any(axis=0)
    found: FloatArray = np.where(was_run & parts, alike - 1, 0.0).sum(axis=1)
    return found[inverse]


def mean_agreement(matrix: ProbeMatrix, kept: BoolArray) -> FloatArray:
    """Per candidate: the share of the kept candidates that print the same, mean over the probes it was run on. Nobody
    agrees with a failure. 0 where nobody is kept, and for who was run on none."""
    codes, inverse, weights = _distinct(matrix, np.arange(len(matrix)), kept)
    same = np.where(codes >= 0, _alike(codes, weights), 0.0)
    shares: FloatArray = same.sum(axis=1) / _runs(codes) / max(1.0, float(weights.sum()))
    return shares[inverse]


def majority_share(matrix: ProbeMatrix, kept: BoolArray) -> FloatArray:
    """Per candidate: of the probes it was run on, the share on which it prints what most of the kept candidates print.
    Failures are no outputs; of equally frequent outputs each counts as the majority's. 0 for who was run on none."""
    codes, inverse, weights = _distinct(matrix, np.arange(len(matrix)), kept)
    same = np.where(codes >= 0, _alike(codes, weights), 0.0)
    most = same.max(axis=0, initial=0.0)
    shares: FloatArray = ((same >= most) & (same > 0)).sum(axis=1) / _runs(codes)
    return shares[inverse]


def brute_force_share(matrix: ProbeMatrix) -> FloatArray:
    """Per candidate: of the probes it was run on whose right output brute-force programs vouch for, the share on which
    it prints that; NaN where there are none."""
    vouched = matrix.expected != UNKNOWN_OUTPUT
    if not vouched.any():
        return np.full(len(matrix), np.nan)
    outputs = matrix.outputs[:, vouched]
    run = (outputs != Failure.NOT_RUN).sum(axis=1)
    right = (outputs == matrix.expected[vouched]).sum(axis=1)
    shares: FloatArray = np.where(run > 0, right / np.maximum(run, 1), np.nan)
    return shares


def _runs(codes: AnyIntArray) -> FloatArray:
    """Per row: on how many probes it was run, at least 1."""
    runs: FloatArray = np.maximum((codes != Failure.NOT_RUN).sum(axis=1), 1).astype(np.float64)
    return runs


def _distinct(
    matrix: ProbeMatrix, rows: IntArray, counted: BoolArray | None = None
) -> tuple[AnyIntArray, IntArray, FloatArray]:
    """(outputs of each different row, which of these each of `rows` has, how many of `rows` have it; of those that are
    counted)."""
    labels = matrix.row_labels()[rows]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    inside = inverse if counted is None else inverse[counted]
    weights = np.bincount(inside, minlength=len(first)).astype(np.float64)
    return matrix.take(rows[first]).outputs, inverse, weights


def _alike(codes: AnyIntArray, weights: FloatArray) -> FloatArray:
    """Rows × columns: the weight of all rows with the same code in this column. Codes are small: they count outputs."""
    columns = np.ascontiguousarray(codes.T, dtype=np.int64)
    columns -= columns.min(initial=0)
    same = np.empty(columns.shape)
    for place, column in enumerate(columns):
        same[place] = np.bincount(column, weights=weights)[column]
    return same.T
