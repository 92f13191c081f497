"""Groups of candidates that behave alike: an exact partition by outputs on all probes.

Two candidates share a cluster if and only if all their outputs agree (o1-ioi, arXiv:2502.06807 section 3.2). One that
was out of time twice is not run on larger probes; it shares a cluster with those that did the same up to there.
"Outputs on all probes" means those of the aimed subtask, or all of the problem's: `On`. How a crash or timeout compares
is not published; it is the option `Crashes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from comparisons.strategies.pool_view import WHOLE_PROBLEM, BoolArray, IntArray, PoolView, ProbeMatrix

#: Label of a candidate that is in no cluster.
UNCLUSTERED = -1


class On(StrEnum):
    """AIMED: a candidate aimed at a subtask is compared on that subtask's probes, with others aimed there; one asked
    for the whole problem on all probes. ALL: everyone on all probes of the problem."""

    AIMED = "aimed"
    ALL = "all"


class Crashes(StrEnum):
    """How failed runs compare. AS_OUTPUT: a crash, a timeout, ... are values like any output, each its own.
    AS_ONE: all failures are the same value. EXCLUDE: a candidate with a failed run on any probe is in no cluster; a
    probe that it was not run on is no failure."""

    AS_OUTPUT = "as-output"
    AS_ONE = "as-one"
    EXCLUDE = "exclude"


@dataclass(frozen=True)
class Clusters:
    """labels: cluster of each candidate, numbered from 0 by first member, -1 = in none. sizes: members per cluster.
    only_fails: clusters whose members gave no output on any probe they were run on (`ProbeMatrix.all_failed`)."""

    labels: IntArray
    sizes: IntArray
    only_fails: BoolArray

    def __len__(self) -> int:
        return len(self.sizes)


def cluster(
    view: PoolView, eligible: BoolArray, *, on: On = On.AIMED, crashes: Crashes = Crashes.AS_OUTPUT
) -> Clusters:
    """The clusters of the eligible candidates that were run on the probes they are compared on."""
    codes = np.zeros(len(view), dtype=np.int64)
    if on is On.AIMED:
        codes += view.aimed
    was_run = np.zeros(len(view), dtype=bool)
    fails_all = np.ones(len(view), dtype=bool)
    fails_any = np.zeros(len(view), dtype=bool)
    for rows, matrix in _compared(view, on):
        codes = _combine(codes, np.where(rows, matrix.row_labels(failures_as_one=crashes is Crashes.AS_ONE), -1))
        was_run |= rows & matrix.was_run()
        fails_all &= ~rows | matrix.all_failed() | ~matrix.was_run()
        fails_any |= rows & matrix.any_failed()
    kept = eligible & was_run
    if crashes is Crashes.EXCLUDE:
        kept = kept & ~fails_any
    return _numbered(codes, kept, fails_all)


def cluster_on_subtask(
    view: PoolView, eligible: BoolArray, subtask: int, *, crashes: Crashes = Crashes.AS_OUTPUT
) -> Clusters:
    """The clusters of the eligible candidates by their outputs on one subtask's probes, wherever they were aimed.

    A candidate that was not run there, and every one where the subtask has no probes, is a cluster of its own: nothing
    says that it behaves like another.
    """
    matrix = (view.probes or {}).get(subtask)
    alone = np.arange(len(view), dtype=np.int64)
    if matrix is None or not matrix.probes:
        return _numbered(alone, eligible, np.zeros(len(view), dtype=bool))
    was_run = matrix.was_run()
    labels = matrix.row_labels(failures_as_one=crashes is Crashes.AS_ONE)
    codes = np.where(was_run, labels, labels.max(initial=-1) + 1 + alone)
    kept = eligible & ~(was_run & matrix.any_failed()) if crashes is Crashes.EXCLUDE else eligible
    return _numbered(codes, kept, was_run & matrix.all_failed())


def _compared(view: PoolView, on: On) -> Iterator[tuple[BoolArray, ProbeMatrix]]:
    """Each subtask's probes with the candidates that are compared on them."""
    everyone = np.ones(len(view), dtype=bool)
    for subtask, matrix in sorted((view.probes or {}).items()):
        if matrix.probes:
            yield (everyone if on is On.ALL else (view.aimed == subtask) | (view.aimed == WHOLE_PROBLEM)), matrix


def _combine(codes: IntArray, labels: IntArray) -> IntArray:
    """Equal exactly where both are; kept small, so that any number of subtasks fits into 64 bits."""
    joined = codes * (int(labels.max(initial=-1)) + 2) + labels + 1
    renumbered: IntArray = np.unique(joined, return_inverse=True)[1].astype(np.int64)
    return renumbered


def _numbered(codes: IntArray, kept: BoolArray, fails_all: BoolArray) -> Clusters:
    rows = np.flatnonzero(kept)
    _, first, inverse, counts = np.unique(codes[rows], return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    labels = np.full(len(kept), UNCLUSTERED, dtype=np.int64)
    labels[rows] = number[inverse]
    # Members agree on every probe, so the first one speaks for all.
    return Clusters(labels, counts[order].astype(np.int64), fails_all[rows[first[order]]])
