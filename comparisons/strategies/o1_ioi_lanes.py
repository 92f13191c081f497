"""The lanes of o1-ioi: one subtask's candidates by cluster, what each is worth, and which cluster comes next.

What does not depend on the weights (clusters, shares of errors) is made once for a pool view, so that a search over
weights replays many times in the time of one.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from comparisons.strategies.agreeing import disagreement, not_contradicted
from comparisons.strategies.agreement import brute_force_share, majority_share
from comparisons.strategies.clustering import UNCLUSTERED, Clusters, Crashes, cluster_on_subtask
from comparisons.strategies.filtering import compiling, passing_public
from comparisons.strategies.pool_view import UNKNOWN_OUTPUT, WHOLE_PROBLEM, BoolArray, FloatArray, IntArray, PoolView
from comparisons.strategies.strategy import Options
from judge.errors import StrategyError

#: Clusters of equal value are equal to so many digits: 3 · 0.1 is as much as 0.3. The earlier one goes first.
_DIGITS = 12


@dataclass(frozen=True)
class _Grouped:
    """Rows of a lane sorted by cluster; `starts[c]` to `starts[c + 1]` are those of cluster c. `first`: per such row,
    is it the first of its identical programs in the cluster?"""

    clusters: Clusters
    rows: IntArray
    starts: IntArray
    first: BoolArray


class Lane:
    """One subtask's candidates by cluster. `weights`: points off per unit of each penalty, by option name."""

    def __init__(self, view: PoolView, subtask: int, options: Options) -> None:
        self.subtask = subtask
        self.options = options
        self._view = view
        self._grouped = _grouped(view, subtask, options)
        self.labels = self._grouped.clusters.labels
        self.scores = candidate_scores(view, subtask, options)
        self._counted = self._grouped.first if options["members"] == "programs" else None
        self.attempts = np.zeros(len(self._grouped.clusters), dtype=np.int64)
        self._kept: BoolArray | None = None
        self._queue: list[tuple[float, int]] | None = None
        self._value()

    def drop(self, dropped: BoolArray) -> None:
        """Leaves these candidates out from now on; clusters are scored by who stays."""
        kept = ~dropped[self._grouped.rows]
        self._kept = kept if self._kept is None else self._kept & kept
        self._value()

    def count_attempt(self, row: int) -> None:
        """A submission of this candidate counts against its cluster, if it is in one."""
        label = int(self.labels[row])
        if label != UNCLUSTERED:
            self.attempts[label] += 1

    def best(self, sent: BoolArray) -> int | None:
        """The best candidate of the best cluster that has one not sent; None where there is none. Attempts only ever
        lower a cluster's value, so what was queued is at least what it is worth now."""
        weight = float(self.options["attempts_weight"])
        if self._queue is None:
            # A filter may leave thousands of clusters empty: they are not even queued.
            some = np.flatnonzero(self._sizes)
            worth = np.round(weight * self.attempts[some] - self._values[some], _DIGITS)
            self._queue = list(zip(worth.tolist(), some.tolist(), strict=True))
            heapq.heapify(self._queue)
        while self._queue:
            value, number = self._queue[0]
            now = round(float(self._values[number]) - weight * int(self.attempts[number]), _DIGITS)
            if now < -value:
                heapq.heapreplace(self._queue, (-now, number))
                continue
            free = self._free(slice(*self._grouped.starts[number : number + 2].tolist()), sent)
            if len(free):
                return int(free[np.argmax(self.scores[free])])
            heapq.heappop(self._queue)
        return None

    def by_score(self) -> IntArray:
        """All that compile and were meant for it, best first: also those that a filter has left out."""
        rows = np.flatnonzero(_meant(self._view, self.subtask))
        ordered: IntArray = rows[np.argsort(-self.scores[rows], kind="stable")]
        return ordered

    def _free(self, members: slice, sent: BoolArray) -> IntArray:
        rows = self._grouped.rows[members]
        is_free = ~sent[rows] if self._kept is None else self._kept[members] & ~sent[rows]
        return rows[is_free]

    def _value(self) -> None:
        """The value of each cluster before any attempt: its members' mean score, or their number."""
        rows, n = self._grouped.rows, len(self._grouped.clusters)
        counted = self._counted if self._kept is None else self._kept
        if self._counted is not None and self._kept is not None:
            counted = self._kept & self._counted
        rows = rows if counted is None else rows[counted]
        labels = self.labels[rows]
        self._sizes = np.bincount(labels, minlength=n)
        if self.options["cluster_score"] == "size":
            self._values: FloatArray = self._sizes.astype(np.float64)
        else:
            sums = np.bincount(labels, weights=self.scores[rows], minlength=n)
            self._values = sums / np.maximum(self._sizes, 1)
        self._queue = None


def _meant(view: PoolView, subtask: int) -> BoolArray:
    """Who compiles and was asked for this subtask or for the whole problem."""
    meant: BoolArray = compiling(view) & ((view.aimed == subtask) | (view.aimed == WHOLE_PROBLEM))
    return meant


def candidate_scores(view: PoolView, subtask: int, options: Options) -> FloatArray:
    """learned quality - w1 * errors on probes - w2 * public failures, per candidate. Without a fit the quality is 0."""
    errors = float(options["errors_weight"]) * _errors(view, subtask, str(options["errors"]))
    public = float(options["public_weight"]) * _public_failures(view, str(options["public_failures"]))
    scores: FloatArray = -errors - public
    if options["cross_check"] == "down":
        scores = scores - view.once("o1-ioi cross-check", lambda: np.nan_to_num(disagreement(view), nan=0.0))
    if view.quality is not None and options["quality"] == "fit":
        at = [one.index for one in view.subtasks].index(subtask)
        scores = scores + view.quality[:, at]
    return scores


def _errors(view: PoolView, subtask: int, rule: str) -> FloatArray:
    """Errors on the subtask's probes, in [0, 1]: the share of those it was run on; 0 where it was run on none."""
    matrix = (view.probes or {}).get(subtask)
    if matrix is None or not matrix.probes:
        return np.zeros(len(view))

    def make() -> FloatArray:
        if rule == "failures":
            return matrix.failed_share()
        if rule == "disagreement":
            kept = compiling(view) & matrix.was_run()
            return np.where(matrix.was_run(), 1.0 - majority_share(matrix, kept), 0.0)
        shares = brute_force_share(matrix)
        if not (matrix.expected != UNKNOWN_OUTPUT).any():
            raise StrategyError("errors=brute-force needs probes that brute-force programs were run on")
        return np.nan_to_num(1.0 - shares, nan=0.0)

    return view.once(("o1-ioi errors", subtask, rule), make)


def _public_failures(view: PoolView, rule: str) -> FloatArray:
    """Failed public tests: the share of them, their number, or 1 for any; 0 where there are no public tests."""
    if not view.public_total:
        return np.zeros(len(view))
    failed = view.public_total - np.clip(view.public_passed, 0, view.public_total).astype(np.float64)
    if rule == "count":
        return failed
    return np.minimum(failed, 1.0) if rule == "any" else failed / view.public_total


def _grouped(view: PoolView, subtask: int, options: Options) -> _Grouped:
    crashes, is_filtered = Crashes(str(options["crashes"])), bool(options["public_filter"])

    def make() -> _Grouped:
        eligible = passing_public(view) if is_filtered else compiling(view)
        kept = not_contradicted(view, eligible, options) & _meant(view, subtask)
        clusters = cluster_on_subtask(view, kept, subtask, crashes=crashes)
        inside = np.flatnonzero(clusters.labels != UNCLUSTERED)
        rows = inside[np.argsort(clusters.labels[inside], kind="stable")]
        starts = np.searchsorted(clusters.labels[rows], np.arange(len(clusters) + 1))
        program = np.where(view.program_id[rows] < 0, -1 - rows, view.program_id[rows].astype(np.int64))
        pairs = np.stack([clusters.labels[rows], program])
        first = np.zeros(len(rows), dtype=bool)
        if len(rows):
            first[np.unique(pairs, axis=1, return_index=True)[1]] = True
        return _Grouped(clusters, rows, starts, first)

    return view.once(("o1-ioi lane", subtask, crashes, is_filtered, options["cross_check"] == "drop"), make)
