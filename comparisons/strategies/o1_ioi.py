"""o1-ioi: clusters by behaviour, scored, submitted round-robin over subtasks from the hardest (arXiv:2502.06807, 3.2).

Every subtask has a lane: the candidates aimed at it, or all of a pool drawn for whole problems, clustered by their
outputs on its probes. A turn takes the best candidate of the best cluster of the lane. No weight is published, and
twenty-two points of the method are open; each that matters here is an option, and its default is our reading. There is
no learned quality score without a scorer, so that term is 0.
"""

from __future__ import annotations

import heapq

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, disagreement, not_contradicted
from comparisons.strategies.clustering import UNCLUSTERED, Clusters, Crashes, cluster_on_subtask
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling, passing_public
from comparisons.strategies.pool_view import WHOLE_PROBLEM, BoolArray, FloatArray, IntArray, PoolView, SubtaskView
from comparisons.strategies.ranking import largest_first
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, without_identical

_OPTIONS = (
    Option("errors_weight", 1.0, "points off a candidate's score for failing on all probes, in proportion (A8, A10)"),
    Option("public_weight", 1.0, "points off for failing all public tests, in proportion (A9, A10)"),
    Option("attempts_weight", 0.1, "points off a cluster's score for each submission of its members (A10, A12)"),
    Option("public_filter", False, "yes: only candidates that pass every public test take part (A9)"),
    Option(
        "crashes",
        Crashes.AS_OUTPUT.value,
        "as-output: a crash or timeout is a value like any output; as-one: all failures are one value; "
        "exclude: a candidate that fails on a probe is left out (A5)",
        choices=tuple(Crashes),
    ),
    Option(
        "cluster_score",
        "mean",
        "mean: of its members' scores, as published; size: the number of its members (A11)",
        choices=("mean", "size"),
    ),
    Option(
        "hardest",
        "containing",
        "containing: a subtask that contains more others is harder, then the later one; last: the later one; "
        "points: the one worth more (A15)",
        choices=("containing", "last", "points"),
    ),
    Option("superset_filter", True, "yes: what differs from the solver of a contained subtask is dropped (A16)"),
    Option(
        "solved_by",
        "any",
        "any: a subtask counts as solved whichever submission solved it; aimed: only if it was aimed at it (A14)",
        choices=("any", "aimed"),
    ),
    Option(
        "leftover",
        "stop",
        "when no lane has a candidate left: stop, or send the remaining ones by score, the hardest subtask's first "
        "(A18)",
        choices=("stop", "send"),
    ),
    CROSS_CHECK,
    IDENTICAL,
)


class _Lane:
    """One subtask's candidates by cluster, best cluster first. `kept`: who takes part."""

    def __init__(self, view: PoolView, subtask: int, kept: BoolArray, scores: FloatArray, options: Options) -> None:
        self.view = view
        self.subtask = subtask
        self.kept = kept
        self.scores = scores
        self.options = options
        self.clusters = self._clusters()
        self._arrange()

    def _clusters(self) -> Clusters:
        return cluster_on_subtask(self.view, self.kept, self.subtask, crashes=Crashes(str(self.options["crashes"])))

    def drop(self, dropped: BoolArray) -> None:
        """Leaves these candidates out from now on; clusters are scored by who stays."""
        self.kept = self.kept & ~dropped
        labels = np.where(self.kept, self.clusters.labels, UNCLUSTERED)
        sizes = np.bincount(labels[labels != UNCLUSTERED], minlength=len(self.clusters)).astype(np.int64)
        self.clusters = Clusters(labels, sizes, self.clusters.only_fails)
        self._arrange()

    def _arrange(self) -> None:
        """Members by cluster, best first, and the value of each cluster before any attempt."""
        labels, sizes = self.clusters.labels, self.clusters.sizes
        rows = without_identical(self.view, largest_first(labels != UNCLUSTERED, self.scores), self.options)
        grouped = rows[np.argsort(labels[rows], kind="stable")]
        self.members: IntArray = grouped
        self.starts = np.searchsorted(labels[grouped], np.arange(len(sizes) + 1))
        counted = labels != UNCLUSTERED
        if self.options["cluster_score"] == "size":
            self.values: FloatArray = sizes.astype(np.float64)
        else:
            sums = np.bincount(labels[counted], weights=self.scores[counted], minlength=len(sizes))
            self.values = sums / np.maximum(sizes, 1)
        self._queue: list[tuple[float, int]] | None = None

    def best(self, sent: BoolArray, attempts: IntArray) -> int | None:
        """The best candidate of the best cluster that has one not sent; None where there is none.

        attempts: submissions per cluster of this lane. They only ever lower a cluster's value, so what was queued is
        at least what it is worth now.
        """
        weight = float(self.options["attempts_weight"])
        if self._queue is None:
            self._queue = [(-value, number) for number, value in enumerate((self.values - weight * attempts).tolist())]
            heapq.heapify(self._queue)
        while self._queue:
            value, number = self._queue[0]
            now = float(self.values[number]) - weight * int(attempts[number])
            if now < -value:
                heapq.heapreplace(self._queue, (-now, number))
                continue
            members = self.members[self.starts[number] : self.starts[number + 1]]
            free = members[~sent[members]]
            if len(free):
                return int(free[0])
            heapq.heappop(self._queue)
        return None


class _Game:
    """The lanes, what was sent, and which subtasks are solved by whom."""

    def __init__(self, view: PoolView, contest: Contest, options: Options) -> None:
        self.view = view
        self.contest = contest
        self.options = options
        eligible = passing_public(view) if options["public_filter"] else compiling(view)
        eligible = not_contradicted(view, eligible, options)
        self.sent = np.zeros(len(view), dtype=bool)
        self.programs_sent: set[int] = set()
        self.within = _within(view.subtasks)
        self.lanes = []
        for subtask in _hardest_first(view.subtasks, self.within, str(options["hardest"])):
            kept = eligible & ((view.aimed == subtask.index) | (view.aimed == WHOLE_PROBLEM))
            scores = _candidate_scores(view, subtask.index, options)
            self.lanes.append(_Lane(view, subtask.index, kept, scores, options))
        self.attempts = {lane.subtask: np.zeros(len(lane.clusters), dtype=np.int64) for lane in self.lanes}
        self.solved: set[int] = set(contest.solved)

    def play(self) -> None:
        """Turn after turn, until budget, lanes or unsolved subtasks run out."""
        while self.contest.remaining:
            has_sent = False
            for lane in self.lanes:
                if lane.subtask in self.solved or not self.contest.remaining:
                    continue
                row = lane.best(self.sent, self.attempts[lane.subtask])
                if row is not None:
                    self._send(row, lane.subtask)
                    has_sent = True
            if not has_sent:
                return

    def send_leftovers(self) -> None:
        """What is left, the hardest subtask's first, best first; solved subtasks' candidates are not sent."""
        for lane in self.lanes:
            for row in lane.members[np.argsort(-lane.scores[lane.members], kind="stable")]:
                if not self.contest.remaining or lane.subtask in self.solved:
                    break
                if not self.sent[row]:
                    self._send(int(row), lane.subtask)

    def _send(self, row: int, aimed: int) -> None:
        before = self.solved
        feedback = self.contest.submit(row, aimed)
        self._mark_sent(row)
        for lane in self.lanes:
            label = int(lane.clusters.labels[row])
            if label != UNCLUSTERED:
                self.attempts[lane.subtask][label] += 1
        now = set(self.contest.solved)
        if self.options["solved_by"] == "aimed":
            # It is solved already where an earlier one did it on the way; this rule waits for one that was meant to.
            is_full = feedback.scores[aimed - 1] >= feedback.best[aimed - 1]
            now = before | (now & {aimed} if is_full else set())
        self.solved = now
        if self.options["superset_filter"]:
            for subtask in sorted(now - before):
                self._filter(subtask, row)

    def _mark_sent(self, row: int) -> None:
        program = int(self.view.program_id[row])
        if self.options["identical"] == "skip" and program >= 0:
            self.sent |= self.view.program_id == program
        else:
            self.sent[row] = True

    def _filter(self, solved: int, by: int) -> None:
        """Drops from every lane that strictly contains `solved` whoever's outputs there differ from the solver's. One
        that was not run there is kept: nothing is known of it."""
        matrix = (self.view.probes or {}).get(solved)
        if matrix is None or not matrix.probes or not matrix.was_run()[by]:
            return
        labels = matrix.row_labels()
        differs = matrix.was_run() & (labels != labels[by])
        for lane in self.lanes:
            if solved in self.within[lane.subtask] and lane.subtask not in self.solved:
                lane.drop(differs)


def _candidate_scores(view: PoolView, subtask: int, options: Options) -> FloatArray:
    """0 for a candidate without a fault; less for failures on the subtask's probes and on public tests."""
    scores = np.zeros(len(view))
    matrix = (view.probes or {}).get(subtask)
    if matrix is not None and matrix.probes:
        scores -= float(options["errors_weight"]) * matrix.failed_share()
    if options["cross_check"] == "down":
        scores -= np.nan_to_num(disagreement(view), nan=0.0)
    if view.public_total:
        passed = np.clip(view.public_passed, 0, view.public_total)
        scores -= float(options["public_weight"]) * (1.0 - passed / view.public_total)
    return scores


def _within(subtasks: tuple[SubtaskView, ...]) -> dict[int, frozenset[int]]:
    """By subtask: all it contains, also through others."""
    direct = {subtask.index: set(subtask.contains) - {subtask.index} for subtask in subtasks}

    def reach(index: int, seen: frozenset[int]) -> frozenset[int]:
        for other in direct.get(index, ()):
            if other not in seen:
                seen = reach(other, seen | {other})
        return seen

    return {index: reach(index, frozenset()) for index in direct}


def _hardest_first(
    subtasks: tuple[SubtaskView, ...], within: dict[int, frozenset[int]], rule: str
) -> list[SubtaskView]:
    if rule == "points":
        return sorted(subtasks, key=lambda one: (-one.points, -one.index))
    if rule == "last":
        return sorted(subtasks, key=lambda one: -one.index)
    return sorted(subtasks, key=lambda one: (-len(within[one.index]), -one.index))


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    game = _Game(view, contest, options)
    game.play()
    if options["leftover"] == "send":
        game.send_leftovers()


STRATEGY = Strategy(
    slug="o1-ioi",
    version=1,
    title="o1-ioi",
    summary="Clusters each subtask's candidates by their outputs on probes, scores clusters by errors and public tests "
    "less a penalty for each attempt, and sends the best of the best in turn, from the hardest subtask down; what "
    "disagrees with a solved easier subtask is dropped.",
    run=_run,
    needs=frozenset({Need.PROBES, Need.PUBLIC}),
    passes_nothing="May be chosen: its score is lower by errors_weight; crashes=exclude leaves it out.",
    options=_OPTIONS,
)
