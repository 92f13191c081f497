"""In which order candidates are considered. Rankings are arrays of rows, best first; ties keep drawing order."""

from __future__ import annotations

import numpy as np

from comparisons.strategies.clustering import UNCLUSTERED, Clusters
from comparisons.strategies.pool_view import BoolArray, FloatArray, IntArray, PoolView


def in_drawing_order(kept: BoolArray) -> IntArray:
    """The kept rows as drawn."""
    return np.flatnonzero(kept)


def in_random_order(kept: BoolArray, rng: np.random.Generator) -> IntArray:
    """The kept rows in an order drawn by lot."""
    return rng.permutation(np.flatnonzero(kept))


def largest_first(kept: BoolArray, measure: FloatArray) -> IntArray:
    """The kept rows by `measure`, largest first; unknown (NaN) ones last."""
    rows = np.flatnonzero(kept)
    ranked: IntArray = rows[np.argsort(-measure[rows], kind="stable")]
    return ranked


def distinct_program_counts(view: PoolView, clusters: Clusters) -> IntArray:
    """Different programs per cluster: identical ones count once, candidates of unknown identity each."""
    members = np.flatnonzero(clusters.labels != UNCLUSTERED)
    identity = np.where(view.program_id[members] < 0, -1 - members, view.program_id[members].astype(np.int64))
    pairs = np.unique(np.stack([clusters.labels[members], identity]), axis=1)
    return np.bincount(pairs[0], minlength=len(clusters)).astype(np.int64)


def clusters_in_turn(order: IntArray, labels: IntArray, sizes: IntArray) -> IntArray:
    """Rows of `order` so that each round takes the next member of every cluster, largest cluster first.

    order: rows, best first; it also ranks the members of a cluster. labels: cluster of each row, -1 = left out.
    sizes: what clusters are ordered by; equal ones by number. Source: AlphaCode, arXiv:2203.07814, section 4.6.
    """
    rows = order[labels[order] != UNCLUSTERED]
    place = np.empty(len(sizes), dtype=np.int64)
    place[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    by_cluster = np.argsort(labels[rows], kind="stable")
    grouped = labels[rows][by_cluster]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(grouped)) + 1)) if len(rows) else np.empty(0, dtype=np.int64)
    lengths = np.diff(np.append(starts, len(rows)))
    turn = np.empty(len(rows), dtype=np.int64)
    turn[by_cluster] = np.arange(len(rows)) - np.repeat(starts, lengths)
    in_turn: IntArray = rows[np.lexsort((place[labels[rows]], turn))]
    return in_turn
